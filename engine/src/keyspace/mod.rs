//! The keyspace: the databases, sole owner of entries, expiries and access clocks.
//!
//! Commands never see a `Database`. They get `Keys`, a view of one database for the length of one
//! unit, which knows the time, applies expiry on the way in and records effects on the way out:
//!
//! ```text
//!   handler ── keys.read::<Text>(key) ──▶ expired? remove, Propagate DEL, Notify expired ──▶ typed view
//!   handler ── keys.put / remove / set_expiry ──▶ Table ──▶ Changed (and Notify new)
//! ```
//!
//! `change` has the few ways in which an entry can change; `snapshot` is told there before it does.
//!
//! What must never happen: a change that leaves no `Changed` effect, or that a snapshot does not hear of; a
//! replica that removes a key because of its own clock; a type that is read as another one.

pub mod access;
pub mod carry;
mod change;
pub mod collection;
pub mod db;
pub mod digest;
pub mod due;
pub mod expire;
pub mod forms;
pub mod keys;
pub mod several;
pub mod snapshot;
pub mod value;

pub use access::AccessPolicy;
pub use carry::Carried;
pub use collection::{Collection, Edit, Edited, Tools};
pub use db::Database;
pub use due::DueIndex;
pub use forms::Forms;
pub use keys::{ExpiryRule, Keys, Lookup};
pub use snapshot::Progress;
pub use value::{NewValue, Typed, Value, View};

use crate::random::Random;
use ds::table::Hasher64;

/// Counters that INFO shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyspaceStats {
    pub hits: u64,
    pub misses: u64,
    pub expired: u64,
    pub evicted: u64,
    /// Fields of hashes that went because of their own times.
    pub expired_fields: u64,
    /// Expired by the active cycle, among `expired`.
    pub expired_active: u64,
    /// Values dropped in slices rather than at once.
    pub lazyfreed: u64,
}

/// All databases of a server.
pub struct Keyspace {
    dbs: Vec<Database>,
    hasher: Hasher64,
    /// Databases that were flushed away and are dropped in slices by `tick`.
    graveyard: Vec<ds::table::Table<Value>>,
    /// What was due in flushed databases, dropped likewise.
    forgotten: Vec<DueIndex>,
    /// Large values that were removed or replaced and are dropped in slices by `tick`.
    heavy: Vec<Value>,
    pub access: AccessPolicy,
    /// At which size collections change their forms.
    pub forms: Forms,
    /// Lends its memory to a packed collection while it is edited.
    scratch: Vec<u8>,
    pub stats: KeyspaceStats,
    /// Where the active expiry cycle goes on, a database index.
    expire_cursor: usize,
    /// The same of the cycle that expires parts of values.
    due_cursor: u32,
    /// DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: bool,
    /// `lazyfree-lazy-expire`: an expired key is told to others as UNLINK rather than DEL.
    pub lazy_expire: bool,
    snapshot: Option<Box<snapshot::Snapshot>>,
    /// What new entries of all databases are marked with.
    snapshot_bit: bool,
}

impl Keyspace {
    /// `databases` empty databases, whose hash is keyed by `random`.
    pub fn new(databases: usize, random: &mut Random) -> Self {
        let hasher = Hasher64::new(random.next_u64(), random.next_u64());
        Keyspace {
            dbs: (0..databases).map(|_| Database::new(hasher, false)).collect(),
            hasher,
            graveyard: Vec::new(),
            forgotten: Vec::new(),
            heavy: Vec::new(),
            access: AccessPolicy::default(),
            forms: Forms::new(hasher),
            scratch: Vec::new(),
            stats: KeyspaceStats::default(),
            expire_cursor: 0,
            due_cursor: 0,
            active_expire: true,
            lazy_expire: false,
            snapshot: None,
            snapshot_bit: false,
        }
    }

    pub fn databases(&self) -> u32 {
        self.dbs.len() as u32
    }

    pub fn db(&self, index: u32) -> &Database {
        &self.dbs[index as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &Database)> {
        self.dbs.iter().enumerate().map(|(i, db)| (i as u32, db))
    }

    /// The database whose turn it is to have due parts of values removed.
    pub(crate) fn next_due_database(&mut self) -> u32 {
        let db = self.due_cursor % self.databases();
        self.due_cursor = db + 1;
        db
    }

    /// The command by which others are told that a key expired.
    pub fn expiry_verb(&self) -> &'static [u8] {
        if self.lazy_expire { b"UNLINK" } else { b"DEL" }
    }

    /// Bytes that the tables own.
    pub fn memory(&self) -> usize {
        self.dbs.iter().map(|db| db.memory()).sum::<usize>()
            + self.graveyard.iter().map(|table| table.memory()).sum::<usize>()
            + self.snapshot.as_ref().map_or(0, |snapshot| snapshot.memory())
    }

    /// Empties a database and returns how many keys it held. The old table is dropped in slices.
    pub fn flush(&mut self, index: u32) -> usize {
        let fresh = Database::new(self.hasher, self.snapshot_bit);
        let old = std::mem::replace(&mut self.dbs[index as usize], fresh);
        let keys = old.len();
        let (table, due) = old.into_parts();
        self.forgotten.extend(Some(due).filter(|due| !due.is_empty()));
        self.detach(index, table);
        keys
    }

    /// SWAPDB: exchanges the contents of two databases.
    pub fn swap(&mut self, a: u32, b: u32) {
        self.dbs.swap(a as usize, b as usize);
        self.swap_homes(a, b);
    }

    /// Takes a value that nobody holds any more: dropped now, or in slices if it is large.
    pub(crate) fn retire(&mut self, value: Option<Value>) {
        self.heavy.extend(value.filter(Value::is_large));
    }

    /// Drops a share of what waits to be dropped: up to `budget` parts of a large value, else up to `budget` entries
    /// of
    /// a flushed database. True when more is left.
    pub fn bury(&mut self, budget: usize) -> bool {
        if let Some(value) = self.heavy.last_mut() {
            if !value.drain_step(budget) {
                self.heavy.pop();
                self.stats.lazyfreed += 1;
            }
            return self.pending_drops() > 0;
        }
        if let Some(due) = self.forgotten.last_mut() {
            if !due.drain_step(budget) {
                self.forgotten.pop();
            }
            return true;
        }
        let Some(table) = self.graveyard.last_mut() else { return false };
        let before = table.len();
        if !table.drain_step(budget) {
            self.graveyard.pop();
            self.stats.lazyfreed += before as u64;
        } else {
            self.stats.lazyfreed += (before - table.len()) as u64;
        }
        !self.graveyard.is_empty()
    }

    /// Values that wait to be dropped, INFO lazyfree_pending_objects.
    pub fn pending_drops(&self) -> usize {
        self.heavy.len() + self.graveyard.iter().map(|table| table.len()).sum::<usize>()
    }
}
