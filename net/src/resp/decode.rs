//! Bytes to frames, resumable at every byte.
//!
//! The decoder reads one line, or one string with its length, at a time, and keeps the aggregates it is
//! within on a stack of its own. What it has read it never looks at again, so a reply of a million
//! elements may come in any number of pieces. No recursion, so depth is a limit and not a crash.

use super::frame::Frame;
use super::frame_error::{FrameError, FrameErrorKind};
use super::limits::LINE_LEN_MAX;
use super::number::strict_integer;

/// How much one frame may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Aggregates within aggregates.
    pub depth_max: usize,
    /// Bytes of one string, or of one streamed string in all.
    pub bulk_len_max: u64,
    /// Elements of all aggregates together, declared ones included. A pair of a map counts twice.
    pub elements_max: u64,
}

impl Default for FrameLimits {
    fn default() -> FrameLimits {
        FrameLimits { depth_max: 64, bulk_len_max: 512 * 1024 * 1024, elements_max: 64 * 1024 * 1024 }
    }
}

/// What [`Decoder::next`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// A whole frame; the next one begins `consumed` bytes into the buffer.
    Frame { frame: Frame, consumed: usize },
    /// The first `consumed` bytes are kept in the decoder and must be dropped. After that, nothing new can
    /// be said before the buffer holds `need` bytes; a hint, for a peer may declare what it never sends.
    Incomplete { consumed: usize, need: usize },
}

/// Reads the frames of one connection. The buffer handed to `next` begins behind what it last consumed.
/// After an error every further call gives the same error.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: FrameLimits,
    open: Vec<Open>,
    /// Elements that the open aggregates hold or still expect.
    elements: u64,
    /// Bytes consumed since the decoder was made.
    position: u64,
    /// How far the line at the start of the buffer was searched for its end.
    searched: usize,
    need: usize,
    failed: Option<FrameError>,
}

/// An aggregate or streamed string whose end has not come.
#[derive(Debug)]
struct Open {
    kind: Kind,
    items: Vec<Frame>,
    /// Elements to come; `None` when the end is marked.
    left: Option<u64>,
    /// The bytes of a streamed string.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Map,
    Set,
    Push,
    /// The pairs, and behind them the value they belong to.
    Attribute,
    String,
}

/// What stood at the start of the buffer.
enum Token {
    Value(Frame),
    Open(Kind, Option<u64>),
    Chunk(Vec<u8>),
    End,
}

/// A token and its length in bytes, or the length the buffer must have.
type Tokenised = Result<Result<(Token, usize), usize>, FrameErrorKind>;

impl Decoder {
    pub fn new(limits: FrameLimits) -> Decoder {
        Decoder { limits, ..Decoder::default() }
    }

