//! Walking two tables side by side: which entries of one have their key in the other too.
//!
//! ```text
//!   one    │ a      b    c  │      d         │ e  f │        segments and slots, both in the order of hashes
//!   other  │  b   g      c    d                 e   │
//!          └── a span: where a segment of one overlaps with a segment of the other, one within the other ──┘
//! ```
//!
//! Tables of one hasher keep their entries in one order, so their common keys show in a single walk over their slots:
//! nothing is hashed, and memory is read forwards. Segments of different depth know different bits of a hash; within
//! a
//! span those that both know are compared, and where they agree, the keys.

use super::directory::{DEPTH_MAX, tag_of};
use super::entry::Entry;
use super::prefetch::prefetch;
use super::segment::{Segment, equal};
use super::{Table, slots};
use std::ops::ControlFlow;

/// Entries whose memory is fetched together.
const BATCH: usize = 32;
/// Tags have sixteen bits; tables whose segments differ in depth by more are not walked but asked key by key.
const DEPTH_DIFFERENCE_MAX: usize = 12;

/// Slots of a segment that lie in a span, and how far to shift their tags to the left so that all begin behind the
/// bits which the span's hashes have in common.
struct Part<'a> {
    slots: &'a [u32],
    shift: u32,
}

impl Part<'_> {
    /// The bits of a slot's hash that both segments know.
    #[inline(always)]
    fn bits(&self, slot: u32, unknown: u32) -> u16 {
        (slots::tag(slot) << self.shift) >> unknown
    }
}

impl<T, const META: usize> Table<T, META> {
    /// Visits, in hash order, the entries whose key `other` has too, until `visit` breaks off.
    pub fn common<'a, U>(
        &'a self,
        other: &Table<U, META>,
        visit: &mut impl FnMut(Entry<'a, T, META>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.join::<U, true>(other, visit)
    }

    /// Visits, in hash order, the entries whose key `other` does not have, until `visit` breaks off.
    pub fn missing<'a, U>(
        &'a self,
        other: &Table<U, META>,
        visit: &mut impl FnMut(Entry<'a, T, META>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.join::<U, false>(other, visit)
    }

    fn join<'a, U, const FOUND: bool>(
        &'a self,
        other: &Table<U, META>,
        visit: &mut impl FnMut(Entry<'a, T, META>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if !self.walks_beside(other) {
            for entry in self.iter() {
                if other.get(other.hash(entry.key()), entry.key()).is_some() == FOUND {
                    visit(entry)?;
                }
            }
            return ControlFlow::Continue(());
        }
        let mut position = 0;
        loop {
            let (own, theirs) = (self.directory.find(position).0, other.directory.find(position).0);
            let depth = self.summaries[own].depth.max(other.summaries[theirs].depth);
            let (one, two) = (self.part(own, position, depth), other.part(theirs, position, depth));
            join_span::<T, U, FOUND, META>(&self.segments[own], &one, &other.segments[theirs], &two, visit)?;
            // The shorter of the two ends first; the end of all is zero.
            let last = |end: u64| end.wrapping_sub(1);
            let end = last(self.summaries[own].end()).min(last(other.summaries[theirs].end()));
            position = end.wrapping_add(1);
            if position == 0 {
                return ControlFlow::Continue(());
            }
        }
    }

    fn walks_beside<U>(&self, other: &Table<U, META>) -> bool {
        let deepest = |depths: &[u32; DEPTH_MAX as usize + 1]| depths.iter().rposition(|count| *count > 0);
        let flattest = |depths: &[u32; DEPTH_MAX as usize + 1]| depths.iter().position(|count| *count > 0);
        let deepest = deepest(&self.depths).max(deepest(&other.depths)).unwrap_or(0);
        let flattest = flattest(&self.depths).min(flattest(&other.depths)).unwrap_or(0);
        self.hasher == other.hasher && deepest - flattest <= DEPTH_DIFFERENCE_MAX
    }

    /// The slots of a segment in the span of this depth at `position`.
    fn part(&self, segment: usize, position: u64, depth: u8) -> Part<'_> {
        let slots = &self.segments[segment].slots;
        let own = self.summaries[segment].depth;
        let shift = u32::from(depth - own);
        if shift == 0 {
            return Part { slots, shift };
        }
        let first = tag_of(position, own.into());
        let last = first | u16::MAX >> shift;
        let start = slots.lower_bound(first);
        let end = if last == u16::MAX { slots.len() } else { slots.lower_bound(last + 1) };
        Part { slots: &slots[start..end], shift }
    }
}

/// An entry of the one side and the slots of the other that may have its key.
#[derive(Clone, Copy, Default)]
struct Candidate {
    slot: u32,
    start: u32,
    end: u32,
}

