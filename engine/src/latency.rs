//! The latency monitor: when each kind of event took too long, second by second.
//!
//! An event is a slow command, a slow cycle of expiry or eviction, and the like; whoever carries it out and has
//! measured it says so. A second counts once per kind, with its worst.

use std::collections::{BTreeMap, VecDeque};

/// Seconds that are remembered per kind of event.
const SAMPLES: usize = 160;

/// Something that took long, at a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub at_s: i64,
    pub ms: u64,
}

/// What is known of one kind of event.
#[derive(Clone, Debug, Default)]
pub struct Series {
    samples: VecDeque<Sample>,
    /// The worst ever, in milliseconds.
    pub max_ms: u64,
}

impl Series {
    /// Oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Sample> + '_ {
        self.samples.iter().copied()
    }

    pub fn latest(&self) -> Sample {
        *self.samples.back().expect("a series begins with a sample")
    }
}

#[derive(Debug, Default)]
pub struct LatencyMonitor {
    /// `latency-monitor-threshold`, milliseconds; zero for nothing at all.
    pub threshold_ms: u64,
    series: BTreeMap<&'static str, Series>,
}

impl LatencyMonitor {
    /// An event has taken so many nanoseconds. It is remembered if that is worth it.
    #[inline]
    pub fn note(&mut self, event: &'static str, at_s: i64, nanoseconds: u64) {
        let ms = nanoseconds / 1_000_000;
        if self.threshold_ms > 0 && ms >= self.threshold_ms {
            self.add(event, Sample { at_s, ms });
        }
    }

    fn add(&mut self, event: &'static str, sample: Sample) {
        let series = self.series.entry(event).or_default();
        series.max_ms = series.max_ms.max(sample.ms);
        match series.samples.back_mut() {
            Some(last) if last.at_s == sample.at_s => last.ms = last.ms.max(sample.ms),
            _ => {
                if series.samples.len() == SAMPLES {
                    series.samples.pop_front();
                }
                series.samples.push_back(sample);
            }
        }
    }

    /// The kinds of event that were slow, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Series)> {
        self.series.iter().map(|(event, series)| (*event, series))
    }

    pub fn of(&self, event: &[u8]) -> Option<&Series> {
        self.series.iter().find(|(name, _)| name.as_bytes() == event).map(|(_, series)| series)
    }

    /// Forgets one kind of event; false if there was nothing to forget.
    pub fn forget(&mut self, event: &[u8]) -> bool {
        let before = self.series.len();
        self.series.retain(|name, _| name.as_bytes() != event);
        self.series.len() < before
    }

    /// Forgets everything and answers how many kinds that were.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.series).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_counts_once_with_its_worst() {
        let mut monitor = LatencyMonitor { threshold_ms: 5, ..LatencyMonitor::default() };
        for (at_s, ms) in [(1, 4), (1, 6), (1, 9), (1, 5), (3, 7)] {
            monitor.note("command", at_s, ms * 1_000_000 + 999_999);
        }
        let series = monitor.of(b"command").expect("it was slow");
        let samples = [Sample { at_s: 1, ms: 9 }, Sample { at_s: 3, ms: 7 }];
        assert_eq!(series.iter().collect::<Vec<_>>(), samples);
        assert_eq!((series.max_ms, series.latest()), (9, samples[1]));
        assert!(monitor.of(b"fork").is_none() && !monitor.forget(b"fork"));
        assert!(monitor.forget(b"command"));
        assert_eq!(monitor.iter().len(), 0);
    }

    #[test]
    fn only_so_much_is_remembered_and_nothing_when_it_is_off() {
        let mut monitor = LatencyMonitor { threshold_ms: 1, ..LatencyMonitor::default() };
        (0..1000).for_each(|at_s| monitor.note("command", at_s, (1000 - at_s as u64) * 1_000_000));
        let series = monitor.of(b"command").expect("it was slow");
        assert_eq!(
            (series.iter().len(), series.iter().next().map(|s| s.at_s), series.max_ms),
            (SAMPLES, Some(840), 1000)
        );
        assert_eq!(monitor.clear(), 1);
        monitor.threshold_ms = 0;
        monitor.note("command", 1, u64::MAX);
        assert_eq!(monitor.iter().len(), 0);
    }
}
