//! Reads RESP2 and RESP3 strictly, as a suspicious client would, and prints a reply as one readable line.

use crate::words::quote;
use std::fmt;

/// One value on the wire. Numbers keep the digits they came with: how they are spelled is behaviour too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Integer(i64),
    Bulk(Vec<u8>),
    /// RESP2's `$-1`.
    NullBulk,
    /// RESP2's `*-1`.
    NullArray,
    /// RESP3's `_`.
    Null,
    Bool(bool),
    Double(Vec<u8>),
    BigNumber(Vec<u8>),
    BlobError(Vec<u8>),
    /// Three letters and a colon come first, as on the wire.
    Verbatim(Vec<u8>),
    Array(Vec<Reply>),
    Set(Vec<Reply>),
    Push(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Attribute(Vec<(Reply, Reply)>, Box<Reply>),
}

/// Bytes that are no RESP: where they are and what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub offset: usize,
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed reply at byte {}: {}", self.offset, self.what)
    }
}

/// A value and the bytes it took, or `None` when more bytes are needed.
type Parsed<T> = Result<Option<(T, usize)>, Malformed>;

/// Replies nest no deeper than this in any command we know.
const MAX_DEPTH: usize = 64;

impl Reply {
    /// Reads the first value of `bytes`.
    ///
    /// # Errors
    /// What no server may send, with its offset.
    pub fn parse(bytes: &[u8]) -> Parsed<Reply> {
        parse_at(bytes, 0, 0)
    }

    /// The first word of an error, `None` for any other reply.
    pub fn error_code(&self) -> Option<&[u8]> {
        match self {
            Reply::Error(text) | Reply::BlobError(text) => text.split(|byte| *byte == b' ').next(),
            _ => None,
        }
    }

    /// The elements of any kind of sequence.
    pub fn elements(&self) -> Option<&[Reply]> {
        match self {
            Reply::Array(items) | Reply::Set(items) | Reply::Push(items) => Some(items),
            _ => None,
        }
    }

    /// The payload of anything that is text.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Reply::Simple(text) | Reply::Bulk(text) | Reply::Error(text) | Reply::BlobError(text) => {
                Some(text)
            }
            Reply::Verbatim(text) => text.get(4..),
            _ => None,
        }
    }

    /// Like the one-line form, but anything wider than `width` columns is laid out over several lines.
    pub fn pretty(&self, width: usize) -> String {
        let line = self.to_string();
        if line.len() <= width {
            return line;
        }
        let rows = |open: &str, rows: Vec<String>, close: &str| {
            let body: Vec<String> =
                rows.iter().map(|row| format!("  {},", row.replace('\n', "\n  "))).collect();
            format!("{open}\n{}\n{close}", body.join("\n"))
        };
        let inner = width.saturating_sub(2);
        let list = |items: &[Reply]| items.iter().map(|item| item.pretty(inner)).collect::<Vec<_>>();
        match self {
            Reply::Array(items) => rows("[", list(items), "]"),
            Reply::Set(items) => rows("~[", list(items), "]"),
            Reply::Push(items) => rows(">[", list(items), "]"),
            Reply::Map(pairs) => {
                rows("{", pairs.iter().map(|(k, v)| format!("{k}: {}", v.pretty(inner))).collect(), "}")
            }
            _ => line,
        }
    }
}

