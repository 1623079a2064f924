//! WATCH: which sessions wait for which keys to stay as they are.
//!
//! ```text
//!   WATCH k ─▶ keys[db][k] += session          Changed k, Replaced db ─▶ dirty += session
//!   EXEC    ─▶ is the session dirty, or has one of its keys expired? then it answers null; it forgets its keys
//! ```
//!
//! Creating and removing a key within one unit leaves it as absent as it was; that dirties nobody. Nor does the
//! removal of a key whose time had passed when it was first watched.

use crate::session::Session;
use std::collections::{BTreeMap, BTreeSet};

/// A key that a session watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub db: u32,
    pub key: Box<[u8]>,
    /// Whether it was there when it was first watched.
    pub existed: bool,
}

/// Of one database, the keys with the ids of those who watch them, and whether the key was there then.
type Watchers = BTreeMap<Box<[u8]>, Vec<(u64, bool)>>;

/// All watched keys, by database, with the ids of the sessions that watch them.
#[derive(Debug, Default)]
pub struct Watches {
    keys: BTreeMap<u32, Watchers>,
    dirty: BTreeSet<u64>,
}

impl Watches {
    /// Whether anyone watches anything; changes are recorded only then.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many sessions watch and how many keys are watched, for INFO.
    pub fn counts(&self) -> (usize, usize) {
        let watchers: BTreeSet<u64> =
            self.keys.values().flat_map(|keys| keys.values().flatten().map(|(id, _)| *id)).collect();
        (watchers.len(), self.keys.values().map(BTreeMap::len).sum())
    }

    /// Adds a key to those that a session watches.
    pub fn watch(&mut self, session: &mut Session, db: u32, key: &[u8], existed: bool) {
        if session.watched.iter().any(|watched| watched.db == db && *watched.key == *key) {
            return;
        }
        let watchers = self.keys.entry(db).or_default().entry(key.into()).or_default();
        watchers.push((session.id, existed));
        session.watched.push(Watched { db, key: key.into(), existed });
    }

    /// A session stops watching, for good or ill.
    pub fn forget(&mut self, session: &mut Session) {
        for Watched { db, key, .. } in session.watched.drain(..) {
            let Some(keys) = self.keys.get_mut(&db) else { continue };
            if let Some(watchers) = keys.get_mut(&key) {
                watchers.retain(|(id, _)| *id != session.id);
                if watchers.is_empty() {
                    keys.remove(&key);
                }
            }
            if keys.is_empty() {
                self.keys.remove(&db);
            }
        }
        self.dirty.remove(&session.id);
    }

    /// A key changed in a unit that left it there, or not.
    pub fn touched(&mut self, db: u32, key: &[u8], exists: bool) {
        let Some(watchers) = self.keys.get(&db).and_then(|keys| keys.get(key)) else { return };
        self.dirty.extend(watchers.iter().filter(|(_, existed)| *existed || exists).map(|(id, _)| *id));
    }

    /// The whole content of a database changed. `exists` tells what is there now.
    pub fn replaced(&mut self, db: u32, exists: impl Fn(&[u8]) -> bool) {
        for (key, watchers) in self.keys.get(&db).into_iter().flatten() {
            let now = exists(key);
            self.dirty.extend(watchers.iter().filter(|(_, existed)| *existed || now).map(|(id, _)| *id));
        }
    }

    /// Whether a key that the session watches has changed.
    pub fn is_dirty(&self, session: &Session) -> bool {
        self.dirty.contains(&session.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_watch_the_key_hear_of_it_and_forgetting_leaves_nothing() {
        let mut watches = Watches::default();
        let (mut a, mut b) = (Session::new(1), Session::new(2));
        watches.watch(&mut a, 0, b"k", true);
        watches.watch(&mut a, 0, b"k", true);
        watches.watch(&mut a, 1, b"k", false);
        watches.watch(&mut b, 0, b"other", false);
        assert_eq!(watches.counts(), (2, 3));
        watches.touched(0, b"nobody", true);
        watches.touched(1, b"k", false);
        assert!(!watches.is_dirty(&a) && !watches.is_dirty(&b));
        watches.touched(0, b"k", false);
        assert!(watches.is_dirty(&a) && !watches.is_dirty(&b));
        watches.replaced(0, |key| key == b"other");
        assert!(watches.is_dirty(&b));
        watches.forget(&mut a);
        watches.forget(&mut b);
        assert!(watches.is_empty() && !watches.is_dirty(&a) && a.watched.is_empty());
        assert!(watches.dirty.is_empty());
    }
}
