//! HyperLogLog counters: how many different elements were seen, from 16384 registers and with an error of 0.81 %.
//!
//! An element is hashed (`murmur`). Fourteen bits of the hash choose a register, which remembers the longest run of
//! zeros, plus one, that the other fifty ever began with; `estimate` makes a number of all registers.
//!
//! A counter is a string, byte for byte as Redis stores it:
//!
//! ```text
//!   0     4      5           8                  16
//!   "HYLL" form  unused:3    cached:u64          registers ...
//!          0 dense           little-endian; its highest bit says that it is stale
//!          1 sparse
//! ```
//!
//! `dense`: six bits a register. `sparse`: runs of equal registers, for counters that have seen little; a counter
//! becomes
//! dense, and stays so, when it would outgrow a limit or a register a run's five bits.
//!
//! Bytes come from clients. No bytes make a function here panic or a register leave its range; what is no counter
//! is told by [`form`], and runs that do not add up to all registers by [`Corrupt`].

mod dense;
mod estimate;
mod murmur;
mod sparse;
mod wide;

pub use dense::LEN as DENSE_LEN;

/// Registers of a counter.
pub const REGISTERS: usize = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 14;
/// What follows the index in a hash: as many zeros it may begin with.
const RUN_BITS: u32 = u64::BITS - INDEX_BITS;
const HEADER: usize = 16;
const MAGIC: &[u8; 4] = b"HYLL";
const FORM: usize = 4;
const CACHE: std::ops::Range<usize> = 8..HEADER;
/// The byte and the bit of the cache that say it is stale.
const STALE: (usize, u8) = (HEADER - 1, 0x80);

/// One value for every register, as merging wants them.
pub type Registers = [u8; REGISTERS];

/// How a counter keeps its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Dense,
    Sparse,
}

/// Which loops go through all registers. Both answer the same, so that the choice shows in time alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loops {
    /// Those for the widest registers that the processor has.
    #[default]
    Wide,
    Plain,
}

/// A sparse counter whose runs are not those of 16384 registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// A counter that has seen nothing; its cache is valid.
pub fn empty() -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes[FORM] = 1;
    sparse::write_zeros(&mut bytes, REGISTERS);
    bytes
}

/// The form that the header tells, or `None` if the bytes are no counter.
pub fn form(bytes: &[u8]) -> Option<Form> {
    match (bytes.len() >= HEADER && bytes.starts_with(MAGIC)).then(|| bytes[FORM])? {
        0 if bytes.len() == DENSE_LEN => Some(Form::Dense),
        1 => Some(Form::Sparse),
        _ => None,
    }
}

/// The number that was last estimated, unless the registers have changed since.
pub fn cached(bytes: &[u8]) -> Option<u64> {
    let fresh = bytes[STALE.0] & STALE.1 == 0;
    fresh.then(|| u64::from_le_bytes(bytes[CACHE].try_into().expect("eight bytes")))
}

/// Remembers an estimate.
pub fn set_cached(bytes: &mut [u8], count: u64) {
    bytes[CACHE].copy_from_slice(&count.to_le_bytes());
}

/// Says that the registers have changed since the last estimate.
pub fn set_stale(bytes: &mut [u8]) {
    bytes[STALE.0] |= STALE.1;
}

/// Where an element goes, and what its register should be at least.
fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur::hash(element);
    let run = hash >> INDEX_BITS | 1 << RUN_BITS;
    (hash as usize & (REGISTERS - 1), run.trailing_zeros() as u8 + 1)
}

/// Adds an element to a counter. True if a register has changed; the cache is the caller's business.
///
/// # Errors
/// [`Corrupt`] where the walk through the runs notices it; the counter is as it was.
pub fn add(bytes: &mut Vec<u8>, element: &[u8], sparse_max: usize) -> Result<bool, Corrupt> {
    let (index, value) = place(element);
    raise(bytes, index, value, sparse_max)
}

/// Makes a register at least `value`.
fn raise(bytes: &mut Vec<u8>, index: usize, value: u8, sparse_max: usize) -> Result<bool, Corrupt> {
    if bytes[FORM] == 0 {
        return Ok(dense::raise(bytes, index, value));
    }
    match sparse::raise(bytes, index, value, sparse_max)? {
        sparse::Raised::No => Ok(false),
        sparse::Raised::Yes => Ok(true),
        sparse::Raised::TooLarge => {
            make_dense(bytes)?;
            Ok(dense::raise(bytes, index, value))
        }
    }
}

