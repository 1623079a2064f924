//! A row of strings and numbers in one piece of memory, in as few bytes as we know how: what small collections
//! are kept in. It is walked forwards only; for what must be walked both ways there is `listpack`.
//!
//! ```text
//!   mark:8 | count:8 | item item item ...             count 255 says "that many or more": walk to know
//!
//!   an item: code, then data
//!     0xxxxxxx                 string of that many bytes, up to 127
//!     10xxxxxx                 integer 0..=63
//!     0xc0 ... 0xc5            integer of 1, 2, 3, 4, 6 or 8 bytes, two's complement
//!     0xc6                     double, the bits of an f64
//!     0xd0..=0xdf  l           string of 128 and up to 4095 more bytes: four bits of the code, then eight
//!     0xe0  llll               string of a length in four bytes
//! ```
//!
//! All little-endian, except that the twelve bits have their high ones first. Text that is the canonical decimal of a
//! 64-bit integer is always stored as that integer, every integer and string in the fewest bytes: equal items have
//! equal bytes, so that searching compares bytes and decodes nothing. The mark is the caller's.

use crate::int;

const HEADER: usize = 2;
const MANY: u8 = u8::MAX;

const SHORT_MAX: usize = 127;
const MEDIUM_MAX: usize = SHORT_MAX + 1 + 4095;
const TINY: u8 = 0x80;
const INTEGER: u8 = 0xc0;
const DOUBLE: u8 = 0xc6;
const MEDIUM: u8 = 0xd0;
const LONG: u8 = 0xe0;
/// How many bytes the integers of the codes from `INTEGER` on have.
const WIDTHS: [usize; 6] = [1, 2, 3, 4, 6, 8];

/// What an item holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    Int(i64),
    /// Never text that is a canonical integer.
    Text(&'a [u8]),
    Double(f64),
}

impl<'a> Item<'a> {
    /// The way text is stored: as an integer where it is one.
    #[inline]
    pub fn of(text: &'a [u8]) -> Item<'a> {
        if text.len() > int::MAX_DIGITS {
            return Item::Text(text);
        }
        int::parse_i64(text).map_or(Item::Text(text), Item::Int)
    }

    /// Appends the item as text. A double is not text.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Item::Int(value) => int::write_i64(out, value),
            Item::Text(text) => out.extend_from_slice(text),
            Item::Double(_) => unreachable!("a double is read as a number"),
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text);
        text
    }

    /// The item as text; `scratch` lends its bytes to an integer's digits.
    pub fn text<'s>(&'s self, scratch: &'s mut [u8; int::MAX_DIGITS]) -> &'s [u8] {
        match self {
            Item::Int(value) => int::format_i64(scratch, *value),
            Item::Text(text) => text,
            Item::Double(_) => unreachable!("a double is read as a number"),
        }
    }

    /// How many bytes the item has as text.
    pub fn text_len(&self) -> usize {
        match self {
            Item::Int(value) => int::i64_digits(*value),
            Item::Text(text) => text.len(),
            Item::Double(_) => unreachable!("a double is read as a number"),
        }
    }
}

/// An item in its stored form: what to search for and what to write.
#[derive(Clone, Copy)]
pub struct Coded<'a> {
    head: [u8; 9],
    head_len: u8,
    text: &'a [u8],
}

