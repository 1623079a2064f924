//! A set in RDB: the bytes of an intset or a listpack while its name says so, else member by member.

use super::value::{Name, Set, SetRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::intset::Intset;
use ds::listpack::Listpack;
use ds::packed::Item;

pub(crate) fn kind(set: &SetRef<'_>) -> u8 {
    match set.name() {
        Name::Intset => kind::SET_INTSET,
        Name::Listpack => kind::SET_LISTPACK,
        Name::Hashtable => kind::SET,
    }
}

pub(crate) fn write(writer: &mut Writer, set: &SetRef<'_>) {
    if let SetRef::Ints(ints) = set {
        return writer.string(Intset::of_ascending(ints.width(), ints.iter()).as_bytes());
    }
    if set.name() == Name::Listpack {
        let mut pack = Listpack::new();
        for item in set.iter() {
            pack.push_back(item.text(&mut Default::default()));
        }
        return writer.string(pack.as_bytes());
    }
    writer.length(set.len() as u64);
    for item in set.iter() {
        writer.string(item.text(&mut Default::default()));
    }
}

/// Reads a set of one of the kinds that [`write`] writes. Its name is the one that Redis would give it.
///
/// # Errors
/// Bytes that are no such set: a member twice, no member at all.
pub(crate) fn read(code: u8, mut reader: Reader<'_>, forms: &Forms) -> Result<Set, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut set;
    match code {
        kind::SET_INTSET => {
            let numbers = Intset::from_bytes(reader.string()?.into_owned()).map_err(|_| damaged)?;
            set = Set::new(if numbers.len() <= forms.set_max_intset_entries {
                Name::Intset
            } else {
                Name::Hashtable
            });
            numbers.iter().for_each(|number| drop(set.insert(Item::Int(number), forms)));
        }
        kind::SET_LISTPACK => {
            let pack = Listpack::from_bytes(reader.string()?.into_owned()).map_err(|_| damaged)?;
            let small = pack.len() <= forms.set_max_listpack_entries;
            set = Set::new(if small { Name::Listpack } else { Name::Hashtable });
            for member in pack.iter() {
                if !set.insert(Item::of(&member.to_vec()), forms) {
                    return Err(damaged);
                }
            }
        }
        _ => {
            let count = reader.length()?;
            set = if count <= forms.set_max_intset_entries as u64 {
                Set::empty(forms)
            } else {
                Set::new(Name::Hashtable)
            };
            for _ in 0..count {
                let twice = reader.error(DecodeErrorKind::Value);
                if !set.add(&reader.string()?, forms) {
                    return Err(twice);
                }
            }
        }
    }
    reader.end()?;
    if set.is_empty() { Err(damaged) } else { Ok(set) }
}
