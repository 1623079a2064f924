//! Visiting all entries in hash order, at once or from a cursor.
//!
//! A cursor is the top 48 bits of a position in hash order; everything before it has been visited. Splits and
//! merges do not move entries in that order, so a scan that goes on after them misses nothing that stayed and
//! repeats nothing. Entries whose tags are equal lie in no particular order and are visited together.
//!
//! A merge makes tags coarser, and a cursor from before it may then point into the middle of a tag. The
//! entries of that one tag are hashed to tell which of them were visited.

use super::entry::{Entry, EntryMut};
use super::{CLOCKED, Table, slots};
use std::ops::Range;

/// Cursors are positions without these low bits, which no position uses.
const UNUSED_BITS: u32 = 16;

/// Neighbours in one segment that a scan visits next.
struct Span {
    segment: usize,
    range: Range<usize>,
    /// Only entries whose hash is not below.
    from: Option<u64>,
    /// The position after the span; 0 at the end of the table.
    next: u64,
}

impl<T, const META: usize> Table<T, META> {
    /// Visits at least `count` entries from a cursor on, fewer only at the end, and returns the next cursor:
    /// 0 when done. Scans start at cursor 0. Only the low 48 bits of a cursor matter, and any value is allowed.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Entry<'_, T, META>)) -> u64 {
        let (mut position, mut seen) = (cursor << UNUSED_BITS, 0);
        loop {
            let span = self.span(position, count.max(1) - seen);
            let segment = &self.segments[span.segment];
            for index in span.range {
                if span.from.is_none_or(|from| self.hasher.hash(segment.key(index)) >= from) {
                    visit(segment.entry(index));
                    seen += 1;
                }
            }
            position = span.next;
            if position == 0 || seen >= count.max(1) {
                return position >> UNUSED_BITS;
            }
        }
    }

    /// Like `scan`, with views for changes in place.
    pub fn scan_mut(
        &mut self,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(EntryMut<'_, T, META>),
    ) -> u64 {
        let (mut position, mut seen) = (cursor << UNUSED_BITS, 0);
        loop {
            let span = self.span(position, count.max(1) - seen);
            let segment = &mut self.segments[span.segment];
            for index in span.range {
                if span.from.is_none_or(|from| self.hasher.hash(segment.key(index)) >= from) {
                    visit(segment.entry_mut(index, &mut self.summaries[span.segment].next_expiry));
                    seen += 1;
                }
            }
            position = span.next;
            if position == 0 || seen >= count.max(1) {
                return position >> UNUSED_BITS;
            }
        }
    }

    /// The span at a position: `count` entries and the rest of the last one's tag, or up to the segment's end.
    fn span(&self, position: u64, count: usize) -> Span {
        let (segment, tag) = self.directory.find(position);
        let summary = self.summaries[segment];
        let depth = summary.depth as u32;
        let slots = &self.segments[segment].slots;
        let start = slots.lower_bound(tag);
        if position << depth << 16 != 0 {
            let end = start + slots[start..].partition_point(|slot| slots::tag(*slot) == tag);
            let next = summary.start().wrapping_add((tag as u64 + 1) << (48 - depth));
            return Span { segment, range: start..end, from: Some(position), next };
        }
        let mut end = (start + count).min(slots.len());
        while end > start && end < slots.len() && slots::tag(slots[end]) == slots::tag(slots[end - 1]) {
            end += 1;
        }
        let next = match slots.get(end) {
            Some(slot) => summary.start() | (slots::tag(*slot) as u64) << (48 - depth),
            None => summary.end(),
        };
        Span { segment, range: start..end, from: None, next }
    }

    /// All entries in hash order, which depends on the keys and the hasher and on nothing else, but for the
    /// order among entries of one tag.
    pub fn iter(&self) -> Iter<'_, T, META> {
        Iter { table: self, segment: self.directory.find(0).0, index: 0 }
    }
}

/// The iterator of [`Table::iter`].
pub struct Iter<'a, T, const META: usize = CLOCKED> {
    table: &'a Table<T, META>,
    segment: usize,
    index: usize,
}

impl<T, const META: usize> Clone for Iter<'_, T, META> {
    fn clone(&self) -> Self {
        Iter { ..*self }
    }
}

impl<'a, T, const META: usize> Iterator for Iter<'a, T, META> {
    type Item = Entry<'a, T, META>;

    fn next(&mut self) -> Option<Entry<'a, T, META>> {
        loop {
            let segment = &self.table.segments[self.segment];
            if self.index < segment.slots.len() {
                self.index += 1;
                return Some(segment.entry(self.index - 1));
            }
            let end = self.table.summaries[self.segment].end();
            if end == 0 {
                return None;
            }
            self.segment = self.table.directory.find(end).0;
            self.index = 0;
        }
    }
}
