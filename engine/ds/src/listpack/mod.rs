//! A row of strings and integers in one piece of memory: the packed form of small lists, hashes, sets and
//! sorted sets, byte for byte as RDB files hold it (listpack specification, S. Sanfilippo 2017).
//!
//! ```text
//! u32 total bytes · u16 count · entries · 0xff          little-endian; count 65535 says "unknown, or that many"
//!
//! an entry: code and data · their length backwards
//!   0iiiiiii                     integer 0..=127
//!   10llllll  text               string of l bytes, up to 63
//!   110iiiii  i                  integer of 13 bits, two's complement, high bits first
//!   1110llll  l  text            string of l bytes, up to 4095, high bits first
//!   0xf0  llll  text             string of l bytes, u32 little-endian
//!   0xf1 0xf2 0xf3 0xf4          integer of 2, 3, 4 or 8 bytes, little-endian
//! ```
//!
//! The length backwards is in groups of seven bits, high ones first, where all bytes but the first have their
//! top bit set: read from its end, it says where the entry begins, so one can walk both ways. Text that is
//! the canonical decimal of a 64-bit integer is always stored as that integer.

pub(crate) mod entry;

use crate::int;
use entry::{Head, checked_size, decode, size, size_backwards};

pub use entry::Entry;

pub(crate) const HEADER: usize = 6;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;

/// Bytes that are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// Where the first wrong thing stands.
    pub offset: usize,
}

/// Where an entry of a listpack begins. Any change before it makes it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(usize);

/// The bytes always follow the format above. Using a [`Position`] that was not obtained from this listpack
/// since its last change is a mistake of the caller: it may panic or find other entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listpack {
    bytes: Vec<u8>,
}

impl Default for Listpack {
    fn default() -> Listpack {
        Listpack { bytes: vec![7, 0, 0, 0, 0, 0, END] }
    }
}

impl Listpack {
    pub fn new() -> Listpack {
        Listpack::default()
    }