fn parse_at(bytes: &[u8], at: usize, depth: usize) -> Parsed<Reply> {
    if depth > MAX_DEPTH {
        return Err(Malformed { offset: at, what: "nested too deeply" });
    }
    let Some((line, next)) = header(bytes, at)? else { return Ok(None) };
    let body = &line[1..];
    let bad = |what| Malformed { offset: at, what };
    let scalar = |reply| Ok(Some((reply, next)));
    match line[0] {
        b'+' => scalar(Reply::Simple(body.to_vec())),
        b'-' => scalar(Reply::Error(body.to_vec())),
        b':' => scalar(Reply::Integer(number(body).ok_or(bad("integer"))?)),
        b',' => scalar(Reply::Double(double(body).ok_or(bad("double"))?)),
        b'(' => scalar(Reply::BigNumber(big(body).ok_or(bad("big number"))?)),
        b'_' if body.is_empty() => scalar(Reply::Null),
        b'#' if body == b"t" || body == b"f" => scalar(Reply::Bool(body == b"t")),
        b'$' if body == b"-1" => scalar(Reply::NullBulk),
        b'*' if body == b"-1" => scalar(Reply::NullArray),
        kind @ (b'$' | b'!' | b'=') => {
            let length = length(body).ok_or(bad("length of a string"))?;
            let Some((text, next)) = payload(bytes, next, length)? else { return Ok(None) };
            let reply = match kind {
                b'$' => Reply::Bulk(text),
                b'!' => Reply::BlobError(text),
                _ if text.get(3) != Some(&b':') => return Err(bad("verbatim string without its format")),
                _ => Reply::Verbatim(text),
            };
            Ok(Some((reply, next)))
        }
        kind @ (b'*' | b'~' | b'>') => {
            let count = length(body).ok_or(bad("length of an aggregate"))?;
            let Some((items, next)) = sequence(bytes, next, count, depth)? else { return Ok(None) };
            Ok(Some(match kind {
                b'*' => (Reply::Array(items), next),
                b'~' => (Reply::Set(items), next),
                _ => (Reply::Push(items), next),
            }))
        }
        kind @ (b'%' | b'|') => {
            let count = length(body).ok_or(bad("length of a map"))?;
            let Some((items, next)) = sequence(bytes, next, count * 2, depth)? else { return Ok(None) };
            let mut items = items.into_iter();
            let mut pairs = Vec::new();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key, value));
            }
            if kind == b'%' {
                return Ok(Some((Reply::Map(pairs), next)));
            }
            let Some((reply, next)) = parse_at(bytes, next, depth + 1)? else { return Ok(None) };
            Ok(Some((Reply::Attribute(pairs, Box::new(reply)), next)))
        }
        _ => Err(bad("unknown type byte")),
    }
}

/// The line that starts at `at`, without its CRLF, and where the next thing begins.
fn header(bytes: &[u8], at: usize) -> Parsed<&[u8]> {
    let rest = &bytes[at..];
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    if end < 2 || rest[end - 1] != b'\r' || rest[..end - 1].contains(&b'\r') {
        return Err(Malformed { offset: at, what: "line does not end in CRLF" });
    }
    Ok(Some((&rest[..end - 1], at + end + 1)))
}

fn payload(bytes: &[u8], at: usize, length: usize) -> Parsed<Vec<u8>> {
    let Some(text) = bytes.get(at..at + length + 2) else { return Ok(None) };
    if &text[length..] != b"\r\n" {
        return Err(Malformed { offset: at + length, what: "string does not end in CRLF" });
    }
    Ok(Some((text[..length].to_vec(), at + length + 2)))
}

fn sequence(bytes: &[u8], mut at: usize, count: usize, depth: usize) -> Parsed<Vec<Reply>> {
    let mut items = Vec::new();
    for _ in 0..count {
        let Some((item, next)) = parse_at(bytes, at, depth + 1)? else { return Ok(None) };
        items.push(item);
        at = next;
    }
    Ok(Some((items, at)))
}

/// Digits as servers write them: no plus sign, no leading zeros.
fn number(digits: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == digits).then_some(number)
}

fn length(digits: &[u8]) -> Option<usize> {
    number(digits).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 1 << 32)
}

fn double(text: &[u8]) -> Option<Vec<u8>> {
    let known = matches!(text, b"inf" | b"-inf" | b"nan");
    let finite = std::str::from_utf8(text).ok()?.parse::<f64>().is_ok_and(f64::is_finite);
    (known || finite).then(|| text.to_vec())
}

