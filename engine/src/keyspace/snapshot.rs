//! A snapshot of all databases at one moment, taken without fork while writes go on.
//!
//! Every entry has one bit. When no snapshot runs, all entries have the current one. Beginning a snapshot flips
//! what "current" means, so that at once every entry counts as unvisited and every entry stored from then on
//! as visited:
//!
//! ```text
//!   begin       flip the current bit of every table
//!   cursor      in scan order, a budget per call: an unvisited entry is written out and marked
//!   change      of an unvisited entry: its pre-image is written out first, and it is marked
//!   FLUSHDB     the old table is handed to the snapshot, which visits the rest of it and buries it
//!   SWAPDB      entries are written under the database they were in at the beginning
//! ```
//!
//! Each entry of the moment of the beginning is thus written exactly once, as it was then. What is written are
//! RDB records; the caller takes the bytes away and decides when to go on, which bounds memory by what it
//! keeps and by the pre-images of what is written to meanwhile.
//!
//! What must never happen: a change that reaches an unvisited entry before its pre-image was written; an
//! entry written twice (Redis refuses such a file); two snapshots at once.

use super::{Database, Keyspace, Value};
use crate::persist::entry::write_entry;
use crate::persist::rdb::Writer;
use ds::table::{Entry, Hash, Table};

/// Entries visited between two looks at how much has been written.
const STRIDE: usize = 16;

/// Where the entries of a database of the moment of the beginning are now.
enum Home {
    /// In the database of this number, which differs from theirs after SWAPDB.
    Database(u32),
    /// In a table that was flushed away.
    Detached(Box<Table<Value>>),
    /// All visited, or no longer worth a visit.
    Gone,
}

/// How far a snapshot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to visit.
    Running,
    /// Everything has been written and taken, the end mark included.
    Finished,
}

pub(super) struct Snapshot {
    writer: Writer,
    /// Whether the checksum at the end is a real one (`rdbchecksum`).
    checksum: bool,
    /// Nobody wants it any more: entries are only marked, until the next snapshot may begin.
    muted: bool,
    homes: Vec<Home>,
    /// For each database, the one its unvisited entries were in at the beginning.
    origins: Vec<Option<u32>>,
    /// The database being visited, as numbered at the beginning, and where in it.
    at: usize,
    cursor: u64,
    /// The database that the record written last is in.
    selected: Option<u32>,
    /// Per database, keys and volatile keys at the beginning.
    sizes: Vec<(u64, u64)>,
    written: u64,
}

impl Snapshot {
    /// Writes the pre-image of an entry that is about to change, unless it has been visited.
    pub fn before_change(&mut self, table: &mut Table<Value>, db: u32, hash: Hash, key: &[u8]) {
        let Some(origin) = self.origins[db as usize].filter(|_| !self.muted) else { return };
        let bit = table.current_bit();
        let Some(mut entry) = table.get_mut(hash, key) else { return };
        if entry.snapshot_bit() != bit {
            self.write(origin, &entry.view());
            entry.set_snapshot_bit(bit);
        }
    }

    /// The same for an entry that is about to be removed and is already at hand.
    pub fn before_removal(&mut self, entry: &Entry<'_, Value>, db: u32, bit: bool) {
        let Some(origin) = self.origins[db as usize].filter(|_| !self.muted) else { return };
        if entry.snapshot_bit() != bit {
            self.write(origin, entry);
        }
    }

    fn write(&mut self, origin: u32, entry: &Entry<'_, Value>) {
        if self.selected != Some(origin) {
            self.writer.select_db(origin as u64);
            // The hint stands once per database; records of one may come in several runs.
            let (keys, expires) = std::mem::take(&mut self.sizes[origin as usize]);
            if keys > 0 {
                self.writer.resize_db(keys, expires);
            }
            self.selected = Some(origin);
        }
        write_entry(&mut self.writer, entry);
        self.written += 1;
    }

    /// Visits up to `keys` entries, fewer once `bytes` wait to be taken. True when all have been visited.
    fn visit(
        &mut self,
        dbs: &mut [Database],
        graveyard: &mut Vec<Table<Value>>,
        keys: usize,
        bytes: usize,
    ) -> bool {
        let mut left = keys;
        while self.at < self.homes.len() && left > 0 && self.writer.pending() < bytes {
            let mut home = std::mem::replace(&mut self.homes[self.at], Home::Gone);
            let table = match &mut home {
                Home::Database(db) => dbs[*db as usize].table_mut(),
                Home::Detached(table) => table,
                Home::Gone => {
                    (self.at, self.cursor) = (self.at + 1, 0);
                    continue;
                }
            };
            let (bit, origin) = (table.current_bit(), self.at as u32);
            let mut visited = 0;
            self.cursor = table.scan_mut(self.cursor, STRIDE.min(left), &mut |mut entry| {
                visited += 1;
                if entry.snapshot_bit() != bit {
                    if !self.muted {
                        self.write(origin, &entry.view());
                    }
                    entry.set_snapshot_bit(bit);
                }
            });
            // An empty stretch costs a look as well.
            left = left.saturating_sub(visited.max(1));
            if self.cursor != 0 {
                self.homes[self.at] = home;
                continue;
            }
            match home {
                Home::Database(db) => self.origins[db as usize] = None,
                Home::Detached(table) => graveyard.push(*table),
                Home::Gone => {}
            }
            self.at += 1;
        }
        self.at == self.homes.len()
    }

