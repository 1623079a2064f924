//! The x87 extended format in software: 64-bit mantissas and 15-bit exponents, as INCRBYFLOAT computes in.
//!
//! Redis adds such increments in C's `long double`, which on x86-64 is this format, and shows sums with 17
//! digits after the point. A client can tell it from a double by the fourth decimal of a large number, so we
//! compute in it everywhere, also where the processor has no such thing. Every operation is exact and then
//! rounded once, to nearest with ties to even (Intel SDM volume 1, chapter 8; IEEE 754 section 3.6, extended
//! formats).

use crate::big::Big;
use crate::float_text::{Binary, Decimal, Magnitude, read};
use crate::int;
use std::cmp::Ordering;

/// Bits of a mantissa, and the exponents of its lowest bit.
const PRECISION: u32 = 64;
const LOWEST_EXPONENT: i64 = -16445;
const HIGHEST_EXPONENT: i64 = 16320;

/// Text of this many bytes or more is no number to Redis.
pub const MAX_TEXT: usize = 5 * 1024;

/// How many digits are shown after the point, before trailing zeros are dropped.
const DECIMALS: u32 = 17;

/// How many digits are shown at most where all of them count.
const SIGNIFICANT: usize = 17;

/// A finite number `±mantissa × 2^exponent`, or an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    // The order of variants and fields is that of the numbers, since a mantissa lacks its top bit only at the
    // lowest exponent.
    Finite { exponent: i64, mantissa: u64 },
    Infinite,
}

impl LongDouble {
    /// Reads a number in all of `text`, by the grammar in [`float_text`](crate::float_text).
    ///
    /// `None` for what is no number, for NaN, for [`MAX_TEXT`] bytes or more, and for numbers that would be
    /// rounded to zero or to infinity. Infinity itself, spelt out, is a number; see
    /// [`is_infinite`](LongDouble::is_infinite).
    pub fn parse(text: &[u8]) -> Option<LongDouble> {
        if text.len() >= MAX_TEXT {
            return None;
        }
        let (negative, magnitude) = read(text)?;
        let exact = match magnitude {
            Magnitude::Nan => return None,
            Magnitude::Infinity => return Some(LongDouble { negative, size: Size::Infinite }),
            Magnitude::Decimal(decimal) => from_decimal(decimal)?,
            Magnitude::Binary(binary) => binary,
        };
        let size = round(exact);
        let vanished = matches!(size, Size::Finite { mantissa: 0, .. }) && exact.mantissa != 0;
        (!vanished && size != Size::Infinite).then_some(LongDouble { negative, size })
    }

    /// Mantissa and exponent of a finite number, both 0 for an infinity.
    #[cfg(test)]
    pub(crate) fn parts(self) -> (u64, i64) {
        match self.size {
            Size::Finite { exponent, mantissa } => (mantissa, exponent),
            Size::Infinite => (0, 0),
        }
    }

    pub const ZERO: LongDouble =
        LongDouble { negative: false, size: Size::Finite { exponent: LOWEST_EXPONENT, mantissa: 0 } };

    /// The largest finite number, C's LDBL_MAX.
    pub const MAX: LongDouble =
        LongDouble { negative: false, size: Size::Finite { exponent: HIGHEST_EXPONENT, mantissa: u64::MAX } };

    /// The infinity on the same side of zero.
    pub fn to_infinity(self) -> LongDouble {
        LongDouble { size: Size::Infinite, ..self }
    }

    pub fn is_infinite(self) -> bool {
        self.size == Size::Infinite
    }

    pub fn negated(self) -> LongDouble {
        LongDouble { negative: !self.negative, ..self }
    }

