//! Frames and requests to bytes.

use ds::double::{MAX_TEXT, format_f64};

use super::frame::Frame;

impl Frame {
    /// Appends the value's bytes to `out`. A line end within a `Simple` or an `Error`, which would end it
    /// early, becomes a blank, as in Redis.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Frame::Simple(text) => line(b'+', text, out),
            Frame::Error(text) => line(b'-', text, out),
            Frame::Integer(number) => number_line(b':', *number, out),
            Frame::Bulk(bytes) => bulk(b'$', bytes, out),
            Frame::Array(items) => aggregate(b'*', items, out),
            Frame::NullBulk => out.extend_from_slice(b"$-1\r\n"),
            Frame::NullArray => out.extend_from_slice(b"*-1\r\n"),
            Frame::Null => out.extend_from_slice(b"_\r\n"),
            Frame::Double(number) => line(b',', double_text(*number).as_bytes(), out),
            Frame::Boolean(value) => out.extend_from_slice(if *value { b"#t\r\n" } else { b"#f\r\n" }),
            Frame::BulkError(bytes) => bulk(b'!', bytes, out),
            Frame::Verbatim { format, text } => bulk(b'=', &[format, &b":"[..], text].concat(), out),
            Frame::BigNumber(digits) => line(b'(', digits, out),
            Frame::Map(pairs) => map(b'%', pairs, out),
            Frame::Set(items) => aggregate(b'~', items, out),
            Frame::Push(items) => aggregate(b'>', items, out),
            Frame::Attribute { pairs, value } => {
                map(b'|', pairs, out);
                value.encode(out);
            }
        }
    }

    /// The value's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Appends a request, an array of bulk strings, to `out`.
pub fn encode_request<A: AsRef<[u8]>>(words: &[A], out: &mut Vec<u8>) {
    number_line(b'*', words.len() as i64, out);
    for word in words {
        bulk(b'$', word.as_ref(), out);
    }
}

/// A double as RESP3 writes it, digit for digit as the peers do.
pub(super) fn double_text(number: f64) -> String {
    let mut buffer = [0; MAX_TEXT];
    // The text of a number is ASCII.
    format_f64(&mut buffer, number).iter().copied().map(char::from).collect()
}

fn line(kind: u8, text: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
    out.extend_from_slice(b"\r\n");
}

fn number_line(kind: u8, number: i64, out: &mut Vec<u8>) {
    line(kind, number.to_string().as_bytes(), out);
}

fn bulk(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    number_line(kind, bytes.len() as i64, out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn aggregate(kind: u8, items: &[Frame], out: &mut Vec<u8>) {
    number_line(kind, items.len() as i64, out);
    items.iter().for_each(|item| item.encode(out));
}

fn map(kind: u8, pairs: &[(Frame, Frame)], out: &mut Vec<u8>) {
    number_line(kind, pairs.len() as i64, out);
    for (key, value) in pairs {
        key.encode(out);
        value.encode(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(frame: Frame, expected: &str) {
        assert_eq!(frame.to_bytes().escape_ascii().to_string(), expected.escape_default().to_string());
    }

    #[test]
    fn every_kind() {
        let one = || Frame::Integer(1);
        check(Frame::Simple(b"OK".into()), "+OK\r\n");
        check(Frame::Error(b"ERR no".into()), "-ERR no\r\n");
        check(Frame::Integer(i64::MIN), ":-9223372036854775808\r\n");
        check(Frame::bulk("a\r\n"), "$3\r\na\r\n\r\n");
        check(Frame::bulk(""), "$0\r\n\r\n");
        check(Frame::Array(vec![one(), Frame::Array(vec![])]), "*2\r\n:1\r\n*0\r\n");
        check(Frame::NullBulk, "$-1\r\n");
        check(Frame::NullArray, "*-1\r\n");
        check(Frame::Null, "_\r\n");
        check(Frame::Boolean(true), "#t\r\n");
        check(Frame::Boolean(false), "#f\r\n");
        check(Frame::BulkError(b"ERR\n".into()), "!4\r\nERR\n\r\n");
        check(Frame::Verbatim { format: *b"txt", text: b"hi".into() }, "=6\r\ntxt:hi\r\n");
        check(Frame::BigNumber(b"-123".into()), "(-123\r\n");
        check(Frame::Map(vec![(one(), Frame::Null)]), "%1\r\n:1\r\n_\r\n");
        check(Frame::Set(vec![one()]), "~1\r\n:1\r\n");
        check(Frame::Push(vec![one()]), ">1\r\n:1\r\n");
        let value = Box::new(Frame::Null);
        check(Frame::Attribute { pairs: vec![(one(), one())], value }, "|1\r\n:1\r\n:1\r\n_\r\n");
    }

    #[test]
    fn doubles() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (10.0, "10"),
            (3.25, "3.25"),
            (-0.1, "-0.1"),
            (1e300, "1e+300"),
            (1.5e-9, "1.5e-9"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            check(Frame::Double(number), &format!(",{text}\r\n"));
        }
    }

    #[test]
    fn a_line_stays_one_line() {
        check(Frame::Error(b"ERR a\r\n+OK".into()), "-ERR a  +OK\r\n");
    }

    #[test]
    fn requests() {
        let mut out = Vec::new();
        encode_request(&["SET", "k", "a b"], &mut out);
        assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na b\r\n");
    }
}