fn big(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then(|| text.to_vec())
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Lines hold text, yet a server may put anything into them; escape without the quotes.
        let bare = |bytes: &[u8]| {
            let quoted = quote(bytes).replace("\\\"", "\"");
            quoted[1..quoted.len() - 1].to_owned()
        };
        match self {
            Reply::Simple(text) => write!(f, "{}", bare(text)),
            Reply::Error(text) => write!(f, "-{}", bare(text)),
            Reply::BlobError(text) => write!(f, "!{}", bare(text)),
            Reply::Integer(number) => write!(f, ":{number}"),
            Reply::Bulk(text) => write!(f, "{}", quote(text)),
            Reply::NullBulk => write!(f, "nil"),
            Reply::NullArray => write!(f, "nil-array"),
            Reply::Null => write!(f, "null"),
            Reply::Bool(truth) => write!(f, "#{truth}"),
            Reply::Double(digits) => write!(f, ",{}", bare(digits)),
            Reply::BigNumber(digits) => write!(f, "({}", bare(digits)),
            Reply::Verbatim(text) => write!(f, "={}", quote(text)),
            Reply::Array(items) => list(f, "", items),
            Reply::Set(items) => list(f, "~", items),
            Reply::Push(items) => list(f, ">", items),
            Reply::Map(pairs) => map(f, "", pairs),
            Reply::Attribute(pairs, reply) => {
                map(f, "|", pairs)?;
                write!(f, " {reply}")
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, sign: &str, items: &[Reply]) -> fmt::Result {
    write!(f, "{sign}[")?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    write!(f, "]")
}

fn map(f: &mut fmt::Formatter<'_>, sign: &str, pairs: &[(Reply, Reply)]) -> fmt::Result {
    write!(f, "{sign}{{")?;
    for (index, (key, value)) in pairs.iter().enumerate() {
        write!(f, "{}{key}: {value}", if index == 0 { "" } else { ", " })?;
    }
    write!(f, "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], printed: &str) {
        let (reply, used) = Reply::parse(bytes).expect("well formed").expect("complete");
        assert_eq!(used, bytes.len());
        assert_eq!(reply.to_string(), printed);
        for end in 0..bytes.len() {
            assert_eq!(Reply::parse(&bytes[..end]), Ok(None), "cut at {end}: {printed}");
        }
    }

    #[test]
    fn every_type_reads_and_prints() {
        check(b"+OK\r\n", "OK");
        check(b"-ERR no \"x\"\r\n", "-ERR no \"x\"");
        check(b":-5\r\n", ":-5");
        check(b"$3\r\na\"b\r\n", "\"a\\\"b\"");
        check(b"$-1\r\n", "nil");
        check(b"*-1\r\n", "nil-array");
        check(b"_\r\n", "null");
        check(b"#t\r\n", "#true");
        check(b",-inf\r\n", ",-inf");
        check(b",1.50\r\n", ",1.50");
        check(b"(123456789012345678901234567890\r\n", "(123456789012345678901234567890");
        check(b"!5\r\nERR x\r\n", "!ERR x");
        check(b"=6\r\ntxt:hi\r\n", "=\"txt:hi\"");
        check(b"*2\r\n:1\r\n*0\r\n", "[:1, []]");
        check(b"~1\r\n:1\r\n", "~[:1]");
        check(b">1\r\n:1\r\n", ">[:1]");
        check(b"%1\r\n+a\r\n:1\r\n", "{a: :1}");
        check(b"|1\r\n+a\r\n:1\r\n:2\r\n", "|{a: :1} :2");
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        for bytes in [
            &b"+OK\n"[..],
            b"+a\rb\r\n",
            b":+5\r\n",
            b":05\r\n",
            b":\r\n",
            b"$-2\r\n",
            b"$3\r\nabcde",
            b"*-2\r\n",
            b"?\r\n",
            b"#x\r\n",
            b"_x\r\n",
            b",x\r\n",
            b"(1x\r\n",
            b"=3\r\nabc\r\n",
            b"\r\n",
        ] {
            assert!(Reply::parse(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn wide_replies_are_laid_out() {
        let reply =
            Reply::Array(vec![Reply::Integer(1), Reply::Array(vec![Reply::Simple(b"abcdef".to_vec())])]);
        assert_eq!(reply.pretty(80), "[:1, [abcdef]]");
        assert_eq!(reply.pretty(5), "[\n  :1,\n  [\n    abcdef,\n  ],\n]");
    }
}
