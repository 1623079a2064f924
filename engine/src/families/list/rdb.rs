//! A list in RDB: its nodes, each a listpack or a single large text. Read are also the older forms: element by element,
//! and one or several ziplists.

use super::value::{List, ListRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::listpack::{Entry, Listpack};
use ds::quicklist::{End, Limits, Quicklist};
use ds::ziplist::Ziplist;

/// How lists are written.
pub(crate) const KIND: u8 = kind::LIST_QUICKLIST_2;

/// What a node is.
const PLAIN: u64 = 1;
const PACKED: u64 = 2;

pub(crate) fn write(writer: &mut Writer, list: &ListRef<'_>) {
    match list {
        ListRef::Row(row) => {
            let mut pack = Listpack::new();
            row.iter().for_each(|item| pack.push_back(item.text(&mut Default::default())));
            writer.length(1);
            writer.length(PACKED);
            writer.string(pack.as_bytes());
        }
        ListRef::Nodes(nodes) => {
            let list = nodes.quicklist();
            writer.length(list.node_count() as u64);
            let mut pack = Vec::new();
            for node in list.nodes() {
                if let Some(text) = node.plain() {
                    writer.length(PLAIN);
                    writer.string(text);
                } else {
                    pack.clear();
                    node.write_listpack(&mut pack);
                    writer.length(PACKED);
                    writer.string(&pack);
                }
            }
        }
    }
}

/// Reads a list of any of the kinds there are.
///
/// # Errors
/// Bytes that are no such list: a node that is damaged, no element at all.
pub(crate) fn read(code: u8, mut reader: Reader<'_>, forms: &Forms) -> Result<List, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut list = Quicklist::new(Limits::new(forms.list_max_listpack_size).for_nodes());
    let nodes = if code == kind::LIST_ZIPLIST { 1 } else { reader.length()? };
    for _ in 0..nodes {
        let damaged = reader.error(DecodeErrorKind::Value);
        let container = if code == KIND { reader.length()? } else { 0 };
        let bytes = reader.string()?;
        match (code, container) {
            (kind::LIST, _) => list.push(End::Back, &bytes),
            (kind::LIST_QUICKLIST | kind::LIST_ZIPLIST, _) => {
                let ziplist = Ziplist::from_bytes(&bytes).map_err(|_| damaged)?;
                let mut pack = Listpack::new();
                ziplist.iter().for_each(|entry| pack.push_back(&entry.to_vec()));
                list.push_listpack(pack);
            }
            (_, PLAIN) => list.push_plain(bytes.into_owned()),
            (_, PACKED) => {
                let pack = Listpack::from_bytes(bytes.into_owned()).map_err(|_| damaged)?;
                list.push_listpack(canonical(pack));
            }
            _ => return Err(damaged),
        }
    }
    reader.end()?;
    let list = List::of_nodes(list, forms);
    if list.is_empty() { Err(damaged) } else { Ok(list) }
}

/// Numbers that a file holds as text become numbers, by which they are looked for.
fn canonical(pack: Listpack) -> Listpack {
    if pack.iter().all(|entry| !matches!(entry, Entry::Str(text) if Entry::of(text) != entry)) {
        return pack;
    }
    let mut again = Listpack::new();
    pack.iter().for_each(|entry| again.push_back(&entry.to_vec()));
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::value::Described;

    fn forms(size: i32) -> Forms {
        let mut forms = Engine::new(1, 1).keyspace.forms;
        forms.list_max_listpack_size = size;
        forms
    }

    fn texts(list: &List) -> Vec<Vec<u8>> {
        list.borrow().iter().map(|item| item.to_vec()).collect()
    }

    fn written(list: &List) -> Vec<u8> {
        let mut writer = Writer::default();
        list.borrow().write_rdb(&mut writer);
        writer.take()
    }

    fn reread(bytes: &[u8], size: i32) -> Result<List, DecodeError> {
        read(KIND, Reader::new(bytes, 0), &forms(size))
    }

    #[test]
    fn what_was_written_comes_back() {
        for (size, count) in [(-2, 3), (-2, 200), (-1, 3000), (1, 2), (1, 100), (4, 100)] {
            let mut list = List::empty(&forms(size));
            for number in 0..count {
                let text = number.to_string().repeat(1 + number % 7);
                list.push(End::Back, std::iter::once(text.as_bytes()), &forms(size));
            }
            let again = reread(&written(&list), size).expect("a list");
            assert_eq!(texts(&again), texts(&list));
            assert_eq!(again.borrow().encoding(), list.borrow().encoding(), "{size} {count}");
            assert_eq!(written(&again), written(&list));
        }
    }

    #[test]
    fn a_large_element_is_a_node_of_its_own() {
        let mut list = List::empty(&forms(-1));
        let large = [b'x'; 5000];
        list.push(End::Back, [&b"a"[..], &large, b"b"].into_iter(), &forms(-1));
        let bytes = written(&list);
        assert_eq!((bytes[0], bytes[1]), (3, PACKED as u8));
        let again = reread(&bytes, -1).expect("a list");
        assert_eq!(texts(&again), texts(&list));
        assert_eq!(written(&again), bytes);
    }

    /// The value in DUMP of Redis 8.0 after RPUSH l a 1 b.
    #[test]
    fn bytes_are_those_of_redis() {
        let mut list = List::empty(&forms(-2));
        list.push(End::Back, [&b"a"[..], b"1", b"b"].into_iter(), &forms(-2));
        let expected = b"\x01\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x01\x01\x81b\x02\xff";
        assert_eq!(written(&list), expected);
        assert_eq!(texts(&reread(expected, -2).expect("a list")), texts(&list));
    }

    #[test]
    fn older_forms() {
        let ziplist = b"\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xf2\xff";
        let string = |bytes: &[u8]| [&[bytes.len() as u8], bytes].concat();
        for (code, bytes) in [
            (kind::LIST, b"\x02\x01a\x011".to_vec()),
            (kind::LIST_ZIPLIST, string(ziplist)),
            (kind::LIST_QUICKLIST, [vec![1], string(ziplist)].concat()),
        ] {
            let list = read(code, Reader::new(&bytes, 0), &forms(-2)).expect("a list");
            assert_eq!(texts(&list), [b"a".to_vec(), b"1".to_vec()], "{code}");
            assert_eq!(list.borrow().encoding(), "listpack");
            for len in 0..bytes.len() {
                assert!(
                    read(code, Reader::new(&bytes[..len], 0), &forms(-2)).is_err(),
                    "{code}, {len} bytes"
                );
            }
        }
    }

    #[test]
    fn numbers_kept_as_text_are_found_as_numbers() {
        // A listpack with the string "12", which no server of today writes.
        let bytes = b"\x01\x02\x0b\x0b\x00\x00\x00\x01\x00\x8212\x03\xff";
        let list = reread(bytes, -2).expect("a list");
        assert_eq!(list.borrow().position(b"12"), Some(0));
    }

    #[test]
    fn damage_is_seen() {
        let refused = |bytes: &[u8]| assert!(reread(bytes, -2).is_err(), "{bytes:?}");
        refused(b"\x00");
        refused(b"\x01\x02\x07\x07\x00\x00\x00\x00\x00\xff");
        refused(b"\x01\x03\x01a");
        refused(b"\x01\x02\x01a");
        refused(b"\x02\x01\x01a");
        refused(b"\x01\x01\x01a\x00");
    }
}
