//! One key in RDB form: from an entry of the keyspace to a record and back. Families say how their types are
//! laid out; this is the one place that knows which family owns which.

use super::rdb::{self, Attributes, DecodeError, Writer, codes::kind};
use crate::families::{array, hash, list, set, string, zset};
use crate::keyspace::value::AnyRef;
use crate::keyspace::{Collection, Forms, Value};
use crate::time::Millis;
use ds::table::Entry;
use std::borrow::Cow;
use std::fmt;

/// Writes the record of one key.
pub fn write_entry(writer: &mut Writer, entry: &Entry<'_, Value>) {
    let attributes = Attributes { expiry: entry.expiry().map(Millis), ..Attributes::default() };
    let value = AnyRef::of(entry.value());
    let value = value.described();
    writer.entry(&attributes, value.rdb_kind(), entry.key());
    value.write_rdb(writer);
}

/// The length of a key's value as a file holds it, uncompressed.
pub fn serialized_len(entry: &Entry<'_, Value>) -> usize {
    let mut writer = Writer::default();
    AnyRef::of(entry.value()).described().write_rdb(&mut writer);
    writer.pending()
}

/// A value as it was read.
#[derive(Debug)]
pub enum Loaded<'a> {
    Text(Cow<'a, [u8]>),
    /// A collection, in the form that the thresholds of this server give it.
    Value(Value),
}

/// Why a record cannot be taken into the keyspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    Decode(DecodeError),
    /// A type that this server does not have, by its code.
    Unsupported {
        kind: u8,
        offset: u64,
    },
    /// A database beyond those that are configured.
    NoSuchDatabase(u64),
    /// Functions, which this server does not have.
    Function,
    /// The same key twice.
    Duplicate {
        offset: u64,
    },
}

impl From<DecodeError> for LoadError {
    fn from(error: DecodeError) -> Self {
        LoadError::Decode(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Decode(error) => error.fmt(f),
            LoadError::Unsupported { kind, offset } => {
                write!(f, "values of type {kind} are not supported yet at byte {offset}")
            }
            LoadError::NoSuchDatabase(db) => write!(f, "database {db} is beyond the configured ones"),
            LoadError::Function => f.write_str("functions are not supported yet"),
            LoadError::Duplicate { offset } => write!(f, "a key comes twice at byte {offset}"),
        }
    }
}

/// Reads the value of a record.
///
/// # Errors
///
/// A type of a family that does not exist yet, or bytes that are no value of their type.
pub fn read_value<'a>(entry: &rdb::Entry<'a>, forms: &Forms) -> Result<Loaded<'a>, LoadError> {
    let reader = entry.reader();
    Ok(match entry.kind {
        kind::STRING => Loaded::Text(string::rdb::read(reader)?),
        kind::LIST | kind::LIST_ZIPLIST | kind::LIST_QUICKLIST | kind::LIST_QUICKLIST_2 => {
            Loaded::Value(list::rdb::read(entry.kind, reader, forms)?.into_value())
        }
        kind::HASH
        | kind::HASH_LISTPACK
        | kind::HASH_22
        | kind::HASH_LISTPACK_EX_PRE_GA
        | kind::HASH_METADATA
        | kind::HASH_LISTPACK_EX => {
            Loaded::Value(hash::rdb::read(entry.kind, entry.valkey, reader, forms)?.into_value())
        }
        kind::ZSET | kind::ZSET_2 | kind::ZSET_LISTPACK => {
            Loaded::Value(zset::rdb::read(entry.kind, reader, forms)?.into_value())
        }
        kind::ARRAY => Loaded::Value(array::rdb::read(reader, forms)?.into_value()),
        kind::SET | kind::SET_INTSET | kind::SET_LISTPACK => {
            Loaded::Value(set::rdb::read(entry.kind, reader, forms)?.into_value())
        }
        kind => return Err(LoadError::Unsupported { kind, offset: entry.offset }),
    })
}
