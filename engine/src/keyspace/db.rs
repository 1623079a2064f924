//! One database: a table of entries. Everything that has to do with time or effects is in `Keys`; changes go
//! through `change`, which tells a running snapshot.

use super::value::Value;
use ds::table::{Hasher64, Table};

pub struct Database {
    table: Table<Value>,
}

impl Database {
    /// An empty database, whose entries get this snapshot bit.
    pub fn new(hasher: Hasher64, snapshot_bit: bool) -> Self {
        let mut table = Table::new(hasher);
        table.set_current_bit(snapshot_bit);
        Database { table }
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
        self.table.memory()
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

    pub(super) fn into_table(self) -> Table<Value> {
        self.table
    }
}
