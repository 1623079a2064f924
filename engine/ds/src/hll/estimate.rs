//! From registers to a number: the improved raw estimator of Otmar Ertl, "New cardinality estimation algorithms for
//! HyperLogLog sketches" (2017), algorithm 6. It needs no tables and no thresholds.
//!
//! The sums run until another term changes nothing, so every step of rounding is visible in the result: the order
//! of operations is that of the reference.

use super::{REGISTERS, RUN_BITS};

/// How many registers have each value.
pub(super) type Histogram = [u32; 64];

/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// What becomes of an endless estimate, which no elements lead to: the lowest signed number in Redis.
const ENDLESS: u64 = 1 << 63;

pub(super) fn estimate(histogram: &Histogram) -> u64 {
    let m = REGISTERS as f64;
    let saturated = f64::from(histogram[RUN_BITS as usize + 1]);
    let mut z = m * tau((m - saturated) / m);
    for value in (1..=RUN_BITS as usize).rev() {
        z += f64::from(histogram[value]);
        z *= 0.5;
    }
    z += m * sigma(f64::from(histogram[0]) / m);
    let estimate = ALPHA * m * m / z;
    if estimate.is_finite() { estimate.round() as u64 } else { ENDLESS }
}

/// What registers that are still zero contribute.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// What registers that cannot grow any more contribute.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes() {
        let all = |value: usize| {
            let mut histogram = [0; 64];
            histogram[value] = REGISTERS as u32;
            histogram
        };
        assert_eq!(estimate(&all(0)), 0);
        // Registers of bytes from elsewhere may say more than a hash ever does.
        for value in 1..64 {
            estimate(&all(value));
        }
        assert_eq!(estimate(&all(51)), ENDLESS);
    }
}
