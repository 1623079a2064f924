//! Choosing entries at random, every one with the same chance.

use super::entry::Entry;
use super::segment::SEGMENT_MAX;
use super::{Table, segment::Segment};

/// Draws before giving up on rejection, so that no sequence of draws can hang us.
const TRIES: usize = 256;

impl<T, const META: usize> Table<T, META> {
    /// An entry, uniformly, from numbers that `draw` gives (64 uniform bits each).
    pub fn random(&self, draw: &mut dyn FnMut() -> u64) -> Option<Entry<'_, T, META>> {
        let limit = if self.segments.len() == 1 { self.len } else { SEGMENT_MAX };
        self.choose(
            limit,
            self.len,
            draw,
            |segment, _| segment.slots.len(),
            |segment, nth| segment.entry(nth),
        )
    }

    /// An entry among those with an expiry, uniformly. Costs a pass over one segment's entries.
    pub fn random_volatile(&self, draw: &mut dyn FnMut() -> u64) -> Option<Entry<'_, T, META>> {
        let limit = self.summaries.iter().map(|summary| summary.volatile).max().unwrap_or(0);
        self.choose(
            limit as usize,
            self.volatile,
            draw,
            |_, id| self.summaries[id].volatile as usize,
            |segment, nth| {
                let mut volatile = (0..segment.slots.len()).filter(|at| segment.layout(*at).volatile);
                segment.entry(volatile.nth(nth).expect("the summary counts the volatile entries"))
            },
        )
    }

    /// Draws a segment, and a place below `limit` in it, until the place is one of the segment's `count`.
    fn choose<'a>(
        &'a self,
        limit: usize,
        total: usize,
        draw: &mut dyn FnMut() -> u64,
        count: impl Fn(&Segment<T, META>, usize) -> usize,
        pick: impl Fn(&'a Segment<T, META>, usize) -> Entry<'a, T, META>,
    ) -> Option<Entry<'a, T, META>> {
        if total == 0 {
            return None;
        }
        let mut id = 0;
        for _ in 0..TRIES {
            let bits = draw();
            id = below(bits >> 32, self.segments.len());
            let nth = below(bits & u32::MAX as u64, limit);
            if nth < count(&self.segments[id], id) {
                return Some(pick(&self.segments[id], nth));
            }
        }
        let segments = self.segments.len();
        let id =
            (0..segments).map(|step| (id + step) % segments).find(|id| count(&self.segments[*id], *id) > 0);
        let id = id.expect("a table with entries has a segment with entries");
        let nth = draw() as usize % count(&self.segments[id], id);
        Some(pick(&self.segments[id], nth))
    }
}

/// Maps 32 uniform bits to a number below `limit`.
fn below(bits: u64, limit: usize) -> usize {
    ((bits as u128 * limit as u128) >> 32) as usize
}
