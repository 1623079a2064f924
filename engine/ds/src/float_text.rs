//! The grammar of floating-point text that C's `strtod` reads, without its leading blanks (C17, 7.22.1.3).
//!
//! ```text
//! [+-] ( digits [. digits] [e [+-] digits] | 0x hex [. hex] [p [+-] digits] | inf[inity] | nan[(chars)] )
//! ```
//!
//! Letters may have either case, and a point may stand before or after all digits. This file only reads;
//! rounding to a width is the business of `double` and `long_double`.

/// What a text says, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Magnitude<'a> {
    Decimal(Decimal<'a>),
    Binary(Binary),
    Infinity,
    Nan,
}

/// `integer.fraction × 10^exponent`; both parts hold digits only, and either may be empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal<'a> {
    pub integer: &'a [u8],
    pub fraction: &'a [u8],
    /// Held within ±2^40, where every text that fits in memory is zero or infinite already.
    pub exponent: i64,
}

impl Decimal<'_> {
    /// Whether every digit is 0.
    pub fn is_zero(&self) -> bool {
        self.integer.iter().chain(self.fraction).all(|&digit| digit == b'0')
    }
}

/// `mantissa × 2^exponent`, and a little more (less than one unit of the mantissa) if `inexact`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binary {
    pub mantissa: u128,
    pub exponent: i64,
    pub inexact: bool,
}

impl Binary {
    /// Rounds to a float whose mantissas have `precision` bits (at most 64) and whose smallest step is
    /// 2^`lowest`: to nearest, ties to even. Answers mantissa and exponent; the mantissa has its top bit set
    /// unless the number is subnormal, which is when the exponent is `lowest`.
    ///
    /// With more than `precision` bits given, `inexact` must not hide a tie: at least two of them must be
    /// exact.
    pub fn round(self, precision: u32, lowest: i64) -> (u64, i64) {
        if self.mantissa == 0 {
            return (0, lowest);
        }
        let up = self.mantissa.leading_zeros();
        let (mantissa, exponent) = (self.mantissa << up, self.exponent - i64::from(up));
        let dropped_bits = i64::from(128 - precision).max(lowest - exponent);
        if dropped_bits > 128 {
            return (0, lowest);
        }
        let kept = mantissa.checked_shr(dropped_bits as u32).unwrap_or(0);
        let dropped = mantissa - kept.checked_shl(dropped_bits as u32).unwrap_or(0);
        let half = 1 << (dropped_bits - 1);
        let round_up = dropped > half || dropped == half && (self.inexact || kept & 1 == 1);
        let (rounded, exponent) = (kept + u128::from(round_up), exponent + dropped_bits);
        // Rounding up all ones gives the next power of two, one bit too long.
        if rounded >> precision == 1 {
            ((rounded >> 1) as u64, exponent + 1)
        } else {
            (rounded as u64, exponent)
        }
    }
}

/// Reads all of `text`; answers whether it has a minus sign, and the rest of what it says.
pub fn read(text: &[u8]) -> Option<(bool, Magnitude<'_>)> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match text {
        [b'0', b'x' | b'X', digits @ ..] => Magnitude::Binary(read_hex(digits)?),
        [b'0'..=b'9' | b'.', ..] => Magnitude::Decimal(read_decimal(text)?),
        [b'i' | b'I', ..] if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") => {
            Magnitude::Infinity
        }
        [b'n' | b'N', b'a' | b'A', b'n' | b'N'] => Magnitude::Nan,
        [b'n' | b'N', b'a' | b'A', b'n' | b'N', b'(', chars @ .., b')'] => {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            chars.iter().all(allowed).then_some(Magnitude::Nan)?
        }
        _ => return None,
    };
    Some((negative, magnitude))
}

fn read_decimal(text: &[u8]) -> Option<Decimal<'_>> {
    let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        None => (text, 0),
        Some(at) => (&text[..at], read_exponent(&text[at + 1..])?),
    };
    let (integer, fraction) = split_at_point(number);
    let digits = integer.len() + fraction.len();
    let well_formed = digits > 0 && integer.iter().chain(fraction).all(u8::is_ascii_digit);
    well_formed.then_some(Decimal { integer, fraction, exponent })
}

