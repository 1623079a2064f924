//! Which values have parts that fall due by themselves, and when: hashes whose fields have times.
//!
//! One index per database, ordered by time. An entry is the time of the value's next part and the hash of its key,
//! which finds the key again (`Table::with_hash`). Only values with times stand in it, so a database without any
//! pays one look at an empty set per change. Every change of an entry passes through `change`, which keeps the index
//! in step; nobody else touches it.
//!
//! ```text
//!   change ── the value before: due at 5 ──▶ forget (5, hash of the key)
//!          ── the value after: due at 9  ──▶ note   (9, hash of the key)
//!   tick   ── the first entries, while their time has passed ──▶ the family removes what is due
//! ```
//!
//! Should two keys ever agree in time and in all 64 bits of their keyed hash, one of them waits until somebody reads
//! it.

use crate::time::Millis;
use ds::table::Hash;
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub struct DueIndex {
    entries: BTreeSet<(i64, Hash)>,
}

impl DueIndex {
    /// Values with parts that fall due.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes owned, roughly: a set's nodes are three quarters full.
    pub fn memory(&self) -> usize {
        self.entries.len() * size_of::<(i64, Hash)>() * 4 / 3
    }

    /// The next part of the value of this key was due at `old` and is due at `new`.
    pub fn moved(&mut self, hash: Hash, old: Option<i64>, new: Option<i64>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.entries.remove(&(old, hash));
        }
        if let Some(new) = new {
            self.entries.insert((new, hash));
        }
    }

    /// The first value, if one of its parts is due.
    pub fn first(&self, now: Millis) -> Option<(i64, Hash)> {
        self.entries.first().copied().filter(|(time, _)| *time < now.0)
    }

    /// When the first part is due.
    pub fn next(&self) -> Option<Millis> {
        self.entries.first().map(|(time, _)| Millis(*time))
    }

    /// Drops up to `budget` entries of an index that is no longer needed; true while there are more.
    pub fn drain_step(&mut self, budget: usize) -> bool {
        for _ in 0..budget {
            if self.entries.pop_first().is_none() {
                return false;
            }
        }
        !self.is_empty()
    }
}
