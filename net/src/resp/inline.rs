//! Splits a line into words the way Redis reads inline commands and its configuration file.
//!
//! Words are separated by blanks. Inside double quotes `\n \r \t \b \a` and `\xHH` stand for one byte and
//! a backslash makes any other byte itself; inside single quotes only `\'` is special. A closing quote must
//! be followed by a blank or the end of the line. A quote may open in the middle of a word.

use super::argv::Span;

/// Splits `line` into words: appends their bytes, quotes resolved, to `bytes` and where each lies there to
/// `words`. Returns the offset of the quote that is not closed properly, if there is one; `words` and
/// `bytes` then hold what came before.
///
/// A zero byte is a byte like any other. (Redis ends the line there and waits for one without.)
pub fn split_words(line: &[u8], words: &mut Vec<Span>, bytes: &mut Vec<u8>) -> Result<(), usize> {
    let mut at = 0;
    loop {
        while at < line.len() && is_blank(line[at]) {
            at += 1;
        }
        if at == line.len() {
            return Ok(());
        }
        let start = bytes.len();
        at = word(line, at, bytes)?;
        words.push(Span::new(start, bytes.len() - start));
    }
}

/// Reads one word from `at`, which is no blank; returns where it ended.
fn word(line: &[u8], mut at: usize, bytes: &mut Vec<u8>) -> Result<usize, usize> {
    while at < line.len() {
        match line[at] {
            b' ' | b'\t' | b'\r' | b'\n' => break,
            quote @ (b'"' | b'\'') => {
                let opened = at;
                let closed = quoted(line, at + 1, quote, bytes).ok_or(opened)?;
                return match line.get(closed) {
                    Some(&next) if !is_blank(next) => Err(opened),
                    _ => Ok(closed),
                };
            }
            byte => bytes.push(byte),
        }
        at += 1;
    }
    Ok(at)
}

/// Reads from behind an opening quote to behind the closing one; `None` when the line ends before it.
fn quoted(line: &[u8], mut at: usize, quote: u8, bytes: &mut Vec<u8>) -> Option<usize> {
    loop {
        let (byte, width) = match (quote, &line[at..]) {
            (_, [first, ..]) if *first == quote => return Some(at + 1),
            (b'"', [b'\\', b'x', high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (hex(*high) << 4 | hex(*low), 4)
            }
            (b'"', [b'\\', escaped, ..]) => (unescape(*escaped), 2),
            (b'\'', [b'\\', b'\'', ..]) => (b'\'', 2),
            (_, [byte, ..]) => (*byte, 1),
            (_, []) => return None,
        };
        bytes.push(byte);
        at += width;
    }
}

fn unescape(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// What C calls a space: also vertical tab and form feed, which `u8::is_ascii_whitespace` leaves out.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &[u8], expected: Result<&[&[u8]], usize>) {
        let (mut words, mut bytes) = (Vec::new(), Vec::new());
        let found = split_words(line, &mut words, &mut bytes);
        let words: Vec<&[u8]> =
            words.iter().map(|word| &bytes[word.start as usize..][..word.len as usize]).collect();
        let shown = line.escape_ascii();
        match expected {
            Ok(expected) => {
                assert_eq!(found, Ok(()), "{shown}");
                assert_eq!(words, expected, "{shown}");
            }
            Err(offset) => assert_eq!(found, Err(offset), "{shown}"),
        }
    }

    #[test]
    fn words_and_quotes() {
        check(b"", Ok(&[]));
        check(b" \t\x0b\x0c\r", Ok(&[]));
        check(b"  ECHO \t a \x0b ", Ok(&[b"ECHO", b"a"]));
        check(b"a\x0bb c", Ok(&[b"a\x0bb", b"c"]));
        check(b"a\rb", Ok(&[b"a", b"b"]));
        check(b"a\\nb", Ok(&[b"a\\nb"]));
        check(b"a\0b", Ok(&[b"a\0b"]));
        check(br#""" ''"#, Ok(&[b"", b""]));
        check(br#""\x41\n\r\t\a\b\q\x4g\\\"""#, Ok(&[b"A\n\r\t\x07\x08qx4g\\\""]));
        check(br#""\xAf\x0a\X41""#, Ok(&[b"\xaf\nX41"]));
        check(br"'a\'b\n'", Ok(&[br"a'b\n"]));
        check(br#"ab"cd ef" g"#, Ok(&[b"abcd ef", b"g"]));
        check(b"a\"b\"\x0bc", Ok(&[b"ab", b"c"]));
    }

    #[test]
    fn unbalanced_quotes() {
        check(br#"ECHO "abc"#, Err(5));
        check(b"ECHO 'abc", Err(5));
        check(br#""a"b"#, Err(0));
        check(br"x 'a'b", Err(2));
        check(br#"ab"cd"e"#, Err(2));
        check(br#""\"#, Err(0));
        check(br#""\x4"#, Err(0));
        check(br"'a\\'", Err(0));
        check(br"'\'", Err(0));
    }
}
