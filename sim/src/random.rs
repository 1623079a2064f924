//! One seed, many named streams.
//!
//! Everything uncertain in the simulator draws from a stream that is named after the thing it belongs
//! to: `link n1>n2`, `disk n1`, `client c3`, `plan`. A stream is ChaCha8 keyed with the run's seed, and
//! its name, hashed to 64 bits, is ChaCha's own stream number. So what one link draws does not depend on
//! what any other thing drew before, and a plan from which one step is dropped meets the same weather
//! everywhere else. Shrinking lives on that.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The seed of a run, from which named streams are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of this name. Asking twice gives the same stream from its beginning.
    pub fn stream(self, name: &str) -> Stream {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(fnv1a(name.as_bytes()));
        Stream { rng }
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo). Names are short and few, so nothing stronger is needed to keep
/// them apart.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// An endless sequence of draws.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// The generator itself, for code that draws in its own way.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A number in `0..n`, uniform up to a bias of at most `n / 2^64` (Lemire's multiplication).
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below zero");
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number in `low..=high`. Draws nothing where there is only one.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range {low}..={high}");
        if low == high { low } else { low + self.below(high - low + 1) }
    }

    /// True `ppm` times in a million. Draws nothing at 0 and at 1 000 000, so a fault that is switched
    /// off costs nothing.
    pub fn chance(&mut self, ppm: u32) -> bool {
        match ppm {
            0 => false,
            1_000_000.. => true,
            _ => self.below(1_000_000) < u64::from(ppm),
        }
    }

    /// One of the given things.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// One index, each as often as its weight says. The weights must not all be zero.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u64 = weights.iter().map(|&w| u64::from(w)).sum();
        let mut left = self.below(total);
        for (index, &weight) in weights.iter().enumerate() {
            if left < u64::from(weight) {
                return index;
            }
            left -= u64::from(weight);
        }
        unreachable!("a draw below the sum of the weights falls on one of them");
    }

    /// A number in `low..=high` whose logarithm is uniform: small values are as usual as large ones,
    /// which is what durations of faults need.
    pub fn log_between(&mut self, low: u64, high: u64) -> u64 {
        assert!(0 < low && low <= high, "a logarithm needs 0 < {low} <= {high}");
        let doublings = 64 - (high / low).leading_zeros();
        let shift = self.below(u64::from(doublings)) as u32;
        let from = low << shift;
        self.between(from, (from.saturating_mul(2) - 1).min(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(mut stream: Stream, n: usize) -> Vec<u64> {
        (0..n).map(|_| stream.bits()).collect()
    }

    #[test]
    fn a_name_always_gives_the_same_stream() {
        assert_eq!(draws(Seed(7).stream("link n1>n2"), 100), draws(Seed(7).stream("link n1>n2"), 100));
    }

    #[test]
    fn names_and_seeds_keep_streams_apart() {
        let here = draws(Seed(7).stream("link n1>n2"), 100);
        for other in [Seed(7).stream("link n2>n1"), Seed(8).stream("link n1>n2"), Seed(7).stream("")] {
            assert!(draws(other, 100).iter().zip(&here).all(|(a, b)| a != b));
        }
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut stream = Seed(1).stream("range");
        let mut seen = [0u32; 4];
        for _ in 0..1000 {
            seen[(stream.between(3, 6) - 3) as usize] += 1;
            let log = stream.log_between(5, 1000);
            assert!((5..=1000).contains(&log));
        }
        assert!(seen.iter().all(|&n| n > 150), "{seen:?}");
        assert_eq!(stream.between(9, 9), 9);
    }

    #[test]
    fn weights_decide_how_often() {
        let mut stream = Seed(2).stream("weights");
        let mut seen = [0u32; 3];
        for _ in 0..4000 {
            seen[stream.weighted(&[1, 0, 3])] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((800..1200).contains(&seen[0]), "{seen:?}");
    }

    #[test]
    fn a_certain_answer_draws_nothing() {
        let mut stream = Seed(3).stream("chance");
        let untouched = stream.clone();
        assert!(!stream.chance(0));
        assert!(stream.chance(1_000_000));
        assert_eq!(draws(stream, 5), draws(untouched, 5));
    }
}
