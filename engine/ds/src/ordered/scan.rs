//! Visiting all elements in the order of their members' hashes, from a cursor on.
//!
//! A cursor is the top 48 bits of a position in that order; everything before it has been visited. Neither growing nor
//! moving to another score moves a member in it, so a scan that goes on after changes misses nothing that stayed and
//! repeats nothing.

use super::{Ordered, tag};

/// Cursors are positions without these low bits, which no position uses.
const UNUSED_BITS: u32 = 16;

impl Ordered {
    /// Visits at least `count` elements from a cursor on, fewer only at the end, and returns the next cursor: 0 when
    /// done. Scans start at cursor 0. Only the low 48 bits of a cursor matter, and any value is allowed.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(&[u8], f64)) -> u64 {
        let (start, mut seen) = (cursor << UNUSED_BITS, 0);
        let mut position = start;
        loop {
            position = self.index.visit(position, &mut |run| {
                for id in run.leaves() {
                    let leaf = &self.tree.leaves[id];
                    for at in leaf.tagged(tag(run.bits)) {
                        let (member, score) = leaf.get(at);
                        let hash = self.hasher.hash(member);
                        if run.has(hash) && hash >= start {
                            visit(member, score);
                            seen += 1;
                        }
                    }
                }
                seen < count
            });
            if position == 0 || seen >= count {
                return position >> UNUSED_BITS;
            }
        }
    }
}
