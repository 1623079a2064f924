//! Counts of numbers in logarithmic buckets, 128 to a doubling: any number is known to within one percent, in memory
//! that depends on the largest and not on how many there are.
//!
//! ```text
//!   0..255       one bucket each
//!   2^k..2^(k+1) 128 buckets of 2^(k-7) numbers, k from 8 on
//! ```
//!
//! It has the resolution of HdrHistogram at two significant digits, so that its percentiles are the numbers that
//! tools made for that one expect.

/// Doublings are cut into `1 << STEPS` buckets.
const STEPS: u32 = 7;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By bucket, up to the highest that was ever needed.
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    /// Counts a number so many times.
    #[inline]
    pub fn record(&mut self, value: u64, times: u64) {
        let bucket = bucket(value);
        if bucket >= self.counts.len() {
            self.make_room(bucket);
        }
        self.counts[bucket] += times;
        self.total += times;
        self.max = self.max.max(value);
    }

    /// Grows to the end of the doubling, so that this happens rarely.
    #[cold]
    fn make_room(&mut self, bucket: usize) {
        let row = 1 << STEPS;
        self.counts.resize((bucket / row + 1) * row, 0);
    }

    /// How many numbers were counted.
    pub fn len(&self) -> u64 {
        self.total
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The largest number, exactly.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The upper end of the bucket in which this share (0 to 1) of all numbers ends; zero of an empty histogram.
    pub fn quantile(&self, share: f64) -> u64 {
        let rank = ((share * self.total as f64 + 0.5) as u64).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map_or(0, upper_end)
    }

    /// How many numbers lie in the bucket of `value` or below it.
    pub fn up_to(&self, value: u64) -> u64 {
        self.counts.iter().take(bucket(value) + 1).sum()
    }

    /// Bytes owned.
    pub fn heap(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }
}

/// The largest number in the bucket of `value`.
pub fn highest_equivalent(value: u64) -> u64 {
    upper_end(bucket(value))
}

#[inline]
fn bucket(value: u64) -> usize {
    if value < 1 << STEPS {
        return value as usize;
    }
    let exponent = 63 - value.leading_zeros();
    let step = (value >> (exponent - STEPS)) as usize - (1 << STEPS);
    ((exponent - STEPS + 1) as usize) << STEPS | step
}

fn upper_end(bucket: usize) -> u64 {
    let (row, step) = (bucket >> STEPS, (bucket & ((1 << STEPS) - 1)) as u64);
    if row == 0 {
        return step;
    }
    let next = u128::from((1 << STEPS) + step + 1) << (row - 1);
    (next - 1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_bucket() {
        for value in
            (0..600).chain([1000, 12_345, 999_999, 1 << 33, (1 << 40) + 12_345, u64::MAX - 1, u64::MAX])
        {
            let index = bucket(value);
            assert!(value <= upper_end(index), "{value}");
            assert!(index == 0 || value > upper_end(index - 1), "{value}");
        }
        assert_eq!((highest_equivalent(255), highest_equivalent(256)), (255, 257));
        assert_eq!((highest_equivalent(8000), highest_equivalent(1 << 21)), (8031, 2_113_535));
    }

    #[test]
    fn quantiles_are_within_one_percent() {
        let mut histogram = Histogram::default();
        (1..=10_000).for_each(|value| histogram.record(value * 1000, 1));
        for share in [0.5, 0.99, 0.999, 1.0] {
            let exact = (share * 10_000_000.0) as u64;
            let found = histogram.quantile(share);
            assert!((exact..exact + exact / 100).contains(&found), "{share}: {found}");
        }
        assert_eq!((histogram.len(), histogram.max()), (10_000, 10_000_000));
    }

    #[test]
    fn counts_add_up() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(0.5), histogram.up_to(u64::MAX), histogram.heap()), (0, 0, 0));
        histogram.record(5, 3);
        histogram.record(1 << 40, 2);
        histogram.record(7, 5);
        assert_eq!([4, 5, 6, 7, 1 << 39, u64::MAX].map(|value| histogram.up_to(value)), [0, 3, 3, 8, 8, 10]);
        assert_eq!(
            [0.0, 0.3, 0.31, 0.8, 0.9].map(|share| histogram.quantile(share)),
            [5, 5, 5, 7, highest_equivalent(1 << 40)]
        );
        assert!(histogram.heap() < 64 * 1024);
    }
}
