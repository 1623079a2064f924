//! A hash in RDB, in the form that its name tells Redis to use.
//!
//! ```text
//!   HASH_LISTPACK      a listpack of field, value, ...                      a listpack
//!   HASH_LISTPACK_EX   base, then a listpack of field, value, time, ...     a listpackex; 0 is no time
//!   HASH               count, then field and value so many times            a hashtable no field of which has a time
//!   HASH_METADATA      base, count, then time, field and value              a hashtable
//! ```
//!
//! The base is the earliest time, of eight bytes. HASH_METADATA counts times from it, beginning with 1. Read, and
//! never written, are what came before (22 and 23: no base) and Valkey's own 22 (field, value, time; -1 is no time).

use super::value::{Hash, HashRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::int::MAX_DIGITS;
use ds::listpack::{self, Listpack};
use ds::table::SetExpiry;

pub(crate) fn kind(hash: &HashRef<'_>) -> u8 {
    match (hash.is_small(), hash.is_timed()) {
        (true, false) => kind::HASH_LISTPACK,
        (true, true) => kind::HASH_LISTPACK_EX,
        (false, _) if hash.next_due().is_none() => kind::HASH,
        (false, _) => kind::HASH_METADATA,
    }
}

pub(crate) fn write(writer: &mut Writer, hash: &HashRef<'_>) {
    let kind = kind(hash);
    let (mut name, mut text) = ([0; MAX_DIGITS], [0; MAX_DIGITS]);
    let base = hash.iter().filter_map(|field| field.time).min();
    if matches!(kind, kind::HASH_LISTPACK_EX | kind::HASH_METADATA) {
        writer.integer(base.unwrap_or(0));
    }
    if hash.is_small() {
        let mut pack = Listpack::new();
        for field in hash.iter() {
            pack.push_back(field.name.text(&mut name));
            pack.push_back(field.value.text(&mut text));
            if kind == kind::HASH_LISTPACK_EX {
                pack.push_back(ds::int::format_i64(&mut name, field.time.unwrap_or(0)));
            }
        }
        return writer.string(pack.as_bytes());
    }
    writer.length(hash.len() as u64);
    for field in hash.iter() {
        if kind == kind::HASH_METADATA {
            let since = |time: i64| time.abs_diff(base.expect("a field has a time")) + 1;
            writer.length(field.time.map_or(0, since));
        }
        writer.string(field.name.text(&mut name));
        writer.string(field.value.text(&mut text));
    }
}

/// Reads a hash of any kind; `valkey` says in whose file, for both use 22.
///
/// # Errors
/// Bytes that are no such hash: a field twice, a value or a time missing, a time that is none, no field at all.
pub(crate) fn read(
    code: u8,
    valkey: bool,
    mut reader: Reader<'_>,
    forms: &Forms,
) -> Result<Hash, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut hash = Hash::empty(forms);
    let base = match code {
        kind::HASH_METADATA | kind::HASH_LISTPACK_EX => reader.integer()?,
        _ => 1,
    };
    match code {
        kind::HASH_LISTPACK => read_listpack(&mut hash, &mut reader, false, forms)?,
        kind::HASH_LISTPACK_EX | kind::HASH_LISTPACK_EX_PRE_GA => {
            read_listpack(&mut hash, &mut reader, true, forms)?;
        }
        kind::HASH => {
            for _ in 0..reader.length()? {
                let place = reader;
                add(&mut hash, &reader.string()?, &reader.string()?, None, forms, &place)?;
            }
        }
        kind::HASH_22 if valkey => {
            for _ in 0..reader.length()? {
                let place = reader;
                let (field, value) = (reader.string()?, reader.string()?);
                let time = Some(reader.integer()?).filter(|time| *time != -1);
                add(&mut hash, &field, &value, time, forms, &place)?;
            }
        }
        kind::HASH_METADATA | kind::HASH_22 => {
            for _ in 0..reader.length()? {
                let place = reader;
                let since = i64::try_from(reader.length()?).map_err(|_| damaged)?;
                let time = match since {
                    0 => None,
                    since => Some(base.checked_add(since - 1).ok_or(damaged)?),
                };
                add(&mut hash, &reader.string()?, &reader.string()?, time, forms, &place)?;
            }
        }
        _ => unreachable!("kind {code} is no hash"),
    }
    reader.end()?;
    if hash.is_empty() { Err(damaged) } else { Ok(hash) }
}

fn read_listpack(
    hash: &mut Hash,
    reader: &mut Reader<'_>,
    timed: bool,
    forms: &Forms,
) -> Result<(), DecodeError> {
    let place = *reader;
    let damaged = place.error(DecodeErrorKind::Value);
    let pack = Listpack::from_bytes(reader.string()?.into_owned()).map_err(|_| damaged)?;
    // A value that is too long by now does not make a hashtable of what was packed, as in Redis.
    let forms = &Forms { hash_max_listpack_value: usize::MAX, ..*forms };
    if timed {
        hash.make_timed();
    }
    let mut items = pack.iter();
    while let Some(field) = items.next() {
        let value = items.next().ok_or(damaged)?;
        let time = if timed { time(items.next(), damaged)? } else { None };
        add(hash, &field.to_vec(), &value.to_vec(), time, forms, &place)?;
    }
    Ok(())
}

