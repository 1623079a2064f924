//! Quoting a word of a configuration line.

/// Writes a word in double quotes so that [`ds::split_args::split_args`] reads it back, as Redis writes
/// its configuration file.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_words_read_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut line = Vec::new();
        quote(&mut line, &all);
        assert_eq!(ds::split_args::split_args(&line), Some(vec![all]));
        let mut line = Vec::new();
        quote(&mut line, b"a b\x01\"");
        assert_eq!(line, br#""a b\x01\"""#);
    }
}
