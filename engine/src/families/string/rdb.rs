//! A string in RDB: one string record, an integer as its digits, which the format packs again.

use super::value::TextRef;
use crate::persist::rdb::{DecodeError, Reader, Writer};
use std::borrow::Cow;

pub(crate) fn write(writer: &mut Writer, text: &TextRef<'_>) {
    let mut scratch = Vec::new();
    writer.string(text.bytes(&mut scratch));
}

pub(crate) fn read<'a>(mut reader: Reader<'a>) -> Result<Cow<'a, [u8]>, DecodeError> {
    let text = reader.string()?;
    reader.end()?;
    Ok(text)
}
