//! The hash type: its forms and when each is used.
//!
//! | form   | where                          | when                                             |
//! |--------|--------------------------------|--------------------------------------------------|
//! | row    | in the entry, or an object     | few fields in few bytes, see `row`                |
//! | table  | an object                      | more: a table of the fields, see `fields`         |
//!
//! OBJECT ENCODING's name is apart from the form: `listpack` until a hash has more fields than
//! `hash-max-listpack-entries` or a field or value longer than `hash-max-listpack-value`, then `hashtable` for good.
//! A `listpack` in which any field was given a time, or might have been, is a `listpackex` from then on.
//!
//! A field whose time has passed is still there until somebody removes it: `seen` hides it, `due` removes it.

use super::fields::{self, Fields};
use super::row::{self, LARGE, TIMED};
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::packed::{self, Coded, Item, Packed, PackedRef};
use ds::table::{BARE, SetExpiry, ValueRef};

/// A row of more fields becomes a table: a search of it would take longer than a look into a table.
const ROW_FIELDS_MAX: usize = 128;
/// So does a row of more bytes.
const ROW_BYTES_MAX: usize = 4096;

/// A hash outside of its entry.
#[derive(Clone, Debug)]
pub enum Hash {
    Row(Packed),
    Table(Box<Fields>),
}

/// A hash where it lies.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    Row(PackedRef<'a>),
    Table(&'a Fields),
}

/// A field of a hash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    pub name: Item<'a>,
    pub value: Item<'a>,
    /// When it goes, in milliseconds since the epoch.
    pub time: Option<i64>,
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
                Hash::Table(fields) => fields.memory(),
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            Hash::Row(_) => 1,
            // A segment of a thousand fields is a dozen pieces of memory.
            Hash::Table(fields) => fields.len() / 64 + 1,
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            Hash::Row(row) => {
                *row = Packed::new(mark::HASH);
                false
            }
            Hash::Table(fields) => fields.drain_step(steps * 64),
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

    /// Sets a field, which then has no time of its own; true if it is new.
    pub fn set(&mut self, field: &[u8], text: &[u8], forms: &Forms) -> bool {
        self.set_with(field, text, SetExpiry::Clear, forms)
    }

    /// Sets a field and decides about its time; true if it is new.
    pub fn set_with(&mut self, field: &[u8], text: &[u8], expiry: SetExpiry, forms: &Forms) -> bool {
        if matches!(expiry, SetExpiry::At(_)) {
            self.make_timed();
        }
        let expiry = if let SetExpiry::At(at) = expiry { SetExpiry::At(at.max(1)) } else { expiry };
        let too_long = field.len().max(text.len()) > forms.hash_max_listpack_value;
        match self {
            Hash::Row(row) => {
                let new = row::set(row, field, text, expiry);
                let count = row::fields(row.view());
                if too_long || count > forms.hash_max_listpack_entries {
                    row.set_mark(row.mark() | LARGE);
                }
                if new && count > ROW_FIELDS_MAX || row.size() > ROW_BYTES_MAX {
                    self.become_table(forms);
                }
                new
            }
            Hash::Table(fields) => {
                let new = fields.set(field, text, expiry);
                fields.large |= too_long || fields.len() > forms.hash_max_listpack_entries;
                new
            }
        }
    }

    /// Removes a field; false if there is none such.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Hash::Row(row) => {
                let found = row::find(row.view(), &Coded::of(field));
                found.map(|at| row::remove(row, at)).is_some()
            }
            Hash::Table(fields) => fields.remove(field),
        }
    }

    /// Prepares for times: a `listpack` is a `listpackex` from now on. True if it was not one.
    pub fn make_timed(&mut self) -> bool {
        match self {
            Hash::Row(row) => {
                let was = row::is_timed(row.view());
                row::add_times(row);
                !was
            }
            Hash::Table(fields) => !std::mem::replace(&mut fields.timed, true),
        }
    }

    /// Makes the name `listpackex`, as a command that is about times does whether it changes any or not. True if it
    /// was `listpack`.
    pub fn name_timed(&mut self) -> bool {
        self.borrow().is_small() && self.make_timed()
    }

    /// Gives a field another time, or takes it away; false without the field.
    pub fn set_time(&mut self, field: &[u8], time: Option<i64>) -> bool {
        let time = time.map(|at| at.max(1));
        if time.is_some() {
            self.make_timed();
        }
        match self {
            Hash::Row(row) => {
                let found = row::find(row.view(), &Coded::of(field));
                found.filter(|_| row::is_timed(row.view())).map(|at| row::set_time(row, at, time)).is_some()
            }
            Hash::Table(fields) => fields.set_time(field, time),
        }
    }

    /// Removes up to `max` fields whose time is before `bound`, and names them. Returns how many.
    pub fn take_due(&mut self, bound: i64, max: usize, out: &mut dyn FnMut(&[u8])) -> usize {
        let row = match self {
            Hash::Row(row) => row,
            Hash::Table(fields) => return fields.take_due(bound, max, out),
        };
        let mut taken = 0;
        while taken < max && row::next_due(row.view()).is_some_and(|time| time < bound) {
            let start = row.view().start();
            out(row.view().get(start).expect("a field is due").0.text(&mut Default::default()));
            row.remove(start, 3);
            taken += 1;
        }
        taken
    }

    fn become_table(&mut self, forms: &Forms) {
        let Hash::Row(row) = self else { return };
        let mut fields = Fields::new(forms.hasher);
        fields.large = row.mark() & LARGE != 0;
        fields.timed = row.mark() & TIMED != 0;
        let (mut name, mut value) = Default::default();
        for field in HashRef::Row(row.view()).iter() {
            let expiry = field.time.map_or(SetExpiry::Clear, SetExpiry::At);
            fields.set(field.name.text(&mut name), field.value.text(&mut value), expiry);
        }
        *self = Hash::Table(Box::new(fields));
    }
}

