//! LZF, the light compression of long strings in RDB files (format of Marc Lehmann's LibLZF).
//!
//! A stream is a row of instructions, told apart by the control byte `c`:
//!
//! ```text
//! 000lllll                      literal: the next l + 1 bytes (1 to 32) are copied
//! lllooooo oooooooo             match, l in 1..=6: copy l + 2 bytes (3 to 8) from o + 1 bytes back
//! 111ooooo llllllll oooooooo    match: copy l + 9 bytes (9 to 264) from o + 1 bytes back (1 to 8192)
//! ```
//!
//! A match may reach into what it is writing: offset 1 repeats the last byte. The length of the plain text is
//! not in the stream; whoever stores it stores that too. The format leaves the choice of matches to the
//! compressor, so our bytes may differ from LibLZF's; either reads the other's.

const MAX_LITERAL: usize = 32;
const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 264;
const MAX_OFFSET: usize = 8192;

/// Bytes that are no LZF stream of the promised length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// Where in the compressed bytes the instruction stands that cannot be followed.
    pub offset: usize,
}

/// Compresses `plain` into at most `limit` bytes; `None` when it does not get that small.
pub fn compress(plain: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(limit.min(plain.len()));
    let mut seen = Seen::new(plain.len());
    let (mut at, mut literal_start) = (0, 0);
    while at + MIN_MATCH <= plain.len() {
        let Some(from) = seen.exchange(plain, at) else {
            at += 1;
            continue;
        };
        let longest = (plain.len() - at).min(MAX_MATCH);
        let length = (MIN_MATCH..longest).find(|&i| plain[from + i] != plain[at + i]).unwrap_or(longest);
        put_literals(&mut out, &plain[literal_start..at]);
        put_match(&mut out, at - from, length);
        if out.len() > limit {
            return None;
        }
        // The positions inside the match are found again through its last two, which is nearly as good as
        // all.
        for inside in at + length - 2..at + length {
            if inside + MIN_MATCH <= plain.len() {
                seen.exchange(plain, inside);
            }
        }
        at += length;
        literal_start = at;
    }
    put_literals(&mut out, &plain[literal_start..]);
    (out.len() <= limit).then_some(out)
}

fn put_literals(out: &mut Vec<u8>, bytes: &[u8]) {
    for run in bytes.chunks(MAX_LITERAL) {
        out.push((run.len() - 1) as u8);
        out.extend_from_slice(run);
    }
}

fn put_match(out: &mut Vec<u8>, distance: usize, length: usize) {
    let (offset, length) = (distance - 1, length - 2);
    let high = (offset >> 8) as u8;
    if length < 7 {
        out.push(((length as u8) << 5) | high);
    } else {
        out.extend_from_slice(&[0b1110_0000 | high, (length - 7) as u8]);
    }
    out.push(offset as u8);
}

/// Where each three bytes were last seen: a hash table that forgets on collision.
struct Seen {
    /// Position plus one, so that 0 says "never". Positions are kept modulo 2^32; a stale or wrapped one is
    /// harmless, since a candidate is always compared with the text before it is used.
    last: Vec<u32>,
    shift: u32,
}

impl Seen {
    /// The table grows with the text, so that a short string does not pay for clearing a large table.
    fn new(length: usize) -> Seen {
        let bits = length.next_power_of_two().ilog2().clamp(6, 14);
        Seen { last: vec![0; 1 << bits], shift: 32 - bits }
    }

    /// Notes that the three bytes at `at` are there; answers an earlier place that has the same three, within
    /// reach.
    fn exchange(&mut self, plain: &[u8], at: usize) -> Option<usize> {
        let key = &plain[at..at + MIN_MATCH];
        let word = u32::from_le_bytes([key[0], key[1], key[2], 0]);
        // Knuth's multiplicative hashing: the top bits of a product with 2^32 over the golden ratio.
        let slot = (word.wrapping_mul(0x9e37_79b1) >> self.shift) as usize;
        let before = std::mem::replace(&mut self.last[slot], at as u32 + 1);
        let from = (before as usize).checked_sub(1)?;
        let reachable = from < at && at - from <= MAX_OFFSET;
        (reachable && &plain[from..from + MIN_MATCH] == key).then_some(from)
    }
}

/// Restores exactly `length` bytes of plain text.
///
/// # Errors
///
/// [`Corrupt`] when the stream ends inside an instruction, reaches back before the beginning, or holds more
/// or less than `length` bytes. Memory stays below `264 * bytes.len()` however large a `length` is promised.
pub fn decompress(bytes: &[u8], length: usize) -> Result<Vec<u8>, Corrupt> {
    let mut out = Vec::with_capacity(length.min(bytes.len().saturating_mul(MAX_MATCH)));
    let mut at = 0;
    while at < bytes.len() {
        at = follow(bytes, at, &mut out, length).ok_or(Corrupt { offset: at })?;
    }
    if out.len() == length { Ok(out) } else { Err(Corrupt { offset: at }) }
}