    /// Takes bytes from elsewhere, after checking every entry.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] where header, entries, lengths backwards, count or end do not fit each other.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Listpack, Corrupt> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(Corrupt { offset: bytes.len() });
        };
        if u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize != bytes.len() {
            return Err(Corrupt { offset: 0 });
        }
        let (mut at, mut count) = (HEADER, 0);
        loop {
            match bytes.get(at) {
                Some(&END) if at + 1 == bytes.len() => break,
                Some(_) => at += checked_size(&bytes[at..]).ok_or(Corrupt { offset: at })?,
                None => return Err(Corrupt { offset: at }),
            }
            count += 1;
        }
        match u16::from_le_bytes([header[4], header[5]]) {
            COUNT_UNKNOWN => Ok(Listpack { bytes }),
            stored if usize::from(stored) == count => Ok(Listpack { bytes }),
            _ => Err(Corrupt { offset: 4 }),
        }
    }

    /// Appends the listpack of `count` entries that stand one after the other in `entries`.
    pub(crate) fn frame(entries: &[u8], count: usize, out: &mut Vec<u8>) {
        let total = u32::try_from(HEADER + entries.len() + 1).expect("a listpack is smaller than 4 GiB");
        out.extend_from_slice(&total.to_le_bytes());
        out.extend_from_slice(&(count.min(usize::from(COUNT_UNKNOWN)) as u16).to_le_bytes());
        out.extend_from_slice(entries);
        out.push(END);
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many entries there are. Takes one step, but a walk over all entries once there were 65535 or more.
    pub fn len(&self) -> usize {
        match self.stored_count() {
            COUNT_UNKNOWN => self.iter().count(),
            count => usize::from(count),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER + 1
    }

    pub fn first(&self) -> Option<Position> {
        self.position(HEADER)
    }

    pub fn last(&self) -> Option<Position> {
        self.prev_of_offset(self.bytes.len() - 1)
    }

    /// The entry after the one at `at`.
    pub fn next(&self, at: Position) -> Option<Position> {
        self.position(at.0 + size(&self.bytes[at.0..]))
    }

    /// The entry before the one at `at`.
    pub fn prev(&self, at: Position) -> Option<Position> {
        self.prev_of_offset(at.0)
    }

    pub fn get(&self, at: Position) -> Entry<'_> {
        decode(&self.bytes[at.0..]).0
    }

    /// The position of the entry with that index: 0 is the first, -1 the last. Walks from the nearer end.
    pub fn seek(&self, index: i64) -> Option<Position> {
        let count = self.len() as i64;
        let index = if index < 0 { index.checked_add(count)? } else { index };
        if !(0..count).contains(&index) {
            return None;
        }
        if index < count / 2 {
            (0..index).try_fold(self.first()?, |at, _| self.next(at))
        } else {
            (index + 1..count).try_fold(self.last()?, |at, _| self.prev(at))
        }
    }

    /// The entries, from either end.
    pub fn iter(&self) -> Iter<'_> {
        Iter { listpack: self, start: HEADER, end: self.bytes.len() - 1 }
    }

    /// The first entry at or after `from` that is `text`, looking at one entry and then leaving out `skip`,
    /// and so on.
    pub fn find(&self, from: Position, text: &[u8], skip: usize) -> Option<Position> {
        let number = int::parse_i64(text);
        let mut at = Some(from);
        while let Some(candidate) = at {
            let same = match self.get(candidate) {
                Entry::Int(value) => number == Some(value),
                Entry::Str(other) => other == text,
            };
            if same {
                return at;
            }
            at = (0..=skip).try_fold(candidate, |at, _| self.next(at));
        }
        None
    }

    /// How many bytes all would take with an entry more that is `text`.
    pub fn bytes_with(&self, text: &[u8]) -> usize {
        self.bytes.len() + Head::of(Entry::of(text)).entry_size()
    }

    pub fn push_back(&mut self, text: &[u8]) {
        self.splice(self.bytes.len() - 1, 0, Entry::of(text));
        self.change_count(1);
    }

    pub fn push_front(&mut self, text: &[u8]) {
        self.splice(HEADER, 0, Entry::of(text));
        self.change_count(1);
    }

    /// Puts `text` before the entry at `at`, and so at `at` itself; answers the position of the entry moved
    /// on.
    pub fn insert_before(&mut self, at: Position, text: &[u8]) -> Position {
        let size = self.splice(at.0, 0, Entry::of(text));
        self.change_count(1);
        Position(at.0 + size)
    }

    /// Puts `text` after the entry at `at`; answers where.
    pub fn insert_after(&mut self, at: Position, text: &[u8]) -> Position {
        let after = at.0 + size(&self.bytes[at.0..]);
        self.splice(after, 0, Entry::of(text));
        self.change_count(1);
        Position(after)
    }

    /// Puts `text` in the place of the entry at `at`, which stays its position.
    pub fn replace(&mut self, at: Position, text: &[u8]) {
        let old = size(&self.bytes[at.0..]);
        self.splice(at.0, old, Entry::of(text));
    }

    /// Takes out the entry at `at`; answers the one that followed, which is now at `at`.
    pub fn remove(&mut self, at: Position) -> Option<Position> {
        self.remove_range(at, 1)
    }

    /// Takes out up to `count` entries from `at` on; answers the one that followed them.
    pub fn remove_range(&mut self, at: Position, count: usize) -> Option<Position> {
        let (mut end, mut removed) = (at.0, 0);
        while removed < count && self.bytes[end] != END {
            end += size(&self.bytes[end..]);
            removed += 1;
        }
        self.bytes.drain(at.0..end);
        self.write_total();
        self.change_count(-(removed as i64));
        self.position(at.0)
    }

    fn position(&self, offset: usize) -> Option<Position> {
        (self.bytes[offset] != END).then_some(Position(offset))
    }

    fn prev_of_offset(&self, offset: usize) -> Option<Position> {
        (offset > HEADER).then(|| Position(offset - size_backwards(&self.bytes[..offset])))
    }

    /// Puts an entry in place of `old` bytes at `at`; answers its size.
    fn splice(&mut self, at: usize, old: usize, entry: Entry<'_>) -> usize {
        let head = Head::of(entry);
        let (size, end) = (head.entry_size(), self.bytes.len());
        if size > old {
            self.bytes.resize(end + size - old, 0);
        }
        self.bytes.copy_within(at + old..end, at + size);
        self.bytes.truncate(end + size - old);
        head.write(&mut self.bytes[at..at + size]);
        self.write_total();
        size
    }

    fn write_total(&mut self) {
        let total = u32::try_from(self.bytes.len()).expect("a listpack is smaller than 4 GiB");
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
    }

    fn stored_count(&self) -> u16 {
        u16::from_le_bytes([self.bytes[4], self.bytes[5]])
    }

    /// Counts entries that came or went. Once unknown, the count stays so.
    fn change_count(&mut self, difference: i64) {
        let count = match self.stored_count() {
            COUNT_UNKNOWN => return,
            count => (i64::from(count) + difference).min(i64::from(COUNT_UNKNOWN)) as u16,
        };
        self.bytes[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }
}

