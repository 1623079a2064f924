//! One database: a table of entries. Everything that has to do with time or effects is in `Keys`.

use super::value::Value;
use ds::table::{Hasher64, Table};

pub struct Database {
    pub(crate) table: Table<Value>,
}

impl Database {
    pub fn new(hasher: Hasher64) -> Self {
        Database { table: Table::new(hasher) }
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

    pub fn table(&self) -> &Table<Value> {
        &self.table
    }

    pub(crate) fn into_table(self) -> Table<Value> {
        self.table
    }
}
