//! Active expiry: keys whose time has passed and that nobody asks for.
//!
//! The table keeps, per segment, a bound on the earliest expiry in it, so that the cycle visits only
//! segments that hold something due and takes all of it out in one pass. Work is bounded by a number of
//! keys per call; the caller decides how often to come back.

use super::Keyspace;
use super::keys::record_expired;
use crate::effect::Effects;
use crate::time::Millis;

impl Keyspace {
    /// Removes up to `budget` keys that are due at `now`, over all databases in turn. True when it stopped
    /// because the budget was spent.
    pub fn expire_due(&mut self, now: Millis, budget: usize, effects: &mut Effects) -> bool {
        if !self.active_expire {
            return false;
        }
        let databases = self.dbs.len();
        let verb = self.expiry_verb();
        let mut left = budget;
        for _ in 0..databases {
            let index = self.expire_cursor % databases;
            // The next call begins with the next database, or a busy one would starve the others.
            self.expire_cursor = index + 1;
            if self.dbs[index].volatile_len() > 0 {
                let mut removed = 0;
                let due = self.take_due(index as u32, now, left, &mut |key| {
                    removed += 1;
                    record_expired(effects, verb, index as u32, key);
                });
                self.stats.expired += removed as u64;
                self.stats.expired_active += removed as u64;
                left = left.saturating_sub(removed);
                if due.more {
                    return true;
                }
            }
        }
        false
    }

    /// A bound on the next time a key falls due; nothing is due before it.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.dbs.iter().filter_map(|db| db.table().next_expiry_bound()).min().map(Millis)
    }
}

#[cfg(test)]
mod tests {
    use crate::effect::{Effect, Interest};
    use crate::engine::Engine;
    use crate::keyspace::{ExpiryRule, NewValue};
    use crate::time::Now;
    use ds::table::SetExpiry;

    const LATER: Now = Now { wall_us: 10_000_000, mono_us: 10_000_000 };

    /// An engine with so many keys per database that are due `LATER`, and one key in each that never is.
    fn filled(per_database: &[usize]) -> Engine {
        let mut engine = Engine::new(per_database.len(), 3);
        for (db, count) in per_database.iter().enumerate() {
            let mut keys = engine.keys(Now::default(), db as u32, ExpiryRule::Remove);
            keys.put(b"stays", NewValue::Inline { kind: 0, bytes: b"v" }, SetExpiry::Clear);
            for n in 0..*count {
                let key = format!("key:{n}");
                keys.put(key.as_bytes(), NewValue::Inline { kind: 0, bytes: b"v" }, SetExpiry::At(9_999));
            }
        }
        engine.effects.clear();
        engine
    }

    #[test]
    fn a_million_keys_due_at_once_go_in_slices() {
        let mut engine = filled(&[1_000_000]);
        let mut slices = 0;
        loop {
            let before = engine.keyspace.stats.expired;
            let more = engine.tick(LATER, 512);
            slices += 1;
            assert!(engine.keyspace.stats.expired - before <= 512, "a slice keeps to its budget");
            engine.effects.clear();
            if !more {
                break;
            }
        }
        assert_eq!((engine.keyspace.stats.expired_active, engine.keyspace.db(0).len()), (1_000_000, 1));
        assert!(slices <= 4_000, "{slices} slices: most of them use their budget");
    }

    #[test]
    fn a_busy_database_does_not_starve_the_others() {
        let mut engine = filled(&[100_000, 300, 300]);
        for _ in 0..12 {
            engine.tick(LATER, 512);
        }
        let left: Vec<usize> = engine.keyspace.iter().map(|(_, db)| db.len()).collect();
        assert!(left[0] > 90_000 && left[1..] == [1, 1], "{left:?}");
    }

    #[test]
    fn every_removal_is_told_and_nothing_else_is_removed() {
        let mut engine = filled(&[3, 0, 2]);
        engine.effects.interest = Interest::ALL;
        assert!(
            !engine.tick(Now { wall_us: 9_999_000, mono_us: 0 }, 512),
            "the last millisecond still counts"
        );
        assert!(engine.effects.is_empty());
        engine.tick(LATER, 512);
        let (mut told, mut notified) = (Vec::new(), 0);
        for effect in engine.effects.iter() {
            match effect {
                Effect::Propagate { db, argv } => {
                    assert_eq!(&argv[0], b"DEL");
                    told.push((db, String::from_utf8_lossy(&argv[1]).into_owned()));
                }
                Effect::Notify { event: "expired", .. } => notified += 1,
                _ => {}
            }
        }
        told.sort();
        let expected = [(0, "key:0"), (0, "key:1"), (0, "key:2"), (2, "key:0"), (2, "key:1")];
        assert_eq!(told, expected.map(|(db, key)| (db, key.to_string())));
        assert_eq!(notified, 5);
    }

    #[test]
    fn a_replica_and_a_switched_off_cycle_leave_expired_keys_alone() {
        let mut engine = filled(&[10]);
        engine.mode.replica = true;
        assert!(!engine.tick(LATER, 512));
        engine.mode.replica = false;
        engine.keyspace.active_expire = false;
        assert!(!engine.tick(LATER, 512));
        assert_eq!(engine.keyspace.db(0).len(), 11);
    }
}
