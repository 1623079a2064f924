//! A sparse array: texts under indexes of 64 bits, most of which are empty.
//!
//! ```text
//!  slices: BTreeMap, by index / slice size
//!    0 ─▶ bitmap: a bit per position · words of those that are there · texts
//!    7 ─▶ packed: up to 16 × (offset, word) · texts             one allocation
//!    9e12 ─▶ ...
//!  large: texts of more than 255 bytes, one allocation each
//! ```
//!
//! An element is a word of eight bytes ([`word`]): numbers and short texts lie in it, longer ones in their slice.
//! Nothing but slices that hold something is stored, so work and memory follow the elements, never the span
//! of their indexes. A position costs nothing until it is set.
//!
//! A slice is also counted as *dense* or *sparse*, by [`Rules`] that have a memory: more than `sparse_max`
//! elements make it dense, fewer than `sparse_min` sparse again. This is what statistics show; in which form
//! the bytes lie is decided by size alone.

mod bitmap;
mod iter;
mod large;
mod packed;
mod slice;
mod word;

pub use iter::Iter;
pub use word::{Decimal, MAX_SCALE, Scratch, Short};

use crate::int;
use large::Large;
use packed::Record;
use slice::Slice;
use std::collections::BTreeMap;
use word::{Kind, Word};

/// The largest index; the one number above it is kept free to mean "none".
pub const MAX_INDEX: u64 = u64::MAX - 1;

/// Slices of so many positions at most: offsets within one have 16 bits.
pub const MAX_SLICE_SIZE: u64 = 1 << 16;

/// A node of the tree of slices: eleven keys and values, and what links it. Nodes are eight elevenths full, say.
const NODE: usize = 11 * (8 + size_of::<Slice>()) + 16;
const NODE_SLICES: usize = 8;

/// Slices of so many are a block; see [`SparseArray::blocks`].
const BLOCK: u64 = 2048;

/// When a slice counts as dense.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// More elements make a slice dense. Zero: it is dense from its first.
    pub sparse_max: usize,
    /// A dense slice of fewer elements becomes sparse. Zero: it never does.
    pub sparse_min: usize,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { sparse_max: 10, sparse_min: 5 }
    }
}

/// An element, in the form it is kept in.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    Integer(i64),
    Decimal(Decimal),
    Short(Short),
    Text(&'a [u8]),
}

impl Element<'_> {
    /// The text that was stored.
    pub fn text<'b>(&'b self, scratch: &'b mut Scratch) -> &'b [u8] {
        match self {
            Element::Text(text) => text,
            Element::Short(short) => short.as_bytes(),
            Element::Decimal(number) => number.write(scratch),
            Element::Integer(value) => {
                let mut digits = [0; int::MAX_DIGITS];
                let text = int::format_i64(&mut digits, *value);
                scratch[..text.len()].copy_from_slice(text);
                &scratch[..text.len()]
            }
        }
    }

    /// The element times ten to the power of [`MAX_SCALE`], if it is an integer or a plain decimal.
    pub fn scaled(&self) -> Option<i128> {
        match self {
            Element::Integer(value) => Some(i128::from(*value) * 10i128.pow(u32::from(MAX_SCALE))),
            Element::Decimal(number) => Some(number.scaled()),
            Element::Short(short) => Decimal::parse(short.as_bytes()).map(|number| number.scaled()),
            Element::Text(text) => Decimal::parse(text).map(|number| number.scaled()),
        }
    }
}

/// How an array's slices are filled, for those who want to know whether its use suits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub dense: u64,
    pub sparse: u64,
    /// Positions of windows: the powers of two, from eight on, that reach from a dense slice's first element to its
    /// last.
    pub dense_positions: u64,
    pub dense_elements: u64,
    pub sparse_elements: u64,
}

