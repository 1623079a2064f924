//! One database: a table of entries. Everything that has to do with time or effects is in `Keys`; changes go
//! through `change`, which tells a running snapshot.

use super::DueIndex;
use super::value::{Value, next_due};
use ds::table::{Hash, Hasher64, Table};

pub struct Database {
    table: Table<Value>,
    /// In step with the table because only `change` changes both.
    due: DueIndex,
}

impl Database {
    /// An empty database, whose entries get this snapshot bit.
    pub fn new(hasher: Hasher64, snapshot_bit: bool) -> Self {
        let mut table = Table::new(hasher);
        table.set_current_bit(snapshot_bit);
        Database { table, due: DueIndex::default() }
    }

    /// Keys held, expired ones that nobody has met yet included.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys that carry an expiry.
    pub fn volatile_len(&self) -> usize {
        self.table.volatile_len()
    }

    pub fn memory(&self) -> usize {
        self.table.memory() + self.due.memory()
    }

    /// Values with parts that fall due by themselves.
    #[inline]
    pub fn due(&self) -> &DueIndex {
        &self.due
    }

    #[inline]
    pub fn table(&self) -> &Table<Value> {
        &self.table
    }

    /// For `change` and `snapshot` alone: whoever changes an entry through this must have asked the snapshot.
    #[inline]
    pub(super) fn table_mut(&mut self) -> &mut Table<Value> {
        &mut self.table
    }

    /// For `change` alone: what is under the key is about to become something whose next part is due at `new`.
    #[inline]
    pub(super) fn note_due(&mut self, hash: Hash, key: &[u8], new: Option<i64>) {
        if new.is_some() || !self.due.is_empty() {
            let old = self.table.get(hash, key).and_then(|entry| next_due(entry.value()));
            self.due.moved(hash, old, new);
        }
    }

    /// For `change` alone.
    pub(super) fn parts_mut(&mut self) -> (&mut Table<Value>, &mut DueIndex) {
        (&mut self.table, &mut self.due)
    }

    pub(super) fn into_parts(self) -> (Table<Value>, DueIndex) {
        (self.table, self.due)
    }
}
