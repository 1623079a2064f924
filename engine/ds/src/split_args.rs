//! Splitting a line into words, with quotes and escapes, as a configuration file and an inline command are.
//!
//! Words are parted by blanks. Inside double quotes `\n`, `\r`, `\t`, `\b`, `\a` and `\xHH` are control and
//! hexadecimal escapes, and a backslash before anything else gives that byte itself; inside single quotes
//! only `\'` is an escape. Quotes may begin in the middle of a word (`foo"bar"` is one word) but must end it.
//! A NUL byte ends the line.

/// What is between the words.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The words of `line`; `None` if a quote is never closed, or closed in the middle of a word.
pub fn split_args(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = line.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut words = Vec::new();
    loop {
        let blanks = rest.iter().take_while(|&&byte| is_blank(byte)).count();
        rest = &rest[blanks..];
        if rest.is_empty() {
            return Some(words);
        }
        let mut word = Vec::new();
        rest = take_word(rest, &mut word)?;
        words.push(word);
    }
}

/// Moves the first word out of `rest`; answers what follows it.
fn take_word<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match *rest {
            // Vertical tabs and form feeds are blanks between words, but do not end one.
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Some(rest),
            [quote @ (b'"' | b'\''), ..] => {
                rest = take_quoted(&rest[1..], quote, word)?;
                return rest.first().is_none_or(|&byte| is_blank(byte)).then_some(rest);
            }
            [byte, ..] => {
                word.push(byte);
                rest = &rest[1..];
            }
        }
    }
}

/// Moves quoted text into `word`; answers what follows the closing quote.
fn take_quoted<'a>(mut rest: &'a [u8], quote: u8, word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, length) = match *rest {
            [] => return None,
            [byte, ..] if byte == quote => return Some(&rest[1..]),
            [b'\\', b'\'', ..] if quote == b'\'' => (b'\'', 2),
            [b'\\', ..] if quote == b'"' => unescape(rest),
            [byte, ..] => (byte, 1),
        };
        word.push(byte);
        rest = &rest[length..];
    }
}

/// The byte that an escape stands for, and the escape's length.
fn unescape(escape: &[u8]) -> (u8, usize) {
    match *escape {
        [_, b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            let digit = |byte: u8| char::from(byte).to_digit(16).map_or(0, |digit| digit as u8);
            (digit(high) << 4 | digit(low), 4)
        }
        [_, b'n', ..] => (b'\n', 2),
        [_, b'r', ..] => (b'\r', 2),
        [_, b't', ..] => (b'\t', 2),
        [_, b'b', ..] => (0x08, 2),
        [_, b'a', ..] => (0x07, 2),
        [_, other, ..] => (other, 2),
        // At the end of the line the backslash is itself; the quote is missing anyway.
        _ => (b'\\', 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words are shown escaped and parted by `|`; as inline commands of Redis 8.0 are split.
    fn check(line: &str, expected: Option<&str>) {
        let words = split_args(line.as_bytes());
        let shown = words.map(|words| {
            words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>().join("|")
        });
        assert_eq!(shown.as_deref(), expected, "{line:?}");
    }

    #[test]
    fn words() {
        check("", Some(""));
        check("  \t ", Some(""));
        check("save 900 1", Some("save|900|1"));
        check(" a\tb\rc\nd ", Some("a|b|c|d"));
        check("\x0b\x0c a\x0bb c\x0cd", Some("a\\x0bb|c\\x0cd"));
        check("a\0b", Some("a"));
        check(r"a\ b", Some(r"a\\|b"));
    }

    #[test]
    fn quotes() {
        check(r#""a b" 'c d'"#, Some("a b|c d"));
        check(r#""""#, Some(""));
        check(r#"a "" b"#, Some("a||b"));
        check(r#"foo"bar baz""#, Some("foobar baz"));
        check("a'b'", Some("ab"));
        check(r#"a\"b""#, Some(r"a\\b"));
        check("\"a\"\x0bb", Some("a|b"));
        check(r#""it's" '"'"#, Some(r#"it\'s|\""#));
    }

    #[test]
    fn escapes() {
        check(r#""\x41\n\r\t\a\b\q\"\\""#, Some(r#"A\n\r\t\x07\x08q\"\\"#));
        check(r#""\xfF\x4z\x""#, Some(r"\xffx4zx"));
        check(r"'a\'b\n'", Some(r"a\'b\\n"));
    }

    #[test]
    fn unbalanced() {
        for line in [
            r#""foo"#,
            "'foo",
            r#""foo"bar"#,
            "'foo'b",
            r#""\"#,
            r#""a\""#,
            "\"a\0\"",
            r#"a b "c"#,
            r#""a""b""#,
        ] {
            check(line, None);
        }
    }
}