impl<'a> Coded<'a> {
    #[inline]
    pub fn of(text: &'a [u8]) -> Coded<'a> {
        Coded::from(Item::of(text))
    }

    pub fn len(&self) -> usize {
        self.head_len as usize + self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        false
    }

    #[inline]
    fn head(&self) -> &[u8] {
        &self.head[..self.head_len as usize]
    }

    fn new(head: &[u8], text: &'a [u8]) -> Coded<'a> {
        let mut bytes = [0; 9];
        bytes[..head.len()].copy_from_slice(head);
        Coded { head: bytes, head_len: head.len() as u8, text }
    }

    /// Whether the item that `bytes` begins with is this one.
    #[inline]
    fn begins(&self, bytes: &[u8]) -> bool {
        let head = self.head();
        bytes.len() >= self.len()
            && bytes[..head.len()] == *head
            && bytes[head.len()..][..self.text.len()] == *self.text
    }

    fn write(&self, out: &mut [u8]) {
        out[..self.head().len()].copy_from_slice(self.head());
        out[self.head().len()..].copy_from_slice(self.text);
    }
}

impl<'a> From<Item<'a>> for Coded<'a> {
    #[inline]
    fn from(item: Item<'a>) -> Coded<'a> {
        match item {
            Item::Int(value) => integer(value),
            Item::Text(text) => string(text),
            Item::Double(value) => {
                let mut head = [DOUBLE; 9];
                head[1..].copy_from_slice(&value.to_bits().to_le_bytes());
                Coded { head, head_len: 9, text: b"" }
            }
        }
    }
}

fn integer(value: i64) -> Coded<'static> {
    if (0..64).contains(&value) {
        return Coded::new(&[TINY | value as u8], b"");
    }
    let bytes = value.to_le_bytes();
    let fits = |width: usize| width == 8 || value << (64 - 8 * width) >> (64 - 8 * width) == value;
    let code = WIDTHS.iter().position(|width| fits(*width)).expect("eight bytes hold any integer");
    let mut head = [0; 9];
    head[0] = INTEGER + code as u8;
    head[1..].copy_from_slice(&bytes);
    Coded { head, head_len: 1 + WIDTHS[code] as u8, text: b"" }
}

fn string(text: &[u8]) -> Coded<'_> {
    match text.len() {
        len @ 0..=SHORT_MAX => Coded::new(&[len as u8], text),
        len @ 0..=MEDIUM_MAX => {
            let more = len - SHORT_MAX - 1;
            Coded::new(&[MEDIUM | (more >> 8) as u8, more as u8], text)
        }
        len => {
            let len = u32::try_from(len).expect("a packed string is shorter than 4 GiB").to_le_bytes();
            Coded::new(&[LONG, len[0], len[1], len[2], len[3]], text)
        }
    }
}

/// How long the item is that `bytes` begins with.
#[inline]
fn size(bytes: &[u8]) -> usize {
    match bytes[0] {
        len @ 0..TINY => 1 + len as usize,
        TINY..INTEGER => 1,
        code @ INTEGER..DOUBLE => 1 + WIDTHS[(code - INTEGER) as usize],
        DOUBLE => 9,
        code @ MEDIUM..LONG => 2 + medium(code, bytes[1]),
        _ => 5 + u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize,
    }
}

fn medium(code: u8, low: u8) -> usize {
    SHORT_MAX + 1 + (usize::from(code & 0xf) << 8 | usize::from(low))
}

/// Reads the item that `bytes` begins with, and its size.
#[inline]
fn decode(bytes: &[u8]) -> (Item<'_>, usize) {
    match bytes[0] {
        len @ 0..TINY => (Item::Text(&bytes[1..1 + len as usize]), 1 + len as usize),
        code @ TINY..INTEGER => (Item::Int(i64::from(code - TINY)), 1),
        code @ INTEGER..DOUBLE => {
            let width = WIDTHS[(code - INTEGER) as usize];
            let mut padded = [0; 8];
            padded[8 - width..].copy_from_slice(&bytes[1..1 + width]);
            (Item::Int(i64::from_le_bytes(padded) >> (64 - 8 * width)), 1 + width)
        }
        DOUBLE => {
            let bits = bytes[1..9].try_into().expect("eight bytes");
            (Item::Double(f64::from_bits(u64::from_le_bytes(bits))), 9)
        }
        code @ MEDIUM..LONG => {
            let end = 2 + medium(code, bytes[1]);
            (Item::Text(&bytes[2..end]), end)
        }
        _ => {
            let end = size(bytes);
            (Item::Text(&bytes[5..end]), end)
        }
    }
}

/// Where an item begins. Any change before it makes it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(usize);

/// A row that is only read, wherever its bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedRef<'a> {
    bytes: &'a [u8],
}

