//! Words of a configuration line, and sizes with a unit.

pub use ds::split_args::split_args as split;

/// Writes a word in double quotes so that [`split`] reads it back, as Redis writes its configuration file.
pub fn quote(out: &mut Vec<u8>, word: &[u8]) {
    out.push(b'"');
    for byte in word {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            7 => out.extend(b"\\a"),
            8 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(*byte),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend([b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
    }
    out.push(b'"');
}

/// Reads a number of bytes with an optional unit: `100`, `10k` (thousands), `10kb` (of 1024), up to `gb`.
/// Too many digits saturate and a unit wraps around, as in Redis; no digits are zero. `None`: anything else.
pub fn memory_size(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1_000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let number = number
        .iter()
        .fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(number.wrapping_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, words: Option<&[&str]>) {
        let words = words.map(|words| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(split(line.as_bytes()), words, "{line}");
    }

    #[test]
    fn lines_split_into_words() {
        check("", Some(&[]));
        check("  save\t900 1 ", Some(&["save", "900", "1"]));
        check("a \"b c\" 'd e'", Some(&["a", "b c", "d e"]));
        check(r#"a "x\n\"\\\x41\q""#, Some(&["a", "x\n\"\\Aq"]));
        check(r"'it\'s \n'", Some(&[r"it's \n"]));
        check(r#""" ''"#, Some(&["", ""]));
        check(r#"pre"fix""#, Some(&["prefix"]));
        for wrong in ["\"a", "'a", "\"a\"b", "'a'b", "\"a\\\""] {
            check(wrong, None);
        }
    }

    #[test]
    fn quoted_words_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut line = Vec::new();
        quote(&mut line, &all);
        assert_eq!(split(&line), Some(vec![all]));
        let mut line = Vec::new();
        quote(&mut line, b"a b\x01\"");
        assert_eq!(line, br#""a b\x01\"""#);
    }

    #[test]
    fn sizes_have_units() {
        #[rustfmt::skip]
        let rows = [
            ("", Some(0)), ("100", Some(100)), ("1k", Some(1000)), ("1KB", Some(1024)), ("1m", Some(1_000_000)), ("1mb", Some(1 << 20)),
            ("1Gb", Some(1 << 30)), ("10B", Some(10)), ("007", Some(7)), ("1t", None), ("1.5mb", None), ("-5", None), ("+5", None),
            (" 1", None), ("1 ", None), ("0x10", None), ("1kib", None), ("99999999999999999999", Some(u64::MAX)),
            ("17179869184gb", Some(0)),
        ];
        for (text, size) in rows {
            assert_eq!(memory_size(text.as_bytes()), size, "{text}");
        }
    }
}
