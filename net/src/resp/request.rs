//! The server's request parser: arrays of bulk strings and inline commands, where they lie in the buffer.
//!
//! A whole array of small arguments, which is nearly every request, is read by `whole_array` in one go.
//! Whatever that declines (a request cut by the end of the buffer, large numbers, anything odd) is read by
//! the resumable machine below it, which remembers how far it came. Both accept the same requests with
//! the same result; only the machine reports errors.

use super::argv::{Argv, Span};
use super::error::{ProtocolError, ProtocolErrorKind};
use super::inline::split_words;
use super::limits::{
    BULK_LEN_MAX_UNAUTHENTICATED, COUNT_MAX, COUNT_MAX_UNAUTHENTICATED, LINE_LEN_MAX, Limits,
};
use super::number::strict_integer;
use super::whole_array::whole_array;

/// Number of arguments a parser copies rather than moves when a request is cut.
const FEW: usize = 64;

/// What [`Parser::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One request, never an empty one; its arguments are in the `Argv`. The next one begins `consumed`
    /// bytes into the buffer, and `consumed` counts empty requests that were skipped too.
    Request { consumed: usize },
    /// The buffer ends within a request, or is empty. The first `skipped` bytes held empty requests and
    /// must be dropped. After that, nothing new can be said before the buffer holds `need` bytes. `need`
    /// includes a declared argument that may never come: a hint when to call again and how large the next
    /// read may be, never a reason to take that much memory at once.
    Incomplete { skipped: usize, need: usize },
}

/// Reads the requests of one connection.
///
/// The buffer handed to `next` begins where the last call left off: behind `consumed` or `skipped`. After
/// `Incomplete` it holds the same bytes as before and possibly more, though they may have moved. After an
/// error the connection is over; every further call gives the same error.
#[derive(Debug, Default)]
pub struct Parser {
    stage: Stage,
    /// Start of the line or argument being read, from the start of the request.
    at: usize,
    /// How far the current line has been searched for its end, from the start of the request.
    searched: usize,
    /// Length the buffer must have before anything can change.
    need: usize,
    /// Arguments still to come.
    left: usize,
    /// Arguments found so far of a request that the buffer's end cut, from the start of the request.
    found: Vec<Span>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Before the first byte of a request.
    #[default]
    Start,
    Inline,
    /// The line with the number of arguments.
    Count,
    /// The line with the length of an argument.
    BulkLen,
    /// An argument of this many bytes and its line end.
    Bulk(usize),
    /// After an error, which every further call repeats.
    Failed(ProtocolError),
}

/// What one step of the machine came to.
enum Turn {
    Continue,
    /// A request of this many bytes ended.
    Done(usize),
    /// The buffer, counted from the start of the request, must hold this many bytes.
    Need(usize),
}

type Turned = Result<Turn, ProtocolError>;

impl Parser {
    /// A parser at the start of a connection.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// True between requests: the connection may be closed without cutting one.
    pub fn is_idle(&self) -> bool {
        self.stage == Stage::Start
    }

    /// Reads the next request of `buffer` into `argv`, which is cleared first.
    #[inline]
    pub fn next(&mut self, buffer: &[u8], limits: &Limits, argv: &mut Argv) -> Result<Step, ProtocolError> {
        argv.clear();
        if self.stage == Stage::Start {
            if let Some(consumed) = whole_array(buffer, limits, &mut argv.spans) {
                return Ok(Step::Request { consumed });
            }
            argv.spans.clear();
        }
        self.resume(buffer, limits, argv)
    }

