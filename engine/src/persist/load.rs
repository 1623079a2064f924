//! A file or payload into the keyspace, as its bytes arrive.
//!
//! The keyspace must be empty to begin with, and nothing else may write to it until `Done` or an error. What
//! was loaded before an error is for the caller to flush.

use super::entry::{LoadError, Loaded, read_value};
use super::rdb::{Checksum, DecodeError, DecodeErrorKind, Decoder, Entry, Event};
use crate::families::string::value::new_text;
use crate::keyspace::Keyspace;
use crate::time::Now;
use ds::table::SetExpiry;

/// What becomes of keys whose time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// A replica takes them in; its primary will remove them.
    Keep,
    /// A primary does not.
    Skip,
}

/// What a file says of the replication stream that it is a moment of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPosition {
    pub id: Option<Vec<u8>>,
    pub offset: Option<i64>,
    pub db: Option<i64>,
}

/// Loads one file.
#[derive(Debug)]
pub struct Loader {
    decoder: Decoder,
    expired: Expired,
    db: u32,
    pub keys_loaded: u64,
    pub keys_expired: u64,
    pub position: StreamPosition,
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadProgress {
    More,
    /// The file is over; bytes behind it are in `Loader::rest`.
    Done,
}

impl Loader {
    pub fn new(expired: Expired) -> Loader {
        Loader {
            decoder: Decoder::new(),
            expired,
            db: 0,
            keys_loaded: 0,
            keys_expired: 0,
            position: StreamPosition::default(),
        }
    }

    /// Takes the next bytes in.
    ///
    /// # Errors
    ///
    /// Bytes that are no RDB, or that hold what this server does not have. The load is then over.
    pub fn push(
        &mut self,
        keyspace: &mut Keyspace,
        now: Now,
        bytes: &[u8],
    ) -> Result<LoadProgress, LoadError> {
        let Loader { decoder, expired, db, keys_loaded, keys_expired, position } = self;
        decoder.push(bytes);
        while let Some(event) = decoder.next_event()? {
            match event {
                Event::Aux { name, value } => position.note(&name, &value),
                Event::SelectDb(n) if n < keyspace.databases() as u64 => *db = n as u32,
                Event::SelectDb(n) => return Err(LoadError::NoSuchDatabase(n)),
                // Hints for tables that grow in one step; ours does not. Modules of others keep nothing here
                // that a key depends on.
                Event::ResizeDb { .. } | Event::SlotInfo { .. } | Event::ModuleAux { .. } => {}
                Event::SlotImport { .. } => {}
                Event::Function(_) => return Err(LoadError::Function),
                Event::Entry(entry) => {
                    let due = entry.attributes.expiry.is_some_and(|at| at < now.wall_ms());
                    if due && *expired == Expired::Skip {
                        read_value(&entry, &keyspace.forms)?;
                        *keys_expired += 1;
                    } else {
                        let due_before = if *expired == Expired::Skip { now.wall_ms().0 } else { i64::MIN };
                        load(keyspace, now, *db, &entry, due_before)?;
                        *keys_loaded += 1;
                    }
                }
                Event::End(Checksum::Wrong) => {
                    return Err(DecodeError { kind: DecodeErrorKind::Checksum, offset: 0 }.into());
                }
                Event::End(_) => return Ok(LoadProgress::Done),
            }
        }
        Ok(LoadProgress::More)
    }

    /// Says that no more bytes will come.
    ///
    /// # Errors
    ///
    /// `Truncated` when the file is not over.
    pub fn finish(&self) -> Result<(), LoadError> {
        Ok(self.decoder.finish()?)
    }

    /// Bytes pushed that are not the file's, once it is over.
    pub fn rest(&self) -> &[u8] {
        self.decoder.rest()
    }
}

impl StreamPosition {
    fn note(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"repl-id" => self.id = Some(value.to_vec()),
            b"repl-offset" => self.offset = ds::int::parse_i64(value),
            b"repl-stream-db" => self.db = ds::int::parse_i64(value),
            _ => {}
        }
    }
}

