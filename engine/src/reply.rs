//! `Reply` writes a command's answer straight into its client's output. RESP2 or RESP3 is decided here and
//! nowhere else; no tree of values is built to be thrown away. An error discards what was begun, so a
//! handler may fail half-way through an array and the client still sees exactly one frame.

use crate::error::CommandError;

/// The protocol a client speaks, chosen by HELLO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

/// The writer of one reply.
pub struct Reply<'o> {
    out: &'o mut Vec<u8>,
    protocol: Protocol,
    start: usize,
}

impl<'o> Reply<'o> {
    pub fn new(out: &'o mut Vec<u8>, protocol: Protocol) -> Self {
        let start = out.len();
        Reply { out, protocol, start }
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// HELLO switches in the middle of its own reply.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    fn resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// What has been written of this reply so far.
    pub fn written(&self) -> &[u8] {
        &self.out[self.start..]
    }

    /// Forgets what has been written of this reply.
    pub fn discard(&mut self) {
        self.out.truncate(self.start);
    }

    /// A line of a kind and a number. Nearly all numbers are short, and a fixed number of bytes is stored at once.
    #[inline]
    fn header(&mut self, kind: u8, n: usize) {
        let digit = |n: usize| b'0' + (n % 10) as u8;
        match n {
            0..=9 => self.out.extend_from_slice(&[kind, digit(n), b'\r', b'\n']),
            10..=99 => self.out.extend_from_slice(&[kind, digit(n / 10), digit(n), b'\r', b'\n']),
            100..=999 => {
                let line = [kind, digit(n / 100), digit(n / 10), digit(n), b'\r', b'\n'];
                self.out.extend_from_slice(&line);
            }
            _ => self.long_header(kind, n),
        }
    }

    fn long_header(&mut self, kind: u8, n: usize) {
        self.out.push(kind);
        ds::int::write_u64(self.out, n as u64);
        self.out.extend_from_slice(b"\r\n");
    }

    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string; the caller vouches that it holds no line break.
    pub fn simple(&mut self, text: &str) {
        debug_assert!(!text.contains(['\r', '\n']));
        self.out.push(b'+');
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    pub fn int(&mut self, value: i64) {
        if let Ok(small @ 0..1000) = usize::try_from(value) {
            return self.header(b':', small);
        }
        self.out.push(b':');
        ds::int::write_i64(self.out, value);
        self.out.extend_from_slice(b"\r\n");
    }

    /// A truth that RESP2 and RESP3 both spell as 0 or 1.
    pub fn flag(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b":1\r\n" } else { b":0\r\n" });
    }

    /// A truth that RESP3 spells as a boolean.
    pub fn bool(&mut self, value: bool) {
        match (self.resp3(), value) {
            (true, true) => self.out.extend_from_slice(b"#t\r\n"),
            (true, false) => self.out.extend_from_slice(b"#f\r\n"),
            (false, value) => self.flag(value),
        }
    }

