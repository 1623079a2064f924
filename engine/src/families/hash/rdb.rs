//! A hash in RDB: a listpack of fields and values while its name is `listpack`, else field by field.

use super::value::{Hash, HashRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::listpack::Listpack;

pub(crate) fn kind(hash: &HashRef<'_>) -> u8 {
    if hash.is_small() { kind::HASH_LISTPACK } else { kind::HASH }
}

pub(crate) fn write(writer: &mut Writer, hash: &HashRef<'_>) {
    if hash.is_small() {
        let mut pack = Listpack::new();
        for (field, value) in hash.iter() {
            pack.push_back(field.text(&mut Default::default()));
            pack.push_back(value.text(&mut Default::default()));
        }
        return writer.string(pack.as_bytes());
    }
    writer.length(hash.len() as u64);
    for (field, value) in hash.iter() {
        writer.string(field.text(&mut Default::default()));
        writer.string(value.text(&mut Default::default()));
    }
}

/// Reads a hash of one of the kinds that [`write`] writes.
///
/// # Errors
/// Bytes that are no such hash: a field twice, a value missing, no field at all.
pub(crate) fn read(code: u8, mut reader: Reader<'_>, forms: &Forms) -> Result<Hash, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut hash = Hash::empty(forms);
    if code == kind::HASH_LISTPACK {
        let pack = Listpack::from_bytes(reader.string()?.into_owned()).map_err(|_| damaged)?;
        let mut items = pack.iter();
        while let Some(field) = items.next() {
            let value = items.next().ok_or(damaged)?;
            if !hash.set(&field.to_vec(), &value.to_vec(), forms) {
                return Err(damaged);
            }
        }
    } else {
        for _ in 0..reader.length()? {
            let twice = reader.error(DecodeErrorKind::Value);
            if !hash.set(&reader.string()?, &reader.string()?, forms) {
                return Err(twice);
            }
        }
    }
    reader.end()?;
    if hash.is_empty() { Err(damaged) } else { Ok(hash) }
}
