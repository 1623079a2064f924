//! The hash type: its forms and when each is used.
//!
//! | form   | where                          | when                                             |
//! |--------|--------------------------------|--------------------------------------------------|
//! | row    | in the entry, or an object     | few fields in few bytes: field, value, field, ... |
//! | table  | an object                      | more: a table of the fields, as of the keyspace  |
//!
//! OBJECT ENCODING's name is apart from the form: `listpack` until a hash has more fields than
//! `hash-max-listpack-entries` or a field or value longer than `hash-max-listpack-value`, then `hashtable` for good.

use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::packed::{Coded, Item, Packed, PackedRef, Position};
use ds::table::{Entry, NewValue, SetExpiry, Table, ValueRef, fits_inline};

/// In a row's mark: the hash has grown over the thresholds once.
const LARGE: u8 = 1 << 3;
/// A row of more fields becomes a table: a search of it would take longer than a look into a table.
const ROW_FIELDS_MAX: usize = 128;
/// So does a row of more bytes.
const ROW_BYTES_MAX: usize = 4096;
/// The kinds of a value within a table of fields.
const TEXT: u8 = 0;
const INTEGER: u8 = 1;

/// A hash outside of its entry.
#[derive(Clone, Debug)]
pub enum Hash {
    Row(Packed),
    Table(Box<Fields>),
}

/// A large hash.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Values too long to lie inline are beside their fields.
    table: Table<Box<[u8]>>,
    /// Bytes of those.
    beside: usize,
    large: bool,
}

/// A hash where it lies.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    Row(PackedRef<'a>),
    Table(&'a Fields),
}

impl Typed for Hash {
    type Ref<'a> = HashRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<HashRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::PACKED, bytes } if bytes[0] & mark::TYPE == mark::HASH => {
                Some(HashRef::Row(PackedRef::new(bytes)))
            }
            ValueRef::Object(Value::Hash(hash)) => Some(hash.borrow()),
            _ => None,
        }
    }
}

impl Collection for Hash {
    fn empty(_forms: &Forms) -> Hash {
        Hash::Row(Packed::new(mark::HASH))
    }

    fn from_packed(row: Packed) -> Hash {
        Hash::Row(row)
    }

    fn into_packed(self) -> Option<Packed> {
        match self {
            Hash::Row(row) => Some(row),
            Hash::Table(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.borrow().is_empty()
    }

    fn into_value(self) -> Value {
        Value::Hash(Box::new(self))
    }

    fn of(value: &mut Value) -> Option<&mut Hash> {
        match value {
            Value::Hash(hash) => Some(hash),
            _ => None,
        }
    }
}

impl Kept for Hash {
    fn heap(&self) -> usize {
        size_of::<Hash>()
            + match self {
                Hash::Row(row) => row.memory(),
                Hash::Table(fields) => size_of::<Fields>() + fields.table.memory() + fields.beside,
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            Hash::Row(_) => 1,
            // A segment of a thousand fields is a dozen pieces of memory.
            Hash::Table(fields) => fields.table.len() / 64 + 1,
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            Hash::Row(row) => {
                *row = Packed::new(mark::HASH);
                false
            }
            Hash::Table(fields) => fields.table.drain_step(steps * 64),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match self {
            Hash::Row(row) => Some(row),
            Hash::Table(_) => None,
        }
    }
}

impl Hash {
    pub fn borrow(&self) -> HashRef<'_> {
        match self {
            Hash::Row(row) => HashRef::Row(row.view()),
            Hash::Table(fields) => HashRef::Table(fields),
        }
    }

    /// Sets a field; true if it is new.
    pub fn set(&mut self, field: &[u8], text: &[u8], forms: &Forms) -> bool {
        match self {
            Hash::Row(row) => {
                let new = set_in_row(row, field, text);
                let longest = field.len().max(text.len());
                if longest > forms.hash_max_listpack_value || row.len() / 2 > forms.hash_max_listpack_entries
                {
                    row.set_mark(row.mark() | LARGE);
                }
                self.outgrow(forms);
                new
            }
            Hash::Table(fields) => {
                let longest = field.len().max(text.len());
                let new = fields.set(field, text);
                fields.large |= longest > forms.hash_max_listpack_value
                    || fields.table.len() > forms.hash_max_listpack_entries;
                new
            }
        }
    }

    /// Removes a field; false if there is none such.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Hash::Row(row) => {
                let Some(at) = find(row.view(), field) else { return false };
                row.remove(at, 2);
                true
            }
            Hash::Table(fields) => fields.remove(field),
        }
    }

    /// A row that has become too large becomes a table.
    fn outgrow(&mut self, forms: &Forms) {
        let Hash::Row(row) = self else { return };
        if row.size() <= ROW_BYTES_MAX && row.len() / 2 <= ROW_FIELDS_MAX {
            return;
        }
        let mut fields =
            Fields { table: Table::new(forms.hasher), beside: 0, large: row.mark() & LARGE != 0 };
        for (field, value) in HashRef::Row(row.view()).iter() {
            fields.set(field.text(&mut Default::default()), value.text(&mut Default::default()));
        }
        *self = Hash::Table(Box::new(fields));
    }
}

