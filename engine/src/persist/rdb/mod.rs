//! RDB, the format of snapshots, of full syncs, and of single values in DUMP and RESTORE.
//!
//! ```text
//!  "REDIS0012"  record*  255  crc64                 a file
//!  250 name value                                   an aux field
//!  254 db   251 keys expires                        a database begins
//!  [252 time] [248 idle | 249 freq] type key value  a key
//!
//!  bytes ─▶ decode::Decoder ─▶ Event::Entry { key, kind, value: its bytes } ─▶ a family's rdb.rs, by Reader
//!  value ─▶ a family's rdb.rs, by Writer ─▶ bytes
//! ```
//!
//! The decoder finds where each record ends without knowing what a value means: `shape` has the layout of
//! every value type as data. It therefore takes bytes in any pieces, and a family decodes its type from
//! bytes that are all there, the same way for a file, a link and RESTORE.
//!
//! - `codes`: the numbers of opcodes, value types and versions.
//! - `writer`: lengths, strings and whole records to bytes; `reader`: the same parts back.
//! - `shape`, `decode`: the file as a stream of events. `dump`: the payload of DUMP.
//! - `error`: bytes that are no RDB, and where.
//!
//! To add a value type: its code in `codes`, its layout in `shape`, its meaning in the family that owns it.
//!
//! What must never happen: memory taken for a length that was only declared, a result that depends on how
//! the bytes were cut, a panic on any bytes, a file that Redis 8.0 does not load.

pub mod codes;

mod decode;
mod dump;
mod error;
mod reader;
mod shape;
mod writer;

pub use decode::{Checksum, Decoder, Entry, Event};
pub use dump::{seal_dump, unseal_dump};
pub use error::{DecodeError, DecodeErrorKind};
pub use reader::Reader;
pub use writer::{Attributes, Writer};
