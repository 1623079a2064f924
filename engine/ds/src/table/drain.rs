//! Emptying a table in slices, for one so large that dropping it at once would be felt.

use super::Table;
use super::growth::Summary;
use super::segment::Segment;

impl<T, const META: usize> Table<T, META> {
    /// Drops at least `budget` entries, a segment at a time, and says whether any are left. The table stays whole
    /// in between; `len` and `memory` tell what is left.
    pub fn drain_step(&mut self, budget: usize) -> bool {
        let target = self.len.saturating_sub(budget.max(1));
        while self.len > target {
            self.sweep = if self.sweep >= self.segments.len() { 0 } else { self.sweep };
            let segment = &mut *self.segments[self.sweep];
            let summary = &mut self.summaries[self.sweep];
            self.len -= segment.slots.len();
            self.volatile -= summary.volatile as usize;
            self.owned -= segment.memory();
            *segment = Segment::new();
            self.owned += segment.memory();
            *summary = Summary { next_expiry: i64::MAX, volatile: 0, ..*summary };
            self.sweep += 1;
        }
        if self.len == 0 {
            self.reset();
        }
        self.len > 0
    }
}