    fn resume(&mut self, buffer: &[u8], limits: &Limits, argv: &mut Argv) -> Result<Step, ProtocolError> {
        if buffer.len() < self.need {
            return Ok(Step::Incomplete { skipped: 0, need: self.need });
        }
        // While the machine runs, the arguments of the request are in `argv`, wherever it began.
        self.take_up(argv);
        let mut skipped = 0;
        loop {
            let request = &buffer[skipped..];
            let turn = match self.stage {
                Stage::Start => Ok(self.start(request)),
                Stage::Inline => self.inline(request, argv),
                Stage::Count => self.count(request, limits),
                Stage::BulkLen => self.bulk_len(request, limits),
                Stage::Failed(error) => return Err(error),
                Stage::Bulk(len) => self.bulk(request, len, &mut argv.spans),
            };
            match turn {
                Ok(Turn::Continue) => {}
                Ok(Turn::Need(need)) => {
                    self.need = need;
                    self.put_aside(argv);
                    return Ok(Step::Incomplete { skipped, need });
                }
                Ok(Turn::Done(len)) => {
                    self.end_request();
                    if !argv.is_empty() {
                        argv.shift(skipped);
                        return Ok(Step::Request { consumed: skipped + len });
                    }
                    skipped += len;
                }
                Err(error) => {
                    let error = ProtocolError { offset: error.offset + skipped, ..error };
                    argv.clear();
                    *self = Parser { stage: Stage::Failed(error), ..Parser::default() };
                    return Err(error);
                }
            }
        }
    }

    /// Moves the arguments found by earlier calls into `argv`.
    fn take_up(&mut self, argv: &mut Argv) {
        if self.found.len() <= FEW {
            argv.spans.extend_from_slice(&self.found);
        } else {
            std::mem::swap(&mut self.found, &mut argv.spans);
        }
        self.found.clear();
    }

    /// Keeps the arguments found so far until the rest of the request arrives. A few are copied, so that a
    /// connection holds no more memory than it needs; many change hands, so that a long request that comes
    /// in small reads is not copied once per read.
    fn put_aside(&mut self, argv: &mut Argv) {
        if argv.spans.len() <= FEW {
            self.found.extend_from_slice(&argv.spans);
            argv.spans.clear();
        } else {
            std::mem::swap(&mut self.found, &mut argv.spans);
        }
    }

    /// Gets ready for the next request.
    fn end_request(&mut self) {
        let found = std::mem::take(&mut self.found);
        *self = Parser::default();
        if found.capacity() <= FEW {
            self.found = found;
        }
    }

    fn start(&mut self, request: &[u8]) -> Turn {
        self.stage = match request.first() {
            None => return Turn::Need(1),
            Some(b'*') => Stage::Count,
            Some(_) => Stage::Inline,
        };
        Turn::Continue
    }

    fn inline(&mut self, request: &[u8], argv: &mut Argv) -> Turned {
        let too_big = ProtocolError { kind: ProtocolErrorKind::TooBigInline, offset: LINE_LEN_MAX };
        let Some(end) = self.find(b'\n', request, too_big)? else {
            return Ok(Turn::Need(request.len() + 1));
        };
        let line = request[..end].strip_suffix(b"\r").unwrap_or(&request[..end]);
        argv.inline = true;
        argv.words.clear();
        split_words(line, &mut argv.spans, &mut argv.words)
            .map_err(|offset| ProtocolError { kind: ProtocolErrorKind::UnbalancedQuotes, offset })?;
        // An empty line leaves no words, and the request after it may well be an array.
        argv.inline = !argv.is_empty();
        Ok(Turn::Done(end + 1))
    }

    fn count(&mut self, request: &[u8], limits: &Limits) -> Turned {
        let Some(end) = self.header(request, ProtocolErrorKind::TooBigMultibulkCount)? else {
            return Ok(Turn::Need(request.len() + 1));
        };
        let refused = |kind| Err(ProtocolError { kind, offset: 1 });
        match strict_integer(&request[1..end]) {
            None => return refused(ProtocolErrorKind::InvalidMultibulkLength),
            Some(count) if count > COUNT_MAX => return refused(ProtocolErrorKind::InvalidMultibulkLength),
            Some(count) if count > COUNT_MAX_UNAUTHENTICATED && !limits.authenticated => {
                return refused(ProtocolErrorKind::UnauthenticatedMultibulkLength);
            }
            Some(count) if count <= 0 => return Ok(Turn::Done(end + 2)),
            Some(count) => self.left = count as usize,
        }
        self.begin_line(end + 2);
        Ok(Turn::Continue)
    }

