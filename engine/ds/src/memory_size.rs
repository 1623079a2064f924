//! Amounts of memory as configuration writes them: "100", "10kb", "1gb".
//!
//! ```text
//! digits [b | k | kb | m | mb | g | gb]      a bare letter counts in thousands, with a "b" in multiples of 1024
//! ```
//!
//! Units may have either case. What Redis does with odd texts is kept: no digits are 0, digits beyond 64 bits
//! are the largest number there is, 128 digits or more are refused, and the product with the unit wraps
//! around.

/// Reads an amount of memory in bytes; `None` for an unknown unit, a sign, a fraction, or blanks.
pub fn parse_memory_size(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits >= 128 {
        return None;
    }
    let (digits, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let number =
        digits.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(number.wrapping_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As CONFIG SET maxmemory of Redis 8.0 takes them.
    #[test]
    fn sizes() {
        fn check(text: &str, expected: Option<u64>) {
            assert_eq!(parse_memory_size(text.as_bytes()), expected, "{text:?}");
        }
        check("0", Some(0));
        check("100", Some(100));
        check("007", Some(7));
        check("1b", Some(1));
        check("1k", Some(1000));
        check("1K", Some(1000));
        check("1kb", Some(1024));
        check("1Kb", Some(1024));
        check("1m", Some(1_000_000));
        check("1mb", Some(1 << 20));
        check("1g", Some(1_000_000_000));
        check("1GB", Some(1 << 30));
        check("", Some(0));
        check("kb", Some(0));
        check("18446744073709551615", Some(u64::MAX));
        check("18446744073709551616", Some(u64::MAX));
        check("17179869183gb", Some(18446744072635809792));
        check("17179869185gb", Some(1 << 30));
        check(&format!("{}1", "0".repeat(126)), Some(1));
        check(&format!("{}1", "0".repeat(127)), None);
        for text in [
            "1t", "1tb", "-1", "-1kb", "+1", "1 kb", " 1", "1kb ", "1.5gb", "1e3", "0x10", "1kbb", "1bk", "-",
        ] {
            check(text, None);
        }
    }
}
