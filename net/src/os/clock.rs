//! The two clocks: what time it is, and how much has passed.

use engine::time::Now;
use engine::timing::Stopwatch;
use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// For so long the wall clock is reckoned from the other one. Asking either costs as much as a small command, and
/// both are needed for every event.
const RECKONED: Duration = Duration::from_millis(1);

/// The clocks of this machine.
#[derive(Debug)]
pub struct OsClock {
    start: Instant,
    /// When the wall clock was read, and what it said in microseconds since 1970.
    wall: Cell<(Instant, u64)>,
}

impl OsClock {
    pub fn start() -> OsClock {
        let start = Instant::now();
        OsClock { start, wall: Cell::new((start, wall_us())) }
    }

    /// Both clocks, and a stopwatch that starts from them. The wall clock may jump either way when it is set, and is
    /// a millisecond late to notice.
    pub fn read(&self) -> (Now, Watch) {
        let moment = Instant::now();
        let (read_at, mut wall) = self.wall.get();
        let since = moment.duration_since(read_at);
        if since < RECKONED {
            wall += since.as_micros() as u64;
        } else {
            wall = wall_us();
            self.wall.set((moment, wall));
        }
        let mono_us = moment.duration_since(self.start).as_micros() as u64;
        (Now { wall_us: wall as i64, mono_us }, Watch(moment))
    }
}

/// A clock before 1970 is at it.
fn wall_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// Measures in laps by the monotonic clock.
#[derive(Debug)]
pub struct Watch(Instant);

impl Stopwatch for Watch {
    fn lap(&mut self) -> u64 {
        let moment = Instant::now();
        let began = std::mem::replace(&mut self.0, moment);
        moment.duration_since(began).as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_a_sane_unit() {
        let clock = OsClock::start();
        let (before, mut watch) = clock.read();
        // Between the years 2020 and 2200, in microseconds.
        assert!((1_577_836_800_000_000..7_258_118_400_000_000).contains(&before.wall_us));
        let lap = watch.lap();
        let (after, _) = clock.read();
        assert!(after.mono_us >= before.mono_us);
        assert!(lap / 1000 <= after.mono_us - before.mono_us + 1);
    }
}
