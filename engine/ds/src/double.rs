//! Doubles as text: what clients may send as a score or an increment, and how a score is shown.
//!
//! Reading takes the whole of `strtod`'s grammar (see [`float_text`](crate::float_text)) but no blanks and
//! nothing behind the number. Showing takes integers up to 2^62 literally and everything else by its [Grisu2
//! digits](crate::grisu), plain or with an exponent, whichever the fpconv library would choose.

use crate::float_text::{Binary, Magnitude, read};
use crate::grisu;
use crate::int;
use std::io::Write;

/// Reads a double: rounded to nearest, all of `text` used.
///
/// `None` for what is no number, for NaN, and for numbers too large or too small for a double: a nonzero text
/// must not come out as zero, nor a finite one as infinity. "inf" and "infinity" in any case are infinity.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let (negative, magnitude) = read(text)?;
    let value = match magnitude {
        Magnitude::Nan => return None,
        Magnitude::Infinity => f64::INFINITY,
        Magnitude::Decimal(decimal) => {
            // The standard library rounds correctly, however long the text.
            let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
            in_range(value.abs(), decimal.is_zero())?
        }
        Magnitude::Binary(binary) => in_range(from_binary(binary), binary.mantissa == 0)?,
    };
    Some(if negative { -value } else { value })
}

/// Reads the bound of a score range, with the looser rules it has: only decimal text and infinity are
/// numbers, those too large are infinite, those too small zero; the text ends at its first NUL byte, and no
/// text at all is zero.
pub fn parse_f64_bound(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let (negative, magnitude) = read(text)?;
    match magnitude {
        Magnitude::Infinity if negative => Some(f64::NEG_INFINITY),
        Magnitude::Infinity => Some(f64::INFINITY),
        Magnitude::Decimal(_) => std::str::from_utf8(text).ok()?.parse().ok(),
        Magnitude::Binary(_) | Magnitude::Nan => None,
    }
}

fn in_range(value: f64, is_zero: bool) -> Option<f64> {
    (value.is_finite() && (value != 0.0 || is_zero)).then_some(value)
}

fn from_binary(binary: Binary) -> f64 {
    let (mantissa, exponent) = binary.round(53, -1074);
    // A normal mantissa brings its top bit along, which adds the one that the stored exponent is short of.
    match u64::try_from(exponent + 1074) {
        Ok(stored) if stored <= 2045 => f64::from_bits((stored << 52) + mantissa),
        _ => f64::INFINITY,
    }
}

/// Room for every text of a double, sign and all.
pub const MAX_TEXT: usize = 32;

/// Appends the text of `value`; see [`format_f64`].
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    let mut buffer = [0; MAX_TEXT];
    out.extend_from_slice(format_f64(&mut buffer, value));
}

/// The text of `value`, as scores and RESP3 doubles are shown: "3", "0.1", "1e+20", "-0", "inf", "-inf",
/// "nan".
pub fn format_f64(buffer: &mut [u8; MAX_TEXT], value: f64) -> &[u8] {
    if value.is_nan() {
        return b"nan";
    }
    if value.is_infinite() {
        return if value > 0.0 { b"inf" } else { b"-inf" };
    }
    match as_integer(value.abs()) {
        Some(integer) => {
            let mut text = Text::signed(buffer, value);
            text.push(int::format_i64(&mut [0; int::MAX_DIGITS], integer));
            text.finish()
        }
        None => format_f64_digits(buffer, value),
    }
}

/// The text of a number by its [Grisu2 digits](crate::grisu) even where it is an integer: 3e18 is "3e+18".
/// Only digests of a keyspace are so made.
///
/// # Panics
///
/// On an infinity and on NaN.
pub fn format_f64_digits(buffer: &mut [u8; MAX_TEXT], value: f64) -> &[u8] {
    let mut text = Text::signed(buffer, value);
    if value == 0.0 {
        text.push(b"0");
    } else {
        text.push_digits(&grisu::digits(value.abs()));
    }
    text.finish()
}

/// The text of a number with 17 significant digits, without the zeros at their end, as C's `%.17g` makes it: 0.1 is
/// "0.10000000000000001".
pub fn format_f64_long(buffer: &mut [u8; MAX_TEXT], value: f64) -> &[u8] {
    const DIGITS: i32 = 17;
    if !value.is_finite() || value == 0.0 {
        return format_f64(buffer, value);
    }
    // A sign, a digit, a point, sixteen digits, "e", a sign and three digits.
    let mut scientific = [0; MAX_TEXT];
    let mut rest = &mut scientific[..];
    write!(rest, "{:.16e}", value.abs()).expect("there is room for every double");
    let room = rest.len();
    let written = &scientific[..MAX_TEXT - room];
    let split = written.iter().position(|byte| *byte == b'e').expect("there is an exponent");
    let exponent = std::str::from_utf8(&written[split + 1..]).ok().and_then(|text| text.parse::<i32>().ok());
    let exponent = exponent.expect("the exponent is a number");
    let mut ascii = [0; DIGITS as usize];
    ascii[0] = written[0];
    ascii[1..].copy_from_slice(&written[2..split]);
    let count = ascii.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    let digits = &ascii[..count];

    let mut text = Text::signed(buffer, value);
    if !(-4..DIGITS).contains(&exponent) {
        text.push_scientific(digits, exponent);
    } else if exponent + 1 >= count as i32 {
        text.push(digits);
        text.push_zeros(exponent as usize + 1 - count);
    } else {
        text.push_with_point(digits, exponent + 1);
    }
    text.finish()
}

