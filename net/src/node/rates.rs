//! What happens per second, averaged over the last 16 samples, one every 100 ms: INFO's `instantaneous_*`.

/// Samples that are averaged.
const SAMPLES: usize = 16;

/// Time between samples, microseconds.
pub(crate) const EVERY_US: u64 = 100_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    Commands,
    Input,
    Output,
    ReplicationInput,
    ReplicationOutput,
    Events,
}

const METRICS: usize = 6;

/// The counters of all metrics, by `Metric`.
pub(crate) type Counters = [u64; METRICS];

#[derive(Debug, Default)]
pub(crate) struct Rates {
    last_us: u64,
    counters: Counters,
    /// Per second.
    samples: [[u64; METRICS]; SAMPLES],
    next: usize,
}

impl Rates {
    pub(crate) fn new(now_us: u64) -> Self {
        Rates { last_us: now_us, ..Rates::default() }
    }

    /// Takes a sample if it is time for one. A counter that was reset counts from zero.
    pub(crate) fn sample(&mut self, now_us: u64, counters: Counters) {
        let elapsed = now_us - self.last_us;
        if elapsed < EVERY_US {
            return;
        }
        for (metric, counter) in counters.into_iter().enumerate() {
            let since = counter.checked_sub(self.counters[metric]).unwrap_or(counter);
            self.samples[self.next][metric] = (since as u128 * 1_000_000 / elapsed as u128) as u64;
        }
        (self.last_us, self.counters) = (now_us, counters);
        self.next = (self.next + 1) % SAMPLES;
    }

    /// Per second, averaged.
    pub(crate) fn of(&self, metric: Metric) -> u64 {
        self.samples.iter().map(|sample| sample[metric as usize]).sum::<u64>() / SAMPLES as u64
    }

    pub(crate) fn clear(&mut self) {
        self.samples = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_after_all_samples() {
        let mut rates = Rates::new(0);
        for tick in 1..=SAMPLES as u64 {
            rates.sample(tick * EVERY_US, [tick * 50; METRICS]);
            rates.sample(tick * EVERY_US + 1, [u64::MAX; METRICS]);
        }
        assert_eq!(rates.of(Metric::Commands), 500);
        (17..25).for_each(|tick| rates.sample(tick * EVERY_US, [16 * 50; METRICS]));
        assert_eq!(rates.of(Metric::Events), 250);
        rates.sample(25 * EVERY_US, [0; METRICS]);
        assert_eq!(rates.of(Metric::Input), 218, "a reset counter is no leap");
        rates.clear();
        assert_eq!(rates.of(Metric::Input), 0);
    }
}