impl<'a> PackedRef<'a> {
    /// The caller vouches that the bytes are those of a [`Packed`].
    #[inline]
    pub fn new(bytes: &'a [u8]) -> PackedRef<'a> {
        debug_assert!(bytes.len() >= HEADER);
        PackedRef { bytes }
    }

    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub fn mark(&self) -> u8 {
        self.bytes[0]
    }

    /// How many items there are. Takes one step, or a walk when there are 255 or more.
    #[inline]
    pub fn len(&self) -> usize {
        match self.bytes[1] {
            MANY => self.iter().count(),
            count => count as usize,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }

    /// Where the first item is or would be.
    pub fn start(&self) -> Position {
        Position(HEADER)
    }

    /// Behind the last item.
    pub fn end(&self) -> Position {
        Position(self.bytes.len())
    }

    /// The item at a position, and the position of the one after it.
    #[inline]
    pub fn get(&self, at: Position) -> Option<(Item<'a>, Position)> {
        let rest = self.bytes.get(at.0..).filter(|rest| !rest.is_empty())?;
        let (item, size) = decode(rest);
        Some((item, Position(at.0 + size)))
    }

    /// The position `count` items further on, at most the end.
    #[inline]
    pub fn skip(&self, at: Position, count: usize) -> Position {
        let mut at = at.0;
        for _ in 0..count {
            if at == self.bytes.len() {
                break;
            }
            at += size(&self.bytes[at..]);
        }
        Position(at)
    }

    /// The position of the item with this index, at most the end.
    pub fn seek(&self, index: usize) -> Position {
        self.skip(self.start(), index)
    }

    /// The first of the items at `from`, and every `stride` items on, that is `wanted`.
    #[inline]
    pub fn find(&self, from: Position, wanted: &Coded<'_>, stride: usize) -> Option<Position> {
        let mut at = from.0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            if wanted.begins(rest) {
                return Some(Position(at));
            }
            at += size(rest);
            for _ in 1..stride {
                at += size(&self.bytes[at..]);
            }
        }
        None
    }

    /// The items in order.
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        self.iter_from(self.start())
    }

    #[inline]
    pub fn iter_from(&self, at: Position) -> Iter<'a> {
        Iter { rest: &self.bytes[at.0..] }
    }
}

/// See [`PackedRef::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (item, size) = decode(self.rest);
        self.rest = &self.rest[size..];
        Some(item)
    }
}

/// A row of its own.
///
/// A [`Position`] that was not obtained from this row since its last change is a mistake of the caller: it may panic
/// or
/// find other items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub(crate) bytes: Vec<u8>,
}

impl Packed {
    /// An empty row.
    pub fn new(mark: u8) -> Packed {
        Packed { bytes: vec![mark, 0] }
    }

    /// Takes bytes over that were a row's before.
    pub fn from_bytes(bytes: Vec<u8>) -> Packed {
        debug_assert!(bytes.len() >= HEADER);
        Packed { bytes }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[inline]
    pub fn view(&self) -> PackedRef<'_> {
        PackedRef { bytes: &self.bytes }
    }

    pub fn mark(&self) -> u8 {
        self.bytes[0]
    }

    pub fn set_mark(&mut self, mark: u8) {
        self.bytes[0] = mark;
    }

