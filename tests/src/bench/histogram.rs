//! Latencies in logarithmic buckets with 32 steps per doubling: 3 % exact from 1 ns to hours, in 16 KB.

/// Counts durations in nanoseconds.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

const STEPS: u32 = 5;

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: vec![0; 64 << STEPS], total: 0, max: 0 }
    }
}

impl Histogram {
    pub fn record(&mut self, nanos: u64) {
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
        self.max = self.max.max(nanos);
    }

    pub fn len(&self) -> u64 {
        self.total
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The longest, exactly, in microseconds.
    pub fn max_us(&self) -> f64 {
        self.max as f64 / 1000.0
    }

    /// The duration in microseconds that this share (0 to 1) of all does not exceed.
    pub fn quantile_us(&self, share: f64) -> f64 {
        let rank = (share * self.total as f64).ceil() as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank && *count > 0 {
                return (upper(index).min(self.max)) as f64 / 1000.0;
            }
        }
        self.max_us()
    }
}

fn bucket(nanos: u64) -> usize {
    if nanos < 1 << STEPS {
        return nanos as usize;
    }
    let exponent = 63 - nanos.leading_zeros();
    let step = (nanos >> (exponent - STEPS)) as usize - (1 << STEPS);
    ((exponent - STEPS + 1) as usize) << STEPS | step
}

/// The largest duration of a bucket.
fn upper(index: usize) -> u64 {
    let (row, step) = (index >> STEPS, (index & ((1 << STEPS) - 1)) as u64);
    if row == 0 { step } else { (((1 << STEPS) + step + 1) << (row - 1)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket() {
        for nanos in (0..200).chain([1000, 12_345, 999_999, 1 << 33, (1 << 40) + 12_345]) {
            let index = bucket(nanos);
            assert!(nanos <= upper(index), "{nanos}");
            assert!(index == 0 || nanos > upper(index - 1), "{nanos}");
        }
    }

    #[test]
    fn quantiles_are_within_three_percent() {
        let mut histogram = Histogram::default();
        (1..=10_000u64).for_each(|us| histogram.record(us * 1000));
        for share in [0.5, 0.99, 0.999] {
            let exact = share * 10_000.0;
            let found = histogram.quantile_us(share);
            assert!((exact..exact * 1.04).contains(&found), "{share}: {found}");
        }
        assert_eq!(histogram.max_us().to_string(), "10000");
    }
}
