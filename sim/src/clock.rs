//! The clocks of one host: how the world's time looks from inside it.
//!
//! The world counts microseconds from 0. A host sees two clocks: a monotonic one that starts at boot and
//! runs a little fast or slow (`skew_ppm`), and a wall clock that runs with it and can be set, which is
//! what `jump` does. What must never happen: a monotonic clock that goes backwards, except by a power
//! cycle, after which it starts at zero again.

/// Both clocks of a host at one moment, as a process is told them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time in microseconds since boot.
    pub mono_us: u64,
    /// Wall-clock time in microseconds since the Unix epoch.
    pub wall_us: u64,
}

/// The wall clock at world time 0, a round number in November 2023.
pub const EPOCH_US: u64 = 1_700_000_000_000_000;

/// A skewed clock that can be set.
#[derive(Clone, Debug)]
pub struct Clock {
    /// World time and monotonic time at the last change of rate.
    base: (u64, u64),
    /// How much faster than the world this clock runs, in parts per million.
    skew_ppm: i32,
    /// Wall time minus monotonic time, in microseconds.
    wall_offset: u64,
}

impl Clock {
    /// A clock that boots at world time `at`, right but for `skew_ppm`.
    pub fn new(at: u64, skew_ppm: i32) -> Clock {
        assert!(skew_ppm.unsigned_abs() < 500_000, "a clock off by half is broken, not skewed");
        Clock { base: (at, 0), skew_ppm, wall_offset: EPOCH_US + at }
    }

    fn mono(&self, at: u64) -> u64 {
        let (world, mono) = self.base;
        let passed = u128::from(at - world) * (1_000_000 + i128::from(self.skew_ppm)) as u128 / 1_000_000;
        mono + passed as u64
    }

    /// What the host reads at world time `at`.
    pub fn now(&self, at: u64) -> Now {
        let mono_us = self.mono(at);
        Now { mono_us, wall_us: mono_us + self.wall_offset }
    }

    /// The first world time, not before `at`, at which the monotonic clock shows `mono_us`.
    pub fn world_time(&self, at: u64, mono_us: u64) -> u64 {
        let (world, mono) = self.base;
        if self.mono(at) >= mono_us {
            return at;
        }
        let rate = (1_000_000 + i128::from(self.skew_ppm)) as u128;
        let passed = (u128::from(mono_us - mono) * 1_000_000).div_ceil(rate);
        world + passed as u64
    }

    /// Sets the wall clock forward or back. It never goes before the Unix epoch.
    pub fn jump(&mut self, by_us: i64) {
        self.wall_offset = self.wall_offset.saturating_add_signed(by_us);
    }

    /// Changes the rate from world time `at` on.
    pub fn set_skew(&mut self, at: u64, skew_ppm: i32) {
        self.base = (at, self.mono(at));
        self.skew_ppm = skew_ppm;
    }

    /// A power cycle: monotonic time starts again, the wall clock goes on (a battery keeps it).
    pub fn reboot(&mut self, at: u64) {
        let wall = self.now(at).wall_us;
        self.base = (at, 0);
        self.wall_offset = wall;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_jump_moves_the_wall_clock_alone() {
        let mut clock = Clock::new(0, 0);
        clock.jump(-5_000_000);
        let now = clock.now(10);
        assert_eq!(now, Now { mono_us: 10, wall_us: EPOCH_US + 10 - 5_000_000 });
    }

    #[test]
    fn a_reboot_starts_monotonic_time_again() {
        let mut clock = Clock::new(0, 0);
        clock.jump(77);
        clock.reboot(1000);
        assert_eq!(clock.now(1003), Now { mono_us: 3, wall_us: EPOCH_US + 1003 + 77 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn a_timer_fires_exactly_when_due(
            skew in -400_000i32..400_000, later in -400_000i32..400_000,
            wait in 0u64..10_000_000, at in 0u64..1_000_000,
        ) {
            let mut clock = Clock::new(0, skew);
            clock.set_skew(at, later);
            let due = clock.now(at).mono_us + wait;
            let fires = clock.world_time(at, due);
            prop_assert!(clock.now(fires).mono_us >= due);
            prop_assert!(fires == at || clock.now(fires - 1).mono_us < due);
        }
    }
}
