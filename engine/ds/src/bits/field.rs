//! Integers of 1 to 64 bits at any bit of a string, highest bit first.

/// A field of 64 bits touches nine bytes at most; it is worked on in a window of sixteen.
const WINDOW: usize = 16;

/// The unsigned integer in the `width` bits from bit `at` on. What lies beyond the end reads as zeros.
pub fn read_field(bytes: &[u8], at: u64, width: u32) -> u64 {
    assert!((1..=64).contains(&width), "a field has 1 to 64 bits");
    let start = usize::try_from(at / 8).unwrap_or(usize::MAX).min(bytes.len());
    let window = window(&bytes[start..]);
    ((window << (at % 8)) >> (u128::BITS - width)) as u64
}

/// Writes the low `width` bits of `value` from bit `at` on; all of them lie within `bytes`.
pub fn write_field(bytes: &mut [u8], at: u64, width: u32, value: u64) {
    assert!((1..=64).contains(&width), "a field has 1 to 64 bits");
    let shift = u128::BITS - width - (at % 8) as u32;
    let mask = u128::from(u64::MAX >> (u64::BITS - width)) << shift;
    let touched = &mut bytes[at as usize / 8..(at as usize + width as usize).div_ceil(8)];
    let new = window(touched) & !mask | u128::from(value) << shift & mask;
    touched.copy_from_slice(&new.to_be_bytes()[..touched.len()]);
}

fn window(bytes: &[u8]) -> u128 {
    let mut window = [0; WINDOW];
    let len = bytes.len().min(WINDOW);
    window[..len].copy_from_slice(&bytes[..len]);
    u128::from_be_bytes(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive_read(bytes: &[u8], at: u64, width: u32) -> u64 {
        (0..u64::from(width)).fold(0, |sum, bit| sum << 1 | u64::from(crate::bits::get(bytes, at + bit)))
    }

    proptest! {
        #[test]
        fn fields(
            mut bytes in prop::collection::vec(any::<u8>(), 9..40),
            at in any::<u64>(), width in 1..=64u32, value in any::<u64>(),
        ) {
            let bits = bytes.len() as u64 * 8;
            prop_assert_eq!(read_field(&bytes, bits + at / 2, width), 0);
            prop_assert_eq!(read_field(&bytes, at % bits, width), naive_read(&bytes, at % bits, width));
            let at = at % (bits - u64::from(width) + 1);
            let mut expected = bytes.clone();
            for bit in 0..u64::from(width) {
                let set = value >> (u64::from(width) - 1 - bit) & 1 == 1;
                crate::bits::set(&mut expected, at + bit, set);
            }
            write_field(&mut bytes, at, width, value);
            prop_assert_eq!(bytes, expected);
        }
    }
}