fn find(row: PackedRef<'_>, field: &[u8]) -> Option<Position> {
    row.find(row.start(), &Coded::of(field), 2)
}

fn set_in_row(row: &mut Packed, field: &[u8], text: &[u8]) -> bool {
    let value = Coded::of(text);
    match find(row.view(), field) {
        Some(at) => {
            let at = row.view().skip(at, 1);
            row.replace(at, &value);
            false
        }
        None => {
            row.insert(row.view().end(), &[Coded::of(field), value]);
            true
        }
    }
}

impl Fields {
    fn set(&mut self, field: &[u8], text: &[u8]) -> bool {
        let hash = self.table.hash(field);
        let integer;
        let value = match Item::of(text) {
            Item::Int(value) => {
                integer = value.to_le_bytes();
                NewValue::Inline { kind: INTEGER, bytes: &integer }
            }
            _ if fits_inline(field.len(), text.len()) => NewValue::Inline { kind: TEXT, bytes: text },
            _ => {
                self.beside += text.len();
                NewValue::Object(text.into())
            }
        };
        let old = self.table.upsert(hash, field, value, SetExpiry::Clear, 0);
        let new = old.is_none();
        if let Some(long) = old.and_then(|old| old.object) {
            self.beside -= long.len();
        }
        new
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        let removed = self.table.remove(self.table.hash(field), field);
        let found = removed.is_some();
        if let Some(long) = removed.and_then(|old| old.object) {
            self.beside -= long.len();
        }
        found
    }
}

fn value_of<'a>(entry: &Entry<'a, Box<[u8]>>) -> Item<'a> {
    match entry.value() {
        ValueRef::Inline { kind: INTEGER, bytes } => {
            Item::Int(i64::from_le_bytes(bytes.try_into().expect("an integer has eight bytes")))
        }
        ValueRef::Inline { bytes, .. } => Item::Text(bytes),
        ValueRef::Object(text) => Item::Text(text),
    }
}

impl<'a> HashRef<'a> {
    pub fn len(&self) -> usize {
        match self {
            HashRef::Row(row) => row.len() / 2,
            HashRef::Table(fields) => fields.table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            HashRef::Row(row) => row.is_empty(),
            HashRef::Table(fields) => fields.table.is_empty(),
        }
    }

    pub fn get(&self, field: &[u8]) -> Option<Item<'a>> {
        match self {
            HashRef::Row(row) => {
                let at = row.skip(find(*row, field)?, 1);
                Some(row.get(at)?.0)
            }
            HashRef::Table(fields) => {
                let entry = fields.table.get(fields.table.hash(field), field)?;
                Some(value_of(&entry))
            }
        }
    }

    /// Fields and values: in order of their coming in a row, in hash order in a table.
    pub fn iter(&self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> + use<'a> {
        let (row, table) = match *self {
            HashRef::Row(row) => (Some(row.iter()), None),
            HashRef::Table(fields) => (None, Some(fields.table.iter())),
        };
        let mut row = row.into_iter().flatten();
        let pairs = std::iter::from_fn(move || Some((row.next()?, row.next()?)));
        pairs.chain(table.into_iter().flatten().map(|entry| (Item::Text(entry.key()), value_of(&entry))))
    }

    /// Whether the name is still `listpack`.
    pub fn is_small(&self) -> bool {
        match self {
            HashRef::Row(row) => row.mark() & LARGE == 0,
            HashRef::Table(fields) => !fields.large,
        }
    }
}

impl Described for HashRef<'_> {
    fn type_name(&self) -> &'static str {
        "hash"
    }

    fn encoding(&self) -> &'static str {
        if self.is_small() { "listpack" } else { "hashtable" }
    }

    fn digest(&self, digest: &mut Digest) {
        const HASH: u32 = 4;
        digest.mix(&HASH.to_be_bytes());
        for (field, value) in self.iter() {
            let mut one = Digest::default();
            one.mix(field.text(&mut Default::default()));
            one.mix(value.text(&mut Default::default()));
            digest.xor_digest(&one);
        }
    }

    fn rdb_kind(&self) -> u8 {
        super::rdb::kind(self)
    }

    fn write_rdb(&self, writer: &mut Writer) {
        super::rdb::write(writer, self);
    }
}