    /// True between frames.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Reads the next frame of `buffer`.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Decoded, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut consumed = 0;
        if buffer.len() < self.need {
            return Ok(Decoded::Incomplete { consumed, need: self.need });
        }
        loop {
            let token = match self.token(&buffer[consumed..]) {
                Ok(Ok((token, len))) => {
                    consumed += len;
                    self.searched = 0;
                    token
                }
                Ok(Err(need)) => {
                    self.need = need;
                    self.position += consumed as u64;
                    return Ok(Decoded::Incomplete { consumed, need });
                }
                Err(kind) => return self.fail(kind, consumed),
            };
            match self.accept(token) {
                Ok(None) => {}
                Ok(Some(frame)) => {
                    self.position += consumed as u64;
                    (self.elements, self.need) = (0, 0);
                    return Ok(Decoded::Frame { frame, consumed });
                }
                Err(kind) => return self.fail(kind, consumed),
            }
        }
    }

    fn fail(&mut self, kind: FrameErrorKind, consumed: usize) -> Result<Decoded, FrameError> {
        let error = FrameError { kind, offset: self.position + consumed as u64 };
        self.open.clear();
        self.failed = Some(error);
        Err(error)
    }

    /// Puts a token where it belongs; returns the frame that it completes, if it does.
    fn accept(&mut self, token: Token) -> Result<Option<Frame>, FrameErrorKind> {
        let within_string = self.open.last().is_some_and(|open| open.kind == Kind::String);
        let frame = match token {
            Token::Chunk(bytes) if within_string => match self.chunk(bytes)? {
                Some(frame) => frame,
                None => return Ok(None),
            },
            Token::Chunk(_) => return Err(FrameErrorKind::Stream),
            _ if within_string => return Err(FrameErrorKind::Stream),
            Token::End => match self.open.pop() {
                Some(open) if open.left.is_none() => open.close()?,
                _ => return Err(FrameErrorKind::Stream),
            },
            Token::Value(frame) => frame,
            Token::Open(kind, left) => {
                let open = Open { kind, items: Vec::new(), left, bytes: Vec::new() };
                self.count(left.unwrap_or(0))?;
                if left == Some(0) {
                    open.close()?
                } else if self.open.len() >= self.limits.depth_max {
                    return Err(FrameErrorKind::TooDeep);
                } else {
                    self.open.push(open);
                    return Ok(None);
                }
            }
        };
        self.place(frame)
    }

    /// Adds a whole value to the innermost aggregate, closing those that it completes.
    fn place(&mut self, mut frame: Frame) -> Result<Option<Frame>, FrameErrorKind> {
        loop {
            let Some(open) = self.open.last_mut() else { return Ok(Some(frame)) };
            open.items.push(frame);
            match &mut open.left {
                None => {
                    self.count(1)?;
                    return Ok(None);
                }
                Some(left) => {
                    *left -= 1;
                    if *left > 0 {
                        return Ok(None);
                    }
                }
            }
            let Some(open) = self.open.pop() else { return Ok(None) };
            frame = open.close()?;
        }
    }

    fn count(&mut self, more: u64) -> Result<(), FrameErrorKind> {
        self.elements = self.elements.saturating_add(more);
        if self.elements > self.limits.elements_max {
            return Err(FrameErrorKind::TooManyElements);
        }
        Ok(())
    }

    /// Adds a piece to the innermost value, a streamed string; an empty piece ends it.
    fn chunk(&mut self, piece: Vec<u8>) -> Result<Option<Frame>, FrameErrorKind> {
        let Some(open) = self.open.last_mut() else { return Err(FrameErrorKind::Stream) };
        if piece.is_empty() {
            return Ok(self.open.pop().map(|open| Frame::Bulk(open.bytes)));
        }
        if (open.bytes.len() + piece.len()) as u64 > self.limits.bulk_len_max {
            return Err(FrameErrorKind::StringTooLong);
        }
        open.bytes.extend_from_slice(&piece);
        Ok(None)
    }

    /// Reads the line or string at the start of `buffer`.
    fn token(&mut self, buffer: &[u8]) -> Tokenised {
        let Some(&kind) = buffer.first() else { return Ok(Err(1)) };
        if !b"+-:$*_,#!=(%~>|;.".contains(&kind) {
            return Err(FrameErrorKind::UnknownType(kind));
        }
        let Some(end) = self.line_end(buffer)? else { return Ok(Err(buffer.len() + 1)) };
        let text = &buffer[1..end];
        let token = match kind {
            b'$' if text == b"-1" => Token::Value(Frame::NullBulk),
            b'$' if text == b"?" => Token::Open(Kind::String, None),
            b'$' | b'!' | b'=' | b';' => return self.string(kind, text, &buffer[end + 2..], end + 2),
            b'*' if text == b"-1" => Token::Value(Frame::NullArray),
            b'*' => opening(Kind::Array, text)?,
            b'~' => opening(Kind::Set, text)?,
            b'>' => opening(Kind::Push, text)?,
            b'%' => opening(Kind::Map, text)?,
            b'|' => opening(Kind::Attribute, text)?,
            b'.' if text.is_empty() => Token::End,
            b'.' => return Err(FrameErrorKind::Stream),
            _ => Token::Value(scalar(kind, text)?),
        };
        Ok(Ok((token, end + 2)))
    }

    /// Finds the CR LF of the line at the start of `buffer`; no byte is searched twice.
    fn line_end(&mut self, buffer: &[u8]) -> Result<Option<usize>, FrameErrorKind> {
        let searchable = buffer.len().min(LINE_LEN_MAX + 1);
        let found = buffer[self.searched..searchable].iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        match found.map(|distance| self.searched + distance) {
            Some(end) => {
                self.searched = end;
                match buffer.get(end..end + 2) {
                    Some(b"\r\n") => Ok(Some(end)),
                    None if buffer[end] == b'\r' => Ok(None),
                    _ => Err(FrameErrorKind::LineEnd),
                }
            }
            None if buffer.len() > LINE_LEN_MAX => Err(FrameErrorKind::LineTooLong),
            None => {
                self.searched = searchable;
                Ok(None)
            }
        }
    }

    /// Reads a string behind its line, which took `header` bytes and said `len`.
    fn string(&self, kind: u8, len: &[u8], rest: &[u8], header: usize) -> Tokenised {
        let len =
            strict_integer(len).and_then(|len| u64::try_from(len).ok()).ok_or(FrameErrorKind::Number)?;
        if kind == b';' && len == 0 {
            return Ok(Ok((Token::Chunk(Vec::new()), header)));
        }
        if len > self.limits.bulk_len_max {
            return Err(FrameErrorKind::StringTooLong);
        }
        let need = usize::try_from(len).ok().and_then(|len| len.checked_add(header + 2));
        let need = need.ok_or(FrameErrorKind::StringTooLong)?;
        let len = need - header - 2;
        let line_end = rest.get(len..).unwrap_or_default();
        if line_end.iter().zip(b"\r\n").any(|(found, wanted)| found != wanted) {
            return Err(FrameErrorKind::LineEnd);
        }
        if line_end.len() < 2 {
            return Ok(Err(need - 1 + line_end.len()));
        }
        let bytes = rest[..len].to_vec();
        let token = match (kind, &bytes[..]) {
            (b'$', _) => Token::Value(Frame::Bulk(bytes)),
            (b'!', _) => Token::Value(Frame::BulkError(bytes)),
            (b';', _) => Token::Chunk(bytes),
            (_, &[a, b, c, b':', ref text @ ..]) => {
                Token::Value(Frame::Verbatim { format: [a, b, c], text: text.to_vec() })
            }
            _ => return Err(FrameErrorKind::Verbatim),
        };
        Ok(Ok((token, need)))
    }
}

