//! Protocol errors: what was wrong with a request, where, and the text the client is answered with.
//!
//! Texts are those of Redis 8.0, and of Valkey 9.1 for the line ends that Redis does not check.

use std::fmt;

/// Bad bytes in a request. The connection is answered with [`ProtocolError::text`] and closed; replies to
/// the requests before it are still delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolError {
    pub kind: ProtocolErrorKind,
    /// Where in the buffer handed to the parser, in bytes.
    pub offset: usize,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolErrorKind {
    InvalidMultibulkLength,
    InvalidBulkLength,
    UnauthenticatedMultibulkLength,
    UnauthenticatedBulkLength,
    /// Something other than a bulk string inside an array; the byte found.
    ExpectedDollar(u8),
    TooBigMultibulkCount,
    TooBigBulkCount,
    TooBigInline,
    UnbalancedQuotes,
    /// A line or an argument that does not end in CR LF.
    InvalidCrlf,
}

impl ProtocolError {
    /// The error reply without its `-` and line end. Always one line, whatever byte it quotes.
    pub fn text(&self) -> Vec<u8> {
        use ProtocolErrorKind::*;
        let reason = match self.kind {
            InvalidMultibulkLength => "invalid multibulk length",
            InvalidBulkLength => "invalid bulk length",
            UnauthenticatedMultibulkLength => "unauthenticated multibulk length",
            UnauthenticatedBulkLength => "unauthenticated bulk length",
            ExpectedDollar(_) => "expected '$', got '",
            TooBigMultibulkCount => "too big mbulk count string",
            TooBigBulkCount => "too big bulk count string",
            TooBigInline => "too big inline request",
            UnbalancedQuotes => "unbalanced quotes in request",
            InvalidCrlf => "invalid CRLF in request",
        };
        let mut text = format!("ERR Protocol error: {reason}").into_bytes();
        if let ExpectedDollar(found) = self.kind {
            text.push(if matches!(found, b'\r' | b'\n') { b' ' } else { found });
            text.push(b'\'');
        }
        text
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.text().escape_ascii(), self.offset)
    }
}

impl std::error::Error for ProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_line_end_cannot_forge_a_reply() {
        for byte in [b'\r', b'\n'] {
            let error = ProtocolError { kind: ProtocolErrorKind::ExpectedDollar(byte), offset: 4 };
            assert_eq!(error.text(), b"ERR Protocol error: expected '$', got ' '");
        }
        let error = ProtocolError { kind: ProtocolErrorKind::ExpectedDollar(0xff), offset: 4 };
        assert_eq!(error.text(), b"ERR Protocol error: expected '$', got '\xff'");
        assert_eq!(error.to_string(), r"ERR Protocol error: expected \'$\', got \'\xff\' at byte 4");
    }
}
