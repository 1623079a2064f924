//! The only ways to change an entry of a database. Each tells a running snapshot first, and keeps the index of what
//! falls due in step.

use super::value::{kind, next_due, next_due_of_new};
use super::{Keyspace, NewValue, Value};
use crate::time::Millis;
use ds::table::{Due, EntryMut, Hash, INLINE_MAX, Place, Removed, SetExpiry};

impl Keyspace {
    /// Lets a running snapshot write the entry as it is, for it is about to change.
    #[inline]
    fn before_change(&mut self, db: u32, hash: Hash, key: &[u8]) {
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.before_change(self.dbs[db as usize].table_mut(), db, hash, key);
        }
    }

    /// Stores a value under a key. Returns what was there, without its object, which is dropped here.
    #[inline]
    pub(super) fn upsert(
        &mut self,
        db: u32,
        hash: Hash,
        key: &[u8],
        value: NewValue<'_>,
        expiry: SetExpiry,
        clock: u32,
    ) -> Option<Removed<Value>> {
        self.before_change(db, hash, key);
        let database = &mut self.dbs[db as usize];
        database.note_due(hash, key, next_due_of_new(&value));
        let mut old = database.table_mut().upsert(hash, key, value, expiry, clock)?;
        self.retire(old.object.take());
        Some(old)
    }

    /// Stores what a file holds; false if the key was there, and the load has failed.
    pub(crate) fn load(
        &mut self,
        db: u32,
        key: &[u8],
        value: NewValue<'_>,
        expiry: SetExpiry,
        clock: u32,
    ) -> bool {
        let hash = self.dbs[db as usize].table().hash(key);
        self.upsert(db, hash, key, value, expiry, clock).is_none()
    }

    /// Stores a collection that a file holds, inline if its row fits; false if the key was there.
    pub(crate) fn load_value(
        &mut self,
        db: u32,
        key: &[u8],
        value: Value,
        expiry: SetExpiry,
        clock: u32,
    ) -> bool {
        match value.packed().filter(|row| row.size() <= INLINE_MAX) {
            Some(row) => {
                let inline = NewValue::Inline { kind: kind::PACKED, bytes: row.view().as_bytes() };
                self.load(db, key, inline, expiry, clock)
            }
            None => self.load(db, key, NewValue::Object(value), expiry, clock),
        }
    }

    /// Changes the value out of line under a key; `None` if there is none such.
    pub(super) fn change_object<R>(
        &mut self,
        db: u32,
        hash: Hash,
        key: &[u8],
        change: impl FnOnce(&mut Value) -> R,
    ) -> Option<R> {
        self.before_change(db, hash, key);
        let (table, due) = self.dbs[db as usize].parts_mut();
        table.change_object(hash, key, |value| {
            let old = value.next_due();
            let result = change(value);
            due.moved(hash, old, value.next_due());
            result
        })
    }

    /// Changes an entry in place, keeping its size; `None` without the key. When parts of it fall due must stay as it
    /// was.
    #[inline]
    pub(super) fn change_entry<R>(
        &mut self,
        db: u32,
        hash: Hash,
        key: &[u8],
        change: impl FnOnce(EntryMut<'_, Value>) -> R,
    ) -> Option<R> {
        self.before_change(db, hash, key);
        self.dbs[db as usize].table_mut().get_mut(hash, key).map(change)
    }

    /// Removes an entry; true if it was there.
    #[inline]
    pub(super) fn remove(&mut self, db: u32, hash: Hash, key: &[u8]) -> bool {
        let removed = self.take(db, hash, key);
        let found = removed.is_some();
        self.retire(removed.and_then(|old| old.object));
        found
    }

    /// Removes an entry whose value lives on: the object is handed out and not dropped.
    #[inline]
    pub(super) fn take(&mut self, db: u32, hash: Hash, key: &[u8]) -> Option<Removed<Value>> {
        self.before_change(db, hash, key);
        let database = &mut self.dbs[db as usize];
        database.note_due(hash, key, None);
        database.table_mut().remove(hash, key)
    }

    /// Sets, moves or clears an expiry; false without the key.
    pub(super) fn set_expiry(&mut self, db: u32, hash: Hash, key: &[u8], at: Option<Millis>) -> bool {
        self.before_change(db, hash, key);
        self.dbs[db as usize].table_mut().set_expiry(hash, key, at.map(|at| at.0))
    }

    /// An entry, to move its access clock and nothing else: snapshots do not hear of it.
    #[inline]
    pub(super) fn clock_mut(&mut self, db: u32, place: Place) -> EntryMut<'_, Value> {
        self.dbs[db as usize].table_mut().at_mut(place)
    }

    /// Removes up to `max` entries of a database that are due at `now`, and names them.
    pub(super) fn take_due(&mut self, db: u32, now: Millis, max: usize, out: &mut dyn FnMut(&[u8])) -> Due {
        let (table, due) = self.dbs[db as usize].parts_mut();
        let (bit, hasher) = (table.current_bit(), self.hasher);
        let (snapshot, heavy) = (&mut self.snapshot, &mut self.heavy);
        table.take_due(
            now.0,
            max,
            &mut |entry| {
                if let Some(snapshot) = snapshot {
                    snapshot.before_removal(&entry, db, bit);
                }
                if let Some(time) = next_due(entry.value()) {
                    due.moved(Hash(hasher.hash(entry.key())), Some(time), None);
                }
            },
            &mut |key, value| {
                heavy.extend(value.filter(Value::is_large));
                out(key);
            },
        )
    }
}
