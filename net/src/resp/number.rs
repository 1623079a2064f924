//! Numbers as RESP counts them.

/// Reads a decimal integer that is written in exactly one way: no sign but `-`, no leading zero, no `-0`,
/// no blanks, nothing beyond 64 bits.
pub(super) fn strict_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    // Negative numbers reach one further than positive ones, so the sum is kept negative.
    let mut sum: i64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum = sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
    }
    if negative { Some(sum) } else { sum.checked_neg() }
}

#[cfg(test)]
mod tests {
    use super::strict_integer;

    #[test]
    fn one_spelling_per_number() {
        for number in [0, 1, -1, 9, 10, 512, i64::MAX, i64::MIN] {
            assert_eq!(strict_integer(number.to_string().as_bytes()), Some(number));
        }
        for text in ["", "-", "+1", "01", "-0", "-01", " 1", "1 ", "1x", "0x1", "9223372036854775808"] {
            assert_eq!(strict_integer(text.as_bytes()), None, "{text}");
        }
        assert_eq!(strict_integer(b"-9223372036854775809"), None);
        assert_eq!(strict_integer(&[b'1'; 70_000]), None);
    }
}
