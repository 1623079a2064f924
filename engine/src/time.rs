//! Time as the core sees it: two numbers that somebody else read.
//!
//! Nothing below the driver may ask for the time. The host reads its clocks once per event and passes
//! them on; within one unit (a command, a transaction, a script) time therefore stands still, which is
//! also what Redis promises its clients.

/// The two clocks of a host at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Microseconds since the Unix epoch. May jump in either direction; only expiry, TIME and the
    /// fields that show a date look at it.
    pub wall_us: i64,
    /// Microseconds since an arbitrary start. Never goes back; all timers are measured by it.
    pub mono_us: u64,
}

impl Now {
    /// The wall clock in milliseconds, the unit of every expiry.
    pub fn wall_ms(self) -> Millis {
        Millis(self.wall_us.div_euclid(1000))
    }

    /// The wall clock in whole seconds.
    pub fn wall_s(self) -> i64 {
        self.wall_us.div_euclid(1_000_000)
    }

    /// The monotonic clock in milliseconds.
    pub fn mono_ms(self) -> u64 {
        self.mono_us / 1000
    }
}

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);