    /// Takes in a table that is being flushed away; gives it back if nothing in it is of interest.
    fn adopt(&mut self, db: u32, table: Table<Value>) -> Option<Table<Value>> {
        let Some(origin) = self.origins[db as usize].take() else { return Some(table) };
        // Where nobody reads the snapshot, the bits of a buried table do not matter.
        let (home, rest) =
            if self.muted { (Home::Gone, Some(table)) } else { (Home::Detached(Box::new(table)), None) };
        self.homes[origin as usize] = home;
        rest
    }

    pub(super) fn memory(&self) -> usize {
        let detached = |home: &Home| match home {
            Home::Detached(table) => table.memory(),
            _ => 0,
        };
        self.writer.pending() + self.homes.iter().map(detached).sum::<usize>()
    }
}

impl Keyspace {
    /// Begins a snapshot of this moment; `writer` holds what stands before the first record. False, and nothing
    /// begins, while an earlier one has not come to its end.
    pub fn begin_snapshot(&mut self, writer: Writer, checksum: bool) -> bool {
        if self.snapshot.is_some() {
            return false;
        }
        self.snapshot_bit = !self.snapshot_bit;
        for db in &mut self.dbs {
            db.table_mut().set_current_bit(self.snapshot_bit);
        }
        let count = self.dbs.len() as u32;
        self.snapshot = Some(Box::new(Snapshot {
            writer,
            checksum,
            muted: false,
            homes: (0..count).map(Home::Database).collect(),
            origins: (0..count).map(Some).collect(),
            at: 0,
            cursor: 0,
            selected: None,
            sizes: self.dbs.iter().map(|db| (db.len() as u64, db.volatile_len() as u64)).collect(),
            written: 0,
        }));
        true
    }

    /// Whether a snapshot may begin.
    pub fn snapshot_idle(&self) -> bool {
        self.snapshot.is_none()
    }

