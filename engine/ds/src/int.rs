//! Decimal text of 64-bit integers, as strict and as fast as the hot path needs.
//!
//! Only the canonical text of a number is a number here: no plus sign, no leading zeros, no "-0", no blanks.
//! So text that parses may be stored as an integer and printed again without anybody noticing.

/// The bytes "00", "01", ... "99": two digits are printed per division.
static PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 100 {
        pairs[2 * i] = b'0' + (i / 10) as u8;
        pairs[2 * i + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    pairs
}

/// The longest text of a 64-bit integer: "-9223372036854775808" and "18446744073709551615" both have 20
/// bytes.
pub const MAX_DIGITS: usize = 20;

/// Reads the canonical decimal text of an `i64`; anything else is `None`.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    match text {
        [b'-', digits @ ..] => {
            let magnitude = parse_u64(digits)?;
            if magnitude == 0 { None } else { 0i64.checked_sub_unsigned(magnitude) }
        }
        digits => parse_u64(digits)?.try_into().ok(),
    }
}

/// Reads the canonical decimal text of a `u64`; anything else is `None`.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    let (&first, rest) = text.split_first()?;
    if first == b'0' {
        return rest.is_empty().then_some(0);
    }
    if text.len() > MAX_DIGITS {
        return None;
    }
    // Nineteen digits always fit; only a twentieth can overflow.
    let (safe, last) = text.split_at(text.len().min(MAX_DIGITS - 1));
    let mut value = 0u64;
    for &byte in safe {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    match last {
        [] => Some(value),
        [byte @ b'0'..=b'9', ..] => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    }
}

/// Appends the decimal text of `value`.
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    let mut buffer = [0; MAX_DIGITS];
    out.extend_from_slice(format_i64(&mut buffer, value));
}

/// Appends the decimal text of `value`.
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    let mut buffer = [0; MAX_DIGITS];
    let start = fill_backwards(&mut buffer, value);
    out.extend_from_slice(&buffer[start..]);
}

/// The decimal text of `value`, written into the end of `buffer`.
pub fn format_i64(buffer: &mut [u8; MAX_DIGITS], value: i64) -> &[u8] {
    let mut start = fill_backwards(buffer, value.unsigned_abs());
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

/// Writes digits so that they end where the buffer ends; answers where they begin.
fn fill_backwards(buffer: &mut [u8; MAX_DIGITS], mut value: u64) -> usize {
    let mut at = MAX_DIGITS;
    while value >= 100 {
        let pair = 2 * (value % 100) as usize;
        value /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if value >= 10 {
        let pair = 2 * value as usize;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        buffer[at] = b'0' + value as u8;
    }
    at
}

/// How many bytes [`write_i64`] would append, sign included.
pub fn i64_digits(value: i64) -> usize {
    u64_digits(value.unsigned_abs()) + usize::from(value < 0)
}

/// How many bytes [`write_u64`] would append.
pub fn u64_digits(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_canonical_text_is_a_number() {
        fn check(text: &str, expected: Option<i64>) {
            assert_eq!(parse_i64(text.as_bytes()), expected, "{text:?}");
        }
        check("0", Some(0));
        check("7", Some(7));
        check("-1", Some(-1));
        check("1000000000000000000", Some(1_000_000_000_000_000_000));
        check("9223372036854775807", Some(i64::MAX));
        check("-9223372036854775808", Some(i64::MIN));
        check("9223372036854775808", None);
        check("-9223372036854775809", None);
        check("18446744073709551616", None);
        check("99999999999999999999", None);
        check("-99999999999999999999", None);
        check("111111111111111111111", None);
        for text in
            ["", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1a", "a", "0x1", "1.0", "1e3", "--1", "1\0"]
        {
            check(text, None);
        }
    }

    #[test]
    fn unsigned_reaches_twice_as_far() {
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        assert_eq!(parse_u64(b"1844674407370955161x"), None);
        assert_eq!(parse_u64(b"-1"), None);
        assert_eq!(parse_u64(b""), None);
    }

    fn check_printing(value: i64) {
        let mut out = b"x".to_vec();
        write_i64(&mut out, value);
        assert_eq!(out, format!("x{value}").into_bytes());
        assert_eq!(i64_digits(value), out.len() - 1, "{value}");
        assert_eq!(parse_i64(&out[1..]), Some(value));
    }

    #[test]
    fn prints_around_every_power_of_ten() {
        let mut power = 1i64;
        loop {
            for value in [power - 1, power, power + 1] {
                check_printing(value);
                check_printing(-value);
            }
            match power.checked_mul(10) {
                Some(next) => power = next,
                None => break,
            }
        }
        check_printing(i64::MAX);
        check_printing(i64::MIN);
        let mut out = Vec::new();
        write_u64(&mut out, u64::MAX);
        assert_eq!(out, b"18446744073709551615");
        assert_eq!(u64_digits(u64::MAX), 20);
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(value: i64, shift in 0u32..64, text in "-?[0-9]{0,21}") {
            check_printing(value >> shift);
            let standard = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            prop_assert_eq!(parse_i64(text.as_bytes()), standard);
        }
    }
}
