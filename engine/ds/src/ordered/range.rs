//! Reading a range of ranks, from either end, leaf by leaf.

use super::Ordered;
use super::tree::Spot;
use std::iter::FusedIterator;
use std::ops;

impl Ordered {
    /// The elements of a range of ranks, clipped to those there are.
    pub fn range(&self, ranks: ops::Range<usize>) -> Range<'_> {
        let end = ranks.end.min(self.len);
        Range { set: self, front: None, back: None, start: ranks.start.min(end), end }
    }

    /// All elements.
    pub fn iter(&self) -> Range<'_> {
        self.range(0..self.len)
    }
}

/// The iterator of [`Ordered::range`].
#[derive(Clone)]
pub struct Range<'a> {
    set: &'a Ordered,
    /// Where the element with rank `start` is, once that was asked for.
    front: Option<Spot>,
    /// Where the element with rank `end - 1` is, once that was asked for.
    back: Option<Spot>,
    start: usize,
    end: usize,
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a [u8], f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.start == self.end {
            return None;
        }
        let tree = &self.set.tree;
        let spot = self.front.unwrap_or_else(|| tree.select(self.start as u64));
        let leaf = &tree.leaves[spot.leaf];
        self.start += 1;
        self.front = Some(if spot.at + 1 < leaf.len() {
            Spot { at: spot.at + 1, ..spot }
        } else {
            Spot { leaf: leaf.next as usize, at: 0 }
        });
        Some(leaf.get(spot.at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.start, Some(self.end - self.start))
    }
}

impl DoubleEndedIterator for Range<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.start == self.end {
            return None;
        }
        let tree = &self.set.tree;
        self.end -= 1;
        let spot = self.back.unwrap_or_else(|| tree.select(self.end as u64));
        let leaf = &tree.leaves[spot.leaf];
        self.back = match spot.at.checked_sub(1) {
            Some(at) => Some(Spot { at, ..spot }),
            None if self.start == self.end => None,
            None => {
                let prev = leaf.prev as usize;
                Some(Spot { leaf: prev, at: tree.leaves[prev].len() - 1 })
            }
        };
        Some(leaf.get(spot.at))
    }
}

impl ExactSizeIterator for Range<'_> {}
impl FusedIterator for Range<'_> {}
