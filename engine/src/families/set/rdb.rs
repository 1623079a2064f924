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
            for number in numbers.iter() {
                set.insert(Item::Int(number), forms);
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use ds::table::Hasher64;

    fn forms() -> Forms {
        Forms::new(Hasher64::new(1, 2))
    }

    fn set(members: &[&str]) -> Set {
        let mut set = Set::empty(&forms());
        members.iter().for_each(|member| assert!(set.add(member.as_bytes(), &forms())));
        set
    }

    fn written(set: &Set) -> Vec<u8> {
        let mut writer = Writer::new(true);
        write(&mut writer, &set.borrow());
        let mut bytes = vec![kind(&set.borrow())];
        bytes.append(&mut writer.take());
        bytes
    }

    fn loaded(bytes: &[u8], forms: &Forms) -> Result<Set, DecodeError> {
        read(bytes[0], Reader::new(&bytes[1..], 1), forms)
    }

    /// Inside DUMP of Redis 8.0 after SADD of the same members.
    #[test]
    fn the_same_bytes_as_redis() {
        fn check(members: &[&str], bytes: &[u8]) {
            let set = set(members);
            // Long text is compressed by each in its own way.
            if set.name() != Name::Hashtable {
                assert_eq!(written(&set), bytes, "{members:?}");
            }
            let back = loaded(bytes, &forms()).expect("it was just written");
            assert_eq!((back.name(), back.len()), (set.name(), set.len()));
            members.iter().for_each(|member| assert!(back.borrow().contains(member.as_bytes())));
        }
        let numbers = b"\x04\0\0\0\x04\0\0\0\xfe\xff\xff\xff\x01\0\0\0\x03\0\0\0\x70\x11\x01\0";
        check(&["3", "1", "-2", "70000"], &[b"\x0b\x18", &numbers[..]].concat());
        check(&["a", "1", "300"], b"\x14\x0f\x0f\0\0\0\x03\0\x81a\x02\x01\x01\xc1,\x02\xff");
        check(&[&"x".repeat(65)], b"\x02\x01\xc3\t@A\x01xx\xe04\0\x01xx");
    }

    #[test]
    fn a_set_comes_back_under_the_name_of_the_loading_server() {
        let number = |n: usize| n.to_string();
        let word = |n: usize| format!("m{n}");
        let of = |count: usize, text: &dyn Fn(usize) -> String| {
            let texts: Vec<String> = (0..count).map(text).collect();
            written(&set(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
        };
        let check = |bytes: &[u8], forms: &Forms, expected| {
            let back = loaded(bytes, forms).expect("it was just written");
            assert_eq!(back.name(), expected);
        };
        let (small, large) = (
            Forms { set_max_intset_entries: 4, set_max_listpack_entries: 3, ..forms() },
            Forms { set_max_intset_entries: 9999, set_max_listpack_entries: 9999, ..forms() },
        );
        check(&of(5, &number), &small, Name::Hashtable);
        check(&of(4, &number), &small, Name::Intset);
        check(&of(4, &word), &small, Name::Hashtable);
        check(&of(3, &word), &small, Name::Listpack);
        check(&of(513, &number), &large, Name::Intset);
        check(&of(513, &number), &forms(), Name::Hashtable);
        check(&of(129, &word), &large, Name::Listpack);
        check(&of(129, &word), &forms(), Name::Hashtable);
    }

    /// Redis 13515: an intset whose count is wrong was believed.
    #[test]
    fn bytes_that_are_no_set_are_refused() {
        let refused = |bytes: &[u8]| assert!(loaded(bytes, &forms()).is_err(), "{}", bytes.escape_ascii());
        refused(b"\x02\x02\x01a\x01a");
        refused(b"\x02\x02\x01a");
        refused(b"\x02\x01\x01a\x01b");
        refused(b"\x02\x00");
        refused(b"\x0b\x08\x02\0\0\0\0\0\0\0");
        refused(b"\x0b\x0a\x02\0\0\0\x02\0\0\0\x05\0");
        refused(b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x05\0\x04\0");
        refused(b"\x14\x0d\x0d\0\0\0\x02\0\x81a\x02\x81a\x02\xff");
        refused(b"\x14\x07\x07\0\0\0\0\0\xff");
        for bytes in [written(&set(&["1", "2", "3"])), written(&set(&["a", "b"]))] {
            (1..bytes.len()).for_each(|len| refused(&bytes[..len]));
        }
    }
}
