//! SipHash-1-3: the keyed 64-bit hash under every table of ours.
//!
//! A client chooses the keys, so the hash must be keyed with something that no client knows, or it could
//! aim all its keys at one place. The caller gives the 128-bit key (from the server's seed), which keeps
//! every table layout, scan order and random choice replayable.
//!
//! Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); one compression round and three
//! finalization rounds, as in Rust's and Python's maps.

/// The 64-bit hash of a key, made by [`Hasher64::hash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub u64);

/// SipHash-1-3 with its 128-bit key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hasher64 {
    k0: u64,
    k1: u64,
    /// Tests clear hash bits here to force collisions.
    #[cfg(test)]
    pub(crate) mask: u64,
}

impl Hasher64 {
    pub const fn new(k0: u64, k1: u64) -> Self {
        Hasher64 {
            k0,
            k1,
            #[cfg(test)]
            mask: u64::MAX,
        }
    }

    #[inline]
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        let hash = sip::<1, 3>(self.k0, self.k1, bytes);
        #[cfg(test)]
        let hash = hash & self.mask;
        hash
    }
}

/// The key of a hasher is a secret.
impl std::fmt::Debug for Hasher64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher64(..)")
    }
}

#[inline(always)]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[inline(always)]
fn sip<const COMPRESS: usize, const FINALIZE: usize>(k0: u64, k1: u64, bytes: &[u8]) -> u64 {
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        absorb::<COMPRESS>(&mut v, u64::from_le_bytes(*word));
    }
    let tail = rest.iter().rev().fold(0, |word, byte| (word << 8) | *byte as u64);
    absorb::<COMPRESS>(&mut v, tail | (bytes.len() as u64) << 56);
    v[2] ^= 0xff;
    for _ in 0..FINALIZE {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline(always)]
fn absorb<const COMPRESS: usize>(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    for _ in 0..COMPRESS {
        round(v);
    }
    v[0] ^= word;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hasher};

    #[test]
    fn rounds_agree_with_the_example_of_the_paper() {
        let (k0, k1) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(sip::<2, 4>(k0, k1, &input), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn one_three_agrees_with_the_standard_library_at_every_length() {
        let input: Vec<u8> = (0..100u8).map(|i| i.wrapping_mul(37) ^ 5).collect();
        for len in 0..input.len() {
            let mut reference = DefaultHasher::new();
            reference.write(&input[..len]);
            assert_eq!(Hasher64::new(0, 0).hash(&input[..len]), reference.finish(), "length {len}");
        }
    }

    #[test]
    fn the_key_matters() {
        assert_ne!(Hasher64::new(1, 2).hash(b"key"), Hasher64::new(1, 3).hash(b"key"));
    }
}
