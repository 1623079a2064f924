//! Active expiry: taking out what is due without looking at what is not.
//!
//! No entry stands in an index. The summaries, sixteen bytes per segment and dense, bound the earliest expiry of
//! each segment from below; a sweep over them finds the segments with something due, and one pass over such
//! a segment takes out all of it and makes the bound exact.

use super::{Entry, Table};

/// The outcome of [`Table::take_due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub removed: usize,
    /// Work was left when the budget was spent.
    pub more: bool,
}

/// Passes over segments that one call may make beyond those that its removals pay for.
const FREE_PASSES: usize = 8;
/// Removals that pay for one pass.
const REMOVALS_PER_PASS: usize = 64;

impl<T, const META: usize> Table<T, META> {
    /// Removes entries that expire before `bound_ms`, at most `max` of them, and hands out each one's key and
    /// object. An entry that expires at `bound_ms` itself stays: a key has expired when now is past its time.
    ///
    /// `before` sees each entry as it still stands. Calls go on where the last one stopped, so that no segment
    /// waits for ever.
    pub fn take_due(
        &mut self,
        bound_ms: i64,
        max: usize,
        before: &mut dyn FnMut(Entry<'_, T, META>),
        out: &mut dyn FnMut(&[u8], Option<T>),
    ) -> Due {
        let (mut removed, mut passes) = (0, FREE_PASSES + max / REMOVALS_PER_PASS);
        while let Some(id) = self.next_due(bound_ms) {
            if removed == max || passes == 0 {
                return Due { removed, more: true };
            }
            passes -= 1;
            self.sweep = id;
            removed += self.take_due_of(id, bound_ms, max - removed, before, out);
        }
        Due { removed, more: false }
    }

    /// A time before which nothing expires, in milliseconds; `None` if nothing ever does. Costs a look at every
    /// segment's summary.
    pub fn next_expiry_bound(&self) -> Option<i64> {
        if self.volatile == 0 {
            return None;
        }
        self.summaries.iter().map(|summary| summary.next_expiry).min()
    }

    /// The first segment from the sweep's place on, going round once, that may hold something due.
    fn next_due(&self, bound: i64) -> Option<usize> {
        if self.volatile == 0 {
            return None;
        }
        let start = self.sweep.min(self.summaries.len());
        let due = |summary: &super::growth::Summary| summary.next_expiry < bound;
        let after = self.summaries[start..].iter().position(due).map(|at| start + at);
        after.or_else(|| self.summaries[..start].iter().position(due))
    }

    fn take_due_of(
        &mut self,
        id: usize,
        bound: i64,
        max: usize,
        before: &mut dyn FnMut(Entry<'_, T, META>),
        out: &mut dyn FnMut(&[u8], Option<T>),
    ) -> usize {
        let segment = &mut self.segments[id];
        let memory = segment.memory();
        let (removed, next_expiry) = segment.take_due(bound, max, before, out);
        self.owned = self.owned - memory + segment.memory();
        self.len -= removed;
        self.volatile -= removed;
        let summary = &mut self.summaries[id];
        summary.volatile -= removed as u16;
        summary.next_expiry = next_expiry;
        if removed > 0 {
            self.shrink_after_many(id);
        }
        removed
    }
}
