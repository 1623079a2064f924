//! A row of distinct integers and nothing else, ascending, all of one width: what a small set of numbers is kept in.
//!
//! ```text
//!   mark:8 | width:8 | integer integer integer ...      each of `width` bytes, two's complement, little-endian
//! ```
//!
//! The width is one of 1, 2, 3, 4, 6 and 8: that of the widest number there has ever been, for it grows and never
//! shrinks. How many there are follows from the length. Beside `packed`, whose items need not be numbers, a number
//! costs no byte of its own and is found by halving. The bytes travel as those of a [`Packed`], whose header has the
//! same length; the mark is the caller's and tells the two apart.

use crate::packed::Packed;

const HEADER: usize = 2;

/// Integers that are only read, wherever their bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntsRef<'a> {
    width: usize,
    numbers: &'a [u8],
}

/// The bytes that a number needs.
#[inline]
fn width_of(value: i64) -> usize {
    match 65 - (value ^ (value >> 63)).leading_zeros() {
        0..=8 => 1,
        9..=16 => 2,
        17..=24 => 3,
        25..=32 => 4,
        33..=48 => 6,
        _ => 8,
    }
}

/// The number at `index`.
#[inline(always)]
fn load<const WIDTH: usize>(numbers: &[u8], index: usize) -> i64 {
    let mut padded = [0; 8];
    padded[8 - WIDTH..].copy_from_slice(&numbers[index * WIDTH..][..WIDTH]);
    i64::from_le_bytes(padded) >> (64 - 8 * WIDTH)
}

/// How many of the numbers, which ascend, are below `value`.
#[inline(always)]
fn below<const WIDTH: usize>(numbers: &[u8], value: i64) -> usize {
    let (mut start, mut len) = (0, numbers.len() / WIDTH);
    while len > 0 {
        let half = len / 2;
        let less = load::<WIDTH>(numbers, start + half) < value;
        // Written so that there is no branch to guess wrong.
        start = if less { start + half + 1 } else { start };
        len = if less { len - half - 1 } else { half };
    }
    start
}

impl<'a> IntsRef<'a> {
    /// The caller vouches that the bytes are those of an [`Ints`].
    #[inline]
    pub fn new(bytes: &'a [u8]) -> IntsRef<'a> {
        let (header, numbers) = bytes.split_at(HEADER);
        IntsRef { width: usize::from(header[1]), numbers }
    }

    #[inline]
    pub fn len(&self) -> usize {
        match self.width {
            1 => self.numbers.len(),
            2 => self.numbers.len() / 2,
            3 => self.numbers.len() / 3,
            4 => self.numbers.len() / 4,
            6 => self.numbers.len() / 6,
            _ => self.numbers.len() / 8,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// How many bytes each number has.
    pub fn width(&self) -> usize {
        self.width
    }

    #[inline]
    fn at(&self, index: usize) -> i64 {
        match self.width {
            1 => load::<1>(self.numbers, index),
            2 => load::<2>(self.numbers, index),
            3 => load::<3>(self.numbers, index),
            4 => load::<4>(self.numbers, index),
            6 => load::<6>(self.numbers, index),
            _ => load::<8>(self.numbers, index),
        }
    }

    /// The number at `index` in ascending order.
    #[inline]
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| self.at(index))
    }

    /// How many numbers are below `value`: its index, if it is there.
    #[inline]
    fn below(&self, value: i64) -> usize {
        match self.width {
            1 => below::<1>(self.numbers, value),
            2 => below::<2>(self.numbers, value),
            3 => below::<3>(self.numbers, value),
            4 => below::<4>(self.numbers, value),
            6 => below::<6>(self.numbers, value),
            _ => below::<8>(self.numbers, value),
        }
    }

    #[inline]
    pub fn contains(&self, value: i64) -> bool {
        self.get(self.below(value)) == Some(value)
    }

    /// The numbers, ascending.
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        Iter { ints: *self, index: 0, len: self.len() }
    }
}

/// See [`IntsRef::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    ints: IntsRef<'a>,
    index: usize,
    len: usize,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        let index = self.index;
        self.index += 1;
        (index < self.len).then(|| self.ints.at(index))
    }
}

/// A row of integers of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ints {
    row: Packed,
}

impl Ints {
    /// No integers.
    pub fn new(mark: u8) -> Ints {
        Ints { row: Packed::from_bytes(vec![mark, 1]) }
    }

    /// Takes over what `into_packed` gave.
    pub fn from_packed(row: Packed) -> Ints {
        Ints { row }
    }