/// Rewrites a sparse counter as a dense one; the header stays. True if it was sparse.
///
/// # Errors
/// [`Corrupt`]; the counter is as it was.
pub fn make_dense(bytes: &mut Vec<u8>) -> Result<bool, Corrupt> {
    if bytes[FORM] == 0 {
        return Ok(false);
    }
    let mut registers = [0; REGISTERS];
    sparse::merge(&bytes[HEADER..], &mut registers)?;
    bytes.truncate(HEADER);
    bytes.reserve_exact(DENSE_LEN - HEADER);
    bytes.resize(DENSE_LEN, 0);
    bytes[FORM] = 0;
    dense::store(bytes, &registers);
    Ok(true)
}

/// Takes the larger value for every register, from a counter and from what is there.
///
/// # Errors
/// [`Corrupt`]; some registers have been taken over.
pub fn merge(bytes: &[u8], into: &mut Registers, loops: Loops) -> Result<(), Corrupt> {
    if bytes[FORM] == 0 {
        dense::merge(bytes, into, loops);
        return Ok(());
    }
    sparse::merge(&bytes[HEADER..], into)
}

/// Makes a counter's registers at least `registers`, of which it is a part itself.
///
/// # Errors
/// [`Corrupt`] where the walk through the runs notices it; some registers have been raised.
pub fn raise_all(bytes: &mut Vec<u8>, registers: &Registers, sparse_max: usize) -> Result<(), Corrupt> {
    for (index, value) in registers.iter().enumerate().filter(|(_, value)| **value > 0) {
        if bytes[FORM] == 0 {
            dense::store(bytes, registers);
            break;
        }
        raise(bytes, index, *value, sparse_max)?;
    }
    Ok(())
}

/// Adds an element to bare registers.
pub fn observe(registers: &mut Registers, element: &[u8]) {
    let (index, value) = place(element);
    registers[index] = registers[index].max(value);
}

/// Estimates how many different elements a counter has seen.
///
/// # Errors
/// [`Corrupt`].
pub fn count(bytes: &[u8], loops: Loops) -> Result<u64, Corrupt> {
    if bytes[FORM] == 1 {
        return Ok(estimate::estimate(&sparse::histogram(&bytes[HEADER..])?));
    }
    let mut registers = [0; REGISTERS];
    dense::merge(bytes, &mut registers, loops);
    Ok(count_registers(&registers, loops))
}

/// The same of bare registers.
pub fn count_registers(registers: &Registers, loops: Loops) -> u64 {
    estimate::estimate(&wide::histogram(registers, loops))
}

