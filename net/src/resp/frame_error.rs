//! What can be wrong with bytes that should be a frame, and where.

use std::fmt;

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameError {
    pub kind: FrameErrorKind,
    /// Bytes from the first one the decoder was ever given to the line or string at fault.
    pub offset: u64,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameErrorKind {
    /// No value begins with this byte.
    UnknownType(u8),
    /// A line or string that does not end in CR LF.
    LineEnd,
    LineTooLong,
    /// A count, length or integer that is none.
    Number,
    Double,
    Boolean,
    BigNumber,
    /// A null with something in it.
    Null,
    /// A verbatim string without its three letters and colon.
    Verbatim,
    StringTooLong,
    TooManyElements,
    TooDeep,
    /// A piece of a streamed value outside of one, or something else within a streamed string.
    Stream,
    /// The end of a streamed map after a key.
    KeyWithoutValue,
    /// Bytes after a frame that should have been the only one.
    Trailing,
    /// The bytes end within a frame that should have been whole.
    Truncated,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no RESP value: {:?} at byte {}", self.kind, self.offset)
    }
}

impl std::error::Error for FrameError {}