fn read_hex(text: &[u8]) -> Option<Binary> {
    let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'p' | b'P')) {
        None => (text, 0),
        Some(at) => (&text[..at], read_exponent(&text[at + 1..])?),
    };
    let (integer, fraction) = split_at_point(number);
    if integer.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut binary = Binary { mantissa: 0, exponent: exponent - 4 * fraction.len() as i64, inexact: false };
    for &byte in integer.iter().chain(fraction) {
        let digit = char::from(byte).to_digit(16)?;
        if binary.mantissa >> 124 == 0 {
            binary.mantissa = binary.mantissa << 4 | u128::from(digit);
        } else {
            binary.exponent += 4;
            binary.inexact |= digit != 0;
        }
    }
    Some(binary)
}

fn split_at_point(number: &[u8]) -> (&[u8], &[u8]) {
    match number.iter().position(|&byte| byte == b'.') {
        None => (number, &[]),
        Some(at) => (&number[..at], &number[at + 1..]),
    }
}

/// Reads `[+-] digits`, holding the value within ±2^40.
fn read_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |sum: i64, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_grammar_and_nothing_else() {
        fn check(text: &str, expected: &str) {
            let found = match read(text.as_bytes()) {
                None => "no".to_string(),
                Some((negative, magnitude)) => {
                    let sign = if negative { "-" } else { "" };
                    match magnitude {
                        Magnitude::Nan => format!("{sign}nan"),
                        Magnitude::Infinity => format!("{sign}inf"),
                        Magnitude::Binary(b) => {
                            format!("{sign}{:x}p{}{}", b.mantissa, b.exponent, ["", "+"][b.inexact as usize])
                        }
                        Magnitude::Decimal(d) => {
                            let (integer, fraction) = (d.integer.escape_ascii(), d.fraction.escape_ascii());
                            format!("{sign}{integer}.{fraction}e{}", d.exponent)
                        }
                    }
                }
            };
            assert_eq!(found, expected, "{text:?}");
        }
        check("1", "1.e0");
        check("-12.50E-3", "-12.50e-3");
        check("+.5", ".5e0");
        check("5.", "5.e0");
        check("1e99999999999999999999", "1.e1099511627776");
        check("1e-99999999999999999999", "1.e-1099511627776");
        check("0x1p3", "1p3");
        check("-0X.8", "-8p-4");
        check("0xAb.cP+2", "abcp-2");
        check("0x123456789012345678901234567890123", "12345678901234567890123456789012p4+");
        check("0x123456789012345678901234567890120", "12345678901234567890123456789012p4");
        check("inf", "inf");
        check("-INFINITY", "-inf");
        check("NaN", "nan");
        check("-nan(ab_1)", "-nan");
        let others = [
            "",
            "+",
            "-",
            ".",
            "e1",
            ".e1",
            "1e",
            "1e+",
            "1e1.",
            "1..2",
            "1.2.3",
            "--1",
            "+-1",
            " 1",
            "1 ",
            "1d",
            "1,5",
            "1\0",
            "0x",
            "0x.",
            "0xp1",
            "0x1p",
            "0x1p-",
            "0xg",
            "0x-1",
            "in",
            "infi",
            "infinit",
            "infinityx",
            "na",
            "nan(",
            "nan(-)",
        ];
        for text in others {
            check(text, "no");
        }
    }

    #[test]
    fn rounds_to_nearest_even() {
        fn check(mantissa: u128, inexact: bool, exponent: i64, expected: (u64, i64)) {
            assert_eq!(
                Binary { mantissa, exponent, inexact }.round(4, -10),
                expected,
                "{mantissa:b} {exponent}"
            );
        }
        check(0b1_1000, false, 0, (0b1100, 1));
        check(0b1_0001, false, 0, (0b1000, 1));
        check(0b1_0011, false, 0, (0b1010, 1));
        check(0b10_0010, true, 0, (0b1001, 2));
        check(0b1_1111, false, 0, (0b1000, 2));
        check(1, false, 0, (0b1000, -3));
        check(1, false, -10, (1, -10));
        check(1, false, -11, (0, -10));
        check(1, true, -11, (1, -10));
        check(3, false, -11, (2, -10));
        check(1, true, -12, (0, -10));
        check(u128::MAX, true, -138, (1, -10));
        check(u128::MAX, true, -139, (0, -10));
        check(0, false, 99, (0, -10));
    }
}