impl<'a> HashRef<'a> {
    pub fn len(&self) -> usize {
        match self {
            HashRef::Row(row) => row::fields(*row),
            HashRef::Table(fields) => fields.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            HashRef::Row(row) => row.is_empty(),
            HashRef::Table(fields) => fields.is_empty(),
        }
    }

    /// A field's value and time; its name is as given.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<(Item<'a>, Option<i64>)> {
        match self {
            HashRef::Row(row) => {
                let at = row.skip(row::find(*row, &Coded::of(field))?, 1);
                let (value, next) = row.get(at)?;
                let time = if row::is_timed(*row) { row::time(row.get(next)?.0) } else { None };
                Some((value, time))
            }
            HashRef::Table(fields) => {
                let field = fields.get(field)?;
                Some((field.value, field.time))
            }
        }
    }

    /// Fields: in order of their times and of their coming in a row, in hash order in a table.
    pub fn iter(&self) -> Iter<'a> {
        match *self {
            HashRef::Row(row) => Iter::Row(row.iter(), row::is_timed(row)),
            HashRef::Table(fields) => Iter::Table(fields.iter()),
        }
    }

    /// A time before which no field is due; `None` exactly when no field has a time.
    #[inline]
    pub fn next_due(&self) -> Option<i64> {
        match self {
            HashRef::Row(row) => row::next_due(*row),
            HashRef::Table(fields) => fields.next_due(),
        }
    }

    /// Whether the name is `listpack` or `listpackex`.
    pub fn is_small(&self) -> bool {
        match self {
            HashRef::Row(row) => row.mark() & LARGE == 0,
            HashRef::Table(fields) => !fields.large,
        }
    }

    /// Whether the name is `listpackex` if it is not `hashtable`.
    pub fn is_timed(&self) -> bool {
        match self {
            HashRef::Row(row) => row::is_timed(*row),
            HashRef::Table(fields) => fields.timed,
        }
    }
}

/// The iterator of [`HashRef::iter`].
#[derive(Clone)]
pub enum Iter<'a> {
    Row(packed::Iter<'a>, bool),
    Table(ds::table::Iter<'a, Box<[u8]>, BARE>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        match self {
            Iter::Row(items, timed) => {
                let (name, value) = (items.next()?, items.next()?);
                let time = if *timed { row::time(items.next()?) } else { None };
                Some(Field { name, value, time })
            }
            Iter::Table(entries) => entries.next().map(|entry| fields::field_of(&entry)),
        }
    }
}

impl Described for HashRef<'_> {
    fn type_name(&self) -> &'static str {
        "hash"
    }

    fn encoding(&self) -> &'static str {
        match (self.is_small(), self.is_timed()) {
            (true, false) => "listpack",
            (true, true) => "listpackex",
            (false, _) => "hashtable",
        }
    }

    fn digest(&self, digest: &mut Digest) {
        const HASH: u32 = 4;
        digest.mix(&HASH.to_be_bytes());
        for field in self.iter() {
            let mut one = Digest::default();
            one.mix(field.name.text(&mut Default::default()));
            one.mix(field.value.text(&mut Default::default()));
            if field.time.is_some() {
                one.xor(b"!!hexpire!!");
            }
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

/// When the next field of a row is due that may be a hash's; see `keyspace::value::next_due`.
#[inline]
pub fn next_due_of_row(bytes: &[u8]) -> Option<i64> {
    if bytes[0] & (mark::TYPE | TIMED) == mark::HASH | TIMED {
        row::next_due(PackedRef::new(bytes))
    } else {
        None
    }
}
