//! The two clocks: what time it is, and how much has passed.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The clocks of this machine. Cheap to ask; ask once per batch of work all the same.
#[derive(Clone, Copy, Debug)]
pub struct OsClock {
    start: Instant,
}

impl OsClock {
    pub fn start() -> OsClock {
        OsClock { start: Instant::now() }
    }

    /// Microseconds since 1970. May jump either way when the machine's clock is set; a clock before 1970 is at it.
    pub fn wall_us(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
    }

    /// Microseconds since this clock was started. Never goes back.
    pub fn monotonic_us(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_a_sane_unit() {
        let clock = OsClock::start();
        // Between the years 2020 and 2200, in microseconds.
        assert!((1_577_836_800_000_000..7_258_118_400_000_000).contains(&clock.wall_us()));
        let before = clock.monotonic_us();
        assert!(clock.monotonic_us() >= before);
    }
}
