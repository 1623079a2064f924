//! A list in RDB: its nodes, each a listpack or a single large text. Read are also the older forms: element by element,
//! and one or several ziplists.

use super::value::{List, ListRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::listpack::Listpack;
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
                list.push_listpack(Listpack::from_bytes(bytes.into_owned()).map_err(|_| damaged)?);
            }
            _ => return Err(damaged),
        }
    }
    reader.end()?;
    let list = List::of_nodes(list, forms);
    if list.is_empty() { Err(damaged) } else { Ok(list) }
}
