//! How long units take. A stopwatch costs as much as a small command, so it is not read for each of them: units that
//! are brief by nature share the time between two readings, a lap.
//!
//! ```text
//!   GET GET GET GET ▏lap: a quarter each          KEYS ▏lap: its own          GET GET KEYS ▏lap: KEYS gets
//!                                                                             what two GETs do not take as a rule
//! ```
//!
//! `Engine::run` notes its units here; whoever has the stopwatch ends the laps. What is measured goes into
//! statistics, the slow log and the latency monitor, never into a decision about data.

use crate::command::{Command, CommandId};
use crate::engine::Engine;

/// Measures time in pieces. Hosts whose time stands still during an event have [`Still`].
pub trait Stopwatch {
    /// Nanoseconds since the last lap ended, or since the event came.
    fn lap(&mut self) -> u64;
}

/// A stopwatch that never moves.
pub struct Still;

impl Stopwatch for Still {
    fn lap(&mut self) -> u64 {
        0
    }
}

/// A unit that was given or answers more bytes than this is not brief.
const LARGE: usize = 16 * 1024;

/// Kinds of unit that a lap tells apart; a host that never ends a lap makes no list without end.
const KINDS_MAX: usize = 1024;

/// The lap under way.
#[derive(Debug, Default)]
pub struct Timing {
    /// Every unit has a lap of its own: the slow log asks for times that short.
    pub each: bool,
    /// `latency-tracking`: times are kept as histograms.
    pub histograms: bool,
    /// Commands in the order in which they ran, and how often in a row.
    open: Vec<(CommandId, u32)>,
    units: u64,
    /// What a brief unit took lately, nanoseconds.
    brief_ns: u64,
}

impl Timing {
    /// A unit has run in this lap.
    #[inline]
    pub(crate) fn note(&mut self, command: CommandId) {
        self.units += 1;
        if let Some((last, times)) = self.open.last_mut()
            && *last == command
        {
            *times += 1;
        } else if self.open.len() < KINDS_MAX {
            self.open.push((command, 1));
        } else {
            self.forget();
        }
    }

    /// Units in this lap so far.
    #[inline]
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Whether the unit that has just run should end the lap.
    #[inline]
    pub fn ends_with(&self, command: &Command, bytes: usize) -> bool {
        self.each || !command.brief || bytes > LARGE
    }

    /// What ran in this lap is not timed.
    pub fn forget(&mut self) {
        self.open.clear();
        self.units = 0;
    }
}

impl Engine {
    /// Ends a lap after so many nanoseconds and shares them out. With `apart`, the last unit gets all that the brief
    /// ones before it do not take as a rule. Answers the time of the last unit if it was measured and not shared.
    pub fn end_lap(&mut self, elapsed: u64, apart: bool) -> Option<u64> {
        let units = self.timing.units;
        if units == 0 {
            return None;
        }
        let mut open = std::mem::take(&mut self.timing.open);
        let last = match apart || units == 1 {
            false => None,
            true => {
                let (command, times) = open.last_mut().expect("a unit ran");
                *times -= 1;
                let others = (self.timing.brief_ns * (units - 1)).min(elapsed);
                Some((*command, elapsed - others))
            }
        };
        let (left, sharers) = match last {
            None => (elapsed, units),
            Some((command, own)) => {
                self.record(command, own, 1);
                (elapsed - own, units - 1)
            }
        };
        if let Some(share) = left.checked_div(sharers) {
            open.iter().filter(|(_, times)| *times > 0).for_each(|(command, times)| {
                self.record(*command, share, u64::from(*times));
            });
        }
        if !apart {
            // A moving average over about eight laps.
            self.timing.brief_ns += (elapsed / units).saturating_sub(self.timing.brief_ns) / 8;
            self.timing.brief_ns -= self.timing.brief_ns.saturating_sub(elapsed / units) / 8;
        }
        open.clear();
        self.timing.open = open;
        self.timing.units = 0;
        last.map(|(_, own)| own)
    }

    /// Adds `times` units of a command that took `each` nanoseconds.
    fn record(&mut self, command: CommandId, each: u64, times: u64) {
        let stat = &mut self.stats[command.index()];
        stat.nanoseconds += each * times;
        if self.timing.histograms {
            stat.latencies.get_or_insert_default().record(each, times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::lookup;

    fn engine(notes: &str) -> Engine {
        let mut engine = Engine::new(1, 1);
        engine.timing.histograms = true;
        note(&mut engine, notes);
        engine
    }

    fn note(engine: &mut Engine, names: &str) {
        names.split(' ').for_each(|name| engine.timing.note(lookup(name.as_bytes()).expect("a command").id));
    }

    fn nanoseconds(engine: &Engine, name: &str) -> u64 {
        engine.stats[lookup(name.as_bytes()).expect("a command").id.index()].nanoseconds
    }

    #[test]
    fn brief_units_share_a_lap() {
        let mut engine = engine("get get set get");
        assert_eq!(engine.end_lap(400, false), None);
        assert_eq!((nanoseconds(&engine, "get"), nanoseconds(&engine, "set")), (300, 100));
        assert_eq!(engine.end_lap(99, false), None, "nothing ran since");
        let get = &engine.stats[lookup(b"get").expect("a command").id.index()];
        assert_eq!(get.latencies.as_ref().map(|latencies| latencies.len()), Some(3));
    }

    #[test]
    fn a_unit_alone_has_its_lap_and_the_long_one_what_the_brief_leave() {
        let mut engine = engine("get");
        assert_eq!(engine.end_lap(800, false), Some(800));
        assert_eq!(engine.timing.brief_ns, 100);
        note(&mut engine, "get set keys");
        assert_eq!(engine.end_lap(10_200, true), Some(10_000));
        assert_eq!((nanoseconds(&engine, "get"), nanoseconds(&engine, "set")), (900, 100));
        note(&mut engine, "get set keys");
        assert_eq!(engine.end_lap(150, true), Some(0), "no more than there is");
        assert_eq!((nanoseconds(&engine, "get"), nanoseconds(&engine, "keys")), (975, 10_000));
        note(&mut engine, "keys");
        assert_eq!(engine.end_lap(7, true), Some(7));
    }

    #[test]
    fn who_has_no_stopwatch_makes_no_endless_list() {
        let mut engine = engine("get");
        (0..10_000).for_each(|_| note(&mut engine, "get set"));
        assert!(engine.timing.open.len() <= KINDS_MAX);
    }
}
