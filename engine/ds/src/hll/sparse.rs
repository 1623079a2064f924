//! Registers as runs of equal ones.
//!
//! ```text
//!   00nnnnnn            n + 1 registers that are zero, up to 64
//!   01nnnnnn nnnnnnnn   n + 1 registers that are zero, up to 16384; high bits first
//!   1vvvvvnn            n + 1 registers of value v + 1, up to 4 of up to 32
//! ```
//!
//! How a run is split, which neighbours are joined again afterwards and which are left alone decides the bytes that a
//! client sees, so it is Redis's way: around the change, and no farther than a few runs.

use super::estimate::Histogram;
use super::{Corrupt, HEADER, REGISTERS, Registers};

const ZEROS_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUES_MAX: usize = 4;
/// Runs that are looked at for joining, from the one before the change.
const JOINED: usize = 5;
/// A counter takes room for some runs at a time.
const ROOM: usize = 300;

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Bytes that it takes.
    size: usize,
    /// Registers that it covers.
    count: usize,
    value: u8,
}

/// The run that begins at `at`; `None` at the end, and for one that is cut off.
#[inline]
fn run_at(bytes: &[u8], at: usize) -> Option<Run> {
    let byte = *bytes.get(at)?;
    Some(match byte >> 6 {
        0 => Run { size: 1, count: usize::from(byte & 0x3f) + 1, value: 0 },
        1 => {
            let low = *bytes.get(at + 1)?;
            Run { size: 2, count: (usize::from(byte & 0x3f) << 8 | usize::from(low)) + 1, value: 0 }
        }
        _ => Run { size: 1, count: usize::from(byte & 3) + 1, value: (byte >> 2 & 0x1f) + 1 },
    })
}

/// Appends a run of zeros, in the shorter way.
pub(super) fn write_zeros(out: &mut Vec<u8>, count: usize) {
    let n = count - 1;
    if count > ZEROS_MAX {
        out.extend_from_slice(&[0x40 | (n >> 8) as u8, n as u8]);
    } else {
        out.push(n as u8);
    }
}

fn values(count: usize, value: u8) -> u8 {
    0x80 | (value - 1) << 2 | (count - 1) as u8
}

/// What became of a register that should be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    No,
    Yes,
    /// The runs cannot hold it; nothing has changed.
    TooLarge,
}

/// Makes a register of a sparse counter at least `value`.
pub(super) fn raise(bytes: &mut Vec<u8>, index: usize, value: u8, len_max: usize) -> Result<Raised, Corrupt> {
    if value > VALUE_MAX {
        return Ok(Raised::TooLarge);
    }
    let (mut at, mut before, mut first) = (HEADER, HEADER, 0);
    let run = loop {
        let run = run_at(bytes, at).ok_or(Corrupt)?;
        if index < first + run.count {
            break run;
        }
        before = at;
        at += run.size;
        first += run.count;
    };
    if run.value >= value {
        return Ok(Raised::No);
    }
    if run.count == 1 && run.size == 1 {
        bytes[at] = values(1, value);
    } else {
        // The run becomes up to three: what is left of it, the register, what is left of it.
        let mut pieces = Vec::with_capacity(5);
        let rest = |pieces: &mut Vec<u8>, count: usize| match (count, run.value) {
            (0, _) => {}
            (_, 0) => write_zeros(pieces, count),
            (_, old) => pieces.push(values(count, old)),
        };
        rest(&mut pieces, index - first);
        pieces.push(values(1, value));
        rest(&mut pieces, first + run.count - 1 - index);
        if pieces.len() > run.size && bytes.len() + pieces.len() - run.size > len_max {
            return Ok(Raised::TooLarge);
        }
        if bytes.len() + pieces.len() > bytes.capacity() {
            bytes.reserve_exact(pieces.len() + bytes.len().min(ROOM));
        }
        bytes.splice(at..at + run.size, pieces);
    }
    join(bytes, before);
    Ok(Raised::Yes)
}

/// Joins neighbouring runs of one value, as far as a run can hold them.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOINED {
        let Some(run) = run_at(bytes, at) else { return };
        let next = if run.value > 0 { run_at(bytes, at + run.size) } else { None };
        match next {
            Some(next) if next.value == run.value && run.count + next.count <= VALUES_MAX => {
                bytes[at + 1] = values(run.count + next.count, run.value);
                bytes.remove(at);
            }
            _ => at += run.size,
        }
    }
}