/// The runs of a sparse counter as text, for people; what cannot be read ends it.
pub fn describe_runs(bytes: &[u8]) -> String {
    sparse::describe(&bytes[HEADER..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEFAULT: usize = 3000;

    fn counter(elements: impl Iterator<Item = u64>, sparse_max: usize) -> Vec<u8> {
        let mut bytes = empty();
        elements.for_each(|number| {
            add(&mut bytes, &number.to_le_bytes(), sparse_max).expect("ours are sound");
        });
        bytes
    }

    fn registers(bytes: &[u8]) -> Registers {
        let mut all = [0; REGISTERS];
        merge(bytes, &mut all, Loops::Wide).expect("ours are sound");
        all
    }

    /// The registers straight from their definition.
    fn naive(elements: impl Iterator<Item = u64>) -> Registers {
        let mut all = [0; REGISTERS];
        for number in elements {
            let (index, value) = place(&number.to_le_bytes());
            all[index] = all[index].max(value);
        }
        all
    }

    #[test]
    fn forms_agree() {
        for many in [0u64, 1, 2, 10, 100, 500, 1000, 1700, 5000] {
            let (sparse, dense) = (counter(0..many, usize::MAX), counter(0..many, 0));
            assert_eq!(form(&sparse), Some(Form::Sparse));
            assert_eq!(form(&dense), Some(if many > 0 { Form::Dense } else { Form::Sparse }));
            assert!(registers(&sparse) == naive(0..many), "{many} elements");
            assert!(registers(&dense) == naive(0..many), "{many} elements");
            assert_eq!(count(&sparse, Loops::Wide), count(&dense, Loops::Wide));
            assert_eq!(count(&sparse, Loops::Wide), Ok(count_registers(&naive(0..many), Loops::Plain)));
        }
    }

    #[test]
    fn the_error_is_small() {
        for many in [10u64, 1000, 10_000, 100_000, 1_000_000] {
            let estimate = count_registers(&naive(0..many), Loops::Wide);
            let error = estimate.abs_diff(many) as f64 / many as f64;
            assert!(error < 0.0081 * 3.0, "{estimate} instead of {many}");
        }
    }

    #[test]
    fn a_sparse_counter_keeps_within_its_limit_and_never_goes_back() {
        let mut bytes = empty();
        for number in 0u64.. {
            let before = bytes.len();
            add(&mut bytes, &number.to_le_bytes(), DEFAULT).unwrap();
            if form(&bytes) == Some(Form::Dense) {
                assert!((DEFAULT - 3..=DEFAULT).contains(&before), "{before}");
                break;
            }
            assert!(bytes.len() <= DEFAULT);
        }
        assert_eq!(bytes.len(), DENSE_LEN);
        assert_eq!(make_dense(&mut bytes), Ok(false));
    }

    #[test]
    fn merging_takes_the_larger_of_each() {
        let (a, b) = (counter(0..3000, DEFAULT), counter(2900..3100, DEFAULT));
        let mut merged = registers(&a);
        merge(&b, &mut merged, Loops::Wide).unwrap();
        assert!(merged == naive(0..3100));
        for mut target in [a, b, empty()] {
            raise_all(&mut target, &merged, DEFAULT).unwrap();
            assert!(registers(&target) == merged);
        }
    }

    #[test]
    fn the_cache() {
        let mut bytes = empty();
        assert_eq!(cached(&bytes), Some(0));
        set_stale(&mut bytes);
        assert_eq!(cached(&bytes), None);
        set_cached(&mut bytes, 12345);
        assert_eq!(cached(&bytes), Some(12345));
        assert_eq!(&bytes[..18], b"HYLL\x01\0\0\0\x39\x30\0\0\0\0\0\0\x7f\xff");
    }

    #[test]
    fn what_is_no_counter() {
        assert_eq!(form(b""), None);
        assert_eq!(form(b"HYLL"), None);
        assert_eq!(form(b"HYLL\x01\0\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(form(b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0"), Some(Form::Sparse));
        assert_eq!(form(b"hyll\x01\0\0\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(form(b"HYLL\x02\0\0\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(form(b"HYLL\0\0\0\0\0\0\0\0\0\0\0\0"), None);
        let mut dense = empty();
        make_dense(&mut dense).unwrap();
        assert_eq!(form(&dense), Some(Form::Dense));
        dense.push(0);
        assert_eq!(form(&dense), None);
    }

    proptest! {
        /// CVE-2025-32023: whatever the runs say, registers stay in range, and a counter that is read
        /// without complaint is read alike by everyone.
        #[test]
        fn any_runs_at_all(
            runs in prop::collection::vec(any::<u8>(), 0..200),
            element in any::<u64>(),
            max in 0..400usize,
        ) {
            let mut bytes = empty();
            bytes.truncate(HEADER);
            bytes.extend_from_slice(&runs);
            describe_runs(&bytes);
            let mut all = [0; REGISTERS];
            prop_assert_eq!(merge(&bytes, &mut all, Loops::Plain).is_ok(), count(&bytes, Loops::Wide).is_ok());
            let mut dense = bytes.clone();
            match make_dense(&mut dense) {
                Ok(_) => prop_assert!(registers(&dense) == all),
                Err(Corrupt) => prop_assert!(dense == bytes),
            }
            let mut added = bytes.clone();
            match add(&mut added, &element.to_le_bytes(), max) {
                Ok(_) => prop_assert!(form(&added).is_some()),
                Err(Corrupt) => prop_assert!(added == bytes),
            }
        }
    }
}