    /// Bytes of the row, header included.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes owned.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    pub fn is_empty(&self) -> bool {
        self.view().is_empty()
    }

    pub fn len(&self) -> usize {
        self.view().len()
    }

    pub fn push(&mut self, item: impl Into<Coded<'static>>) {
        self.insert(Position(self.bytes.len()), &[item.into()]);
    }

    /// Puts items before the one at `at`.
    pub fn insert(&mut self, at: Position, items: &[Coded<'_>]) {
        self.splice(at.0, 0, items);
        self.count(items.len() as i64);
    }

    /// Puts an item in the place of the one at `at`.
    pub fn replace(&mut self, at: Position, item: &Coded<'_>) {
        let old = size(&self.bytes[at.0..]);
        self.splice(at.0, old, std::slice::from_ref(item));
    }

    /// Takes out `count` items from `at` on; there must be as many.
    pub fn remove(&mut self, at: Position, count: usize) {
        let end = self.view().skip(at, count).0;
        self.bytes.drain(at.0..end);
        self.count(-(count as i64));
    }

    /// Puts items in place of `old` bytes at `at`.
    fn splice(&mut self, at: usize, old: usize, items: &[Coded<'_>]) {
        let new: usize = items.iter().map(Coded::len).sum();
        let end = self.bytes.len();
        if new > old {
            self.bytes.resize(end + new - old, 0);
        }
        if new != old {
            self.bytes.copy_within(at + old..end, at + new);
            self.bytes.truncate(end + new - old);
        }
        let mut at = at;
        for item in items {
            item.write(&mut self.bytes[at..at + item.len()]);
            at += item.len();
        }
    }

    /// Counts items that came or went.
    fn count(&mut self, difference: i64) {
        let count = match self.bytes[1] {
            MANY if difference >= 0 => return,
            MANY => self.view().iter().count() as i64,
            count => i64::from(count) + difference,
        };
        self.bytes[1] = count.min(i64::from(MANY)) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(texts: &[&[u8]]) -> Packed {
        let mut row = Packed::new(7);
        for text in texts {
            row.insert(row.view().end(), &[Coded::of(text)]);
        }
        row
    }

    #[test]
    fn items_take_few_bytes() {
        fn check(text: &str, bytes: usize) {
            let row = row(&[text.as_bytes()]);
            assert_eq!(row.size() - HEADER, bytes, "{text}");
            assert_eq!(row.view().iter().next().expect("one item").to_vec(), text.as_bytes());
        }
        check("", 1);
        check("a", 2);
        check("63", 1);
        check("64", 2);
        check("-1", 2);
        check("-129", 3);
        check("12345678", 4 + 1);
        check("8388607", 3 + 1);
        check("140737488355327", 6 + 1);
        check("140737488355328", 8 + 1);
        check("-9223372036854775808", 8 + 1);
        check("9223372036854775808", 20);
        check("007", 4);
        check(&"x".repeat(127), 128);
        check(&"x".repeat(128), 130);
        check(&"x".repeat(4223), 4225);
        check(&"x".repeat(4224), 4229);
    }

    #[test]
    fn doubles_and_marks() {
        let mut row = Packed::new(3);
        row.push(Item::Double(-0.5));
        row.push(Item::Double(f64::INFINITY));
        row.push(Item::Int(5));
        row.set_mark(9);
        assert_eq!(row.mark(), 9);
        let items: Vec<_> = row.view().iter().collect();
        assert_eq!(items, [Item::Double(-0.5), Item::Double(f64::INFINITY), Item::Int(5)]);
    }

    #[test]
    fn counts_beyond_its_byte() {
        let mut row = Packed::new(0);
        (0..1000).for_each(|n| row.push(Item::Int(n)));
        assert_eq!(row.len(), 1000);
        row.remove(row.view().seek(10), 800);
        assert_eq!(row.len(), 200);
        assert_eq!(row.view().bytes[1], 200);
    }

    #[test]
    fn finds_by_stride() {
        let row = row(&[b"a", b"1", b"b", b"a", b"1", b"b"]);
        let find = |text: &[u8], stride| {
            let at = row.view().find(row.view().start(), &Coded::of(text), stride)?;
            (0..6).find(|&index| row.view().seek(index) == at)
        };
        assert_eq!(find(b"1", 1), Some(1));
        assert_eq!(find(b"1", 2), Some(4));
        assert_eq!(find(b"a", 2), Some(0));
        assert_eq!(find(b"a", 3), Some(0));
        assert_eq!(find(b"c", 1), None);
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            3 => "[a-c]{0,3}".prop_map(String::into_bytes),
            1 => (0u32..64, any::<i64>()).prop_map(|(shift, value)| (value >> shift).to_string().into_bytes()),
            1 => (120usize..140).prop_map(|length| vec![b'x'; length]),
            1 => (4215usize..4230).prop_map(|length| vec![b'y'; length]),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_row(
            steps in prop::collection::vec((0u8..6, any::<prop::sample::Index>(), text(), text()), 0..60),
        ) {
            let (mut row, mut model) = (Packed::new(1), Vec::<Vec<u8>>::new());
            for (kind, index, text, other) in steps {
                let index = index.index(model.len() + 1);
                let at = row.view().seek(index);
                match kind {
                    0 if index < model.len() => {
                        row.replace(at, &Coded::of(&text));
                        model[index] = text;
                    }
                    1 => {
                        let count = (model.len() - index).min(2);
                        row.remove(at, count);
                        model.drain(index..index + count);
                    }
                    2 => {
                        row.insert(at, &[Coded::of(&text), Coded::of(&other)]);
                        model.splice(index..index, [text, other]);
                    }
                    3 => {
                        let found = row.view().find(row.view().start(), &Coded::of(&text), 1);
                        let expected = model.iter().position(|item| *item == text);
                        prop_assert_eq!(found, expected.map(|index| row.view().seek(index)));
                    }
                    _ => {
                        row.insert(row.view().end(), &[Coded::of(&text)]);
                        model.push(text);
                    }
                }
                prop_assert_eq!(row.len(), model.len());
                let texts: Vec<_> = row.view().iter().map(|item| item.to_vec()).collect();
                prop_assert_eq!(&texts, &model);
            }
        }
    }
}
