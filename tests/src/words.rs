//! Splits a line into arguments with the quoting that redis-cli users know, and quotes them back.

/// Splits at blanks. `"..."` takes `\n \r \t \b \a \\ \" \xHH`; `'...'` takes only `\'`.
///
/// # Errors
/// An unbalanced quote, or a closing quote that touches the next word.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let (word, after) = match rest[0] {
            b'"' => double_quoted(&rest[1..])?,
            b'\'' => single_quoted(&rest[1..])?,
            _ => {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                (rest[..end].to_vec(), &rest[end..])
            }
        };
        if !after.is_empty() && !after[0].is_ascii_whitespace() {
            return Err(format!("text touches a closing quote: {}", String::from_utf8_lossy(after)));
        }
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Ok(words)
}

fn double_quoted(text: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut word = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => return Ok((word, &text[at + 1..])),
            b'\\' => {
                let (byte, used) = escape(&text[at + 1..]).ok_or("a lone backslash")?;
                word.push(byte);
                at += 1 + used;
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
    Err("unbalanced double quote".into())
}

/// Reads what follows a backslash: the byte meant and how many bytes of text it took.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    if let [b'x', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return Some((high << 4 | low, 3));
    }
    let byte = match *text.first()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    };
    Some((byte, 1))
}

fn single_quoted(text: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut word = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at..] {
            [b'\'', ..] => return Ok((word, &text[at + 1..])),
            [b'\\', b'\'', ..] => {
                word.push(b'\'');
                at += 2;
            }
            _ => {
                word.push(text[at]);
                at += 1;
            }
        }
    }
    Err("unbalanced single quote".into())
}

/// `"..."` around printable text, everything else escaped: what [`split`] reads back.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7e => out.push(byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// A whole command as one line; only words that need quotes get them.
pub fn join(argv: &[Vec<u8>]) -> String {
    let plain = |word: &[u8]| {
        !word.is_empty() && word.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\'))
    };
    let words: Vec<String> = argv
        .iter()
        .map(|word| if plain(word) { String::from_utf8_lossy(word).into_owned() } else { quote(word) })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, words: &[&[u8]]) {
        let expected: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
        assert_eq!(split(line.as_bytes()).as_ref(), Ok(&expected), "{line}");
        assert_eq!(split(join(&expected).as_bytes()).as_ref(), Ok(&expected), "{line}, there and back");
    }

    #[test]
    fn words_split_as_in_redis_cli() {
        check("SET k v", &[b"SET", b"k", b"v"]);
        check("  a   b  ", &[b"a", b"b"]);
        check(r#"SET "" ''"#, &[b"SET", b"", b""]);
        check(r#""a b" 'c d'"#, &[b"a b", b"c d"]);
        check(r#""\x00\xff\n\r\t\"\\""#, &[b"\x00\xff\n\r\t\"\\"]);
        check(r"'it\'s \n'", &[b"it's \\n"]);
        check("", &[]);
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        for line in ["\"abc", "'abc", "\"a\"b", "'a'b", "\"a\\"] {
            assert!(split(line.as_bytes()).is_err(), "{line}");
        }
    }
}
