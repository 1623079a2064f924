//! How many bits are set.

use super::{edges, wide};

/// The number of bits that are set.
pub fn count_ones(bytes: &[u8]) -> u64 {
    wide::count_ones(bytes)
}

/// The number of bits that are set from bit `first` to bit `last`, both included and both within `bytes`.
pub fn count_ones_between(bytes: &[u8], first: u64, last: u64) -> u64 {
    let (range, head, tail) = edges(first, last);
    let inside = &bytes[range];
    let outside = (inside[0] & !head).count_ones() + (inside[inside.len() - 1] & !tail).count_ones();
    count_ones(inside) - u64::from(outside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8], first: u64, last: u64) -> u64 {
        (first..=last).filter(|at| crate::bits::get(bytes, *at)).count() as u64
    }

    proptest! {
        #[test]
        fn counting(bytes in prop::collection::vec(any::<u8>(), 1..300), a in any::<u64>(), b in any::<u64>()) {
            let bits = bytes.len() as u64 * 8;
            prop_assert_eq!(count_ones(&bytes), naive(&bytes, 0, bits - 1));
            let (a, b) = (a % bits, b % bits);
            let (first, last) = (a.min(b), a.max(b));
            prop_assert_eq!(count_ones_between(&bytes, first, last), naive(&bytes, first, last));
        }
    }

    #[test]
    fn every_length_and_alignment() {
        let bytes = [0xa7; 300];
        for start in 0..17 {
            for end in start..bytes.len() {
                assert_eq!(count_ones(&bytes[start..end]), 5 * (end - start) as u64);
            }
        }
    }
}