/// Follows the instruction at `at`; answers where the next one stands.
fn follow(bytes: &[u8], at: usize, out: &mut Vec<u8>, limit: usize) -> Option<usize> {
    let control = usize::from(bytes[at]);
    let room = limit - out.len();
    if control < MAX_LITERAL {
        let end = at + 1 + control + 1;
        let literal = bytes.get(at + 1..end).filter(|literal| literal.len() <= room)?;
        out.extend_from_slice(literal);
        return Some(end);
    }
    let (mut length, mut at) = ((control >> 5) + 2, at + 1);
    if length == 9 {
        length += usize::from(*bytes.get(at)?);
        at += 1;
    }
    let distance = ((control & 0x1f) << 8 | usize::from(*bytes.get(at)?)) + 1;
    let from = out.len().checked_sub(distance)?;
    if length > room {
        return None;
    }
    if distance >= length {
        out.extend_from_within(from..from + length);
    } else {
        for i in from..from + length {
            out.push(out[i]);
        }
    }
    Some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_round_trip(plain: &[u8]) -> usize {
        let packed = compress(plain, usize::MAX).unwrap();
        assert_eq!(decompress(&packed, plain.len()).as_deref(), Ok(plain));
        assert_eq!(compress(plain, packed.len()).as_ref(), Some(&packed));
        assert_eq!(packed.len().checked_sub(1).and_then(|less| compress(plain, less)), None);
        packed.len()
    }

    #[test]
    fn round_trips() {
        for plain in [&b""[..], b"a", b"aa", b"aaa", b"aaaa", b"abcabcabcabc", b"no twice here"] {
            check_round_trip(plain);
        }
        for length in [263, 264, 265, 266, 267, 268, 528, 100_000] {
            assert!(check_round_trip(&vec![b'x'; length]) <= 8 + length / 80);
        }
        // The same block just within and just out of reach.
        for gap in [8100, 8192, 8193, 9000] {
            let mut plain = b"an uncommon sentence, twice".to_vec();
            plain.extend((0..gap as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
            plain.extend_from_slice(b"an uncommon sentence, twice");
            check_round_trip(&plain);
        }
    }

    /// The compressed strings inside payloads that DUMP of Redis 8.0 gave.
    #[test]
    fn reads_what_redis_wrote() {
        fn check(packed: &[u8], plain: &[u8]) {
            assert_eq!(decompress(packed, plain.len()).as_deref(), Ok(plain));
        }
        check(b"\x01aa\xe0W\x00\x01aa", &[b'a'; 100]);
        check(b"\x03abca\xe0-\x02\x01bc", &b"abc".repeat(20));
        check(b"\x10Redis stores long \x0b\x05rings;\xe0\x04\x0d \x15 !\x01 R@-\x00; \x0c`\x22 \x07@\x14`5@\x19\x01s.", b"Redis stores long strings; long strings store Redis; strings store long Redis.");
        check(
            b"\x01\x00\x00\xe0\xff\x00\xe0}\x00\x02end\xe0\x13\x88\x01\x00\x00",
            &[&[0; 400][..], b"end", &[0; 30]].concat(),
        );
    }

    #[test]
    fn refuses_what_it_cannot_follow() {
        fn check(packed: &[u8], length: usize, offset: usize) {
            assert_eq!(decompress(packed, length), Err(Corrupt { offset }), "{packed:?}");
        }
        check(b"", 1, 0);
        check(b"\x01a", 2, 0);
        check(b"\x00a", 2, 2);
        check(b"\x01ab", 1, 0);
        check(b"\x00a\x20", 4, 2);
        check(b"\x00a\xe0", 4, 2);
        check(b"\x00a\xe0\x00", 10, 2);
        check(b"\x00a\x20\x01", 4, 2);
        check(b"\x20\x00", 3, 0);
        check(b"\x00a\x20\x00", 3, 2);
        check(b"\x00a\x20\x00", 5, 4);
        check(b"\x00a", usize::MAX, 2);
        assert_eq!(decompress(b"\x00a\x20\x00", 4).unwrap(), b"aaaa");
        assert_eq!(decompress(b"\x00a\xe0\x00\x00", 10).unwrap(), b"aaaaaaaaaa");
    }

    proptest! {
        #[test]
        fn any_text_round_trips(plain in prop::collection::vec(prop_oneof![4 => 0u8..3, 1 => any::<u8>()], 0..2000)) {
            check_round_trip(&plain);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0usize..5000) {
            if let Ok(plain) = decompress(&bytes, length) {
                prop_assert_eq!(plain.len(), length);
            }
        }
    }
}
