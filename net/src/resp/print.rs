//! Frames as text to read, in the manner of `redis-cli --no-raw`: one line per value, aggregates numbered.

use super::encode::double_text;
use super::frame::Frame;

impl Frame {
    /// The value as lines of text without a last line end. Kinds that redis-cli shows alike or not at all
    /// (verbatim strings, big numbers, pushes, attributes) are told apart; the three nulls are not.
    pub fn print(&self) -> String {
        let mut out = String::new();
        print(self, 0, &mut out);
        out
    }
}

/// Appends `frame`, of which any line but the first is indented by `indent` blanks.
fn print(frame: &Frame, indent: usize, out: &mut String) {
    match frame {
        Frame::Simple(text) => *out += &text.escape_ascii().to_string(),
        Frame::Error(text) | Frame::BulkError(text) => *out += &format!("(error) {}", text.escape_ascii()),
        Frame::Integer(number) => *out += &format!("(integer) {number}"),
        Frame::Bulk(bytes) => *out += &quoted(bytes),
        Frame::NullBulk | Frame::NullArray | Frame::Null => *out += "(nil)",
        Frame::Double(number) => *out += &format!("(double) {}", double_text(*number)),
        Frame::Boolean(value) => *out += &format!("({value})"),
        Frame::Verbatim { format, text } => {
            *out += &format!("(verbatim {}) {}", format.escape_ascii(), quoted(text));
        }
        Frame::BigNumber(digits) => *out += &format!("(big number) {}", digits.escape_ascii()),
        Frame::Array(items) => print_items("array", ')', items, indent, out),
        Frame::Set(items) => print_items("set", '~', items, indent, out),
        Frame::Push(items) => print_items("push", '>', items, indent, out),
        Frame::Map(pairs) => print_pairs("hash", '#', pairs, indent, out),
        Frame::Attribute { pairs, value } => {
            print_pairs("attribute", '|', pairs, indent, out);
            new_line(indent, out);
            print(value, indent, out);
        }
    }
}

fn print_items(name: &str, mark: char, items: &[Frame], indent: usize, out: &mut String) {
    if items.is_empty() {
        *out += &format!("(empty {name})");
    }
    let width = items.len().to_string().len();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            new_line(indent, out);
        }
        *out += &format!("{:width$}{mark} ", index + 1);
        print(item, indent + width + 2, out);
    }
}

fn print_pairs(name: &str, mark: char, pairs: &[(Frame, Frame)], indent: usize, out: &mut String) {
    if pairs.is_empty() {
        *out += &format!("(empty {name})");
    }
    let width = pairs.len().to_string().len();
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            new_line(indent, out);
        }
        *out += &format!("{:width$}{mark} ", index + 1);
        let inner = indent + width + 2;
        print(key, inner, out);
        *out += " => ";
        if is_many_lines(value) {
            new_line(inner, out);
        }
        print(value, inner, out);
    }
}

fn is_many_lines(frame: &Frame) -> bool {
    match frame {
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => !items.is_empty(),
        Frame::Map(pairs) => !pairs.is_empty(),
        Frame::Attribute { .. } => true,
        _ => false,
    }
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A string in double quotes, with the escapes that redis-cli writes and inline commands read.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'\n' => out += "\\n",
            b'\r' => out += "\\r",
            b'\t' => out += "\\t",
            0x07 => out += "\\a",
            0x08 => out += "\\b",
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out += &format!("\\x{byte:02x}"),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::decode::{FrameLimits, decode};

    #[track_caller]
    fn check(bytes: &str, expected: &[&str]) {
        let frame = decode(bytes.as_bytes(), &FrameLimits::default()).unwrap();
        assert_eq!(frame.print().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn single_values() {
        check("+OK\r\n", &["OK"]);
        check("-ERR no\r\n", &["(error) ERR no"]);
        check(":12\r\n", &["(integer) 12"]);
        check("$8\r\na\n\"\\\0\x07\t.\r\n", &[r#""a\n\"\\\x00\a\t.""#]);
        check("_\r\n", &["(nil)"]);
        check(",1e300\r\n", &["(double) 1e+300"]);
        check("#t\r\n", &["(true)"]);
        check("=6\r\ntxt:hi\r\n", &[r#"(verbatim txt) "hi""#]);
        check("(12\r\n", &["(big number) 12"]);
        check("*0\r\n", &["(empty array)"]);
        check("%0\r\n", &["(empty hash)"]);
        check("~0\r\n", &["(empty set)"]);
    }

    #[test]
    fn nested_values() {
        check(
            "*10\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n*0\r\n*2\r\n:10\r\n~1\r\n:11\r\n",
            &[
                " 1) (integer) 1",
                " 2) (integer) 2",
                " 3) (integer) 3",
                " 4) (integer) 4",
                " 5) (integer) 5",
                " 6) (integer) 6",
                " 7) (integer) 7",
                " 8) (integer) 8",
                " 9) (empty array)",
                "10) 1) (integer) 10",
                "    2) 1~ (integer) 11",
            ],
        );
        check(
            "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n%1\r\n$1\r\nc\r\n*2\r\n:1\r\n:2\r\n",
            &[
                "1# \"a\" => (integer) 1",
                "2# \"b\" => ",
                "   1# \"c\" => ",
                "      1) (integer) 1",
                "      2) (integer) 2",
            ],
        );
        check("|1\r\n+k\r\n+v\r\n>1\r\n:1\r\n", &["1| k => v", "1> (integer) 1"]);
    }
}
