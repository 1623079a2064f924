//! The 23-bit access clock of an entry: either the second it was last used (LRU) or how often (LFU).
//!
//! ```text
//!   LRU   | 23 bits: seconds since the epoch, modulo 2^23 (97 days)           |
//!   LFU   | 15 bits: minutes, modulo 2^15 (22 days) | 8 bits: logarithmic use |
//! ```
//!
//! The LFU counter grows with probability `1 / ((counter - 5) * factor + 1)` and loses one per
//! `decay` minutes of rest, as Redis documents for its own (see "LFU mode" of its eviction page).

use crate::random::Random;

const CLOCK_BITS: u32 = 23;
const CLOCK_MASK: u32 = (1 << CLOCK_BITS) - 1;
const MINUTE_MASK: u32 = (1 << 15) - 1;
/// A fresh key starts here, so that it is not evicted before it had a chance.
const LFU_INITIAL: u32 = 5;

/// What the access clock of an entry means, from `maxmemory-policy` and its parameters.
#[derive(Clone, Copy, Debug)]
pub struct AccessPolicy {
    pub lfu: bool,
    /// `lfu-log-factor`.
    pub log_factor: u32,
    /// `lfu-decay-time`, in minutes; 0 never decays.
    pub decay_minutes: u32,
}

impl Default for AccessPolicy {
    fn default() -> Self {
        AccessPolicy { lfu: false, log_factor: 10, decay_minutes: 1 }
    }
}

impl AccessPolicy {
    /// The clock of an entry made now.
    pub fn fresh(&self, now_s: i64) -> u32 {
        if self.lfu { (minutes(now_s) << 8) | LFU_INITIAL } else { now_s as u32 & CLOCK_MASK }
    }

    /// The clock of an entry that is used now.
    pub fn touched(&self, clock: u32, now_s: i64, random: &mut Random) -> u32 {
        if !self.lfu {
            return now_s as u32 & CLOCK_MASK;
        }
        let counter = self.frequency(clock, now_s);
        let excess = f64::from(counter.saturating_sub(LFU_INITIAL));
        let grows = counter < 255 && random.unit() < 1.0 / (excess * f64::from(self.log_factor) + 1.0);
        (minutes(now_s) << 8) | (counter + grows as u32)
    }

    /// Seconds since the last use (LRU).
    pub fn idle_s(&self, clock: u32, now_s: i64) -> i64 {
        ((now_s as u32).wrapping_sub(clock) & CLOCK_MASK) as i64
    }

    /// The decayed use counter (LFU), 0 to 255.
    pub fn frequency(&self, clock: u32, now_s: i64) -> u32 {
        let rested = minutes(now_s).wrapping_sub(clock >> 8) & MINUTE_MASK;
        let lost = rested.checked_div(self.decay_minutes).unwrap_or(0);
        (clock & 255).saturating_sub(lost)
    }

    /// The clock that shows the given idle time (LRU), as RESTORE and RDB set it.
    pub fn clock_of_idle(&self, idle_s: u64, now_s: i64) -> u32 {
        (now_s as u32).wrapping_sub(idle_s.min(CLOCK_MASK as u64) as u32) & CLOCK_MASK
    }

    /// The clock that shows the given frequency (LFU).
    pub fn clock_of_frequency(&self, frequency: u8, now_s: i64) -> u32 {
        (minutes(now_s) << 8) | frequency as u32
    }
}

fn minutes(now_s: i64) -> u32 {
    (now_s / 60) as u32 & MINUTE_MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lru_measures_idle_seconds_across_the_wrap() {
        let policy = AccessPolicy::default();
        let wrap = (1i64 << 23) * 200;
        let clock = policy.fresh(wrap - 10);
        assert_eq!(policy.idle_s(clock, wrap + 5), 15);
    }

    #[test]
    fn lfu_grows_with_use_and_decays_with_rest() {
        let policy = AccessPolicy { lfu: true, ..AccessPolicy::default() };
        let mut random = Random::new(3);
        let mut clock = policy.fresh(0);
        assert_eq!(policy.frequency(clock, 0), 5);
        (0..1000).for_each(|_| clock = policy.touched(clock, 0, &mut random));
        let used = policy.frequency(clock, 0);
        assert!((10..=30).contains(&used), "a thousand uses count {used}");
        assert_eq!(policy.frequency(clock, 3 * 60), used - 3);
    }

    #[test]
    fn the_greatest_factor_stops_growth() {
        let policy = AccessPolicy { lfu: true, log_factor: i32::MAX as u32, decay_minutes: 0 };
        let busy = policy.clock_of_frequency(200, 0);
        let touched = policy.touched(busy, 0, &mut Random::new(3));
        assert_eq!(policy.frequency(touched, 0), 200);
    }
}
