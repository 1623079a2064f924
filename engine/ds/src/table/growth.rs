//! Splitting and merging segments: how the table grows and shrinks, one segment at a time.

use super::Table;
use super::directory::DEPTH_MAX;
use super::heap::{CHUNK, CHUNKS};
use super::segment::{SEGMENT_MAX, Segment};

/// Two siblings merge when together they are below these, far enough from a split not to swing.
const MERGE_ENTRIES: usize = SEGMENT_MAX / 2;
const MERGE_BYTES: usize = CHUNK * CHUNKS / 2;
/// Whether to merge is asked at every so many-th length, since the answer costs a look at the sibling.
const MERGE_STRIDE: usize = 16;

/// What is known of a segment without touching it.
#[derive(Clone, Copy)]
pub(super) struct Summary {
    /// No entry of the segment expires before; `i64::MAX` without volatile entries.
    pub next_expiry: i64,
    /// The hash bits that all its entries share.
    pub prefix: u32,
    /// Entries with an expiry.
    pub volatile: u16,
    /// The length of the prefix in bits.
    pub depth: u8,
}

impl Summary {
    /// Of a segment that holds every hash.
    pub fn whole() -> Self {
        Summary { next_expiry: i64::MAX, prefix: 0, volatile: 0, depth: 0 }
    }

    /// The first position in hash order that belongs to the segment.
    pub fn start(&self) -> u64 {
        // Shifting in two steps keeps depth 0 in range.
        ((self.prefix as u64) << 32) << (32 - self.depth as u32)
    }

    /// The position after the segment; 0 after the last one.
    pub fn end(&self) -> u64 {
        self.start().wrapping_add((1 << 63 >> self.depth) << 1)
    }
}

impl<T, const META: usize> Table<T, META> {
    /// Splits a segment in two.
    pub(super) fn split(&mut self, id: usize) {
        let Summary { next_expiry, prefix, volatile, depth } = self.summaries[id];
        let (prefix, depth) = (prefix << 1, depth as u32 + 1);
        assert!(depth <= DEPTH_MAX, "a keyed hash spreads keys before {DEPTH_MAX} bits agree");
        let segment = std::mem::replace(&mut *self.segments[id], Segment::new());
        self.owned -= segment.memory();
        let halves = segment.split(depth, &self.hasher);
        self.owned += halves[0].memory() + halves[1].memory();
        let summary = |half: usize| {
            let volatile = if volatile == 0 { 0 } else { halves[half].volatile() };
            let next_expiry = if volatile == 0 { i64::MAX } else { next_expiry };
            Summary { next_expiry, prefix: prefix | half as u32, volatile, depth: depth as u8 }
        };
        let summaries = [summary(0), summary(1)];
        let other = self.segments.len();
        self.directory.assign(prefix, depth, id);
        self.directory.assign(prefix | 1, depth, other);
        self.depths[depth as usize - 1] -= 1;
        self.depths[depth as usize] += 2;
        let [left, right] = halves;
        *self.segments[id] = left;
        self.segments.push(Box::new(right));
        self.summaries[id] = summaries[0];
        self.summaries.push(summaries[1]);
    }

    /// After removals from a segment: merges it with its sibling if both are nearly empty.
    pub(super) fn shrink(&mut self, id: usize) {
        if self.len == 0 {
            self.reset();
        } else if self.segments[id].slots.len().is_multiple_of(MERGE_STRIDE) {
            self.merge(id);
        }
    }

    /// After many removals at once, which may have stepped over every stride.
    pub(super) fn shrink_after_many(&mut self, id: usize) {
        if self.len == 0 {
            self.reset();
        } else {
            self.merge(id);
        }
    }

    /// Back to a single segment, for a table without entries. Keeps that segment's memory if it is the only one,
    /// so that a table that swings between no key and one does not allocate each time.
    pub(super) fn reset(&mut self) {
        if self.segments.len() == 1 {
            return;
        }
        let fresh = Table::new(self.hasher);
        let snapshot_bit = self.snapshot_bit;
        *self = Table { snapshot_bit, ..fresh };
    }

    fn merge(&mut self, id: usize) {
        let Summary { prefix, depth, .. } = self.summaries[id];
        let depth = depth as u32;
        if depth == 0 {
            return;
        }
        let (sibling, sibling_depth) = self.directory.at_prefix(prefix ^ 1, depth);
        let (one, two) = (&self.segments[id], &self.segments[sibling]);
        if sibling_depth != depth
            || one.slots.len() + two.slots.len() > MERGE_ENTRIES
            || one.live() + two.live() > MERGE_BYTES
        {
            return;
        }
        let (left, right) = if prefix & 1 == 0 { (id, sibling) } else { (sibling, id) };
        let mut take = |id: usize| {
            let segment = std::mem::replace(&mut *self.segments[id], Segment::new());
            self.owned -= segment.memory();
            segment
        };
        let both = Segment::merge(take(left), take(right));
        self.owned += both.memory();
        let (keep, gone) = (id.min(sibling), id.max(sibling));
        *self.segments[keep] = both;
        self.summaries[keep] = Summary {
            next_expiry: self.summaries[keep].next_expiry.min(self.summaries[gone].next_expiry),
            prefix: prefix >> 1,
            volatile: self.summaries[keep].volatile + self.summaries[gone].volatile,
            depth: depth as u8 - 1,
        };
        self.directory.assign(prefix >> 1, depth - 1, keep);
        self.forget(gone);
        self.depths[depth as usize] -= 2;
        self.depths[depth as usize - 1] += 1;
        let deepest = self.depths.iter().rposition(|count| *count > 0).expect("a table has a segment");
        self.directory.shrink(deepest as u32);
    }

    /// Drops an emptied segment; the last one takes its number, so that numbers stay dense.
    fn forget(&mut self, id: usize) {
        self.segments.swap_remove(id);
        self.summaries.swap_remove(id);
        if let Some(moved) = self.summaries.get(id) {
            self.directory.assign(moved.prefix, moved.depth as u32, id);
        }
        if self.segments.len() * 4 < self.segments.capacity() {
            self.segments.shrink_to(self.segments.len() * 2);
            self.summaries.shrink_to(self.summaries.len() * 2);
        }
    }
}
