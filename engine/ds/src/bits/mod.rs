//! Strings of bits: counting, finding, combining, and integers of any width at any place.
//!
//! Bit 0 is the highest bit of the first byte, as a person would write the bits down in a row:
//!
//! ```text
//!   byte      0               1               2
//!   bit       0 1 2 3 4 5 6 7 8 9 ...                 what lies beyond the end reads as zeros
//!                     '---- field: offset 5, width 7, highest bit first
//! ```
//!
//! The files: `count` and `find` go through one string, `combine` through several, `field` reads and writes
//! integers. Loops are plain ones over words, written so that the compiler makes vectors of them; where
//! wider registers pay, `wide` compiles the same loop once more for each kind of processor.

mod combine;
mod count;
mod field;
mod find;
mod wide;

pub use combine::{Operation, combine};
pub use count::{count_ones, count_ones_between};
pub use field::{read_field, write_field};
pub use find::{first, first_between};

/// The bit at `at`; beyond the end it is not set.
#[inline]
pub fn get(bytes: &[u8], at: u64) -> bool {
    let byte = usize::try_from(at / 8).ok().and_then(|index| bytes.get(index));
    byte.is_some_and(|byte| byte & mask(at) != 0)
}

/// Sets or clears the bit at `at`, which lies in `bytes`.
#[inline]
pub fn set(bytes: &mut [u8], at: u64, bit: bool) {
    let byte = &mut bytes[at as usize / 8];
    *byte = if bit { *byte | mask(at) } else { *byte & !mask(at) };
}

#[inline]
fn mask(at: u64) -> u8 {
    0x80 >> (at % 8)
}

/// The bytes that a range of bits (both ends included) touches, and the masks of what belongs to it in the
/// first and the last of them. A range within one byte has both masks on that byte.
fn edges(first: u64, last: u64) -> (std::ops::Range<usize>, u8, u8) {
    debug_assert!(first <= last);
    let bytes = first as usize / 8..last as usize / 8 + 1;
    (bytes, 0xff >> (first % 8), 0xff << (7 - last % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_bits() {
        let mut bytes = [0x80, 0x01];
        let all = |bytes: &[u8]| (0..20).filter(|at| get(bytes, *at)).collect::<Vec<_>>();
        assert_eq!(all(&bytes), [0, 15]);
        assert!(!get(&bytes, u64::MAX));
        set(&mut bytes, 9, true);
        set(&mut bytes, 0, false);
        set(&mut bytes, 1, false);
        assert_eq!(all(&bytes), [9, 15]);
    }

    #[test]
    fn edges_of_ranges() {
        assert_eq!(edges(0, 7), (0..1, 0xff, 0xff));
        assert_eq!(edges(3, 3), (0..1, 0x1f, 0xf0));
        assert_eq!(edges(7, 8), (0..2, 0x01, 0x80));
    }
}
