//! One entry of a listpack and its bytes; the format is drawn in the parent.

use crate::int;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    Int(i64),
    Str(&'a [u8]),
}

impl<'a> Entry<'a> {
    /// The way `text` is stored: as an integer where it is one.
    pub fn of(text: &'a [u8]) -> Entry<'a> {
        int::parse_i64(text).map_or(Entry::Str(text), Entry::Int)
    }

    /// Appends the entry as text.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Entry::Int(value) => int::write_i64(out, value),
            Entry::Str(text) => out.extend_from_slice(text),
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text);
        text
    }

    /// How many bytes the entry has as text.
    pub fn text_len(&self) -> usize {
        match *self {
            Entry::Int(value) => int::i64_digits(value),
            Entry::Str(text) => text.len(),
        }
    }
}

/// The code of an entry, with an integer's bytes, and the text that follows it.
pub(crate) struct Head<'a> {
    bytes: [u8; 9],
    length: usize,
    text: &'a [u8],
}

impl<'a> Head<'a> {
    pub(crate) fn of(entry: Entry<'a>) -> Head<'a> {
        match entry {
            Entry::Int(value) => Head::of_int(value),
            Entry::Str(text) => Head::of_text(text),
        }
    }

    fn new(head: &[u8], text: &'a [u8]) -> Head<'a> {
        let mut bytes = [0; 9];
        bytes[..head.len()].copy_from_slice(head);
        Head { bytes, length: head.len(), text }
    }

    fn of_int(value: i64) -> Head<'a> {
        let le = value.to_le_bytes();
        match value {
            0..=0x7f => Head::new(&[le[0]], b""),
            -0x1000..=0xfff => Head::new(&[0xc0 | le[1] & 0x1f, le[0]], b""),
            -0x8000..=0x7fff => Head::new(&[0xf1, le[0], le[1]], b""),
            -0x80_0000..=0x7f_ffff => Head::new(&[0xf2, le[0], le[1], le[2]], b""),
            -0x8000_0000..=0x7fff_ffff => Head::new(&[0xf3, le[0], le[1], le[2], le[3]], b""),
            _ => Head::new(&[0xf4, le[0], le[1], le[2], le[3], le[4], le[5], le[6], le[7]], b""),
        }
    }

    fn of_text(text: &'a [u8]) -> Head<'a> {
        let le =
            u32::try_from(text.len()).expect("a string in a listpack is smaller than 4 GiB").to_le_bytes();
        match text.len() {
            0..64 => Head::new(&[0x80 | le[0]], text),
            64..4096 => Head::new(&[0xe0 | le[1], le[0]], text),
            _ => Head::new(&[0xf0, le[0], le[1], le[2], le[3]], text),
        }
    }

    fn body_len(&self) -> usize {
        self.length + self.text.len()
    }

    /// How many bytes the whole entry takes.
    pub(crate) fn entry_size(&self) -> usize {
        self.body_len() + backlen_size(self.body_len())
    }

    /// Writes the whole entry into `out`, which has just its size.
    pub(crate) fn write(&self, out: &mut [u8]) {
        let (code, rest) = out.split_at_mut(self.length);
        let (text, backlen) = rest.split_at_mut(self.text.len());
        code.copy_from_slice(&self.bytes[..self.length]);
        text.copy_from_slice(self.text);
        write_backlen(backlen, self.body_len());
    }
}

/// Reads the entry that `bytes` begins with: what it holds and how long code and data are. `None` if the code
/// is unknown or the bytes are too few.
fn try_decode(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let text = |start: usize, length: usize| {
        let end = start.checked_add(length)?;
        Some((Entry::Str(bytes.get(start..end)?), end))
    };
    let int = |width: usize| {
        let stored = bytes.get(1..1 + width)?;
        // Padded at the low end and shifted down again, which repeats the sign.
        let mut padded = [0; 8];
        padded[8 - width..].copy_from_slice(stored);
        Some((Entry::Int(i64::from_le_bytes(padded) >> (64 - 8 * width)), 1 + width))
    };
    let &code = bytes.first()?;
    match code {
        0..=0x7f => Some((Entry::Int(code.into()), 1)),
        0x80..=0xbf => text(1, usize::from(code & 0x3f)),
        0xc0..=0xdf => {
            let word = i16::from_be_bytes([code << 3, 0]) >> 3 | i16::from(*bytes.get(1)?);
            Some((Entry::Int(word.into()), 2))
        }
        0xe0..=0xef => text(2, usize::from(code & 0x0f) << 8 | usize::from(*bytes.get(1)?)),
        0xf0 => text(5, u32::from_le_bytes(*bytes.get(1..5)?.first_chunk()?) as usize),
        0xf1 => int(2),
        0xf2 => int(3),
        0xf3 => int(4),
        0xf4 => int(8),
        _ => None,
    }
}

/// Reads the entry that `bytes` begins with, which is known to be well formed; answers its size too.
pub(crate) fn decode(bytes: &[u8]) -> (Entry<'_>, usize) {
    let (entry, body) = try_decode(bytes).expect("the entries of a listpack were checked");
    (entry, body + backlen_size(body))
}

/// The size of the entry that `bytes` begins with, its length backwards included.
#[inline]
pub(crate) fn size(bytes: &[u8]) -> usize {
    match bytes[0] {
        0..=0x7f => 2,
        // Neither code nor length backwards of a short text takes a second byte.
        code @ 0x80..=0xbf => 2 + usize::from(code & 0x3f),
        0xc0..=0xdf => 3,
        _ => decode(bytes).1,
    }
}

/// [`size`], for bytes of which nothing is known; also checks the length backwards.
pub(crate) fn checked_size(bytes: &[u8]) -> Option<usize> {
    let body = try_decode(bytes)?.1;
    let mut expected = [0; 5];
    let expected = &mut expected[..backlen_size(body)];
    write_backlen(expected, body);
    let end = body + expected.len();
    (bytes.get(body..end)? == expected).then_some(end)
}

/// The size of the entry that `bytes` ends with.
pub(crate) fn size_backwards(bytes: &[u8]) -> usize {
    let mut body = 0;
    for (i, &byte) in bytes.iter().rev().take(5).enumerate() {
        body |= usize::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return body + i + 1;
        }
    }
    panic!("the lengths backwards in a listpack were checked");
}

/// How many bytes it takes to say backwards that code and data are `body` bytes long. The last number that
/// would fit two, three or four bytes gets one more: Redis has it so, and refuses anything else.
fn backlen_size(body: usize) -> usize {
    match body {
        0..0x80 => 1,
        0x80..0x3fff => 2,
        0x3fff..0x1f_ffff => 3,
        0x1f_ffff..0x0fff_ffff => 4,
        _ => 5,
    }
}

fn write_backlen(out: &mut [u8], mut body: usize) {
    for byte in out.iter_mut().rev() {
        *byte = (body & 0x7f) as u8 | 0x80;
        body >>= 7;
    }
    out[0] &= 0x7f;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(entry: Entry<'_>) -> Vec<u8> {
        let head = Head::of(entry);
        let mut bytes = vec![0; head.entry_size()];
        head.write(&mut bytes);
        bytes
    }

    #[test]
    fn integers_take_the_fewest_bytes() {
        fn check(value: i64, size: usize) {
            let bytes = encoded(Entry::Int(value));
            assert_eq!(bytes.len(), size, "{value}");
            assert_eq!(decode(&bytes), (Entry::Int(value), size));
        }
        for (bits, size) in [(12, 3), (15, 4), (23, 5), (31, 6), (63, 10)] {
            check(-1 << bits, size);
            check(!(-1 << bits), size);
        }
        check(0, 2);
        check(127, 2);
        check(128, 3);
        check(-1, 3);
    }

    proptest! {
        #[test]
        fn entries_survive_and_are_found_backwards(text in "[0-9a]{0,200}", value: i64, shift in 0u32..64) {
            let number = (value >> shift).to_string();
            for text in [text.as_bytes(), number.as_bytes()] {
                let bytes = encoded(Entry::of(text));
                prop_assert_eq!(decode(&bytes).0.to_vec(), text);
                prop_assert_eq!(checked_size(&bytes), Some(bytes.len()));
                prop_assert_eq!(size(&bytes), bytes.len());
                prop_assert_eq!(size_backwards(&[b"before", &bytes[..]].concat()), bytes.len());
            }
        }
    }
}
