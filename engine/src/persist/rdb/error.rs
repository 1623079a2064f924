//! Bytes that are no RDB: what was wrong, and where.

use std::fmt;

/// Bytes that are no RDB, or none we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub kind: DecodeErrorKind,
    /// Bytes from the start of the file or payload to the part at fault.
    pub offset: u64,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// The bytes end too early.
    Truncated,
    /// The file does not begin with a magic of Redis or Valkey.
    Magic,
    /// A version newer than those we read.
    Version(u16),
    /// A record or value type we do not know.
    UnknownType(u8),
    /// Something that can be no length, or a special string where a length must be.
    Length,
    /// A string longer than any may be.
    StringTooLong,
    /// A compressed string that is damaged.
    Compression,
    /// A text that should be a number.
    Number,
    /// A slot beyond the last one.
    Slot,
    /// A module's value with a part of no known kind.
    ModulePart,
    /// A value whose parts contradict each other; said by the family that owns the type.
    Value,
    /// Bytes behind the end of a value.
    Trailing,
    /// The checksum does not match the bytes.
    Checksum,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DecodeErrorKind::*;
        match self.kind {
            Truncated => write!(f, "the RDB ends too early"),
            Magic => write!(f, "no RDB: wrong signature"),
            Version(version) => write!(f, "RDB version {version} is not supported"),
            UnknownType(code) => write!(f, "unknown RDB record or value type {code}"),
            Length => write!(f, "invalid length in RDB"),
            StringTooLong => write!(f, "string too long in RDB"),
            Compression => write!(f, "damaged compressed string in RDB"),
            Number => write!(f, "invalid number in RDB"),
            Slot => write!(f, "slot out of range in RDB"),
            ModulePart => write!(f, "invalid part of a module's value in RDB"),
            Value => write!(f, "inconsistent value in RDB"),
            Trailing => write!(f, "bytes behind the end of a value in RDB"),
            Checksum => write!(f, "wrong checksum of RDB"),
        }?;
        write!(f, " at byte {}", self.offset)
    }
}

impl std::error::Error for DecodeError {}