    /// Entries written by the running snapshot.
    pub fn snapshot_written(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.written)
    }

    /// Bytes that the running snapshot has written and nobody has taken.
    pub fn snapshot_pending(&self) -> usize {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.writer.pending())
    }

    /// Takes what the running snapshot has written so far: after a unit, the pre-images of what it changed.
    pub fn take_snapshot(&mut self) -> Vec<u8> {
        self.snapshot.as_mut().map_or_else(Vec::new, |snapshot| snapshot.writer.take())
    }

    /// Visits up to `keys` entries, fewer if more than `bytes` get written, and hands out all bytes written since
    /// the last time. The snapshot is over with `Finished`.
    ///
    /// Panics without a running snapshot.
    pub fn advance_snapshot(&mut self, keys: usize, bytes: usize) -> (Vec<u8>, Progress) {
        let snapshot = self.snapshot.as_mut().expect("a snapshot was begun");
        assert!(!snapshot.muted, "an aborted snapshot has no reader");
        if !snapshot.visit(&mut self.dbs, &mut self.graveyard, keys, bytes) {
            return (snapshot.writer.take(), Progress::Running);
        }
        snapshot.writer.end(snapshot.checksum);
        let bytes = snapshot.writer.take();
        self.snapshot = None;
        (bytes, Progress::Finished)
    }

    /// Gives the running snapshot up. Its entries are still marked, in slices by `tick`, before another may begin.
    pub fn abort_snapshot(&mut self) {
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.muted = true;
            snapshot.writer = Writer::default();
            for home in &mut snapshot.homes {
                if let Home::Detached(_) = home
                    && let Home::Detached(table) = std::mem::replace(home, Home::Gone)
                {
                    self.graveyard.push(*table);
                }
            }
        }
    }

    /// Marks up to `keys` entries on behalf of a snapshot that was given up. True while there are more.
    pub fn finish_aborted_snapshot(&mut self, keys: usize) -> bool {
        let Some(snapshot) = self.snapshot.as_mut().filter(|snapshot| snapshot.muted) else { return false };
        if snapshot.visit(&mut self.dbs, &mut self.graveyard, keys, usize::MAX) {
            self.snapshot = None;
        }
        self.snapshot.is_some()
    }

    /// A table was flushed away: it goes to the snapshot if that has not visited all of it, else it is buried.
    pub(super) fn detach(&mut self, db: u32, table: Table<Value>) {
        let rest = match &mut self.snapshot {
            Some(snapshot) => snapshot.adopt(db, table),
            None => Some(table),
        };
        self.graveyard.extend(rest.filter(|table| !table.is_empty()));
    }

    /// Two databases changed places.
    pub(super) fn swap_homes(&mut self, a: u32, b: u32) {
        let Some(snapshot) = &mut self.snapshot else { return };
        snapshot.origins.swap(a as usize, b as usize);
        for db in [a, b] {
            if let Some(origin) = snapshot.origins[db as usize] {
                snapshot.homes[origin as usize] = Home::Database(db);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::ExpiryRule;
    use crate::keyspace::value::kind;
    use crate::persist::rdb::{Decoder, Event};
    use crate::time::{Millis, Now};
    use ds::table::{NewValue, SetExpiry};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const DATABASES: usize = 3;

    /// Database and key, to value and expiry.
    type Model = BTreeMap<(u32, Vec<u8>), (Vec<u8>, Option<i64>)>;

    #[derive(Clone, Debug)]
    enum Step {
        Put { db: u32, key: u16, value: u8, long: bool, ttl: Option<i64> },
        Remove { db: u32, key: u16 },
        Expire { db: u32, key: u16, ttl: Option<i64> },
        Edit { db: u32, key: u16 },
        Flush { db: u32 },
        Swap { a: u32, b: u32 },
        Due { budget: usize },
        Read { db: u32, key: u16 },
        Visit { keys: usize },
        Wait,
        Abort,
    }

    fn step() -> impl Strategy<Value = Step> {
        let db = || 0..DATABASES as u32;
        let key = || 0..200u16;
        let ttl = || proptest::option::of(-5..20i64);
        prop_oneof![
            8 => (db(), key(), any::<u8>(), any::<bool>(), ttl())
                .prop_map(|(db, key, value, long, ttl)| Step::Put { db, key, value, long, ttl }),
            4 => (db(), key()).prop_map(|(db, key)| Step::Remove { db, key }),
            4 => (db(), key(), ttl()).prop_map(|(db, key, ttl)| Step::Expire { db, key, ttl }),
            4 => (db(), key()).prop_map(|(db, key)| Step::Edit { db, key }),
            1 => db().prop_map(|db| Step::Flush { db }),
            1 => (db(), db()).prop_map(|(a, b)| Step::Swap { a, b }),
            2 => (1..20usize).prop_map(|budget| Step::Due { budget }),
            2 => (db(), key()).prop_map(|(db, key)| Step::Read { db, key }),
            6 => (1..40usize).prop_map(|keys| Step::Visit { keys }),
            1 => Just(Step::Wait),
            1 => Just(Step::Abort),
        ]
    }

    fn name(key: u16) -> Vec<u8> {
        format!("key:{key}").into_bytes()
    }

    struct World {
        engine: Engine,
        now: Now,
    }

    impl World {
        fn new() -> World {
            World { engine: Engine::new(DATABASES, 7), now: Now { wall_us: 1_000_000_000, mono_us: 0 } }
        }

        fn apply(&mut self, step: &Step) {
            let now = self.now;
            let now_ms = now.wall_ms().0;
            self.engine.effects.clear();
            match *step {
                Step::Put { db, key, value, long, ttl } => {
                    let bytes = vec![value; if long { 1000 } else { 3 }];
                    let expiry = ttl.map_or(SetExpiry::Clear, |ttl| SetExpiry::At(now_ms + ttl));
                    let new = match long {
                        true => NewValue::Object(Value::Text(bytes)),
                        false => NewValue::Inline { kind: kind::TEXT, bytes: &bytes },
                    };
                    self.engine.keys(now, db, ExpiryRule::Remove).put(&name(key), new, expiry);
                }
                Step::Remove { db, key } => {
                    self.engine.keys(now, db, ExpiryRule::Remove).remove(&name(key));
                }
                Step::Expire { db, key, ttl } => {
                    let at = ttl.map(|ttl| Millis(now_ms + ttl));
                    self.engine.keys(now, db, ExpiryRule::Remove).set_expiry(&name(key), at);
                }
                Step::Edit { db, key } => {
                    let mut keys = self.engine.keys(now, db, ExpiryRule::Remove);
                    keys.bytes_mut(&name(key), |kind, bytes| {
                        bytes[0] ^= 1;
                        Some(kind)
                    });
                    keys.object_mut(&name(key), |value| match value {
                        Value::Text(text) => text.push(b'!'),
                        other => unreachable!("no other type is stored here: {other:?}"),
                    });
                }
                Step::Flush { db } => drop(self.engine.keyspace.flush(db)),
                Step::Swap { a, b } => self.engine.keyspace.swap(a, b),
                Step::Due { budget } => {
                    self.engine.tick(now, budget);
                }
                Step::Read { db, key } => {
                    let _ = self.engine.keys(now, db, ExpiryRule::Remove).peek(&name(key));
                }
                Step::Wait => self.now.wall_us += 10_000,
                Step::Visit { .. } | Step::Abort => {}
            }
        }

        fn state(&self) -> Model {
            let mut model = Model::new();
            for (db, database) in self.engine.keyspace.iter() {
                for entry in database.table().iter() {
                    let text = crate::families::string::value::Text::view(entry.value()).expect("a string");
                    model.insert((db, entry.key().to_vec()), (text.to_vec(), entry.expiry()));
                }
            }
            model
        }

        fn begin(&mut self) -> bool {
            let mut writer = Writer::new(true);
            writer.magic();
            self.engine.keyspace.begin_snapshot(writer, true)
        }
    }

    use crate::keyspace::Typed;

    fn decoded(bytes: &[u8]) -> Model {
        let (mut decoder, mut model, mut db) = (Decoder::new(), Model::new(), 0);
        decoder.push(bytes);
        while let Some(event) = decoder.next_event().expect("a snapshot is valid RDB") {
            match event {
                Event::SelectDb(n) => db = n as u32,
                Event::Entry(entry) => {
                    let text = entry.reader().string().expect("a string").into_owned();
                    let expiry = entry.attributes.expiry.map(|at| at.0);
                    let before = model.insert((db, entry.key.into_owned()), (text, expiry));
                    assert!(before.is_none(), "a key was written twice");
                }
                Event::End(checksum) => assert_eq!(checksum, crate::persist::rdb::Checksum::Right),
                _ => {}
            }
        }
        decoder.finish().expect("a snapshot is whole");
        model
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_snapshot_is_the_state_at_its_beginning_whatever_happens_meanwhile(
            before in proptest::collection::vec(step(), 0..300),
            during in proptest::collection::vec(step(), 0..300),
            after in proptest::collection::vec(step(), 0..60),
        ) {
            let mut world = World::new();
            before.iter().for_each(|step| world.apply(step));
            for steps in [&during, &after] {
                let expected = world.state();
                prop_assert!(world.begin());
                prop_assert!(!world.begin());
                let (mut bytes, mut state) = (Vec::new(), Progress::Running);
                for step in steps {
                    match step {
                        Step::Visit { keys } if state == Progress::Running => {
                            let (more, progress) = world.engine.keyspace.advance_snapshot(*keys, 4096);
                            (bytes, state) = ([bytes, more].concat(), progress);
                        }
                        Step::Abort if state == Progress::Running => {
                            // A second attempt at once has to wait for the marks of the first.
                            world.engine.keyspace.abort_snapshot();
                            break;
                        }
                        step => world.apply(step),
                    }
                }
                if !world.engine.keyspace.snapshot_idle() && !world.begin() {
                    let aborted = world.engine.keyspace.snapshot.as_ref().is_some_and(|s| s.muted);
                    while aborted && world.engine.keyspace.finish_aborted_snapshot(5) {}
                    if aborted {
                        continue;
                    }
                }
                while state == Progress::Running {
                    let (more, progress) = world.engine.keyspace.advance_snapshot(50, 4096);
                    (bytes, state) = ([bytes, more].concat(), progress);
                }
                prop_assert_eq!(decoded(&bytes), expected);
            }
        }
    }

    #[test]
    fn a_step_writes_no_more_than_asked_for() {
        let mut world = World::new();
        for key in 0..200 {
            world.apply(&Step::Put { db: 0, key, value: b'x', long: true, ttl: None });
        }
        world.begin();
        // Compression makes a thousand equal bytes small; the budget of keys binds first, then that of bytes.
        let (_, progress) = world.engine.keyspace.advance_snapshot(10, usize::MAX);
        assert_eq!((progress, world.engine.keyspace.snapshot_written()), (Progress::Running, 10));
        let (bytes, _) = world.engine.keyspace.advance_snapshot(100, 100);
        assert!(bytes.len() < 100 + STRIDE * 1100, "{} bytes", bytes.len());
        assert!(world.engine.keyspace.snapshot_written() < 30);
    }
}
