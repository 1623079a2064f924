//! A large hash: a table of its fields, as of the keyspace. An entry's expiry is the time of its field.

use super::value::Field;
use ds::packed::Item;
use ds::table::{BARE, Entry, Hasher64, NewValue, SetExpiry, Table, ValueRef, fits_inline};

/// The kinds of a value within the table.
const TEXT: u8 = 0;
/// Little-endian two's complement in 1, 2, 4 or 8 bytes.
const INTEGER: u8 = 1;

#[derive(Clone, Debug)]
pub struct Fields {
    /// Values too long to lie inline are beside their fields.
    table: Table<Box<[u8]>, BARE>,
    /// Bytes of those.
    beside: usize,
    /// By name a `hashtable`.
    pub(super) large: bool,
    /// By name a `listpackex`, unless large.
    pub(super) timed: bool,
    /// No field is due before; `i64::MAX` exactly when none has a time.
    next_due: i64,
}

impl Fields {
    pub(super) fn new(hasher: Hasher64) -> Fields {
        Fields { table: Table::new(hasher), beside: 0, large: false, timed: false, next_due: i64::MAX }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub(super) fn memory(&self) -> usize {
        size_of::<Fields>() + self.table.memory() + self.beside
    }

    /// A time before which no field is due.
    pub(super) fn next_due(&self) -> Option<i64> {
        (self.next_due != i64::MAX).then_some(self.next_due)
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<Field<'_>> {
        let entry = self.table.get(self.table.hash(field), field)?;
        Some(field_of(&entry))
    }

    /// Sets a field and says whether it is new.
    pub(super) fn set(&mut self, field: &[u8], text: &[u8], expiry: SetExpiry) -> bool {
        let hash = self.table.hash(field);
        let integer;
        let value = match Item::of(text) {
            Item::Int(value) => {
                integer = value.to_le_bytes();
                NewValue::Inline { kind: INTEGER, bytes: &integer[..width(value)] }
            }
            _ if fits_inline(field.len(), text.len()) => NewValue::Inline { kind: TEXT, bytes: text },
            _ => {
                self.beside += text.len();
                NewValue::Object(text.into())
            }
        };
        let old = self.table.upsert(hash, field, value, expiry, 0);
        let new = old.is_none();
        if let Some(long) = old.and_then(|old| old.object) {
            self.beside -= long.len();
        }
        self.note_time(if let SetExpiry::At(at) = expiry { Some(at) } else { None });
        new
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let removed = self.table.remove(self.table.hash(field), field);
        let found = removed.is_some();
        if let Some(long) = removed.and_then(|old| old.object) {
            self.beside -= long.len();
        }
        self.note_time(None);
        found
    }

    /// Gives a field another time, or takes it away; false without the field.
    pub(super) fn set_time(&mut self, field: &[u8], time: Option<i64>) -> bool {
        let found = self.table.set_expiry(self.table.hash(field), field, time);
        self.note_time(time.filter(|_| found));
        found
    }

    /// Removes up to `max` fields whose time is before `bound`, and names them.
    pub(super) fn take_due(&mut self, bound: i64, max: usize, out: &mut dyn FnMut(&[u8])) -> usize {
        let beside = &mut self.beside;
        let due = self.table.take_due(bound, max, &mut |_| {}, &mut |field, long| {
            *beside -= long.map_or(0, |long| long.len());
            out(field);
        });
        self.next_due = self.table.next_expiry_bound().unwrap_or(i64::MAX);
        due.removed
    }

    fn note_time(&mut self, new: Option<i64>) {
        if let Some(at) = new {
            self.next_due = self.next_due.min(at);
        } else if self.table.volatile_len() == 0 {
            self.next_due = i64::MAX;
        }
    }

    pub(super) fn iter(&self) -> ds::table::Iter<'_, Box<[u8]>, BARE> {
        self.table.iter()
    }

    /// Visits at least `count` fields from a cursor on; see `ds::table`'s scan.
    pub(super) fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Field<'_>)) -> u64 {
        self.table.scan(cursor, count, &mut |entry| visit(field_of(&entry)))
    }

    /// A field, each with the same chance, from numbers that `draw` gives.
    pub(super) fn random(&self, draw: &mut dyn FnMut() -> u64) -> Option<Field<'_>> {
        self.table.random(draw).map(|entry| field_of(&entry))
    }

    pub(super) fn drain_step(&mut self, steps: usize) -> bool {
        self.table.drain_step(steps)
    }
}

fn width(value: i64) -> usize {
    match value {
        -0x80..=0x7f => 1,
        -0x8000..=0x7fff => 2,
        -0x8000_0000..=0x7fff_ffff => 4,
        _ => 8,
    }
}

#[inline]
pub(super) fn field_of<'a>(entry: &Entry<'a, Box<[u8]>, BARE>) -> Field<'a> {
    let value = match entry.value() {
        ValueRef::Inline { kind: INTEGER, bytes } => {
            let mut padded = [0; 8];
            padded[8 - bytes.len()..].copy_from_slice(bytes);
            Item::Int(i64::from_le_bytes(padded) >> (64 - 8 * bytes.len()))
        }
        ValueRef::Inline { bytes, .. } => Item::Text(bytes),
        ValueRef::Object(text) => Item::Text(text),
    };
    Field { name: Item::Text(entry.key()), value, time: entry.expiry() }
}
