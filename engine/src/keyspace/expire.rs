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
        let mut left = budget;
        for _ in 0..databases {
            let index = self.expire_cursor % databases;
            if self.dbs[index].volatile_len() > 0 {
                let mut removed = 0;
                let due = self.take_due(index as u32, now, left, &mut |key| {
                    removed += 1;
                    record_expired(effects, index as u32, key);
                });
                self.stats.expired += removed as u64;
                self.stats.expired_active += removed as u64;
                left = left.saturating_sub(removed);
                if due.more {
                    return true;
                }
            }
            self.expire_cursor = index + 1;
        }
        false
    }

    /// A bound on the next time a key falls due; nothing is due before it.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.dbs.iter().filter_map(|db| db.table().next_expiry_bound()).min().map(Millis)
    }
}