/// See [`Listpack::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    listpack: &'a Listpack,
    start: usize,
    end: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        if self.start == self.end {
            return None;
        }
        let (entry, size) = decode(&self.listpack.bytes[self.start..]);
        self.start += size;
        Some(entry)
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<Entry<'a>> {
        if self.start == self.end {
            return None;
        }
        self.end -= size_backwards(&self.listpack.bytes[..self.end]);
        Some(decode(&self.listpack.bytes[self.end..]).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listpack(texts: &[&str]) -> Listpack {
        let mut listpack = Listpack::new();
        texts.iter().for_each(|text| listpack.push_back(text.as_bytes()));
        listpack
    }

    fn texts(listpack: &Listpack) -> Vec<Vec<u8>> {
        listpack.iter().map(|entry| entry.to_vec()).collect()
    }

    /// Inside DUMP of Redis 8.0 after HSET of the same fields and values.
    #[test]
    fn bytes_are_those_of_redis() {
        fn check(texts: &[&str], bytes: &[u8]) {
            assert_eq!(listpack(texts).as_bytes(), bytes, "{texts:?}");
            assert_eq!(Listpack::from_bytes(bytes.to_vec()), Ok(listpack(texts)));
        }
        check(&[], b"\x07\0\0\0\0\0\xff");
        check(&["f", "v"], b"\x0d\x00\x00\x00\x02\x00\x81f\x02\x81v\x02\xff");
        check(
            &["a", "127", "b", "128"],
            b"\x12\x00\x00\x00\x04\x00\x81a\x02\x7f\x01\x81b\x02\xc0\x80\x02\xff",
        );
        check(
            &["a", "-1", "b", "-4096"],
            b"\x13\x00\x00\x00\x04\x00\x81a\x02\xdf\xff\x02\x81b\x02\xd0\x00\x02\xff",
        );
        check(
            &["a", "4095", "b", "4096"],
            b"\x14\x00\x00\x00\x04\x00\x81a\x02\xcf\xff\x02\x81b\x02\xf1\x00\x10\x03\xff",
        );
        check(
            &["a", "-4097", "b", "32767"],
            b"\x15\x00\x00\x00\x04\x00\x81a\x02\xf1\xff\xef\x03\x81b\x02\xf1\xff\x7f\x03\xff",
        );
        check(
            &["a", "32768", "b", "-8388608"],
            b"\x17\x00\x00\x00\x04\x00\x81a\x02\xf2\x00\x80\x00\x04\x81b\x02\xf2\x00\x00\x80\x04\xff",
        );
        check(
            &["a", "8388608", "b", "2147483647"],
            b"\x19\x00\x00\x00\x04\x00\x81a\x02\xf3\x00\x00\x80\x00\x05\x81b\x02\xf3\xff\xff\xff\x7f\x05\xff",
        );
        check(&["a", "2147483648", "b", "-9223372036854775808"], b"!\x00\x00\x00\x04\x00\x81a\x02\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09\x81b\x02\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09\xff");
        check(
            &["a", "9223372036854775808", "b", "-0"],
            b"&\x00\x00\x00\x04\x00\x81a\x02\x939223372036854775808\x14\x81b\x02\x82-0\x03\xff",
        );
        check(&["", "01"], b"\x0d\x00\x00\x00\x02\x00\x80\x01\x8201\x03\xff");
    }

    /// Around each length where code or length backwards grow: (length of the string, size of its entry).
    #[test]
    fn sizes_of_strings() {
        let lengths = [
            (63, 65),
            (64, 67),
            (125, 128),
            (126, 130),
            (4095, 4099),
            (4096, 4103),
            (16377, 16384),
            (16378, 16386),
            (2_097_145, 2_097_153),
            (2_097_146, 2_097_155),
        ];
        for (length, size) in lengths {
            let text = "z".repeat(length);
            let pack = listpack(&[&text]);
            assert_eq!(pack.as_bytes().len(), HEADER + size + 1, "{length}");
            assert_eq!(Listpack::new().bytes_with(text.as_bytes()), pack.as_bytes().len());
            assert_eq!(pack.iter().next_back(), Some(Entry::Str(text.as_bytes())));
            assert_eq!(Listpack::from_bytes(pack.as_bytes().to_vec()), Ok(pack));
        }
    }

    #[test]
    fn walks_and_seeks() {
        let pack = listpack(&["a", "1", "b", "2"]);
        let at = |index| pack.seek(index).map(|at| pack.get(at));
        assert_eq!(at(0), Some(Entry::Str(b"a")));
        assert_eq!(at(3), Some(Entry::Int(2)));
        assert_eq!(at(-1), Some(Entry::Int(2)));
        assert_eq!(at(-4), Some(Entry::Str(b"a")));
        assert_eq!((at(4), at(-5), at(i64::MIN), at(i64::MAX)), (None, None, None, None));
        assert_eq!((Listpack::new().first(), Listpack::new().last()), (None, None));
        let last = pack.last().unwrap();
        assert_eq!((pack.next(last), pack.prev(pack.first().unwrap())), (None, None));
    }

    #[test]
    fn finds() {
        let pack = listpack(&["a", "b", "b", "7", "07", "x"]);
        let first = pack.first().unwrap();
        let index = |text: &str, skip| {
            let found = pack.find(first, text.as_bytes(), skip)?;
            (0..6).find(|&i| pack.seek(i) == Some(found))
        };
        assert_eq!(index("b", 0), Some(1));
        assert_eq!(index("b", 1), Some(2));
        assert_eq!(index("7", 0), Some(3));
        assert_eq!(index("7", 1), None);
        assert_eq!(index("07", 1), Some(4));
        assert_eq!(index("x", 3), None);
        assert_eq!(index("y", 0), None);
    }

    #[test]
    fn counts_beyond_its_header() {
        let mut pack = Listpack::new();
        (0..65534).for_each(|_| pack.push_back(b"1"));
        assert_eq!((pack.stored_count(), pack.len()), (65534, 65534));
        pack.push_front(b"1");
        assert_eq!((pack.stored_count(), pack.len()), (COUNT_UNKNOWN, 65535));
        pack.push_back(b"1");
        assert_eq!(pack.len(), 65536);
        assert_eq!(pack.remove_range(pack.seek(10).unwrap(), usize::MAX), None);
        assert_eq!((pack.stored_count(), pack.len()), (COUNT_UNKNOWN, 10));
        assert_eq!(Listpack::from_bytes(pack.as_bytes().to_vec()), Ok(pack));
    }

    #[test]
    fn refuses_other_bytes() {
        fn check(entries: &[u8], count: u8, offset: usize) {
            let total = (HEADER + entries.len()) as u8;
            let bytes = [&[total, 0, 0, 0, count, 0], entries].concat();
            assert_eq!(Listpack::from_bytes(bytes), Err(Corrupt { offset }), "{entries:?}");
        }
        check(b"", 0, 6);
        check(b"\x01", 1, 6);
        check(b"\x01\x01", 1, 8);
        check(b"\x01\x02\xff", 1, 6);
        check(b"\x01\x01\xff", 2, 4);
        check(b"\x01\x01\xff", 0, 4);
        check(b"\xff\xff", 0, 6);
        check(b"\x01\x01\xff\x01\x01\xff", 2, 8);
        check(b"\x81\x01\xff", 1, 6);
        check(b"\xf5\x01\xff", 1, 6);
        check(b"\xf4\x01\x01\xff", 1, 6);
        check(b"\xf0\xff\xff\xff\xff\x05\xff", 1, 6);
        check(b"\xef\xff\x01\xff", 1, 6);
        check(b"\x01\x00\x81\xff", 1, 6);
        for bytes in [&b""[..], b"\x07\0\0\0\0", b"\x08\0\0\0\0\0\xff"] {
            assert!(Listpack::from_bytes(bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => "[a-c]{0,3}",
            1 => (0u32..64, any::<i64>()).prop_map(|(shift, value)| (value >> shift).to_string()),
            1 => (60usize..68).prop_map(|length| "x".repeat(length)),
            1 => (120usize..132).prop_map(|length| "y".repeat(length)),
        ]
    }

    /// Does one step on the listpack and on the model.
    fn step(pack: &mut Listpack, model: &mut Vec<Vec<u8>>, kind: u8, index: usize, text: &str) {
        let bytes = text.as_bytes();
        let at = pack.seek(index as i64);
        assert_eq!(at.is_some(), index < model.len());
        match (kind, at) {
            (0, _) => {
                pack.push_front(bytes);
                model.insert(0, bytes.to_vec());
            }
            (1, Some(at)) => {
                let moved = pack.insert_before(at, bytes);
                assert_eq!(pack.get(moved).to_vec(), model[index]);
                model.insert(index, bytes.to_vec());
            }
            (2, Some(at)) => {
                let new = pack.insert_after(at, bytes);
                assert_eq!(pack.get(new), Entry::of(bytes));
                model.insert(index + 1, bytes.to_vec());
            }
            (3, Some(at)) => {
                pack.replace(at, bytes);
                model[index] = bytes.to_vec();
            }
            (4, Some(at)) => {
                let following = pack.remove(at).map(|at| pack.get(at).to_vec());
                model.remove(index);
                assert_eq!(following.as_ref(), model.get(index));
            }
            (5, Some(at)) => {
                pack.remove_range(at, 3);
                model.drain(index..model.len().min(index + 3));
            }
            _ => {
                pack.push_back(bytes);
                model.push(bytes.to_vec());
            }
        }
    }

    proptest! {
        #[test]
        fn behaves_like_a_row(steps in prop::collection::vec((0u8..10, 0usize..20, text()), 0..60)) {
            let (mut pack, mut model) = (Listpack::new(), Vec::new());
            for (kind, index, text) in steps {
                step(&mut pack, &mut model, kind, index, &text);
                prop_assert_eq!(&texts(&pack), &model);
                prop_assert_eq!(pack.len(), model.len());
            }
            let backwards: Vec<_> = pack.iter().rev().map(|entry| entry.to_vec()).collect();
            prop_assert!(backwards.iter().rev().eq(model.iter()));
            for (entry, text) in pack.iter().zip(&model) {
                prop_assert_eq!(entry.text_len(), text.len());
            }
            prop_assert_eq!(Listpack::from_bytes(pack.as_bytes().to_vec()), Ok(pack));
        }

        #[test]
        fn damaged_bytes_are_survived(words in prop::collection::vec(text(), 1..6), at: prop::sample::Index, byte: u8) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut bytes = listpack(&words).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(pack) = Listpack::from_bytes(bytes) {
                let forwards = texts(&pack);
                prop_assert_eq!(forwards.len(), pack.iter().rev().count());
                prop_assert_eq!(forwards.len(), pack.len());
            }
        }
    }
}
