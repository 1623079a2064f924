//! Reads the parts that values are made of from bytes that are all there.

use std::borrow::Cow;

use super::codes::{STRING_LEN_MAX, special};
use super::error::{DecodeError, DecodeErrorKind};

type Result<T> = std::result::Result<T, DecodeError>;

/// A place in the bytes of a record. Every error names the place where the part at fault begins.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where `bytes` begins in the whole file or payload.
    base: u64,
}

/// The start of a length or of a string.
enum Header {
    Length(u64),
    Special(u8),
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which begin `base` bytes into the whole.
    pub fn new(bytes: &'a [u8], base: u64) -> Reader<'a> {
        Reader { bytes, at: 0, base }
    }

    /// How many bytes have been read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The bytes not read yet.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// An error about what begins here.
    pub fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { kind, offset: self.base + self.at as u64 }
    }

    /// Checks that every byte has been read.
    pub fn end(&self) -> Result<()> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.error(DecodeErrorKind::Trailing)) }
    }

    /// The next `len` bytes.
    pub fn raw(&mut self, len: u64) -> Result<&'a [u8]> {
        let truncated = self.error(DecodeErrorKind::Truncated);
        let len = usize::try_from(len).map_err(|_| truncated)?;
        let bytes = self.rest().get(..len).ok_or(truncated)?;
        self.at += len;
        Ok(bytes)
    }

    /// The next `LEN` bytes.
    pub fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN]> {
        let truncated = self.error(DecodeErrorKind::Truncated);
        let bytes = self.rest().first_chunk::<LEN>().ok_or(truncated)?;
        self.at += LEN;
        Ok(*bytes)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// A number of eight bytes, little-endian: a time in milliseconds.
    pub fn integer(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A double of eight bytes, little-endian.
    pub fn double(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A double as a length byte and text, the form of old sorted sets.
    pub fn text_double(&mut self) -> Result<f64> {
        let start = *self;
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            len => {
                let text = self.raw(u64::from(len))?;
                let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                number.ok_or(start.error(DecodeErrorKind::Number))
            }
        }
    }

    /// A length: one, two, five or nine bytes.
    pub fn length(&mut self) -> Result<u64> {
        let start = *self;
        match self.header()? {
            Header::Length(len) => Ok(len),
            Header::Special(_) => Err(start.error(DecodeErrorKind::Length)),
        }
    }

    /// A string in any of its forms; borrowed when the bytes stand there as they are.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>> {
        let start = *self;
        let number = match self.header()? {
            Header::Length(len) => return Ok(Cow::Borrowed(self.string_bytes(len, &start)?)),
            Header::Special(special::LZF) => {
                let (compressed, len) = (self.length()?, self.length()?);
                let compressed = self.string_bytes(compressed, &start)?;
                let damaged = start.error(DecodeErrorKind::Compression);
                let len = usize::try_from(len).map_err(|_| damaged)?;
                return ds::lzf::decompress(compressed, len).map(Cow::Owned).map_err(|_| damaged);
            }
            Header::Special(special::INT8) => i64::from(i8::from_le_bytes(self.array()?)),
            Header::Special(special::INT16) => i64::from(i16::from_le_bytes(self.array()?)),
            Header::Special(special::INT32) => i64::from(i32::from_le_bytes(self.array()?)),
            Header::Special(_) => return Err(start.error(DecodeErrorKind::Length)),
        };
        Ok(Cow::Owned(number.to_string().into_bytes()))
    }

    /// Passes over a string.
    pub(super) fn skip_string(&mut self) -> Result<()> {
        let start = *self;
        let len = match self.header()? {
            Header::Length(len) => len,
            Header::Special(special::LZF) => {
                let compressed = self.length()?;
                self.length()?;
                compressed
            }
            Header::Special(special::INT8) => 1,
            Header::Special(special::INT16) => 2,
            Header::Special(special::INT32) => 4,
            Header::Special(_) => return Err(start.error(DecodeErrorKind::Length)),
        };
        self.string_bytes(len, &start)?;
        Ok(())
    }

    fn string_bytes(&mut self, len: u64, start: &Reader) -> Result<&'a [u8]> {
        if len > STRING_LEN_MAX {
            return Err(start.error(DecodeErrorKind::StringTooLong));
        }
        self.raw(len)
    }

    fn header(&mut self) -> Result<Header> {
        let start = *self;
        let first = self.byte()?;
        Ok(match first >> 6 {
            0b00 => Header::Length(u64::from(first)),
            0b01 => Header::Length(u64::from(first & 0x3f) << 8 | u64::from(self.byte()?)),
            0b10 => Header::Length(match first {
                0x80 => u64::from(u32::from_be_bytes(self.array()?)),
                0x81 => u64::from_be_bytes(self.array()?),
                _ => return Err(start.error(DecodeErrorKind::Length)),
            }),
            _ => Header::Special(first & 0x3f),
        })
    }
}