    fn bulk_len(&mut self, request: &[u8], limits: &Limits) -> Turned {
        let Some(end) = self.header(request, ProtocolErrorKind::TooBigBulkCount)? else {
            return Ok(Turn::Need(request.len() + 1));
        };
        if request[self.at] != b'$' {
            let kind = ProtocolErrorKind::ExpectedDollar(request[self.at]);
            return Err(ProtocolError { kind, offset: self.at });
        }
        let offset = self.at + 1;
        let invalid = ProtocolError { kind: ProtocolErrorKind::InvalidBulkLength, offset };
        let len = strict_integer(&request[offset..end]).ok_or(invalid)?;
        let len = u64::try_from(len).map_err(|_| invalid)?;
        // A length whose end cannot be counted can never arrive either.
        let countable = usize::try_from(len).ok().filter(|len| len.checked_add(end + 4).is_some());
        let (Some(countable), true) = (countable, len <= limits.bulk_len_max) else {
            return Err(invalid);
        };
        if len > BULK_LEN_MAX_UNAUTHENTICATED && !limits.authenticated {
            return Err(ProtocolError { kind: ProtocolErrorKind::UnauthenticatedBulkLength, offset });
        }
        self.at = end + 2;
        self.stage = Stage::Bulk(countable);
        Ok(Turn::Continue)
    }

    fn bulk(&mut self, request: &[u8], len: usize, spans: &mut Vec<Span>) -> Turned {
        let end = self.at + len;
        // The line end is looked at as it comes: a wrong byte is refused even if nothing follows it.
        let line_end = request.get(end..).unwrap_or_default();
        for (index, (found, wanted)) in line_end.iter().zip(b"\r\n").enumerate() {
            if found != wanted {
                return Err(ProtocolError { kind: ProtocolErrorKind::InvalidCrlf, offset: end + index });
            }
        }
        match line_end.len() {
            0 => return Ok(Turn::Need(end + 1)),
            1 => return Ok(Turn::Need(end + 2)),
            _ => {}
        }
        spans.push(Span::new(self.at, len));
        self.left -= 1;
        if self.left == 0 {
            return Ok(Turn::Done(end + 2));
        }
        self.begin_line(end + 2);
        Ok(Turn::Continue)
    }

    fn begin_line(&mut self, at: usize) {
        self.at = at;
        self.searched = at;
        self.stage = Stage::BulkLen;
    }

    /// Finds the end of a line that carries a number: the place of its CR, whose LF is there too.
    fn header(&mut self, request: &[u8], too_big: ProtocolErrorKind) -> Result<Option<usize>, ProtocolError> {
        let too_big = ProtocolError { kind: too_big, offset: self.at + LINE_LEN_MAX };
        let Some(end) = self.find(b'\r', request, too_big)? else { return Ok(None) };
        match request.get(end + 1) {
            None => Ok(None),
            Some(b'\n') => Ok(Some(end)),
            Some(_) => Err(ProtocolError { kind: ProtocolErrorKind::InvalidCrlf, offset: end + 1 }),
        }
    }