/// A map from index to text. Iteration and [`len`](Self::len) go by index.
#[derive(Debug)]
pub struct SparseArray {
    /// No slice is empty.
    slices: BTreeMap<u64, Slice>,
    large: Large,
    /// The binary logarithm of a slice's size.
    slice_bits: u32,
    count: u64,
    blocks: u64,
    /// Bytes of the slices on the heap.
    heap: usize,
}

impl Clone for SparseArray {
    /// A copy keeps no room to grow, so its bytes are counted anew.
    fn clone(&self) -> SparseArray {
        let slices = self.slices.clone();
        let heap = slices.values().map(|slice| slice.heap()).sum();
        SparseArray { slices, large: self.large.clone(), heap, ..*self }
    }
}

impl SparseArray {
    /// An array whose slices have so many positions, a power of two.
    pub fn new(slice_size: u64) -> SparseArray {
        assert!(slice_size.is_power_of_two() && slice_size <= MAX_SLICE_SIZE, "offsets have 16 bits");
        SparseArray {
            slices: BTreeMap::new(),
            large: Large::default(),
            slice_bits: slice_size.trailing_zeros(),
            count: 0,
            blocks: 0,
            heap: 0,
        }
    }

    /// How many elements there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The highest index that is set, plus one.
    pub fn len(&self) -> u64 {
        self.slices.last_key_value().map_or(0, |(number, slice)| {
            let offset = slice.up_to(self.last_offset()).expect("no slice is empty");
            (number << self.slice_bits) + u64::from(offset) + 1
        })
    }

    pub fn slice_size(&self) -> u64 {
        1 << self.slice_bits
    }

    pub fn slices(&self) -> u64 {
        self.slices.len() as u64
    }

    /// The number of the last slice.
    pub fn last_slice(&self) -> Option<u64> {
        self.slices.last_key_value().map(|(number, _)| *number)
    }

