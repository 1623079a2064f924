//! Words of a configuration line, and sizes with a unit.

/// Splits a line into words, as Redis splits the lines of its configuration files.
///
/// A word may be wholly or partly in double quotes (`\n`, `\r`, `\t`, `\b`, `\a`, `\xHH`, and any other escaped
/// byte as itself) or in single quotes (`\'` only). `None`: a quote is not closed, or text follows a closing one.
pub fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let mut word = Vec::new();
        rest = one_word(rest, &mut word)?.trim_ascii_start();
        words.push(word);
    }
    Some(words)
}

fn one_word<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] => return Some(rest),
            [byte, ..] if byte.is_ascii_whitespace() || *byte == 0 => return Some(&rest[1..]),
            [b'"', inside @ ..] => return ends_word(double_quoted(inside, word)?),
            [b'\'', inside @ ..] => return ends_word(single_quoted(inside, word)?),
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

/// A closing quote must be followed by a space or the end.
fn ends_word(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [byte, ..] if !byte.is_ascii_whitespace() => None,
        _ => Some(rest),
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| (byte as char).to_digit(16).expect("checked above") as u8;
                (digit(*high) << 4 | digit(*low), after)
            }
            [b'\\', escaped, after @ ..] => {
                let byte = match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                };
                (byte, after)
            }
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'\'', after @ ..] => return Some(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

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