/// Walks over all runs, which together cover all registers; `visit` gets the first register of each.
fn each(runs: &[u8], mut visit: impl FnMut(usize, Run)) -> Result<(), Corrupt> {
    let (mut at, mut first) = (0, 0);
    while at < runs.len() {
        let run = run_at(runs, at).ok_or(Corrupt)?;
        if first + run.count > REGISTERS {
            return Err(Corrupt);
        }
        visit(first, run);
        at += run.size;
        first += run.count;
    }
    if first == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

pub(super) fn merge(runs: &[u8], into: &mut Registers) -> Result<(), Corrupt> {
    each(runs, |first, run| {
        if run.value > 0 {
            for register in &mut into[first..first + run.count] {
                *register = (*register).max(run.value);
            }
        }
    })
}

pub(super) fn histogram(runs: &[u8]) -> Result<Histogram, Corrupt> {
    let mut histogram = [0; 64];
    each(runs, |_, run| histogram[usize::from(run.value)] += run.count as u32)?;
    Ok(histogram)
}

/// `z:5` and `Z:300` for runs of zeros in one byte and in two, `v:2,1` for a value and how often.
pub(super) fn describe(runs: &[u8]) -> String {
    let (mut at, mut words) = (0, Vec::new());
    while let Some(run) = run_at(runs, at) {
        words.push(match (run.value, run.size) {
            (0, 1) => format!("z:{}", run.count),
            (0, _) => format!("Z:{}", run.count),
            (value, _) => format!("v:{value},{}", run.count),
        });
        at += run.size;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Raises registers of an empty counter one after the other, and tells the runs after all.
    fn check(raised: &[(usize, u8)], expected: &str) {
        let mut bytes = crate::hll::empty();
        for (index, value) in raised {
            raise(&mut bytes, *index, *value, usize::MAX).expect("ours are sound");
        }
        assert_eq!(describe(&bytes[HEADER..]), expected, "{raised:?}");
    }

    #[test]
    fn runs_are_split_and_joined() {
        check(&[], "Z:16384");
        check(&[(0, 1)], "v:1,1 Z:16383");
        check(&[(16383, 32)], "Z:16383 v:32,1");
        check(&[(64, 1)], "z:64 v:1,1 Z:16319");
        check(&[(65, 1)], "Z:65 v:1,1 Z:16318");
        check(&[(10, 1), (11, 1)], "z:10 v:1,2 Z:16372");
        check(&[(10, 1), (12, 1), (11, 1)], "z:10 v:1,3 Z:16371");
        check(&[(10, 1), (12, 1), (11, 2)], "z:10 v:1,1 v:2,1 v:1,1 Z:16371");
        check(&[(10, 1), (11, 1), (12, 1), (13, 1), (14, 1)], "z:10 v:1,4 v:1,1 Z:16369");
        check(&[(10, 1), (11, 1), (12, 1), (11, 5)], "z:10 v:1,1 v:5,1 v:1,1 Z:16371");
        check(&[(10, 3), (10, 2), (10, 3)], "z:10 v:3,1 Z:16373");
        check(&[(10, 3), (10, 4)], "z:10 v:4,1 Z:16373");
    }

    #[test]
    fn a_value_beyond_five_bits_and_a_length_beyond_the_limit() {
        let mut bytes = crate::hll::empty();
        assert_eq!(raise(&mut bytes, 5, 33, usize::MAX), Ok(Raised::TooLarge));
        assert_eq!(raise(&mut bytes, 5, 1, 19), Ok(Raised::TooLarge));
        assert_eq!(bytes, crate::hll::empty());
        assert_eq!(raise(&mut bytes, 0, 1, 19), Ok(Raised::Yes));
        assert_eq!(raise(&mut bytes, 0, 2, 0), Ok(Raised::Yes));
    }

    #[test]
    fn runs_that_do_not_add_up() {
        for runs in [&b""[..], b"\x7f", b"\x7f\xfe", b"\x7f\xff\x80", b"\x7f\xff\x7f\xff", b"\x00"] {
            assert_eq!(histogram(runs), Err(Corrupt), "{}", runs.escape_ascii());
        }
        assert!(histogram(b"\x7f\xff").is_ok());
        assert!(histogram(b"\x7f\xfe\x80").is_ok());
    }
}
