//! Where the first bit of a kind is.

use super::edges;

/// Bytes that are looked at together.
const STEP: usize = 64;

/// The first bit that is set, or the first that is clear.
pub fn first(bytes: &[u8], bit: bool) -> Option<u64> {
    // Whole steps without such a bit are skipped; the last bytes and the step that has one are gone through.
    let dull = if bit { 0 } else { u64::MAX };
    let (steps, _) = bytes.as_chunks::<STEP>();
    let skipped = steps.iter().position(|step| {
        let (words, _) = step.as_chunks::<8>();
        words.iter().fold(0, |found, word| found | (u64::from_ne_bytes(*word) ^ dull)) != 0
    });
    let from = skipped.unwrap_or(steps.len()) * STEP;
    let rest = bytes[from..].iter().position(|byte| *byte != dull as u8)?;
    let found = bytes[from + rest] ^ dull as u8;
    Some((from + rest) as u64 * 8 + u64::from(found.leading_zeros()))
}

/// The same from bit `from` to bit `to`, both included and both within `bytes`. Counts from the very first bit.
pub fn first_between(bytes: &[u8], bit: bool, from: u64, to: u64) -> Option<u64> {
    let (range, head, tail) = edges(from, to);
    let (base, inside) = (range.start as u64 * 8, &bytes[range]);
    let dull = if bit { 0 } else { 0xff };
    let at = |byte: u8, mask: u8, index: usize| {
        let found = (byte ^ dull) & mask;
        (found != 0).then(|| base + index as u64 * 8 + u64::from(found.leading_zeros()))
    };
    match inside {
        [only] => at(*only, head & tail, 0),
        [start, middle @ .., end] => at(*start, head, 0)
            .or_else(|| first(middle, bit).map(|found| base + 8 + found))
            .or_else(|| at(*end, tail, inside.len() - 1)),
        [] => unreachable!("a range of bits touches a byte"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few runs, so that whole steps are skipped.
        #[test]
        fn finding(
            runs in prop::collection::vec((any::<u8>(), 0..200usize), 1..5),
            bit in any::<bool>(), a in any::<u64>(), b in any::<u64>(),
        ) {
            let bytes: Vec<u8> = runs.iter().flat_map(|(byte, len)| {
                let fill = [0, 0xff, *byte][*byte as usize % 3];
                std::iter::repeat_n(fill, *len).chain([*byte])
            }).collect();
            let bits = bytes.len() as u64 * 8;
            let naive = |from: u64, to: u64| (from..=to).find(|at| crate::bits::get(&bytes, *at) == bit);
            prop_assert_eq!(first(&bytes, bit), naive(0, bits - 1));
            let (a, b) = (a % bits, b % bits);
            let (from, to) = (a.min(b), a.max(b));
            prop_assert_eq!(first_between(&bytes, bit, from, to), naive(from, to));
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(first(&[], true), None);
        assert_eq!(first(&[0xff; 1000], false), None);
        assert_eq!(first_between(&[0x10], true, 4, 7), None);
    }
}
