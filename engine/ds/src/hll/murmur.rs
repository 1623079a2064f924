//! MurmurHash64A (Austin Appleby, public domain) with the seed of all counters.

const SEED: u64 = 0xadc8_3b19;
const M: u64 = 0xc6a4_a793_5bd1_e995;
const R: u32 = 47;

pub(super) fn hash(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut hash = words.iter().fold(SEED ^ (bytes.len() as u64).wrapping_mul(M), |hash, word| {
        let word = u64::from_le_bytes(*word).wrapping_mul(M);
        (hash ^ (word ^ word >> R).wrapping_mul(M)).wrapping_mul(M)
    });
    if !tail.is_empty() {
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(M);
    }
    hash = (hash ^ hash >> R).wrapping_mul(M);
    hash ^ hash >> R
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where Redis 8.0 puts these elements: register, and its value.
    #[test]
    fn places_of_elements() {
        let elements = [
            ("", 5938, 2),
            ("a", 12711, 2),
            ("b", 15780, 1),
            ("c", 8436, 1),
            ("d", 7292, 1),
            ("hello", 9216, 1),
            ("12345678", 10579, 3),
            ("123456789", 9293, 2),
        ];
        for (element, index, value) in elements {
            assert_eq!(crate::hll::place(element.as_bytes()), (index, value), "{element}");
        }
    }

    #[test]
    fn every_length_of_tail_counts() {
        let hashes: Vec<u64> = (0..20).map(|len| hash(&[7; 20][..len])).collect();
        for (len, value) in hashes.iter().enumerate() {
            assert!(!hashes[..len].contains(value), "length {len}");
        }
    }
}
