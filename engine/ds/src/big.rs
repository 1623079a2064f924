//! A small unsigned big integer: just what exact conversion between decimal and binary floats needs.

use std::cmp::Ordering;

/// The largest power of ten in a limb, and its exponent: digits are read and written this many at a time.
const CHUNK: u64 = 10u64.pow(CHUNK_DIGITS as u32);
const CHUNK_DIGITS: usize = 19;

/// Limbs of 64 bits, the least first; the last is never 0, so zero has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Big {
    limbs: Vec<u64>,
}

impl From<u64> for Big {
    fn from(value: u64) -> Big {
        let mut big = Big { limbs: vec![value] };
        big.trim();
        big
    }
}

impl Big {
    /// Reads ASCII digits; none at all are zero. Takes time quadratic in their number.
    ///
    /// # Panics
    ///
    /// On any byte that is no digit.
    pub fn from_digits<'a>(digits: impl Iterator<Item = &'a u8>) -> Big {
        let mut big = Big::default();
        let (mut chunk, mut scale) = (0, 1);
        for &digit in digits {
            assert!(digit.is_ascii_digit());
            chunk = chunk * 10 + u64::from(digit - b'0');
            scale *= 10;
            if scale == CHUNK {
                big.multiply_add(scale, chunk);
                (chunk, scale) = (0, 1);
            }
        }
        big.multiply_add(scale, chunk);
        big
    }

    /// How many bits the number has, up to its highest 1.
    pub fn bits(&self) -> u64 {
        match self.limbs.last() {
            None => 0,
            Some(last) => 64 * self.limbs.len() as u64 - u64::from(last.leading_zeros()),
        }
    }

    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// Becomes `self * factor + more`.
    pub fn multiply_add(&mut self, factor: u64, more: u64) {
        let mut carry = more;
        for limb in &mut self.limbs {
            let wide = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            *limb = wide as u64;
            carry = (wide >> 64) as u64;
        }
        self.limbs.push(carry);
        self.trim();
    }

    /// Becomes `self * 10^exponent`.
    pub fn multiply_power_of_ten(&mut self, exponent: u64) {
        for _ in 0..exponent / CHUNK_DIGITS as u64 {
            self.multiply_add(CHUNK, 0);
        }
        self.multiply_add(10u64.pow((exponent % CHUNK_DIGITS as u64) as u32), 0);
    }

    /// Becomes `self * 2^bits`.
    pub fn shift_left(&mut self, bits: u64) {
        self.multiply_add(1 << (bits % 64), 0);
        if !self.is_zero() {
            self.limbs.splice(0..0, std::iter::repeat_n(0, (bits / 64) as usize));
        }
    }

    /// Becomes `self - other`, which must not be larger.
    pub fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (i, limb) in self.limbs.iter_mut().enumerate() {
            (*limb, borrow) = limb.borrowing_sub(other.limbs.get(i).copied().unwrap_or(0), borrow);
        }
        assert!(!borrow && other.limbs.len() <= self.limbs.len(), "the difference is negative");
        self.trim();
    }

    /// The highest 128 bits, the power of two of their lowest, and whether anything below them is not 0.
    pub fn top(&self) -> (u128, u64, bool) {
        let below = self.bits().saturating_sub(128);
        let (limbs, bits) = ((below / 64) as usize, below % 64);
        let limb = |i: usize| u128::from(self.limbs.get(limbs + i).copied().unwrap_or(0));
        let low = limb(0) | limb(1) << 64;
        let top = if bits == 0 { low } else { low >> bits | limb(2) << (128 - bits) };
        let lost = self.limbs[..limbs].iter().any(|&limb| limb != 0) || limb(0) & ((1 << bits) - 1) != 0;
        (top, below, lost)
    }

    /// Appends the decimal digits.
    pub fn write_digits(mut self, out: &mut Vec<u8>) {
        let mut chunks = Vec::new();
        while !self.is_zero() {
            chunks.push(self.divide_by_chunk());
        }
        let mut chunks = chunks.into_iter().rev();
        crate::int::write_u64(out, chunks.next().unwrap_or(0));
        for chunk in chunks {
            out.resize(out.len() + CHUNK_DIGITS - crate::int::u64_digits(chunk), b'0');
            crate::int::write_u64(out, chunk);
        }
    }

    /// Divides by [`CHUNK`]; answers the remainder.
    fn divide_by_chunk(&mut self) -> u64 {
        let mut remainder = 0;
        for limb in self.limbs.iter_mut().rev() {
            let wide = u128::from(remainder) << 64 | u128::from(*limb);
            *limb = (wide / u128::from(CHUNK)) as u64;
            remainder = (wide % u128::from(CHUNK)) as u64;
        }
        self.trim();
        remainder
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Big) -> Ordering {
        let by_length = self.limbs.len().cmp(&other.limbs.len());
        by_length.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Big) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn big(value: u128) -> Big {
        let mut big = Big { limbs: vec![value as u64, (value >> 64) as u64] };
        big.trim();
        big
    }

    fn text(big: Big) -> String {
        let mut out = Vec::new();
        big.write_digits(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn powers() {
        let mut number = big(1);
        number.multiply_power_of_ten(57);
        assert_eq!(text(number), format!("1{}", "0".repeat(57)));
        let mut number = big(1);
        number.shift_left(200);
        assert_eq!(number.bits(), 201);
        assert_eq!(text(number.clone()), "1606938044258990275541962092341162602522202993782792835301376");
        assert_eq!(number.top(), (1 << 127, 73, false));
        number.multiply_add(1, 1);
        assert_eq!(number.top(), (1 << 127, 73, true));
        let mut zero = big(0);
        zero.shift_left(1000);
        assert!(zero.is_zero() && zero.top() == (0, 0, false));
        assert_eq!(text(zero), "0");
    }

    proptest! {
        #[test]
        fn digits_survive(digits in "[1-9][0-9]{0,120}") {
            prop_assert_eq!(text(Big::from_digits(digits.as_bytes().iter())), digits);
        }

        #[test]
        fn agrees_with_native_integers(
            a: u128, b: u128, factor: u64, cut_a in 0u32..128, cut_b in 0u32..128, shift in 0u64..64,
        ) {
            let (a, b) = (a >> cut_a, b >> cut_b);
            prop_assert_eq!(big(a).cmp(&big(b)), a.cmp(&b));
            prop_assert_eq!(text(big(a)), a.to_string());
            prop_assert_eq!(big(a).bits(), u64::from(128 - a.leading_zeros()));
            let mut difference = big(a.max(b));
            difference.subtract(&big(a.min(b)));
            prop_assert_eq!(difference, big(a.abs_diff(b)));
            let half = a >> 64;
            let mut product = big(half);
            product.multiply_add(factor, 7);
            prop_assert_eq!(product, big(half * u128::from(factor) + 7));
            let mut shifted = big(half);
            shifted.shift_left(shift);
            prop_assert_eq!(shifted, big(half << shift));
        }
    }
}