    pub fn into_packed(self) -> Packed {
        self.row
    }

    /// The bytes, in the shape in which they are stored.
    pub fn packed(&self) -> &Packed {
        &self.row
    }

    #[inline]
    pub fn view(&self) -> IntsRef<'_> {
        IntsRef::new(&self.row.bytes)
    }

    fn width(&self) -> usize {
        usize::from(self.row.bytes[1])
    }

    /// Adds a number; false if it was there already.
    pub fn insert(&mut self, value: i64) -> bool {
        let needed = width_of(value);
        if needed > self.width() {
            self.widen(needed);
        }
        let (ints, width) = (self.view(), self.width());
        let index = ints.below(value);
        if ints.get(index) == Some(value) {
            return false;
        }
        let bytes = &mut self.row.bytes;
        let (at, end) = (HEADER + index * width, bytes.len());
        bytes.resize(end + width, 0);
        bytes.copy_within(at..end, at + width);
        bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        true
    }

    /// Takes a number out; false if it was not there.
    pub fn remove(&mut self, value: i64) -> bool {
        let index = self.view().below(value);
        let found = self.view().get(index) == Some(value);
        if found {
            self.remove_at(index);
        }
        found
    }

    /// Takes out the number at an index below `len`.
    pub fn remove_at(&mut self, index: usize) {
        let width = self.width();
        let at = HEADER + index * width;
        self.row.bytes.drain(at..at + width);
    }

    /// Rewrites all numbers in a greater width.
    #[cold]
    fn widen(&mut self, width: usize) {
        let (old, len) = (self.width(), self.view().len());
        let bytes = &mut self.row.bytes;
        bytes[1] = width as u8;
        bytes.resize(HEADER + len * width, 0);
        // From the last on, so that none is overwritten before it has moved.
        for index in (0..len).rev() {
            let numbers = IntsRef { width: old, numbers: &bytes[HEADER..] };
            let value = numbers.at(index).to_le_bytes();
            bytes[HEADER + index * width..][..width].copy_from_slice(&value[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_number_takes_the_bytes_of_the_widest() {
        fn check(values: &[i64], width: usize) {
            let mut ints = Ints::new(9);
            values.iter().for_each(|value| assert!(ints.insert(*value)));
            assert_eq!((ints.view().width(), ints.packed().mark()), (width, 9), "{values:?}");
            assert_eq!(ints.packed().size(), HEADER + width * values.len());
            let mut sorted = values.to_vec();
            sorted.sort_unstable();
            assert_eq!(ints.view().iter().collect::<Vec<_>>(), sorted);
        }
        check(&[], 1);
        check(&[127, -128, 0], 1);
        check(&[1, 128], 2);
        check(&[-129, 5, -32768, 32767], 2);
        check(&[32768, 1, -1], 3);
        check(&[-8_388_608, 8_388_607], 3);
        check(&[8_388_608, -8_388_609, 0], 4);
        check(&[2_147_483_648, 7], 6);
        check(&[-140_737_488_355_328, 140_737_488_355_327], 6);
        check(&[140_737_488_355_328, -1], 8);
        check(&[i64::MIN, i64::MAX, 0], 8);
    }

    #[test]
    fn a_width_stays_when_its_number_goes() {
        let mut ints = Ints::new(0);
        [1, 100_000, 2].iter().for_each(|value| assert!(ints.insert(*value)));
        assert!(ints.remove(100_000) && !ints.remove(100_000));
        assert_eq!((ints.view().width(), ints.view().len()), (3, 2));
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![2 => -20i64..20, 1 => (0u32..64, any::<i64>()).prop_map(|(shift, value)| value >> shift)]
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(steps in prop::collection::vec((0u8..3, number()), 0..200)) {
            let (mut ints, mut model) = (Ints::new(1), BTreeSet::new());
            for (kind, value) in steps {
                match kind {
                    0 => prop_assert_eq!(ints.remove(value), model.remove(&value)),
                    _ => prop_assert_eq!(ints.insert(value), model.insert(value)),
                }
                prop_assert_eq!(ints.view().contains(value), kind != 0);
                prop_assert_eq!(ints.view().len(), model.len());
            }
            prop_assert!(ints.view().iter().eq(model.iter().copied()));
            prop_assert_eq!(ints.view().get(model.len()), None);
            prop_assert_eq!(Ints::from_packed(ints.clone().into_packed()), ints);
        }
    }
}
