//! Places in the replication stream.

use std::fmt;
use std::ops::{Add, AddAssign};

/// A number of bytes of the stream, from its very beginning: what lies before a place in it. The byte that Redis
/// calls number `n` (it counts from one) is the one behind `ReplOffset(n - 1)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplOffset(pub u64);

impl ReplOffset {
    /// The place behind which a replica wants to go on, from the number in its PSYNC.
    pub fn wanted(number: i64) -> Option<ReplOffset> {
        u64::try_from(number).ok()?.checked_sub(1).map(ReplOffset)
    }

    /// Bytes from `earlier` to here; none if that is no earlier.
    pub fn since(self, earlier: ReplOffset) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for ReplOffset {
    type Output = ReplOffset;

    fn add(self, bytes: u64) -> ReplOffset {
        ReplOffset(self.0 + bytes)
    }
}

impl AddAssign<u64> for ReplOffset {
    fn add_assign(&mut self, bytes: u64) {
        self.0 += bytes;
    }
}

impl fmt::Display for ReplOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psync_counts_bytes_from_one() {
        for (number, place) in [(1, Some(0)), (100, Some(99)), (0, None), (-1, None), (i64::MIN, None)] {
            assert_eq!(ReplOffset::wanted(number), place.map(ReplOffset), "{number}");
        }
        assert_eq!(ReplOffset(5).since(ReplOffset(9)), 0);
    }
}