impl Open {
    /// The value, all of whose parts are there.
    fn close(mut self) -> Result<Frame, FrameErrorKind> {
        Ok(match self.kind {
            Kind::Array => Frame::Array(self.items),
            Kind::Set => Frame::Set(self.items),
            Kind::Push => Frame::Push(self.items),
            Kind::Map => Frame::Map(pairs(self.items)?),
            Kind::Attribute => {
                let value = Box::new(self.items.pop().ok_or(FrameErrorKind::KeyWithoutValue)?);
                Frame::Attribute { pairs: pairs(self.items)?, value }
            }
            // Only an empty piece closes a streamed string.
            Kind::String => return Err(FrameErrorKind::Stream),
        })
    }
}

fn pairs(items: Vec<Frame>) -> Result<Vec<(Frame, Frame)>, FrameErrorKind> {
    let mut pairs = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let Some(key) = items.next() {
        pairs.push((key, items.next().ok_or(FrameErrorKind::KeyWithoutValue)?));
    }
    Ok(pairs)
}

/// The start of an aggregate that declares its size, or with `?` that its end will be marked.
fn opening(kind: Kind, text: &[u8]) -> Result<Token, FrameErrorKind> {
    if text == b"?" && matches!(kind, Kind::Array | Kind::Set | Kind::Map) {
        return Ok(Token::Open(kind, None));
    }
    let count = strict_integer(text).and_then(|count| u64::try_from(count).ok());
    let count = count.ok_or(FrameErrorKind::Number)?;
    // A count is at most 2^63 - 1, so its double and one more fit.
    let left = match kind {
        Kind::Map => count * 2,
        Kind::Attribute => count * 2 + 1,
        _ => count,
    };
    Ok(Token::Open(kind, Some(left)))
}

/// A value that is one line.
fn scalar(kind: u8, text: &[u8]) -> Result<Frame, FrameErrorKind> {
    match kind {
        b'+' => Ok(Frame::Simple(text.to_vec())),
        b'-' => Ok(Frame::Error(text.to_vec())),
        b':' => {
            let digits = text.strip_prefix(b"+").filter(|digits| !digits.starts_with(b"-")).unwrap_or(text);
            strict_integer(digits).map(Frame::Integer).ok_or(FrameErrorKind::Number)
        }
        b'_' if text.is_empty() => Ok(Frame::Null),
        b'_' => Err(FrameErrorKind::Null),
        b'#' => match text {
            b"t" => Ok(Frame::Boolean(true)),
            b"f" => Ok(Frame::Boolean(false)),
            _ => Err(FrameErrorKind::Boolean),
        },
        b',' => double(text).map(Frame::Double).ok_or(FrameErrorKind::Double),
        _ => {
            let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
            match digits.iter().all(u8::is_ascii_digit) && !digits.is_empty() {
                true => Ok(Frame::BigNumber(text.to_vec())),
                false => Err(FrameErrorKind::BigNumber),
            }
        }
    }
}