    /// How many runs of 2048 slices hold something.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.heap + self.slices.len().div_ceil(NODE_SLICES) * NODE + self.large.memory()
    }

    /// Allocations, roughly.
    pub fn allocations(&self) -> usize {
        self.slices.len() * 2 + self.large.len()
    }

    pub fn get(&self, index: u64) -> Option<Element<'_>> {
        let (number, offset) = self.place(index);
        let slice = self.slices.get(&number)?;
        slice.find(offset).map(|rank| self.element(slice, rank))
    }

    /// Stores a text, and says whether the place was empty.
    ///
    /// # Panics
    ///
    /// If `index` is above [`MAX_INDEX`].
    pub fn set(&mut self, index: u64, text: &[u8], rules: Rules) -> bool {
        assert!(index <= MAX_INDEX, "the number above the largest index means none");
        let (number, offset) = self.place(index);
        let (word, text) = match Word::inline(text) {
            Some(word) => (word, &[][..]),
            None if text.len() > word::MAX_TEXT => (Word::large(self.large.put(text)), &[][..]),
            None => (Word::text(0, text.len() as u8), text),
        };
        let record = Record { offset, word, text };
        let positions = 1 << self.slice_bits;
        let old = match self.slices.get_mut(&number) {
            Some(slice) => {
                let heap = slice.heap();
                let old = slice.put(record, positions, rules);
                self.heap = self.heap - heap + slice.heap();
                old
            }
            None => {
                let slice = Slice::new(record, rules);
                self.blocks += u64::from(!self.block_exists(number));
                self.heap += slice.heap();
                self.slices.insert(number, slice);
                Word::EMPTY
            }
        };
        if old == Word::EMPTY {
            self.count += 1;
            return true;
        }
        self.large.release(old);
        false
    }

    /// Takes one element out, and says whether there was one.
    pub fn remove(&mut self, index: u64, rules: Rules) -> bool {
        self.remove_range(index, index, rules) == 1
    }

    /// Takes out all elements from `low` to `high`, and says how many there were.
    pub fn remove_range(&mut self, low: u64, high: u64, rules: Rules) -> u64 {
        let before = self.count;
        let ((first, from), (last, to)) = (self.place(low), self.place(high));
        let last_offset = self.last_offset();
        let mut next = first;
        while next <= last
            && let Some((&number, slice)) = self.slices.range_mut(next..=last).next()
        {
            let start = if number == first { from } else { 0 };
            let end = if number == last { to } else { last_offset };
            let covered = slice.from(0) >= Some(start) && slice.up_to(last_offset) <= Some(end);
            if covered {
                self.remove_slice(number);
            } else {
                let (heap, len) = (slice.heap(), slice.len());
                let large = &mut self.large;
                slice.take(start..=end, rules, |word| large.release(word));
                self.heap = self.heap - heap + slice.heap();
                self.count -= (len - slice.len()) as u64;
            }
            next = number + 1;
        }
        before - self.count
    }

    /// The elements from `start` to `end`, both included; downwards if `start` is the larger.
    pub fn iter(&self, start: u64, end: u64) -> Iter<'_> {
        Iter::new(self, start, end)
    }

    /// How many elements there are from `low` to `high`, by counting slices rather than elements.
    pub fn count_range(&self, low: u64, high: u64) -> u64 {
        let ((first, from), (last, to)) = (self.place(low), self.place(high));
        let ranks = |number: u64, slice: &Slice| {
            let below = if number == first { slice.rank(u32::from(from)) } else { 0 };
            let upto = if number == last { slice.rank(u32::from(to) + 1) } else { slice.len() };
            (upto - below) as u64
        };
        self.slices.range(first..=last).map(|(number, slice)| ranks(*number, slice)).sum()
    }

    /// Looks at every slice.
    pub fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        for slice in self.slices.values() {
            let len = slice.len() as u64;
            if slice.is_dense() {
                let ends = slice.from(0).zip(slice.up_to(self.last_offset()));
                let (first, last) = ends.expect("no slice is empty");
                let span = u64::from(last - first) + 1;
                shape.dense += 1;
                shape.dense_elements += len;
                shape.dense_positions += span.next_power_of_two().max(8).min(self.slice_size());
            } else {
                shape.sparse += 1;
                shape.sparse_elements += len;
            }
        }
        shape
    }

    /// Drops up to `steps` slices or large texts. True while some are left.
    pub fn drain_step(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            match self.slices.pop_first() {
                Some((_, slice)) => {
                    self.count -= slice.len() as u64;
                    self.heap -= slice.heap();
                }
                None if self.large.drop_one() => {}
                None => return false,
            }
        }
        !self.slices.is_empty() || self.large.len() > 0
    }

    fn remove_slice(&mut self, number: u64) {
        let slice = self.slices.remove(&number).expect("the slice was just seen");
        self.heap -= slice.heap();
        self.count -= slice.len() as u64;
        slice.words(|word| self.large.release(word));
        self.blocks -= u64::from(!self.block_exists(number));
    }

    /// Whether there is a slice in the block of slice `number`.
    fn block_exists(&self, number: u64) -> bool {
        let first = number / BLOCK * BLOCK;
        self.slices.range(first..=first + (BLOCK - 1)).next().is_some()
    }

    fn place(&self, index: u64) -> (u64, u16) {
        (index >> self.slice_bits, (index & u64::from(self.last_offset())) as u16)
    }

    fn last_offset(&self) -> u16 {
        ((1u64 << self.slice_bits) - 1) as u16
    }

    fn element<'a>(&'a self, slice: &'a Slice, rank: usize) -> Element<'a> {
        let (word, text) = slice.element(rank);
        match word.kind() {
            Kind::Integer(value) => Element::Integer(value),
            Kind::Decimal(number) => Element::Decimal(number),
            Kind::Short(short) => Element::Short(short),
            Kind::Text { .. } => Element::Text(text),
            Kind::Large(number) => Element::Text(self.large.get(number)),
        }
    }
}

#[cfg(test)]
mod model;