/// Stores a key, without those parts of its value that are due before; a value without any other is left out.
fn load(
    keyspace: &mut Keyspace,
    now: Now,
    db: u32,
    entry: &Entry<'_>,
    due_before: i64,
) -> Result<(), LoadError> {
    let mut loaded = read_value(entry, &keyspace.forms)?;
    if let Loaded::Value(value) = &mut loaded
        && !value.drop_due(due_before)
    {
        return Ok(());
    }
    let attributes = &entry.attributes;
    let access = keyspace.access;
    let clock = match (attributes.idle_s, attributes.freq) {
        (Some(idle), _) if !access.lfu => access.clock_of_idle(idle, now.wall_s()),
        (_, Some(freq)) if access.lfu => access.clock_of_frequency(freq, now.wall_s()),
        _ => access.fresh(now.wall_s()),
    };
    let expiry = attributes.expiry.map_or(SetExpiry::Clear, |at| SetExpiry::At(at.0));
    let mut scratch = Default::default();
    let stored = match loaded {
        Loaded::Text(text) => {
            let value = new_text(entry.key.len(), &text, &mut scratch);
            keyspace.load(db, &entry.key, value, expiry, clock)
        }
        Loaded::Value(value) => keyspace.load_value(db, &entry.key, value, expiry, clock),
    };
    match stored {
        true => Ok(()),
        false => Err(LoadError::Duplicate { offset: entry.offset }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::persist::rdb::{Attributes, Writer, codes::kind};
    use crate::time::Millis;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new(true);
        writer.magic();
        write(&mut writer);
        writer.end(true);
        writer.take()
    }

    fn string(writer: &mut Writer, key: &str, value: &str, expiry: Option<i64>) {
        let attributes = Attributes { expiry: expiry.map(Millis), ..Attributes::default() };
        writer.entry(&attributes, kind::STRING, key.as_bytes());
        writer.string(value.as_bytes());
    }

    /// Loads a file in pieces of `size` into a fresh keyspace of four databases at time 1000 ms.
    #[track_caller]
    fn check(file: &[u8], size: usize, expired: Expired) -> Result<(Engine, Loader), String> {
        let mut engine = Engine::new(4, 1);
        let now = Now { wall_us: 1_000_000, mono_us: 0 };
        let mut loader = Loader::new(expired);
        for piece in file.chunks(size) {
            match loader.push(&mut engine.keyspace, now, piece) {
                Ok(LoadProgress::Done) => return Ok((engine, loader)),
                Ok(LoadProgress::More) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(loader.finish().expect_err("the file is not over").to_string())
    }

    #[test]
    fn keys_come_back_in_their_databases_with_their_times() {
        let file = written(|writer| {
            writer.aux("repl-id", b"abc");
            writer.aux("repl-offset", b"77");
            writer.select_db(3);
            string(writer, "a", "12", Some(5000));
            string(writer, "old", "x", Some(999));
            writer.select_db(0);
            string(writer, "b", "hello", None);
        });
        for (size, expired, keys) in [(1, Expired::Keep, 3), (7, Expired::Skip, 2), (9999, Expired::Skip, 2)]
        {
            let (engine, loader) = check(&file, size, expired).expect("a whole file");
            assert_eq!((loader.keys_loaded, loader.keys_expired), (keys, 3 - keys));
            assert_eq!(loader.position.offset, Some(77));
            let table = engine.keyspace.db(3).table();
            let entry = table.get(table.hash(b"a"), b"a").expect("it was loaded");
            assert_eq!(entry.expiry(), Some(5000));
            assert_eq!(engine.keyspace.db(0).len(), 1);
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_where() {
        let twice = written(|w| {
            string(w, "a", "1", None);
            string(w, "a", "2", None);
        });
        let list = written(|w| {
            w.entry(&Attributes::default(), kind::LIST, b"l");
            w.length(0);
        });
        let mut damaged = written(|w| string(w, "a", "hello", None));
        damaged[13] ^= 1;
        for (file, text) in [
            (twice, "a key comes twice at byte 17"),
            (list, "inconsistent value in RDB at byte 12"),
            (written(|w| w.select_db(4)), "database 4 is beyond the configured ones"),
            (written(|w| w.function(b"x")), "functions are not supported yet"),
            (damaged, "wrong checksum of RDB at byte 0"),
            (b"REDIS0012".to_vec(), "the RDB ends too early at byte 9"),
        ] {
            assert_eq!(check(&file, 5, Expired::Keep).err().as_deref(), Some(text));
        }
    }
}