fn double(text: &[u8]) -> Option<f64> {
    match text {
        b"inf" | b"+inf" => return Some(f64::INFINITY),
        b"-inf" => return Some(f64::NEG_INFINITY),
        b"nan" | b"-nan" => return Some(f64::NAN),
        _ => {}
    }
    // Rust also reads words such as "infinity"; only digits may pass.
    let numeric = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    std::str::from_utf8(text).ok().filter(|_| numeric)?.parse().ok()
}

/// Reads `bytes` as exactly one frame.
pub fn decode(bytes: &[u8], limits: &FrameLimits) -> Result<Frame, FrameError> {
    match Decoder::new(*limits).next(bytes)? {
        Decoded::Frame { frame, consumed } if consumed == bytes.len() => Ok(frame),
        Decoded::Frame { consumed, .. } => {
            Err(FrameError { kind: FrameErrorKind::Trailing, offset: consumed as u64 })
        }
        Decoded::Incomplete { .. } => {
            Err(FrameError { kind: FrameErrorKind::Truncated, offset: bytes.len() as u64 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits() -> FrameLimits {
        FrameLimits { depth_max: 4, bulk_len_max: 100, elements_max: 50 }
    }

    /// Decodes one frame given in pieces.
    fn read(pieces: &[&[u8]]) -> Result<Frame, FrameErrorKind> {
        let (mut decoder, mut buffer) = (Decoder::new(limits()), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            match decoder.next(&buffer) {
                Ok(Decoded::Frame { frame, .. }) => return Ok(frame),
                Ok(Decoded::Incomplete { consumed, need }) => {
                    buffer.drain(..consumed);
                    assert!(need > buffer.len());
                }
                Err(error) => {
                    assert_eq!(decoder.next(&buffer), Err(error));
                    return Err(error.kind);
                }
            }
        }
        Err(FrameErrorKind::Truncated)
    }

    #[track_caller]
    fn check(bytes: &str, expected: Result<Frame, FrameErrorKind>) {
        let bytes = bytes.as_bytes();
        assert_eq!(read(&[bytes]), expected);
        assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>()), expected);
        for cut in 0..bytes.len() {
            assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn streamed_values() {
        let one = || Frame::Integer(1);
        check("$?\r\n;2\r\nab\r\n;1\r\nc\r\n;0\r\n", Ok(Frame::bulk("abc")));
        check("$?\r\n;0\r\n", Ok(Frame::bulk("")));
        check("*?\r\n:1\r\n*?\r\n.\r\n.\r\n", Ok(Frame::Array(vec![one(), Frame::Array(vec![])])));
        check("%?\r\n:1\r\n:1\r\n.\r\n", Ok(Frame::Map(vec![(one(), one())])));
        check("~?\r\n:1\r\n.\r\n", Ok(Frame::Set(vec![one()])));
        check("%?\r\n:1\r\n.\r\n", Err(FrameErrorKind::KeyWithoutValue));
        check(".\r\n", Err(FrameErrorKind::Stream));
        check("*1\r\n.\r\n", Err(FrameErrorKind::Stream));
        check(";1\r\na\r\n", Err(FrameErrorKind::Stream));
        check("$?\r\n:1\r\n", Err(FrameErrorKind::Stream));
        check("$?\r\n.\r\n", Err(FrameErrorKind::Stream));
        check(">?\r\n", Err(FrameErrorKind::Number));
    }

    #[test]
    fn spellings() {
        check(":+5\r\n", Ok(Frame::Integer(5)));
        check(",1.50\r\n", Ok(Frame::Double(1.5)));
        check(",-inf\r\n", Ok(Frame::Double(f64::NEG_INFINITY)));
        check("(+12345678901234567890123\r\n", Ok(Frame::BigNumber(b"+12345678901234567890123".into())));
        check(
            "*2\r\n|0\r\n:1\r\n_\r\n",
            Ok(Frame::Array(vec![
                Frame::Attribute { pairs: vec![], value: Box::new(Frame::Integer(1)) },
                Frame::Null,
            ])),
        );
    }

    #[test]
    fn bad_bytes() {
        use FrameErrorKind::*;
        for (bytes, kind) in [
            ("x", UnknownType(b'x')),
            ("\r\n", UnknownType(b'\r')),
            ("+OK\n", LineEnd),
            ("+OK\rx", LineEnd),
            ("$1\r\naxx", LineEnd),
            ("$1\r\na\rx", LineEnd),
            (":\r\n", Number),
            (":+-5\r\n", Number),
            (":1 \r\n", Number),
            ("$-2\r\n", Number),
            ("*-2\r\n", Number),
            ("%-1\r\n", Number),
            (",\r\n", Double),
            (",infinity\r\n", Double),
            (",1e\r\n", Double),
            ("#x\r\n", Boolean),
            ("(\r\n", BigNumber),
            ("(-\r\n", BigNumber),
            ("(1a\r\n", BigNumber),
            ("_x\r\n", Null),
            ("=3\r\ntxt\r\n", Verbatim),
            ("=4\r\ntxt;\r\n", Verbatim),
            ("$101\r\n", StringTooLong),
            ("*51\r\n", TooManyElements),
            ("*9223372036854775807\r\n", TooManyElements),
            ("%9223372036854775807\r\n", TooManyElements),
            ("%26\r\n", TooManyElements),
            ("*2\r\n*24\r\n", Truncated),
            ("*26\r\n*25\r\n", TooManyElements),
            ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", TooDeep),
        ] {
            check(bytes, Err(kind));
        }
        assert!(read(&[b"*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n"]).is_ok());
        let long = format!("+{}", "a".repeat(LINE_LEN_MAX));
        assert_eq!(read(&[long.as_bytes()]), Err(LineTooLong));
        let endless = format!("*?\r\n{}", ":1\r\n".repeat(51));
        assert_eq!(read(&[endless.as_bytes()]), Err(TooManyElements));
        let endless = format!("$?\r\n{}", ";50\r\n".to_owned() + &"a".repeat(50) + "\r\n");
        assert_eq!(read(&[endless.as_bytes(), &endless.as_bytes()[4..], b";1\r\na\r\n"]), Err(StringTooLong));
    }

    #[test]
    fn errors_say_where() {
        let at = |bytes: &[u8]| decode(bytes, &limits()).map_err(|error| error.offset);
        assert_eq!(at(b"*2\r\n:1\r\nx"), Err(8));
        assert_eq!(at(b"*2\r\n:1\r\n"), Err(8));
        assert_eq!(at(b":1\r\n:2\r\n"), Err(4));
        let mut decoder = Decoder::new(limits());
        assert!(matches!(decoder.next(b":1\r\n"), Ok(Decoded::Frame { consumed: 4, .. })));
        assert_eq!(decoder.next(b"x").map_err(|error| error.offset), Err(4));
    }

    fn frames() -> impl Strategy<Value = Frame> {
        let line =
            || proptest::collection::vec(any::<u8>().prop_filter("line", |b| !b"\r\n".contains(b)), 0..6);
        let bytes = || proptest::collection::vec(any::<u8>(), 0..6);
        let leaf = prop_oneof![
            line().prop_map(Frame::Simple),
            line().prop_map(Frame::Error),
            any::<i64>().prop_map(Frame::Integer),
            bytes().prop_map(Frame::Bulk),
            bytes().prop_map(Frame::BulkError),
            Just(Frame::NullBulk),
            Just(Frame::NullArray),
            Just(Frame::Null),
            any::<f64>().prop_filter("comparable", |number| !number.is_nan()).prop_map(Frame::Double),
            any::<bool>().prop_map(Frame::Boolean),
            (any::<[u8; 3]>(), bytes()).prop_map(|(format, text)| Frame::Verbatim { format, text }),
            any::<i128>().prop_map(|number| Frame::BigNumber(number.to_string().into_bytes())),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let items = || proptest::collection::vec(inner.clone(), 0..4);
            let pairs = || proptest::collection::vec((inner.clone(), inner.clone()), 0..3);
            prop_oneof![
                items().prop_map(Frame::Array),
                items().prop_map(Frame::Set),
                items().prop_map(Frame::Push),
                pairs().prop_map(Frame::Map),
                (pairs(), inner.clone())
                    .prop_map(|(pairs, value)| Frame::Attribute { pairs, value: Box::new(value) }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_encoded_decodes_to_the_same(frame in frames(), size in 1..9usize) {
            let bytes = frame.to_bytes();
            prop_assert_eq!(decode(&bytes, &FrameLimits::default()), Ok(frame.clone()));
            let (mut decoder, mut buffer, mut found) = (Decoder::default(), Vec::new(), None);
            for piece in bytes.chunks(size) {
                buffer.extend_from_slice(piece);
                match decoder.next(&buffer).unwrap() {
                    Decoded::Incomplete { consumed, .. } => drop(buffer.drain(..consumed)),
                    Decoded::Frame { frame, .. } => found = Some(frame),
                }
            }
            prop_assert_eq!(found, Some(frame));
        }
    }
}