/// A whole number of at most 2^62 as an integer.
fn as_integer(value: f64) -> Option<i64> {
    const LIMIT: f64 = (1u64 << 62) as f64;
    (value <= LIMIT && value.trunc() == value).then_some(value as i64)
}

struct Text<'a> {
    buffer: &'a mut [u8; MAX_TEXT],
    length: usize,
}

impl<'a> Text<'a> {
    /// Empty but for the sign of `value`, if that is a minus.
    fn signed(buffer: &'a mut [u8; MAX_TEXT], value: f64) -> Text<'a> {
        let mut text = Text { buffer, length: 0 };
        if value.is_sign_negative() {
            text.push(b"-");
        }
        text
    }

    fn finish(self) -> &'a [u8] {
        &self.buffer[..self.length]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.buffer[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn push_zeros(&mut self, count: usize) {
        self.buffer[self.length..self.length + count].fill(b'0');
        self.length += count;
    }

    fn push_digits(&mut self, digits: &grisu::Digits) {
        let (ascii, exponent) = (digits.ascii(), digits.exponent);
        let count = ascii.len() as i32;
        // The exponent the number has with its point after the first digit.
        let scientific = exponent + count - 1;
        if exponent >= 0 && scientific < count + 7 {
            self.push(ascii);
            self.push_zeros(exponent as usize);
        } else if exponent < 0 && (exponent > -7 || scientific.abs() < 4) {
            self.push_with_point(ascii, count + exponent);
        } else {
            self.push_mantissa(ascii, scientific);
            self.push(int::format_i64(&mut [0; int::MAX_DIGITS], i64::from(scientific.abs())));
        }
    }

    /// With an exponent of two digits at least.
    fn push_scientific(&mut self, ascii: &[u8], exponent: i32) {
        self.push_mantissa(ascii, exponent);
        if exponent.abs() < 10 {
            self.push(b"0");
        }
        self.push(int::format_i64(&mut [0; int::MAX_DIGITS], i64::from(exponent.abs())));
    }

    /// All of a number with an exponent, but for the digits of that.
    fn push_mantissa(&mut self, ascii: &[u8], exponent: i32) {
        self.push(&ascii[..1]);
        if ascii.len() > 1 {
            self.push(b".");
            self.push(&ascii[1..]);
        }
        self.push(if exponent < 0 { b"e-" } else { b"e+" });
    }

    /// The digits with a point after the first `before` of them, or with leading zeros where that is not
    /// positive.
    fn push_with_point(&mut self, ascii: &[u8], before: i32) {
        if before <= 0 {
            self.push(b"0.");
            self.push_zeros(-before as usize);
            self.push(ascii);
        } else {
            let (integer, fraction) = ascii.split_at(before as usize);
            self.push(integer);
            self.push(b".");
            self.push(fraction);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        write_f64(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    /// What ZADD of Redis 8.0 takes, and ZSCORE shows of it.
    #[test]
    fn reads_and_shows_as_redis_does() {
        fn check(given: &str, shown: &str) {
            assert_eq!(parse_f64(given.as_bytes()).map(text).as_deref(), Some(shown), "{given:?}");
        }
        check("0", "0");
        check("-0", "-0");
        check("1", "1");
        check("+1", "1");
        check(".5", "0.5");
        check("5.", "5");
        check("00012", "12");
        check("1e5", "100000");
        check("0.1", "0.1");
        check("100000.5", "100000.5");
        check("1e-6", "0.000001");
        check("1e-7", "1e-7");
        check("1.5e-7", "1.5e-7");
        check("123.456e-7", "1.23456e-5");
        check("1e16", "10000000000000000");
        check("1e18", "1000000000000000000");
        check("1e19", "1e+19");
        check("4611686018427387904", "4611686018427387904");
        check("4611686018427388928", "4611686018427389000");
        check("-4611686018427387904", "-4611686018427387904");
        check("-4611686018427388928", "-4611686018427389000");
        check("9007199254740993", "9007199254740992");
        check("5000000000000000000", "5e+18");
        check("1e300", "1e+300");
        check("1.7976931348623157e308", "1.7976931348623157e+308");
        check("2.2250738585072014e-308", "2.2250738585072014e-308");
        check("3e-324", "5e-324");
        check("inf", "inf");
        check("-Infinity", "-inf");
        check("0x1p3", "8");
        check("-0X.8P0", "-0.5");
        check("0x1.fffffffffffff8p0", "2");
        check("0x1.fffffffffffff7p0", "1.9999999999999998");
        check("0x1p-1074", "5e-324");
        check("0x1.8p-1075", "5e-324");
        check("-0x0p0", "-0");
        check("0e999999999999", "0");
    }

    /// As Redis 8.0 shows them in the ZSCAN of a large set.
    #[test]
    fn shows_seventeen_digits() {
        fn check(value: f64, shown: &str) {
            assert_eq!(format_f64_long(&mut [0; MAX_TEXT], value), shown.as_bytes());
            let negative = format!("-{shown}");
            assert_eq!(format_f64_long(&mut [0; MAX_TEXT], -value), negative.as_bytes());
        }
        check(0.0, "0");
        check(f64::INFINITY, "inf");
        check(0.1, "0.10000000000000001");
        check(1.0, "1");
        check(1.5, "1.5");
        check(100000.0, "100000");
        check(1234567.891, "1234567.8910000001");
        check(0.00001, "1.0000000000000001e-05");
        check(0.0001, "0.0001");
        check(3e-7, "2.9999999999999999e-07");
        check(1e16, "10000000000000000");
        check(123456789012345678.0, "1.2345678901234568e+17");
        check(1e17, "1e+17");
        check(1e20, "1e+20");
        check(12345678901234567890.0, "1.2345678901234567e+19");
        check(1e300, "1.0000000000000001e+300");
        check(5e-324, "4.9406564584124654e-324");
        check(1.7976931348623157e308, "1.7976931348623157e+308");
    }

    #[test]
    fn shows_digits_for_digests() {
        fn check(value: f64, shown: &str) {
            assert_eq!(format_f64_digits(&mut [0; MAX_TEXT], value), shown.as_bytes());
        }
        check(0.0, "0");
        check(-0.0, "-0");
        check(-1.5, "-1.5");
        check(120.0, "120");
        check(3e18, "3e+18");
        check(1e7, "10000000");
        check(1e8, "1e+8");
    }

    /// Where Grisu2 is not the shortest, its digits also decide for or against an exponent.
    #[test]
    fn shows_digits_that_are_not_the_shortest() {
        fn check(value: f64, shown: &str) {
            assert_eq!(text(value), shown);
        }
        check(497719.5265664953, "4.977195265664953e+5");
        check(6.956540945520835e+19, "69565409455208350000");
        check(1.224812623201524e-119, "1.2248126232015241e-119");
        check(0.0002113318762887775, "2.113318762887775e-4");
    }

    #[test]
    fn refuses_what_is_no_double() {
        let texts = [
            "",
            "nan",
            "-nan",
            "nan(1)",
            "1e400",
            "-1e400",
            "1e-400",
            "2.4e-324",
            "0x1p2000",
            "0x1p-1075",
            "0x1p1024",
            "1 ",
            " 1",
            "1x",
            "0x",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "infinit",
            "1\0",
        ];
        for given in texts {
            assert_eq!(parse_f64(given.as_bytes()), None, "{given:?}");
        }
        assert_eq!(parse_f64(format!("0.{}1", "0".repeat(400)).as_bytes()), None);
        assert_eq!(parse_f64(format!("1.{}", "3".repeat(1000)).as_bytes()), Some(4.0 / 3.0));
        assert_eq!(parse_f64(b"0x1.fffffffffffff7p1023"), Some(f64::MAX));
    }

    /// Bounds as ZRANGEBYSCORE of Redis 8.0 reads them.
    #[test]
    fn bounds_of_ranges_are_read_more_loosely() {
        fn check(given: &str, expected: Option<f64>) {
            assert_eq!(parse_f64_bound(given.as_bytes()), expected, "{given:?}");
        }
        check("1.5", Some(1.5));
        check("+.5", Some(0.5));
        check("-5.e0", Some(-5.0));
        check("inf", Some(f64::INFINITY));
        check("-Infinity", Some(f64::NEG_INFINITY));
        check("1e400", Some(f64::INFINITY));
        check("-1e400", Some(f64::NEG_INFINITY));
        check("1e-400", Some(0.0));
        check("", Some(0.0));
        check("\0", Some(0.0));
        check("1\0x", Some(1.0));
        for given in ["nan", "0x1p0", " 1", "1 ", "1e", ".", "-", "+", "infinit", "1x"] {
            check(given, None);
        }
    }

    proptest! {
        #[test]
        fn every_double_survives_its_text(bits: u64, whole: i32) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            for value in [value, f64::from(whole), f64::from(whole) / 100.0] {
                let shown = text(value);
                prop_assert_eq!(parse_f64(shown.as_bytes()).map(f64::to_bits), Some(value.to_bits()), "{}", shown);
            }
        }

        #[test]
        fn hexadecimal_text_is_exact(bits: u64) {
            let value = f64::from_bits(bits & 0x7fff_ffff_ffff_ffff);
            prop_assume!(value.is_finite());
            let (stored, fraction) = (value.to_bits() >> 52, value.to_bits() & ((1 << 52) - 1));
            let given = match stored {
                0 => format!("0x0.{fraction:013x}p-1022"),
                _ => format!("0x1.{fraction:013x}p{}", stored as i32 - 1023),
            };
            prop_assert_eq!(parse_f64(given.as_bytes()), Some(value), "{}", given);
        }
    }
}
