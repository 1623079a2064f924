//! A row of strings and integers as Redis kept small collections before listpacks: read from old files, never written.
//!
//! ```text
//! u32 total bytes · u32 offset of the last entry · u16 count · entries · 0xff    count 65535 says "walk to know"
//!
//! an entry: length of the one before · code and data
//!   length before: one byte, or 0xfe and four
//!   00llllll  text             string of l bytes, up to 63
//!   01llllll  l  text          string of l bytes, up to 16383, high bits first
//!   0x80  llll  text           string of l bytes, four bytes, high ones first
//!   0xc0 0xd0 0xe0             integer of 2, 4 or 8 bytes
//!   0xf0 0xfe                  integer of 3 bytes, of 1 byte
//!   0xf1 ... 0xfd              integer 0 ... 12
//! ```
//!
//! Little-endian where nothing else is said.

use crate::listpack::{Corrupt, Entry};

const HEADER: usize = 10;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;
/// Says that the length of the entry before stands in the next four bytes.
const LONG_BEFORE: u8 = 0xfe;

/// Bytes that are a ziplist.
#[derive(Clone, Copy, Debug)]
pub struct Ziplist<'a> {
    entries: &'a [u8],
}

impl<'a> Ziplist<'a> {
    /// Checks every entry.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] where header, entries, lengths, count or end do not fit each other.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Ziplist<'a>, Corrupt> {
        let at = |offset: usize| Corrupt { offset };
        let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else { return Err(at(bytes.len())) };
        let word = |from: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| header[from + i])) as usize;
        if word(0) != bytes.len() {
            return Err(at(0));
        }
        let (mut offset, mut last, mut before, mut count) = (HEADER, HEADER, 0, 0);
        loop {
            match bytes.get(offset) {
                Some(&END) if offset + 1 == bytes.len() => break,
                Some(_) => {}
                None => return Err(at(offset)),
            }
            let entry = parse(&bytes[offset..]).filter(|entry| entry.before == before);
            before = entry.ok_or(at(offset))?.size;
            (last, offset, count) = (offset, offset + before, count + 1);
        }
        let stored = u16::from_le_bytes([header[8], header[9]]);
        if word(4) != last {
            return Err(at(4));
        }
        if stored != COUNT_UNKNOWN && usize::from(stored) != count {
            return Err(at(8));
        }
        Ok(Ziplist { entries: &bytes[HEADER..bytes.len() - 1] })
    }

    /// The entries, first to last.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let mut rest = self.entries;
        std::iter::from_fn(move || {
            let parsed = parse(rest)?;
            rest = &rest[parsed.size..];
            Some(parsed.entry)
        })
    }
}

struct Parsed<'a> {
    entry: Entry<'a>,
    /// The length of the entry before, as this one has it.
    before: usize,
    size: usize,
}

/// Reads the entry that `bytes` begins with; `None` if it is none.
fn parse(bytes: &[u8]) -> Option<Parsed<'_>> {
    let (before, head) = match *bytes.first()? {
        END => return None,
        LONG_BEFORE => (u32::from_le_bytes(*bytes.get(1..5)?.first_chunk()?) as usize, 5),
        short => (usize::from(short), 1),
    };
    let body = bytes.get(head..)?;
    let text = |start: usize, len: usize| {
        let end = start.checked_add(len)?;
        Some((Entry::Str(body.get(start..end)?), end))
    };
    let int = |width: usize| {
        let mut padded = [0; 8];
        padded[8 - width..].copy_from_slice(body.get(1..1 + width)?);
        Some((Entry::Int(i64::from_le_bytes(padded) >> (64 - 8 * width)), 1 + width))
    };
    let code = *body.first()?;
    let (entry, size) = match code {
        0x00..=0x3f => text(1, code.into()),
        0x40..=0x7f => text(2, usize::from(code & 0x3f) << 8 | usize::from(*body.get(1)?)),
        0x80 => text(5, u32::from_be_bytes(*body.get(1..5)?.first_chunk()?) as usize),
        0xc0 => int(2),
        0xd0 => int(4),
        0xe0 => int(8),
        0xf0 => int(3),
        0xf1..=0xfd => Some((Entry::Int(i64::from(code & 0x0f) - 1), 1)),
        0xfe => int(1),
        _ => None,
    }?;
    Some(Parsed { entry, before, size: head + size })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a ziplist of entries that lack the length before.
    fn ziplist(bodies: &[&[u8]]) -> Vec<u8> {
        let (mut entries, mut before, mut last) = (Vec::new(), 0usize, HEADER);
        for body in bodies {
            last = HEADER + entries.len();
            match u8::try_from(before) {
                Ok(short) if short < LONG_BEFORE => entries.push(short),
                _ => {
                    entries.push(LONG_BEFORE);
                    entries.extend_from_slice(&(before as u32).to_le_bytes());
                }
            }
            entries.extend_from_slice(body);
            before = HEADER + entries.len() - last;
        }
        let total = (HEADER + entries.len() + 1) as u32;
        let count = (bodies.len() as u16).to_le_bytes();
        [&total.to_le_bytes()[..], &(last as u32).to_le_bytes(), &count, &entries, &[END]].concat()
    }

    #[track_caller]
    fn check(bodies: &[&[u8]], expected: &[&str]) {
        let bytes = ziplist(bodies);
        let list = Ziplist::from_bytes(&bytes).expect("a ziplist");
        let texts: Vec<_> = list.iter().map(|entry| entry.to_vec()).collect();
        assert_eq!(texts, expected.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>());
        for len in 0..bytes.len() {
            assert!(Ziplist::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn codes() {
        check(&[], &[]);
        check(&[b"\x02hi", b"\x00", b"\xf1", b"\xfd"], &["hi", "", "0", "12"]);
        check(&[b"\xfe\x80", b"\xc0\x00\x80", b"\xf0\xff\xff\x7f"], &["-128", "-32768", "8388607"]);
        check(
            &[b"\xd0\x00\x00\x00\x80", b"\xe0\xff\xff\xff\xff\xff\xff\xff\x7f"],
            &["-2147483648", "9223372036854775807"],
        );
        let long = "x".repeat(300);
        let middle = [b"\x41\x2c", long.as_bytes()].concat();
        let large = [b"\x80\x00\x00\x01\x2c", long.as_bytes()].concat();
        check(&[&middle, &large, b"\x01a"], &[&long, &long, "a"]);
    }

    #[test]
    fn damage_is_seen() {
        let bytes = ziplist(&[b"\x02hi", b"\xf1", b"\x01a"]);
        for (at, byte) in [(0, 99), (4, 11), (8, 2), (10, 1), (11, 0x3f), (14, 9), (15, 0xff), (19, 1)] {
            let mut damaged = bytes.clone();
            damaged[at] = byte;
            assert!(Ziplist::from_bytes(&damaged).is_err(), "byte {at}");
        }
    }
}
