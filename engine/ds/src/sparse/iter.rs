//! Going through an array, upwards or downwards.

use super::slice::Slice;
use super::{Element, SparseArray};
use std::collections::btree_map::Range;

/// The elements of a range with their indexes; see [`SparseArray::iter`].
pub struct Iter<'a> {
    array: &'a SparseArray,
    slices: Range<'a, u64, Slice>,
    downwards: bool,
    /// Where the range begins and ends, in the order of the walk.
    start: u64,
    end: u64,
    current: Option<Cursor<'a>>,
}

/// Where in a slice the walk goes on.
struct Cursor<'a> {
    slice: &'a Slice,
    /// The index of the slice's first position.
    base: u64,
    /// The rank of the next element, and its offset.
    rank: usize,
    offset: u16,
    /// How many elements are left in the slice that belong to the range.
    left: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(array: &'a SparseArray, start: u64, end: u64) -> Iter<'a> {
        let (low, high) = (start.min(end), start.max(end));
        let slices = array.slices.range(array.place(low).0..=array.place(high).0);
        Iter { array, slices, downwards: start > end, start, end, current: None }
    }

    /// Enters the next slice that has elements of the range.
    fn enter(&mut self) -> Option<Cursor<'a>> {
        loop {
            let (&number, slice) = if self.downwards { self.slices.next_back() } else { self.slices.next() }?;
            let base = number << self.array.slice_bits;
            let (low, high) = (self.start.min(self.end), self.start.max(self.end));
            let first = low.saturating_sub(base) as u32;
            let last = (high - base).min(u64::from(self.array.last_offset())) as u16;
            let ranks = slice.rank(first)..slice.rank(u32::from(last) + 1);
            if ranks.is_empty() {
                continue;
            }
            let (rank, offset) = if self.downwards {
                (ranks.end - 1, slice.up_to(last))
            } else {
                (ranks.start, slice.from(first))
            };
            let offset = offset.expect("the range has elements here");
            return Some(Cursor { slice, base, rank, offset, left: ranks.len() });
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (u64, Element<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.current.is_none() {
            self.current = self.enter();
        }
        let cursor = self.current.as_mut()?;
        let index = cursor.base + u64::from(cursor.offset);
        let element = self.array.element(cursor.slice, cursor.rank);
        cursor.left -= 1;
        if cursor.left == 0 {
            self.current = None;
        } else if self.downwards {
            cursor.rank -= 1;
            cursor.offset = cursor.slice.up_to(cursor.offset - 1).expect("elements are left");
        } else {
            cursor.rank += 1;
            cursor.offset = cursor.slice.from(u32::from(cursor.offset) + 1).expect("elements are left");
        }
        Some((index, element))
    }
}
