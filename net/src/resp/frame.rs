//! One RESP value as an owned tree, for code that talks to a server: the replica's handshake, simulated
//! clients, tests. The server's own requests and replies never take this form.

/// A value of RESP2 or RESP3. Each variant has one encoding; the two ways to send a string or an aggregate
/// (its size first, or streamed in pieces) decode to the same value.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// `+`: one line of text.
    Simple(Vec<u8>),
    /// `-`: one line of text that says what went wrong.
    Error(Vec<u8>),
    /// `:`
    Integer(i64),
    /// `$`
    Bulk(Vec<u8>),
    /// `*`
    Array(Vec<Frame>),
    /// `$-1`, the missing string of RESP2.
    NullBulk,
    /// `*-1`, the missing array of RESP2.
    NullArray,
    /// `_`, the missing value of RESP3.
    Null,
    /// `,`
    Double(f64),
    /// `#`
    Boolean(bool),
    /// `!`: an error of any bytes.
    BulkError(Vec<u8>),
    /// `=`: text with its format, `txt` or `mkd`.
    Verbatim { format: [u8; 3], text: Vec<u8> },
    /// `(`: decimal digits, perhaps after a sign.
    BigNumber(Vec<u8>),
    /// `%`: keys and values in the order they were sent.
    Map(Vec<(Frame, Frame)>),
    /// `~`: members in the order they were sent.
    Set(Vec<Frame>),
    /// `>`: data that answers no request.
    Push(Vec<Frame>),
    /// `|`: what the server adds to `value`.
    Attribute { pairs: Vec<(Frame, Frame)>, value: Box<Frame> },
}

impl Frame {
    /// A bulk string of these bytes.
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Frame {
        Frame::Bulk(bytes.as_ref().to_vec())
    }

    /// The bytes of a string of any kind; `None` for other values and for errors.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Frame::Simple(text) | Frame::Bulk(text) | Frame::Verbatim { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of an error of either kind.
    pub fn error(&self) -> Option<&[u8]> {
        match self {
            Frame::Error(text) | Frame::BulkError(text) => Some(text),
            _ => None,
        }
    }
}