    /// The order of the numbers; both zeros are equal.
    pub fn compare(self, other: LongDouble) -> Ordering {
        let is_zero = |number: LongDouble| matches!(number.size, Size::Finite { mantissa: 0, .. });
        match (self.negative, other.negative) {
            _ if is_zero(self) && is_zero(other) => Ordering::Equal,
            (false, false) => self.size.cmp(&other.size),
            (true, true) => other.size.cmp(&self.size),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }

    pub fn from_i64(value: i64) -> LongDouble {
        let size = round(Binary { mantissa: value.unsigned_abs().into(), exponent: 0, inexact: false });
        LongDouble { negative: value < 0, size }
    }

    /// The number without what is behind its point, if that has 64 bits.
    pub fn truncated(self) -> Option<i64> {
        let Size::Finite { exponent, mantissa } = self.size else { return None };
        let whole = match exponent {
            0 => mantissa,
            ..0 => u32::try_from(-exponent).ok().and_then(|shift| mantissa.checked_shr(shift)).unwrap_or(0),
            _ if mantissa == 0 => 0,
            _ => return None,
        };
        if self.negative { 0i64.checked_sub_unsigned(whole) } else { i64::try_from(whole).ok() }
    }

    /// The sum; `None` if it is infinite or no number.
    pub fn checked_add(self, other: LongDouble) -> Option<LongDouble> {
        let (large, small) = if self.size >= other.size { (self, other) } else { (other, self) };
        let (
            Size::Finite { exponent, mantissa: large_mantissa },
            Size::Finite { exponent: small_exponent, mantissa: small_mantissa },
        ) = (large.size, small.size)
        else {
            return None;
        };
        // Two bits stay free above for the carry and 62 below for what is shifted out.
        const GUARD: u32 = 62;
        let distance = (exponent - small_exponent) as u32;
        let large_wide = u128::from(large_mantissa) << GUARD;
        let small_wide = u128::from(small_mantissa) << GUARD;
        let aligned = small_wide.checked_shr(distance).unwrap_or(0);
        let inexact = aligned.checked_shl(distance).unwrap_or(0) != small_wide;
        let mantissa = if large.negative == small.negative {
            large_wide + aligned
        } else {
            // What was lost in alignment is taken off too: one less, and a little more than that.
            large_wide - aligned - u128::from(inexact)
        };
        let size = round(Binary { mantissa, exponent: exponent - i64::from(GUARD), inexact });
        let negative = large.negative && mantissa != 0;
        (size != Size::Infinite).then_some(LongDouble { negative, size })
    }

    /// Appends the number with up to 17 decimals, without trailing zeros and never as "-0"; infinity is
    /// "inf".
    pub fn write(self, out: &mut Vec<u8>) {
        let start = out.len();
        if self.negative {
            out.push(b'-');
        }
        match self.size {
            Size::Infinite => out.extend_from_slice(b"inf"),
            Size::Finite { exponent: 0.., mantissa } if mantissa != 0 => self.write_whole(out),
            Size::Finite { exponent, mantissa } => write_fraction(out, mantissa, exponent.unsigned_abs()),
        }
        if &out[start..] == b"-0" {
            out.remove(start);
        }
    }

    /// Appends the number with up to 17 significant digits, as `%.17Lg` does: plain between 10^-5 and 10^17, with
    /// an exponent beyond, and without trailing zeros.
    pub fn write_significant(self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let (exponent, mantissa) = match self.size {
            Size::Infinite => return out.extend_from_slice(b"inf"),
            Size::Finite { mantissa: 0, .. } => return out.push(b'0'),
            Size::Finite { exponent, mantissa } => (exponent, mantissa),
        };
        // Every such number is a whole one divided by a power of ten, since two divides ten.
        let mut whole = Big::from(mantissa);
        let decimals = (-exponent).max(0);
        whole.shift_left(exponent.max(0) as u64);
        (0..decimals).for_each(|_| whole.multiply_add(5, 0));
        let mut digits = Vec::new();
        whole.write_digits(&mut digits);
        let point = digits.len() as i64 - decimals;
        let carried = round_digits(&mut digits);
        write_general(out, &digits, point + i64::from(carried));
    }

    fn write_whole(self, out: &mut Vec<u8>) {
        let Size::Finite { exponent, mantissa } = self.size else { unreachable!("infinity is not whole") };
        let mut whole = Big::from(mantissa);
        whole.shift_left(exponent as u64);
        whole.write_digits(out);
    }
}

fn round(exact: Binary) -> Size {
    let (mantissa, exponent) = exact.round(PRECISION, LOWEST_EXPONENT);
    if exponent > HIGHEST_EXPONENT { Size::Infinite } else { Size::Finite { exponent, mantissa } }
}

/// Rounds to [`SIGNIFICANT`] digits, ties to even, and drops trailing zeros. True if there is one digit more before
/// the
/// point than there was.
fn round_digits(digits: &mut Vec<u8>) -> bool {
    if let Some((first, rest)) = digits.get(SIGNIFICANT..).and_then(|dropped| dropped.split_first()) {
        let tie = *first == b'5' && rest.iter().all(|digit| *digit == b'0');
        let odd = digits[SIGNIFICANT - 1] & 1 == 1;
        let up = if tie { odd } else { *first >= b'5' };
        digits.truncate(SIGNIFICANT);
        if up {
            let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            digits.truncate(SIGNIFICANT - nines);
            match digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    digits.push(b'1');
                    return true;
                }
            }
        }
    }
    let kept = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    digits.truncate(kept);
    false
}