    /// Searches the current line for the byte that ends it, each byte once however often this is called.
    fn find(
        &mut self,
        last: u8,
        request: &[u8],
        too_big: ProtocolError,
    ) -> Result<Option<usize>, ProtocolError> {
        let searchable = request.len().min(self.at + LINE_LEN_MAX + 1);
        match request[self.searched..searchable].iter().position(|&byte| byte == last) {
            Some(distance) => {
                self.searched += distance;
                Ok(Some(self.searched))
            }
            None if request.len() > self.at + LINE_LEN_MAX => Err(too_big),
            None => {
                self.searched = searchable;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a stream of requests came to: one line per request, and the error that ended it.
    fn read(pieces: &[&[u8]], limits: &Limits) -> String {
        let (mut parser, mut argv) = (Parser::new(), Argv::default());
        let (mut buffer, mut seen) = (Vec::new(), String::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            loop {
                match parser.next(&buffer, limits, &mut argv) {
                    Ok(Step::Request { consumed }) => {
                        let words: Vec<_> =
                            argv.iter(&buffer).map(|word| word.escape_ascii().to_string()).collect();
                        assert!(!words.is_empty() && words.len() == argv.len());
                        seen += &format!("{}\n", words.join("|"));
                        buffer.drain(..consumed);
                    }
                    Ok(Step::Incomplete { skipped, need }) => {
                        assert!(argv.is_empty());
                        buffer.drain(..skipped);
                        assert!(need > buffer.len());
                        break;
                    }
                    Err(error) => {
                        assert_eq!(parser.next(&buffer, limits, &mut argv), Err(error));
                        assert!(error.offset < buffer.len());
                        let text = String::from_utf8(error.text()).unwrap();
                        return seen + text.strip_prefix("ERR Protocol error: ").unwrap();
                    }
                }
            }
        }
        seen
    }

    fn in_bytes(stream: &[u8]) -> Vec<&[u8]> {
        stream.chunks(1).collect()
    }

    /// Checks the requests of a stream given whole, byte by byte, and cut in two at every place.
    #[track_caller]
    fn check_with(limits: &Limits, stream: &[u8], expected: &str) {
        let shown = stream[..stream.len().min(80)].escape_ascii();
        assert_eq!(read(&[stream], limits), expected, "{shown}");
        if stream.len() < 1000 {
            assert_eq!(read(&in_bytes(stream), limits), expected, "{shown} byte by byte");
            for cut in 0..stream.len() {
                let (first, rest) = stream.split_at(cut);
                assert_eq!(read(&[first, rest], limits), expected, "{shown} cut at {cut}");
            }
        }
    }

    #[track_caller]
    fn check(stream: impl AsRef<[u8]>, expected: &str) {
        check_with(&Limits::default(), stream.as_ref(), expected);
    }

    #[test]
    fn arrays() {
        check("*1\r\n$4\r\nPING\r\n", "PING\n");
        check("*2\r\n$1\r\nk\r\n$10\r\n0123\r\n6789\r\n*1\r\n$1\r\nx\r\n", "k|0123\\r\\n6789\nx\n");
        check("*2\r\n$0\r\n\r\n$0\r\n\r\n", "|\n");
        check("*1\r\n$4\r\nPIN", "");
    }

    #[test]
    fn many_and_large_arguments() {
        for count in [9, 10, 63, 64, 65, 99, 100, 1000] {
            let words: Vec<_> = (0..count).map(|index| index.to_string()).collect();
            let expected = format!("{}\n", words.join("|"));
            let mut stream = format!("*{count}\r\n");
            for word in words {
                stream += &format!("${}\r\n{word}\r\n", word.len());
            }
            check(&stream, &expected);
            assert_eq!(read(&in_bytes(stream.as_bytes()), &Limits::default()), expected, "byte by byte");
        }
        for len in [9, 10, 99, 100, 999, 1000, 9999, 10_000, 100_000] {
            let word = "x".repeat(len);
            let stream = format!("*2\r\n$1\r\na\r\n${len}\r\n{word}\r\nPING\r\n");
            let expected = format!("a|{word}\nPING\n");
            check(&stream, &expected);
            let pieces: Vec<_> = stream.as_bytes().chunks(4096).collect();
            assert_eq!(read(&pieces, &Limits::default()), expected);
        }
    }

    #[test]
    fn empty_requests_are_skipped() {
        check("*0\r\nPING\r\n", "PING\n");
        check("*-1\r\nPING\r\n", "PING\n");
        check("*-9223372036854775808\r\nPING\r\n", "PING\n");
        check("\r\n\n   \r\nPING\r\n", "PING\n");
        // CVE-2026-27623: what follows an empty request is read afresh, whatever kind each is of.
        check(
            "\r\n*0\r\n*1\r\n$1\r\na\r\n*-1\r\nb\r\n\r\n*1\r\n$1\r\nc\r\n*0\r\n\r\n*1\r\n$1\r\nd\r\n",
            "a\nb\nc\nd\n",
        );
        check("\r\n*1\r\n$1\r\na\r\n*0\r\n*1\r\nx\r\n", "a\nexpected '$', got 'x'");
    }

    #[test]
    fn inline_commands() {
        check("PING\r\nPING\n", "PING\nPING\n");
        check(" SET \t k  \"a b\\x00\"\r\n", "SET|k|a b\\x00\n");
        check("'it\\'s'\r\n", "it\\'s\n");
        check("$4\r\n", "$4\n");
        check("\"\"\r\n", "\n");
        check("a\0b\r\n", "a\\x00b\n");
        check("ECHO \"abc\r\n", "unbalanced quotes in request");
        check("a\r\n\"a\"b\r\n", "a\nunbalanced quotes in request");
        check("A".repeat(65_536), "");
        check("A".repeat(65_537), "too big inline request");
        check("A".repeat(65_535) + "\r\n", &("A".repeat(65_535) + "\n"));
        check("A".repeat(65_536) + "\r\n", "too big inline request");
        check("A".repeat(65_536) + "\n", &("A".repeat(65_536) + "\n"));
    }

    #[test]
    fn counts_of_arguments() {
        let invalid = "invalid multibulk length";
        for count in ["x", "", "01", "+1", "-0", " 1", "1 ", "2147483648", "99999999999999999999", "1\n"] {
            check(format!("*{count}\r\n"), invalid);
        }
        check("*-99999999999999999999\r\n", invalid);
        check("PING\r\n*x\r\nPING\r\n", &format!("PING\n{invalid}"));
        check(format!("*{}", "1".repeat(65_535)), "");
        check(format!("*{}", "1".repeat(65_536)), "too big mbulk count string");
        check(format!("*{}\r\n", "1".repeat(65_535)), invalid);
    }

    #[test]
    fn lengths_of_arguments() {
        let invalid = "invalid bulk length";
        for len in ["-1", "x", "", "04", "+4", "536870913", "9223372036854775807", "99999999999999999999"] {
            check(format!("*1\r\n${len}\r\n"), invalid);
        }
        check(format!("*1\r\n${}", "1".repeat(65_535)), "");
        check(format!("*1\r\n${}", "1".repeat(65_536)), "too big bulk count string");
        check(format!("*1\r\n${}\r\n", "1".repeat(65_535)), invalid);
        let unlimited = Limits { bulk_len_max: u64::MAX, authenticated: true };
        check_with(&unlimited, b"*1\r\n$9223372036854775807\r\nx", "");
        let small = Limits { bulk_len_max: 3, authenticated: true };
        check_with(&small, b"*1\r\n$3\r\nabc\r\n*1\r\n$4\r\nabcd\r\n", &format!("abc\n{invalid}"));
    }

    #[test]
    fn an_argument_must_be_a_bulk_string() {
        check("*1\r\n:4\r\n", "expected '$', got ':'");
        check("*2\r\n$1\r\na\r\n'\r\n", "expected '$', got '\''");
        check("*1\r\n\r\n", "expected '$', got ' '");
        check("*1\r\n\0\r\n", "expected '$', got '\0'");
        check("*1\r\n*1\r\n", "expected '$', got '*'");
    }

    /// Valkey #2872.
    #[test]
    fn line_ends_are_checked() {
        for stream in [
            "*1\r\n$4\r\nPINGxxPING\r\n",
            "*1\r\n$4\r\nPINGx\nPING\r\n",
            "*1\r\n$4\r\nPING\rxPING\r\n",
            "*1\r\n$4\r\nPING\n",
            "*1\rX$4\r\nPING\r\n",
            "*1\r\n$4\rXPING\r\n",
            "*1\r\n$12345\r\rPING\r\n",
        ] {
            check(stream, "invalid CRLF in request");
        }
        check("*1\n$4\nPING\n", "");
    }

    #[test]
    fn clients_yet_to_authenticate_are_kept_small() {
        let limits = Limits { authenticated: false, ..Limits::default() };
        check_with(&limits, b"*10\r\n", "");
        check_with(&limits, b"*11\r\n", "unauthenticated multibulk length");
        check_with(&limits, b"*11\r\n$1\r\na\r\n", "unauthenticated multibulk length");
        check_with(&limits, b"*2147483648\r\n", "invalid multibulk length");
        check_with(&limits, b"*1\r\n$16384\r\n", "");
        check_with(&limits, b"*1\r\n$16385\r\n", "unauthenticated bulk length");
        check_with(&limits, b"*1\r\n$536870913\r\n", "invalid bulk length");
        check_with(&limits, b"*1\r\n$4\r\nPING\r\n", "PING\n");
    }

    #[test]
    fn limits_may_change_between_requests() {
        let stream = b"AUTH p\r\n*11\r\n";
        let (mut parser, mut argv) = (Parser::new(), Argv::default());
        let before = Limits { authenticated: false, ..Limits::default() };
        assert_eq!(parser.next(stream, &before, &mut argv), Ok(Step::Request { consumed: 8 }));
        let step = parser.next(&stream[8..], &Limits::default(), &mut argv);
        assert_eq!(step, Ok(Step::Incomplete { skipped: 0, need: 6 }));
    }

    /// Redis #13380: a declared number of arguments or length takes no memory; it is only a hint.
    #[test]
    fn declarations_take_no_memory() {
        let (mut parser, mut argv) = (Parser::new(), Argv::default());
        let stream = b"*2147483647\r\n$536870912\r\nab";
        let step = parser.next(stream, &Limits::default(), &mut argv);
        let need = 13 + 12 + 536_870_912 + 1;
        assert_eq!(step, Ok(Step::Incomplete { skipped: 0, need }));
        assert!(parser.found.capacity() <= FEW && argv.spans.capacity() <= FEW);
    }

    /// The arguments of a request that comes in many reads are neither searched nor copied once per read.
    #[test]
    fn a_long_request_changes_hands() {
        let limits = Limits::default();
        let (mut parser, mut argv) = (Parser::new(), Argv::default());
        let mut stream = b"*5000\r\n".to_vec();
        stream.extend_from_slice(&b"$1\r\na\r\n".repeat(5000));
        parser.next(&stream[..7000], &limits, &mut argv).unwrap();
        let place = parser.found.as_ptr();
        assert_eq!((parser.at, parser.found.len()), (7000, 999));
        parser.next(&stream[..7001], &limits, &mut argv).unwrap();
        assert_eq!(parser.found.as_ptr(), place);
        assert_eq!(parser.next(&stream, &limits, &mut argv), Ok(Step::Request { consumed: stream.len() }));
        assert_eq!(argv.len(), 5000);
        assert!(parser.is_idle() && parser.found.capacity() <= FEW);
    }

    #[test]
    fn skipped_bytes_shift_the_arguments() {
        let (mut parser, mut argv) = (Parser::new(), Argv::default());
        let buffer = b"\r\n*0\r\n*1\r\n$2\r\nhi\r\n";
        let step = parser.next(buffer, &Limits::default(), &mut argv);
        assert_eq!(step, Ok(Step::Request { consumed: buffer.len() }));
        assert_eq!(argv.get(buffer, 0), b"hi");
        assert_eq!(argv.spans(), [Span { start: 14, len: 2 }]);
    }

    /// Requests, some of them damaged: pieces that make sense in most orders.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"*1\r\n$1\r\na\r\n".to_vec()),
            Just(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".to_vec()),
            Just(b"*0\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"SET k \"v\\n\"\r\n".to_vec()),
            Just(b"*12\r\n".to_vec()),
            Just(b"$10000\r\n".to_vec()),
            proptest::collection::vec(proptest::sample::select(b"*$ \r\n0129-\"'x".to_vec()), 0..6),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn cuts_change_nothing(stream in streams(), size in 1..9usize) {
            let limits = Limits::default();
            let whole = read(&[&stream], &limits);
            let pieces: Vec<_> = stream.chunks(size).collect();
            prop_assert_eq!(read(&pieces, &limits), whole);
        }
    }
}
