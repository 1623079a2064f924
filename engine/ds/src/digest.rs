//! The digest of a keyspace, as DEBUG DIGEST and DEBUG DIGEST-VALUE compute it.
//!
//! A digest is 20 bytes, at first 0, to which bytes are added in one of two ways:
//!
//! - [`xor`](Digest::xor): `d ← d ^ SHA1(bytes)`. The order of what is added does not matter, so hash tables
//!   may be walked as they lie. The same bytes twice cancel out.
//! - [`mix`](Digest::mix): `d ← SHA1(d ^ SHA1(bytes))`. The order matters.
//!
//! On these two everything is built (checked against Redis 8.0). A *value*, with `type` its RDB-independent
//! number as four big-endian bytes (string 0, list 1, set 2, zset 3, hash 4, stream 6):
//!
//! ```text
//! value    mix type, then the elements as below, then xor "!!expire!!" if the key has a time to live
//! string   mix the text
//! list     mix each element, first to last
//! set      xor each member
//! zset     xor, for each member, the digest { mix member, mix score }
//! hash     xor, for each field, the digest { mix field, mix value, xor "!!hexpire!!" if the field has a time to live }
//! stream   for each entry: mix "ms.seq" (a point, not a dash), then mix each field and its value in order
//! ```
//!
//! Scores are written by [`format_f64_digits`](crate::double::format_f64_digits). A *keyspace*:
//!
//! ```text
//! for each database that has keys: mix its number as four big-endian bytes, then
//!     for each key: xor the digest { mix key, then its value as above }
//! ```

use sha1::{Digest as _, Sha1};
use std::fmt;

/// An order-insensitive digest in the making; see the module's page for what to feed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 20]);

impl Digest {
    /// Adds `bytes`, at any place among others.
    pub fn xor(&mut self, bytes: &[u8]) {
        let hash: [u8; 20] = Sha1::digest(bytes).into();
        self.0.iter_mut().zip(hash).for_each(|(own, other)| *own ^= other);
    }

    /// Adds `bytes` after everything added so far.
    pub fn mix(&mut self, bytes: &[u8]) {
        self.xor(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Adds a digest of its own, at any place among others: an element's to its value, a key's to its
    /// keyspace.
    pub fn xor_digest(&mut self, other: &Digest) {
        self.xor(&other.0);
    }

    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// Forty lowercase hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(parts: &[&[u8]]) -> Digest {
        let mut digest = Digest::default();
        parts.iter().for_each(|part| digest.mix(part));
        digest
    }

    /// A value of type `kind` whose elements are added in any order.
    fn of_elements(kind: u8, elements: &[Digest]) -> Digest {
        let mut digest = mixed(&[&[0, 0, 0, kind]]);
        elements.iter().for_each(|element| digest.xor_digest(element));
        digest
    }

    /// What DEBUG DIGEST-VALUE of Redis 8.0 says of the same values.
    #[test]
    fn values() {
        fn check(digest: Digest, expected: &str) {
            assert_eq!(digest.to_string(), expected);
        }
        check(mixed(&[&[0; 4], b"bar"]), "68467c70ae30376e7ce005bcc8827f5ba7fd67dc");
        check(mixed(&[&[0, 0, 0, 1], b"a", b"b", b"3"]), "09eb1fc9381ee92790d59930ab462945f8cd948b");
        check(mixed(&[&[0, 0, 0, 6], b"1.2", b"a", b"b"]), "9496fea2cabf3228fd1d53f5c5d40927c522ce95");

        let mut set = mixed(&[&[0, 0, 0, 2]]);
        [b"b", b"3", b"a"].iter().for_each(|member| set.xor(*member));
        check(set, "aa475a4a8f122ca5936aa41d911aacf8c93b827d");

        let zset = of_elements(3, &[mixed(&[b"b", b"2"]), mixed(&[b"a", b"1.5"])]);
        check(zset, "445b877af3c3ec83af30529ddbbdda3185172254");
        let mut field = mixed(&[b"f", b"v"]);
        let other = mixed(&[b"g", b"w"]);
        check(of_elements(4, &[field, other]), "d127864ed50239662bf61bafc9bda63c17da5b37");
        field.xor(b"!!hexpire!!");
        check(of_elements(4, &[other, field]), "355879033a5e790f0e021f3025ccea7312d9d282");
    }

    /// What DEBUG DIGEST of Redis 8.0 says after SET foo bar; SET n 123; SELECT 3; SET foo bar EX 1000.
    #[test]
    fn keyspaces() {
        let mut keyspace = Digest::default();
        assert_eq!(keyspace.to_string(), "0".repeat(40));
        let mut foo = mixed(&[b"foo", &[0; 4], b"bar"]);
        keyspace.mix(&[0; 4]);
        keyspace.xor_digest(&foo);
        assert_eq!(keyspace.to_string(), "d2ab4820c1be0580ea28efbfe8bfa1dc05bb802a");
        keyspace.xor_digest(&mixed(&[b"n", &[0; 4], b"123"]));
        assert_eq!(keyspace.to_string(), "2ccff0254b97d2824823e394089c36dc9612627d");
        foo.xor(b"!!expire!!");
        keyspace.mix(&[0, 0, 0, 3]);
        keyspace.xor_digest(&foo);
        assert_eq!(keyspace.to_string(), "3c9096b12c734123cf5672316153fee0d4745a20");
    }
}