fn time(item: Option<listpack::Entry<'_>>, damaged: DecodeError) -> Result<Option<i64>, DecodeError> {
    match item {
        Some(listpack::Entry::Int(0)) => Ok(None),
        Some(listpack::Entry::Int(time)) => Ok(Some(time)),
        _ => Err(damaged),
    }
}

/// Adds a field that must be new.
fn add(
    hash: &mut Hash,
    field: &[u8],
    value: &[u8],
    time: Option<i64>,
    forms: &Forms,
    place: &Reader<'_>,
) -> Result<(), DecodeError> {
    let damaged = place.error(DecodeErrorKind::Value);
    if time.is_some_and(|time| time <= 0) {
        return Err(damaged);
    }
    let expiry = time.map_or(SetExpiry::Clear, SetExpiry::At);
    if hash.set_with(field, value, expiry, forms) { Ok(()) } else { Err(damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hash::Field;
    use crate::keyspace::value::Described;
    use ds::packed::Item;
    use proptest::prelude::*;

    fn forms() -> Forms {
        Forms::new(ds::table::Hasher64::new(1, 2))
    }

    fn written(hash: &Hash) -> (u8, Vec<u8>) {
        let mut writer = Writer::new(true);
        write(&mut writer, &hash.borrow());
        (kind(&hash.borrow()), writer.take())
    }

    fn fields(hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>, Option<i64>)> {
        let one = |field: Field<'_>| (field.name.to_vec(), field.value.to_vec(), field.time);
        hash.borrow().iter().map(one).collect()
    }

    /// Values of files of Redis 8.0.6, and 22 as Valkey 9.1 writes it.
    #[test]
    fn reads_what_others_wrote() {
        fn check(code: u8, valkey: bool, bytes: &[u8], name: &str, expected: &str) {
            let hash = read(code, valkey, Reader::new(bytes, 0), &forms()).expect("a whole value");
            let shown: Vec<_> = fields(&hash)
                .iter()
                .map(|(field, value, time)| {
                    let time = time.map_or(String::new(), |time| format!("@{time}"));
                    format!("{}={}{time}", field.escape_ascii(), value.escape_ascii())
                })
                .collect();
            assert_eq!((hash.borrow().encoding(), shown.join(" ").as_str()), (name, expected));
        }
        check(4, false, b"\x02\x01a\xc0\x01\x01b\xc0\x02", "listpack", "a=1 b=2");
        let metadata = b"\x97`Z\x12\xa2\x01\x00\x00\x03\x00\x01c\xc0\x03\x01\x01a\xc0\x01\x03\x01b\xc0\x02";
        check(24, false, metadata, "listpackex", "a=1@1795604242583 b=2@1795604242585 c=3");
        let base = b"Q\x05b\x12\xa2\x01\x00\x00";
        let listpack = b"\x15\x15\x00\x00\x00\x06\x00\x81b\x02\x02\x01\x00\x01\x81a\x02\x01\x01\x00\x01\xff";
        check(25, false, &[&base[..], listpack].concat(), "listpackex", "b=2 a=1");
        check(23, false, listpack, "listpackex", "b=2 a=1");
        check(22, false, b"\x02\x00\x01a\x01x\x40\x64\x01b\x01y", "listpackex", "b=y@100 a=x");
        let valkey =
            b"\x02\x01a\x01x\xff\xff\xff\xff\xff\xff\xff\xff\x01b\x01y\x64\x00\x00\x00\x00\x00\x00\x00";
        check(22, true, valkey, "listpackex", "b=y@100 a=x");
    }

    #[test]
    fn damage_is_an_error() {
        fn check(code: u8, bytes: &[u8]) {
            assert!(read(code, false, Reader::new(bytes, 0), &forms()).is_err(), "{code} {bytes:?}");
        }
        check(4, b"\x00");
        check(4, b"\x02\x01a\x01x\x01a\x01y");
        check(16, b"\x07\x07\x00\x00\x00\x00\x00\xff");
        check(16, b"\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff");
        check(25, b"\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff");
        check(24, b"\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x02\x01a\x01x");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

        #[test]
        fn hashes_come_back(
            steps in proptest::collection::vec(
                ("[a-f0-9]{0,3}", "[a-z0-9]{0,70}", proptest::option::of(1..5000i64)),
                1..200,
            ),
        ) {
            let (forms, mut hash) = (forms(), Hash::empty(&forms()));
            for (field, value, time) in &steps {
                let expiry = time.map_or(SetExpiry::Clear, SetExpiry::At);
                hash.set_with(field.as_bytes(), value.as_bytes(), expiry, &forms);
            }
            let (kind, bytes) = written(&hash);
            let back = read(kind, false, Reader::new(&bytes, 0), &forms).expect("what was written");
            let sorted = |hash: &Hash| {
                let mut all = fields(hash);
                all.sort();
                all
            };
            prop_assert_eq!(sorted(&hash), sorted(&back));
            if hash.borrow().is_small() {
                prop_assert_eq!(hash.borrow().encoding(), back.borrow().encoding());
            }
            let numbers = back.borrow().iter().all(|field| !matches!(field.value, Item::Double(_)));
            prop_assert!(numbers);
        }
    }
}