/// Writes digits, `point` of which are before the point, in the shorter of the two ways of `%g`.
fn write_general(out: &mut Vec<u8>, digits: &[u8], point: i64) {
    let exponent = point - 1;
    if !(-4..SIGNIFICANT as i64).contains(&exponent) {
        let (first, rest) = digits.split_first().expect("a number has a digit");
        out.push(*first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        if exponent.abs() < 10 {
            out.push(b'0');
        }
        return int::write_u64(out, exponent.unsigned_abs());
    }
    if point <= 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + point.unsigned_abs() as usize, b'0');
        return out.extend_from_slice(digits);
    }
    let (whole, fraction) = digits.split_at(digits.len().min(point as usize));
    out.extend_from_slice(whole);
    out.resize(out.len() + point as usize - whole.len(), b'0');
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction);
    }
}

/// Writes `mantissa / 2^shift`, rounded to [`DECIMALS`] digits after the point, ties to even.
fn write_fraction(out: &mut Vec<u8>, mantissa: u64, shift: u64) {
    const ONE: u128 = 10u128.pow(DECIMALS);
    // Below 2^121, so that a shift by 128 or more leaves less than one half.
    let scaled = u128::from(mantissa) * ONE;
    let shift = shift as u32;
    let kept = scaled.checked_shr(shift).unwrap_or(0);
    let dropped = if shift < 128 { scaled - (kept << shift) } else { 0 };
    let half = 1u128.checked_shl(shift.wrapping_sub(1)).unwrap_or(u128::MAX);
    let rounded = kept + u128::from(dropped > half || dropped == half && kept & 1 == 1);

    int::write_u64(out, (rounded / ONE) as u64);
    let mut fraction = (rounded % ONE) as u64;
    if fraction == 0 {
        return;
    }
    let mut digits = DECIMALS as usize;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        digits -= 1;
    }
    out.push(b'.');
    out.resize(out.len() + digits - int::u64_digits(fraction), b'0');
    int::write_u64(out, fraction);
}

/// The first 68 bits or more of a decimal number; `None` if it is too large or too small for any of ours.
fn from_decimal(decimal: Decimal<'_>) -> Option<Binary> {
    let zero = Binary { mantissa: 0, exponent: 0, inexact: false };
    let digits = || decimal.integer.iter().chain(decimal.fraction).skip_while(|&&digit| digit == b'0');
    let count = digits().count() as i64;
    if count == 0 {
        return Some(zero);
    }
    let exponent = decimal.exponent - decimal.fraction.len() as i64;
    // Numbers of ours lie between 10^-4951 and 10^4933; beyond, the powers below need not be tried.
    if !(-4960..=4940).contains(&(exponent + count)) {
        return None;
    }
    let mut number = Big::from_digits(digits());
    if exponent >= 0 {
        number.multiply_power_of_ten(exponent as u64);
        let (mantissa, exponent, inexact) = number.top();
        return Some(Binary { mantissa, exponent: exponent as i64, inexact });
    }
    let mut divisor = Big::from(1);
    divisor.multiply_power_of_ten(exponent.unsigned_abs());
    Some(divide(number, divisor))
}