fn join_span<'a, T, U, const FOUND: bool, const META: usize>(
    one: &'a Segment<T, META>,
    ones: &Part<'_>,
    two: &Segment<U, META>,
    twos: &Part<'_>,
    visit: &mut impl FnMut(Entry<'a, T, META>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let unknown = ones.shift.max(twos.shift);
    let mut batch = [Candidate::default(); BATCH];
    let (mut count, mut start) = (0, 0);
    for slot in ones.slots {
        let wanted = ones.bits(*slot, unknown);
        while start < twos.slots.len() && twos.bits(twos.slots[start], unknown) < wanted {
            start += 1;
        }
        let mut end = start;
        while end < twos.slots.len() && twos.bits(twos.slots[end], unknown) == wanted {
            end += 1;
        }
        if FOUND && start == end {
            continue;
        }
        batch[count] = Candidate { slot: *slot, start: start as u32, end: end as u32 };
        count += 1;
        if count == BATCH {
            settle::<T, U, FOUND, META>(one, two, twos, &batch, visit)?;
            count = 0;
        }
    }
    settle::<T, U, FOUND, META>(one, two, twos, &batch[..count], visit)
}

/// Compares the keys of candidates, after fetching where they lie.
fn settle<'a, T, U, const FOUND: bool, const META: usize>(
    one: &'a Segment<T, META>,
    two: &Segment<U, META>,
    twos: &Part<'_>,
    batch: &[Candidate],
    visit: &mut impl FnMut(Entry<'a, T, META>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for candidate in batch {
        prefetch(one.heap.address(slots::offset(candidate.slot)));
        if candidate.start < candidate.end {
            prefetch(two.heap.address(slots::offset(twos.slots[candidate.start as usize])));
        }
    }
    for candidate in batch {
        let entry = Entry::view(one.heap.at(slots::offset(candidate.slot)), &one.objects);
        let theirs = &twos.slots[candidate.start as usize..candidate.end as usize];
        let found = theirs.iter().any(|slot| equal(two.key_of(*slot), entry.key()));
        if found == FOUND {
            visit(entry)?;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Hasher64, NewValue, SetExpiry};
    use std::collections::BTreeSet;

    fn table(keys: impl Iterator<Item = u64>, hasher: Hasher64) -> Table<()> {
        let mut table = Table::new(hasher);
        for key in keys {
            let key = key.to_string().repeat(if key % 500 == 7 { 300 } else { 1 });
            let value = NewValue::Inline { kind: 0, bytes: b"" };
            table.upsert(table.hash(key.as_bytes()), key.as_bytes(), value, SetExpiry::Clear, 0);
        }
        table
    }

    /// Joins both ways and compares with what lookups say.
    fn check(one: &Table<()>, two: &Table<()>) {
        let keys =
            |table: &Table<()>| table.iter().map(|entry| entry.key().to_vec()).collect::<BTreeSet<_>>();
        let (all_one, all_two) = (keys(one), keys(two));
        let mut common = Vec::new();
        let mut missing = Vec::new();
        let _ = one.common(two, &mut |entry| {
            common.push(entry.key().to_vec());
            ControlFlow::Continue(())
        });
        let _ = one.missing(two, &mut |entry| {
            missing.push(entry.key().to_vec());
            ControlFlow::Continue(())
        });
        assert_eq!(common.len() + missing.len(), one.len());
        assert!(common.iter().collect::<BTreeSet<_>>() == all_one.intersection(&all_two).collect());
        assert!(missing.iter().collect::<BTreeSet<_>>() == all_one.difference(&all_two).collect());
    }

    #[test]
    fn common_and_missing_keys_show_whatever_the_sizes() {
        let hasher = Hasher64::new(1, 2);
        let sizes = [0u64, 1, 40, 900, 5_000, 70_000];
        for one in sizes {
            for two in sizes {
                // Every third key of the one is in the other.
                let (one, two) = (table((0..one).map(|n| n * 3), hasher), table(0..two, hasher));
                check(&one, &two);
                check(&two, &one);
            }
        }
    }

    #[test]
    fn colliding_and_differently_keyed_hashes_change_nothing() {
        for mask in [0, 0xf << 60, 0x3ff << 54, 0xffff << 48] {
            let mut hasher = Hasher64::new(1, 2);
            hasher.mask = mask;
            // With no more than a few bits of hash a table holds no more than a segment's fill for each.
            let sizes = if mask == 0 { [300, 500] } else { [700, 3_000] };
            let (one, two) = (table((0..sizes[0]).map(|n| n * 3), hasher), table(0..sizes[1], hasher));
            check(&one, &two);
            check(&two, &one);
        }
        check(&table(0..3000, Hasher64::new(1, 2)), &table(1000..5000, Hasher64::new(1, 3)));
    }

    #[test]
    fn a_visit_may_break_off() {
        let hasher = Hasher64::new(1, 2);
        let (one, two) = (table(0..3000, hasher), table(0..5000, hasher));
        let mut seen = 0;
        let flow = one.common(&two, &mut |_| {
            seen += 1;
            if seen == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((flow, seen), (ControlFlow::Break(()), 10));
    }
}
