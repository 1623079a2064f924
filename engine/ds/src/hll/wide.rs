//! The one unsafe corner of counters: going through all registers with wider ones of the processor.
//!
//! Invariant: a function compiled for a feature runs only after the processor has said that it has it.
//! All versions compute the same; the tests compare them.
#![cfg_attr(all(target_arch = "x86_64", not(miri)), allow(unsafe_code))]

use super::dense::{Packed, spread};
use super::estimate::Histogram;
use super::{Loops, Registers};

/// Takes the larger of every register and its packed companion.
#[inline(always)]
fn merge_plainly(packed: &Packed, into: &mut Registers) {
    let (packed, _) = packed.as_chunks::<48>();
    let (registers, _) = into.as_chunks_mut::<64>();
    for (packed, registers) in packed.iter().zip(registers) {
        let mut values = [0; 64];
        let (packed, _) = packed.as_chunks::<6>();
        let (eights, _) = values.as_chunks_mut::<8>();
        packed.iter().zip(eights).for_each(|(packed, eight)| *eight = spread(*packed));
        registers.iter_mut().zip(values).for_each(|(register, value)| *register = (*register).max(value));
    }
}

/// Counts with several tables, so that equal neighbours do not wait for each other.
fn histogram_of_tables(registers: &Registers) -> Histogram {
    let mut tables = [[0u32; 64]; 8];
    let (eights, _) = registers.as_chunks::<8>();
    for eight in eights {
        for (table, value) in tables.iter_mut().zip(eight) {
            table[usize::from(value & 63)] += 1;
        }
    }
    let mut sums = [0; 64];
    tables.iter().flat_map(|table| table.iter().zip(0..)).for_each(|(count, value)| sums[value] += count);
    sums
}

/// Goes through all registers once for each value that there is: many at a time, where registers are wide.
#[inline(always)]
fn histogram_of_comparisons(registers: &Registers) -> Histogram {
    // A byte counts so many rounds without overflow.
    const ROUNDS: usize = 128;
    let (rows, _) = registers.as_chunks::<64>();
    let mut sums = [0; 64];
    let most = registers.iter().fold(0, |most, value| most.max(*value)).min(63);
    for value in 0..=most {
        for rows in rows.chunks(ROUNDS) {
            let mut counts = [0u8; 64];
            for row in rows {
                counts
                    .iter_mut()
                    .zip(row)
                    .for_each(|(count, register)| *count += u8::from(*register == value));
            }
            sums[usize::from(value)] += counts.iter().map(|count| u32::from(*count)).sum::<u32>();
        }
    }
    sums
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(super) fn merge(packed: &Packed, into: &mut Registers, _: Loops) {
    merge_plainly(packed, into);
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(super) fn histogram(registers: &Registers, _: Loops) -> Histogram {
    histogram_of_tables(registers)
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(super) fn merge(packed: &Packed, into: &mut Registers, loops: Loops) {
    #[target_feature(enable = "avx2")]
    fn with_avx2(packed: &Packed, into: &mut Registers) {
        merge_plainly(packed, into);
    }
    if loops == Loops::Wide && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function was compiled for.
        unsafe { with_avx2(packed, into) }
    } else {
        merge_plainly(packed, into);
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(super) fn histogram(registers: &Registers, loops: Loops) -> Histogram {
    #[target_feature(enable = "avx2")]
    fn with_avx2(registers: &Registers) -> Histogram {
        histogram_of_comparisons(registers)
    }
    if loops == Loops::Wide && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function was compiled for.
        unsafe { with_avx2(registers) }
    } else {
        histogram_of_tables(registers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hll::REGISTERS;

    #[test]
    fn all_versions_agree() {
        let mut state = 1u32;
        for most in [0u8, 1, 5, 25, 63] {
            let mut registers = [0; REGISTERS];
            registers.iter_mut().for_each(|register| {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                *register = (state >> 16) as u8 % (most + 1);
            });
            let mut naive = [0; 64];
            registers.iter().for_each(|value| naive[usize::from(*value)] += 1);
            assert_eq!(histogram(&registers, Loops::Wide), naive);
            assert_eq!(histogram_of_tables(&registers), naive);
            assert_eq!(histogram_of_comparisons(&registers), naive);
            let mut bytes = vec![0; crate::hll::DENSE_LEN];
            crate::hll::dense::store(&mut bytes, &registers);
            let packed: &Packed = bytes[16..].try_into().unwrap();
            let (mut wide, mut plain) = ([3; REGISTERS], [3; REGISTERS]);
            merge(packed, &mut wide, Loops::Wide);
            merge_plainly(packed, &mut plain);
            assert!(wide == plain);
            assert!(wide.iter().zip(registers).all(|(merged, value)| *merged == value.max(3)));
        }
    }
}