/// The quotient's first 67 or 68 bits, by long division in base two.
fn divide(mut number: Big, mut divisor: Big) -> Binary {
    const BITS: i64 = 68;
    let shift = number.bits() as i64 - divisor.bits() as i64;
    if shift > 0 {
        divisor.shift_left(shift.unsigned_abs());
    } else {
        number.shift_left(shift.unsigned_abs());
    }
    // Both have the same length now, so the quotient is below two and its bits come one by one.
    let mut mantissa = 0;
    for _ in 0..BITS {
        mantissa <<= 1;
        if number >= divisor {
            number.subtract(&divisor);
            mantissa |= 1;
        }
        number.shift_left(1);
    }
    Binary { mantissa, exponent: shift - (BITS - 1), inexact: !number.is_zero() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> LongDouble {
        LongDouble::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text:?} is a number"))
    }

    fn text(number: LongDouble) -> String {
        let mut out = Vec::new();
        number.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    const SIGNIFICANT_DIGITS: [(&str, &str); 27] = [
        ("0", "0"),
        ("-0", "-0"),
        ("1", "1"),
        ("60", "60"),
        ("60.5", "60.5"),
        ("3.14", "3.14"),
        ("10.1", "10.1"),
        ("12345.6789", "12345.6789"),
        ("0.1", "0.1"),
        ("1e17", "1e+17"),
        ("99999999999999999", "99999999999999999"),
        ("123456789012345678", "1.2345678901234568e+17"),
        ("1e16", "10000000000000000"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("0.000012345", "1.2345e-05"),
        ("1e-30", "1e-30"),
        ("-2.5", "-2.5"),
        ("1e300", "1e+300"),
        ("123456.7890123456789", "123456.78901234568"),
        ("0.99999999999999999999", "1"),
        ("9.99999999999999995", "9.9999999999999999"),
        ("1e4000", "1e+4000"),
        ("3e-4000", "3e-4000"),
        ("12345678901234567.5", "12345678901234568"),
        ("12345678901234568.5", "12345678901234568"),
        ("-1234567890123456789", "-1.2345678901234568e+18"),
    ];

    /// What `printf("%.17Lg")` of glibc says.
    #[test]
    fn seventeen_significant_digits() {
        fn check(number: LongDouble, expected: &str) {
            let mut out = Vec::new();
            number.write_significant(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        for (text, expected) in SIGNIFICANT_DIGITS {
            check(number(text), expected);
        }
        let third = number("0.1").checked_add(number("0.2")).unwrap();
        check(third, "0.3");
        check(number("inf"), "inf");
        check(number("-inf"), "-inf");
        for value in [0, 1, -1, 42, i64::MAX, i64::MIN, 1 << 53] {
            assert_eq!(LongDouble::from_i64(value), number(&value.to_string()), "{value}");
            assert_eq!(LongDouble::from_i64(value).truncated(), Some(value), "{value}");
        }
    }

    #[test]
    fn truncation() {
        fn check(text: &str, expected: Option<i64>) {
            assert_eq!(number(text).truncated(), expected, "{text}");
        }
        check("7.9", Some(7));
        check("-7.9", Some(-7));
        check("0.5", Some(0));
        check("1e-4000", Some(0));
        check("9223372036854775807.5", Some(i64::MAX));
        check("9223372036854775808", None);
        check("-9223372036854775808.5", Some(i64::MIN));
        check("1e30", None);
        check("inf", None);
        check("0", Some(0));
        check("123456789012345678", Some(123_456_789_012_345_678));
    }

    /// INCRBYFLOAT of Redis 8.0 on x86-64: the value before, the increment, the value after.
    #[test]
    fn adds_as_redis_does() {
        fn check(before: &str, increment: &str, after: &str) {
            assert_eq!(
                number(before).checked_add(number(increment)).map(text).as_deref(),
                Some(after),
                "{before} {increment}"
            );
            assert_eq!(
                number(increment).checked_add(number(before)).map(text).as_deref(),
                Some(after),
                "{increment} {before}"
            );
        }
        check("0", "10.5", "10.5");
        check("10.5", "0.1", "10.6");
        check("3.0e3", "200", "3200");
        check("0.1", "0.2", "0.3");
        check("1", "-1", "0");
        check("-0.0", "0", "0");
        check("5", "-5.00000000000000000001", "0");
        check("0", "-1e-20", "0");
        check(
            "1e300",
            "1",
            "1000000000000000000008997324079559193870523944273290747938260082321265646596180935755849152083750497190350372508614274835903592556184672983913096260520748646287327135641843653294084255107606016789726652932370030551382947620994540294772781889620606179267611627097410650567187386105690089424915104006144",
        );
        check("0", "3.0e-300", "0");
        check("0", "5e-324", "0");
        check("0", "0.000000000000000005", "0");
        check("0", "0.0000000000000000051", "0.00000000000000001");
        check("0", "0x1p-17", "0.00000762939453125");
        check("0", "0x1p-18", "0.00000381469726562");
        check("0", "0x3p-18", "0.00001144409179688");
        check("18446744073709551615", "1", "18446744073709551616");
        check("18446744073709551615", "0.5", "18446744073709551616");
        check("18446744073709551614", "0.5", "18446744073709551614");
        check("18446744073709551616", "-0.5", "18446744073709551616");
        check("18446744073709551616", "-0.25", "18446744073709551616");
        check("9223372036854775807", "0.5", "9223372036854775807.5");
        check("123456789012345678.9", "0.000001", "123456789012345678.8984375");
        check("1e20", "1e-20", "100000000000000000000");
        check("-1e20", "1", "-100000000000000000000");
        check("1e30", "-1e30", "0");
        check("0.333333333333333333333", "0.666666666666666666667", "1");
        check("0", "17179869184.1234567890123456789", "17179869184.12345678918063641");
        check("0", "1.99999999999999999999", "2");
        check("0", "0x1.fffffffffffff8p0", "1.99999999999999989");
        check("-3.25", "-4.5", "-7.75");
    }

    /// The largest and smallest numbers; just beyond them there is none.
    #[test]
    fn bounds() {
        let largest = "1.18973149535723176502e4932";
        assert_eq!(
            number(largest),
            LongDouble { negative: false, size: Size::Finite { exponent: 16320, mantissa: u64::MAX } }
        );
        assert_eq!(number(largest), number("0x1.fffffffffffffffep16383"));
        assert_eq!(text(number(largest)).len(), 4933);
        assert_eq!(number("3.6e-4951"), number("0x1p-16445"));
        assert_eq!(number("0x1.8p-16446"), number("0x1p-16445"));
        let refused = [
            "1.18973149535723176506e4932",
            "0x1p16384",
            "0x1.ffffffffffffffffp16383",
            "1e99999999999999999999",
            "1.8e-4951",
            "0x1p-16446",
            "1e-99999999999999999999",
            "nan",
            "",
            " 1",
            "1 ",
            "abc",
            "1x",
            "0x",
        ];
        for text in refused {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
        let zeros = "0".repeat(MAX_TEXT);
        assert_eq!(LongDouble::parse(zeros.as_bytes()), None);
        assert_eq!(text(number(&zeros[1..])), "0");
    }

    #[test]
    fn sums_without_a_finite_value() {
        fn check(one: &str, other: &str) {
            assert_eq!(number(one).checked_add(number(other)), None, "{one} + {other}");
        }
        check("inf", "1");
        check("-1", "-infinity");
        check("inf", "-inf");
        check("1.18973149535723176502e4932", "1.18973149535723176502e4932");
        check("-1.18973149535723176502e4932", "-1e4930");
        assert!(number("inf").is_infinite() && !number("1e4932").is_infinite());
        assert_eq!(text(number("-inf")), "-inf");
    }

    #[test]
    fn order() {
        let ascending =
            ["-inf", "-1e4932", "-2", "-1.5", "-3.6e-4951", "0", "3.6e-4951", "1e-9", "1", "1e4932", "inf"];
        for (i, one) in ascending.iter().enumerate() {
            for (j, other) in ascending.iter().enumerate() {
                assert_eq!(number(one).compare(number(other)), i.cmp(&j), "{one} {other}");
            }
            let twice_negated = number(one).negated().negated();
            assert_eq!(twice_negated, number(one));
        }
        assert_eq!(number("-0").compare(LongDouble::ZERO), Ordering::Equal);
        assert_eq!(number("0"), LongDouble::ZERO);
        assert_eq!(number("1.18973149535723176502e4932"), LongDouble::MAX);
        assert_eq!(number("-5").to_infinity(), number("-inf"));
    }

    /// A number's text holds 17 decimals, which is all there is of a multiple of 2^-17.
    fn exact(units: i64) -> String {
        format!("{}0x{:x}p-17", if units < 0 { "-" } else { "" }, units.unsigned_abs())
    }

    proptest! {
        #[test]
        fn small_sums_are_exact(a in -1i64 << 61..1 << 61, b in -1i64 << 61..1 << 61, cut in 0u32..60) {
            let (a, b) = (a, b >> cut);
            let sum = number(&exact(a)).checked_add(number(&exact(b))).unwrap();
            prop_assert_eq!(text(sum), text(number(&exact(a + b))));
            prop_assert_eq!(text(number(&text(sum))), text(sum));
        }

        /// Rounding to 64 bits and then to 53 is rounding to 53, but for the rare tie made by the first.
        #[test]
        fn decimals_are_rounded_as_the_standard_library_does(digits in 1u64.., exponent in -300i32..280) {
            let given = format!("{digits}e{exponent}");
            let Size::Finite { exponent, mantissa } = number(&given).size else { panic!("{given} is finite") };
            prop_assume!(mantissa & 0x7ff != 0x400);
            let twice = Binary { mantissa: mantissa.into(), exponent, inexact: false }.round(53, -1074);
            let value: f64 = given.parse().unwrap();
            prop_assert_eq!(twice.0 as f64 * 2f64.powi(twice.1 as i32), value);
        }

        #[test]
        fn any_text_is_survived(text in "[-+]?[0-9a-fx.]{0,12}([ep][-+]?[0-9]{0,6})?") {
            if let Some(number) = LongDouble::parse(text.as_bytes()) {
                let mut out = Vec::new();
                number.write(&mut out);
                prop_assert!(LongDouble::parse(&out).is_some());
            }
        }
    }
}