    pub fn bulk(&mut self, bytes: &[u8]) {
        self.header(b'$', bytes.len());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// A bulk string that holds a number in decimal.
    pub fn bulk_int(&mut self, value: i64) {
        self.header(b'$', ds::int::i64_digits(value));
        ds::int::write_i64(self.out, value);
        self.out.extend_from_slice(b"\r\n");
    }

    /// Text meant for people: a bulk in RESP2, a verbatim string in RESP3.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        if !self.resp3() {
            return self.bulk(text);
        }
        assert_eq!(format.len(), 3, "a verbatim string's format has three letters");
        self.header(b'=', text.len() + 4);
        self.out.extend_from_slice(format.as_bytes());
        self.out.push(b':');
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    /// The absent value: `_` in RESP3, a null bulk in RESP2.
    pub fn null(&mut self) {
        self.out.extend_from_slice(if self.resp3() { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// The absent array: `_` in RESP3, a null array in RESP2.
    pub fn null_array(&mut self) {
        self.out.extend_from_slice(if self.resp3() { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// A double: `,` in RESP3, a bulk with the same digits in RESP2.
    pub fn double(&mut self, value: f64) {
        self.double_text(ds::double::format_f64(&mut [0; ds::double::MAX_TEXT], value));
    }

    /// A double of more digits than an `f64` has; the caller vouches that `digits` are those of a number.
    pub fn double_text(&mut self, digits: &[u8]) {
        if !self.resp3() {
            return self.bulk(digits);
        }
        self.out.push(b',');
        self.out.extend_from_slice(digits);
        self.out.extend_from_slice(b"\r\n");
    }

    /// A number of any size: `(` in RESP3, a bulk in RESP2.
    pub fn big_number(&mut self, digits: &str) {
        if !self.resp3() {
            return self.bulk(digits.as_bytes());
        }
        self.out.push(b'(');
        self.out.extend_from_slice(digits.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// The head of an array; the caller writes exactly `n` values after it.
    pub fn array(&mut self, n: usize) {
        self.header(b'*', n);
    }

    /// The head of a map of `n` pairs: a flat array of `2 n` values in RESP2.
    pub fn map(&mut self, n: usize) {
        if self.resp3() { self.header(b'%', n) } else { self.header(b'*', 2 * n) }
    }

    /// The head of a set of `n` values: an array in RESP2.
    pub fn set(&mut self, n: usize) {
        if self.resp3() { self.header(b'~', n) } else { self.header(b'*', n) }
    }

    /// The head of an out-of-band message of `n` values: an array in RESP2.
    pub fn push(&mut self, n: usize) {
        if self.resp3() { self.header(b'>', n) } else { self.header(b'*', n) }
    }

    /// The head of an attribute of `n` pairs. RESP2 has none: the caller asks `protocol` first.
    pub fn attribute(&mut self, n: usize) {
        assert!(self.resp3(), "RESP2 has no attributes");
        self.header(b'|', n);
    }

    /// An array whose length is known only when its last value has been written: `body` writes the values
    /// and returns how many there are.
    pub fn deferred_array(&mut self, body: impl FnOnce(&mut Self) -> usize) {
        self.deferred(b'*', 1, body);
    }

    /// A set of a length known late, see [`Reply::deferred_array`].
    pub fn deferred_set(&mut self, body: impl FnOnce(&mut Self) -> usize) {
        self.deferred(if self.resp3() { b'~' } else { b'*' }, 1, body);
    }

    /// A map of a length known late; `body` returns the number of pairs.
    pub fn deferred_map(&mut self, body: impl FnOnce(&mut Self) -> usize) {
        if self.resp3() { self.deferred(b'%', 1, body) } else { self.deferred(b'*', 2, body) }
    }

    fn deferred(&mut self, kind: u8, per: usize, body: impl FnOnce(&mut Self) -> usize) {
        let at = self.out.len();
        let n = body(self);
        let mut head = Vec::with_capacity(16);
        head.push(kind);
        ds::int::write_i64(&mut head, (n * per) as i64);
        head.extend_from_slice(b"\r\n");
        self.out.splice(at..at, head);
    }

    /// Replaces whatever was begun by the error.
    pub fn error(&mut self, error: &CommandError) {
        self.discard();
        self.error_text(&error.bytes());
    }

    /// An error frame as one value of a larger reply (EXEC's array), or by itself. Line breaks in `text`
    /// become spaces: text a user supplied must never be read as a second frame.
    pub fn error_text(&mut self, text: &[u8]) {
        self.out.push(b'-');
        self.out.extend(text.iter().map(|&b| if matches!(b, b'\r' | b'\n') { b' ' } else { b }));
        self.out.extend_from_slice(b"\r\n");
    }

    /// Bytes that are RESP already (a relayed frame).
    pub fn raw(&mut self, frames: &[u8]) {
        self.out.extend_from_slice(frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(protocol: Protocol, write: impl FnOnce(&mut Reply), expected: &str) {
        let mut out = b"before".to_vec();
        write(&mut Reply::new(&mut out, protocol));
        assert_eq!(String::from_utf8_lossy(&out[6..]).replace("\r\n", "|"), expected);
    }

    #[test]
    fn the_two_protocols_differ_where_they_should() {
        use Protocol::*;
        check(Resp2, |r| r.null(), "$-1|");
        check(Resp3, |r| r.null(), "_|");
        check(Resp2, |r| r.null_array(), "*-1|");
        check(Resp2, |r| r.map(2), "*4|");
        check(Resp3, |r| r.map(2), "%2|");
        check(Resp2, |r| r.bool(true), ":1|");
        check(Resp3, |r| r.bool(true), "#t|");
        check(Resp3, |r| r.verbatim("txt", b"hi"), "=6|txt:hi|");
        check(Resp2, |r| r.verbatim("txt", b"hi"), "$2|hi|");
        check(Resp2, |r| r.double(1.5), "$3|1.5|");
        check(Resp3, |r| r.double(1.5), ",1.5|");
        for n in [0usize, 9, 10, 99, 100, 999, 1000, 123_456] {
            check(Resp2, |r| r.array(n), &format!("*{n}|"));
            check(Resp2, |r| r.int(n as i64), &format!(":{n}|"));
            check(Resp2, |r| r.int(-(n as i64)), &format!(":{}|", -(n as i64)));
        }
        check(Resp2, |r| r.bulk_int(-12), "$3|-12|");
    }

    #[test]
    fn an_error_discards_what_was_begun_and_holds_no_line_break() {
        let failed = |r: &mut Reply| {
            r.array(3);
            r.bulk(b"x");
            r.error(&CommandError::Custom("ERR a\r\n+OK".into()));
        };
        check(Protocol::Resp2, failed, "-ERR a  +OK|");
    }

    #[test]
    fn a_deferred_head_lands_before_its_values() {
        let nested = |r: &mut Reply| {
            r.deferred_array(|r| {
                r.int(1);
                r.deferred_map(|r| {
                    r.bulk(b"k");
                    r.int(2);
                    1
                });
                2
            })
        };
        check(Protocol::Resp2, nested, "*2|:1|*2|$1|k|:2|");
        check(Protocol::Resp3, nested, "*2|:1|%1|$1|k|:2|");
    }
}
