//! The member index: from a member's hash to the leaf that holds it, in six bytes a member.
//!
//! ```text
//!   hash  | prefix: d bits | tag: 16 | spare: 4 | the rest |       d = depth of the segment
//!   slot  | tag: 16 | spare: 4 | leaf: 28 |
//! ```
//!
//! Extendible hashing by segments, like the keyspace table and with its directory. A segment keeps its slots sorted by
//! tag and spare bits, without gaps; since tags are uniform, a place is guessed and hardly missed. So there is no load
//! factor to pay for, nothing is ever rehashed as a whole, and the members have one order, that of their hashes, which
//! growth and shrinking never change: a scan cursor is a position in it.
//!
//! The index does not know which member of a leaf a slot means. Two slots that are equal are interchangeable, so that
//! is never asked but when a segment has split four times and has no spare hash bits left: then its members are
//! looked up and hashed anew.

use super::pages::Pages;
use crate::table::directory::{DEPTH_MAX, Directory};
use crate::table::size_class;
use std::ops::Range;

/// A segment splits when it would hold more slots.
pub(super) const SEGMENT_MAX: usize = 256;
/// Two siblings merge when they hold no more together, far enough from a split not to swing.
const MERGE_MAX: usize = SEGMENT_MAX / 2;
/// Whether to merge is asked at every so many-th length, since the answer costs a look at the sibling.
const MERGE_STRIDE: usize = 8;
const SPARE_BITS: u32 = 4;
const LEAF_BITS: u32 = 28;
const SLOT: usize = size_of::<Slot>();

#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot([u16; 3]);

impl Slot {
    fn new(tag: u16, spare: u32, leaf: u32) -> Slot {
        debug_assert!(spare < 1 << SPARE_BITS && leaf < 1 << LEAF_BITS);
        let low = spare << LEAF_BITS | leaf;
        Slot([tag, low as u16, (low >> 16) as u16])
    }

    #[inline(always)]
    fn tag(self) -> u16 {
        self.0[0]
    }

    #[inline(always)]
    fn spare(self) -> u32 {
        self.0[2] as u32 >> (16 - SPARE_BITS)
    }

    #[inline(always)]
    fn leaf(self) -> u32 {
        (self.0[1] as u32 | (self.0[2] as u32) << 16) & ((1 << LEAF_BITS) - 1)
    }
}

#[derive(Clone)]
struct Segment {
    slots: Vec<Slot>,
    /// The hash bits that all its members share, and how many they are.
    prefix: u32,
    depth: u8,
    /// How many spare bits of every slot are known; the others are zero.
    spare: u8,
}

impl Segment {
    fn new(prefix: u32, depth: u32, spare: u8) -> Segment {
        Segment { slots: Vec::new(), prefix, depth: depth as u8, spare }
    }

    /// The spare bits of a hash, as far as the segment knows them.
    #[inline(always)]
    fn spare_of(&self, hash: u64) -> u32 {
        let bits = (hash << self.depth << 16 >> (64 - SPARE_BITS)) as u32;
        bits & (0xf0 >> self.spare) & 0xf
    }

    /// The index of the first slot whose tag is not below `tag`.
    #[inline(always)]
    fn lower_bound(&self, tag: u16) -> usize {
        let slots = &self.slots[..];
        let mut at = (tag as usize * slots.len()) >> 16;
        while at < slots.len() && slots[at].tag() < tag {
            at += 1;
        }
        while at > 0 && slots[at - 1].tag() >= tag {
            at -= 1;
        }
        at
    }

    #[inline(always)]
    fn find(&self, tag: u16, hash: u64, leaf: u32) -> Option<usize> {
        let slot = Slot::new(tag, self.spare_of(hash), leaf);
        let start = self.lower_bound(tag);
        let run = self.slots[start..].iter().take_while(|slot| slot.tag() == tag);
        run.enumerate().find(|(_, other)| **other == slot).map(|(at, _)| start + at)
    }

    /// Puts a slot in its place. There must be room.
    fn insert(&mut self, slot: Slot) {
        let start = self.lower_bound(slot.tag());
        let before = |other: &Slot| other.tag() == slot.tag() && other.spare() < slot.spare();
        let at = start + self.slots[start..].iter().take_while(|other| before(other)).count();
        self.slots.insert(at, slot);
    }

    fn reserve(&mut self, len: usize) {
        if len > self.slots.capacity() {
            self.slots.reserve_exact(size_class(len * SLOT).div_ceil(SLOT) - self.slots.len());
        }
    }

    fn memory(&self) -> usize {
        self.slots.capacity() * SLOT
    }

    /// The first position in hash order that belongs to the segment.
    fn start(&self) -> u64 {
        // Shifting in two steps keeps depth 0 in range.
        ((self.prefix as u64) << 32) << (32 - self.depth as u32)
    }

    /// The position after the segment; 0 after the last one.
    fn end(&self) -> u64 {
        self.start().wrapping_add((1 << 63 >> self.depth) << 1)
    }
}

/// Neighbours in hash order whose tag is the same, as far as a slot tells: the hash bits that are known of them,
/// and the leaves in which they are.
pub(super) struct Run<'a> {
    /// The known bits, then zeros.
    pub bits: u64,
    pub known: u32,
    slots: &'a [Slot],
}

impl Run<'_> {
    /// The leaves, each once.
    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        let first = |at: usize| self.slots[..at].iter().all(|slot| slot.leaf() != self.slots[at].leaf());
        (0..self.slots.len()).filter(move |at| first(*at)).map(|at| self.slots[at].leaf() as usize)
    }

    /// Whether a hash has the bits of the run.
    pub fn has(&self, hash: u64) -> bool {
        (hash ^ self.bits) >> (64 - self.known) == 0
    }
}

/// Finds the hashes of all members of a run, each as often as there are such members, and says their leaves.
pub(super) type Resolve<'a> = &'a dyn Fn(Run<'_>, &mut dyn FnMut(u64, usize));

pub(super) struct Index {
    directory: Directory,
    segments: Pages<Segment, 256>,
    /// How many segments have each depth.
    depths: [u32; DEPTH_MAX as usize + 1],
    /// Sum of the segments' `memory`.
    owned: usize,
}

impl Clone for Index {
    fn clone(&self) -> Index {
        let (directory, segments) = (self.directory.clone(), self.segments.clone());
        // A copy allocates what is used, not what was owned.
        let owned = segments.iter().map(Segment::memory).sum();
        Index { directory, segments, owned, ..*self }
    }
}

impl Index {
    pub fn new() -> Index {
        let mut segments = Pages::new();
        segments.push(Segment::new(0, 0, SPARE_BITS as u8));
        let mut depths = [0; DEPTH_MAX as usize + 1];
        depths[0] = 1;
        Index { directory: Directory::new(), segments, depths, owned: 0 }
    }

    /// Bytes owned beyond the struct itself.
    pub fn memory(&self) -> usize {
        self.directory.memory() + self.segments.memory() + self.owned
    }

    /// The leaves in which a member of this hash may be.
    #[inline(always)]
    pub fn leaves(&self, hash: u64) -> impl Iterator<Item = usize> {
        let (id, tag) = self.directory.find(hash);
        let segment = &self.segments[id];
        let spare = segment.spare_of(hash);
        let run = segment.slots[segment.lower_bound(tag)..].iter().take_while(move |slot| slot.tag() == tag);
        run.filter(move |slot| slot.spare() == spare).map(|slot| slot.leaf() as usize)
    }

    /// Notes that a member of this hash is in a leaf. `resolve` is asked about the members noted so far.
    pub fn insert(&mut self, hash: u64, leaf: usize, resolve: Resolve<'_>) {
        loop {
            let (id, tag) = self.directory.find(hash);
            let segment = &mut self.segments[id];
            let len = segment.slots.len();
            if len >= SEGMENT_MAX {
                self.split(id, resolve);
                continue;
            }
            let leaf = u32::try_from(leaf).ok().filter(|leaf| *leaf < 1 << LEAF_BITS);
            let slot = Slot::new(tag, segment.spare_of(hash), leaf.expect("memory ends before leaves do"));
            let before = segment.memory();
            segment.reserve(len + 1);
            segment.insert(slot);
            self.owned += segment.memory() - before;
            return;
        }
    }

    /// Forgets a member of this hash in a leaf.
    pub fn remove(&mut self, hash: u64, leaf: usize) {
        let (id, tag) = self.directory.find(hash);
        let segment = &mut self.segments[id];
        let at = segment.find(tag, hash, leaf as u32).expect("a member has a slot");
        segment.slots.remove(at);
        if segment.slots.len().is_multiple_of(MERGE_STRIDE) {
            self.merge(id);
        }
    }

    /// Notes that a member of this hash went from one leaf to another.
    #[inline]
    pub fn relabel(&mut self, hash: u64, from: usize, to: usize) {
        let (id, tag) = self.directory.find(hash);
        let segment = &mut self.segments[id];
        let at = segment.find(tag, hash, from as u32).expect("a member has a slot");
        assert!(to < 1 << LEAF_BITS, "memory ends before leaves do");
        segment.slots[at] = Slot::new(tag, segment.slots[at].spare(), to as u32);
    }

    fn split(&mut self, id: usize, resolve: Resolve<'_>) {
        if self.segments[id].spare == 0 {
            self.refresh(id, resolve);
        }
        let segment = &mut self.segments[id];
        let (prefix, depth) = (segment.prefix << 1, segment.depth as u32 + 1);
        assert!(depth <= DEPTH_MAX, "a keyed hash spreads members before {DEPTH_MAX} bits agree");
        let middle = segment.slots.partition_point(|slot| slot.tag() >> 15 == 0);
        let spare = segment.spare - 1;
        let slots = std::mem::take(&mut segment.slots);
        self.owned -= slots.capacity() * SLOT;
        let halves = [(prefix, &slots[..middle]), (prefix | 1, &slots[middle..])];
        let halves = halves.map(|(prefix, slots)| {
            let mut half = Segment::new(prefix, depth, spare);
            half.reserve(slots.len());
            half.slots.extend(slots.iter().map(|slot| {
                let bits = (slot.tag() as u32) << SPARE_BITS | slot.spare();
                Slot::new((bits >> (SPARE_BITS - 1)) as u16, bits << 1 & 0xf, slot.leaf())
            }));
            self.owned += half.memory();
            half
        });
        let other = self.segments.len();
        self.directory.assign(prefix, depth, id);
        self.directory.assign(prefix | 1, depth, other);
        self.depths[depth as usize - 1] -= 1;
        self.depths[depth as usize] += 2;
        let [left, right] = halves;
        self.segments[id] = left;
        self.segments.push(right);
    }

    /// Learns all spare bits of a segment's slots anew.
    fn refresh(&mut self, id: usize, resolve: Resolve<'_>) {
        let segment = &self.segments[id];
        let mut fresh = Segment::new(segment.prefix, segment.depth as u32, SPARE_BITS as u8);
        fresh.reserve(segment.slots.len());
        let mut at = 0;
        while at < segment.slots.len() {
            let end = self.end_of_run(id, at);
            resolve(self.run(id, at..end), &mut |hash, leaf| {
                let tag = segment.slots[at].tag();
                fresh.insert(Slot::new(tag, fresh.spare_of(hash), leaf as u32));
            });
            at = end;
        }
        assert_eq!(
            fresh.slots.len(),
            segment.slots.len(),
            "a slot for every member and a member for every slot"
        );
        self.owned = self.owned + fresh.memory() - segment.memory();
        self.segments[id] = fresh;
    }

    /// Merges a segment with its sibling if both are nearly empty.
    fn merge(&mut self, id: usize) {
        let (prefix, depth) = (self.segments[id].prefix, self.segments[id].depth as u32);
        if depth == 0 {
            return;
        }
        let (sibling, sibling_depth) = self.directory.at_prefix(prefix ^ 1, depth);
        let both = self.segments[id].slots.len() + self.segments[sibling].slots.len();
        if sibling_depth != depth || both > MERGE_MAX {
            return;
        }
        let (left, right) = if prefix & 1 == 0 { (id, sibling) } else { (sibling, id) };
        let spare = self.segments[left].spare.min(self.segments[right].spare) + 1;
        let spare = spare.min(SPARE_BITS as u8);
        let mut merged = Segment::new(prefix >> 1, depth - 1, spare);
        merged.reserve(both);
        for (half, id) in [left, right].into_iter().enumerate() {
            merged.slots.extend(self.segments[id].slots.iter().map(|slot| {
                let bits = (half as u32) << 20 | (slot.tag() as u32) << SPARE_BITS | slot.spare();
                let spare = bits >> 1 & (0xf0 >> spare) & 0xf;
                Slot::new((bits >> (SPARE_BITS + 1)) as u16, spare, slot.leaf())
            }));
            self.owned -= self.segments[id].memory();
        }
        self.owned += merged.memory();
        let (keep, gone) = (id.min(sibling), id.max(sibling));
        self.segments[keep] = merged;
        self.directory.assign(prefix >> 1, depth - 1, keep);
        self.segments.swap_remove(gone);
        if gone < self.segments.len() {
            let moved = &self.segments[gone];
            self.directory.assign(moved.prefix, moved.depth as u32, gone);
        }
        self.depths[depth as usize] -= 2;
        self.depths[depth as usize - 1] += 1;
        let deepest = self.depths.iter().rposition(|count| *count > 0).expect("there is a segment");
        self.directory.shrink(deepest as u32);
    }

    /// The end of the slots that have the tag of the one at `at`.
    fn end_of_run(&self, id: usize, at: usize) -> usize {
        let slots = &self.segments[id].slots;
        at + slots[at..].iter().take_while(|slot| slot.tag() == slots[at].tag()).count()
    }

    /// Slots of one tag, as a run.
    fn run(&self, id: usize, range: Range<usize>) -> Run<'_> {
        let segment = &self.segments[id];
        let slots = &segment.slots[range];
        let bits = segment.start() | (slots[0].tag() as u64) << 48 >> segment.depth;
        Run { bits, known: segment.depth as u32 + 16, slots }
    }

    /// Visits the runs of one segment from a position on: all, or as many as it takes until `visit` says that it has
    /// enough. Returns the next position; 0 at the end of the index.
    ///
    /// A merge makes tags coarser, and a position from before it may then lie in the middle of a run: `visit` is
    /// handed the position, for it to leave out the members before.
    pub fn visit(&self, position: u64, visit: &mut dyn FnMut(Run<'_>) -> bool) -> u64 {
        let (id, tag) = self.directory.find(position);
        let segment = &self.segments[id];
        let mut at = segment.lower_bound(tag);
        while at < segment.slots.len() {
            let end = self.end_of_run(id, at);
            let more = visit(self.run(id, at..end));
            at = end;
            if !more {
                break;
            }
        }
        match segment.slots.get(at) {
            Some(slot) => segment.start() | (slot.tag() as u64) << 48 >> segment.depth,
            None => segment.end(),
        }
    }

    /// Drops a segment's slots; false without segments. Nothing but this, `memory` and dropping is then allowed.
    pub fn drain(&mut self) -> bool {
        match self.segments.pop() {
            Some(segment) => {
                self.owned -= segment.memory();
                true
            }
            None => false,
        }
    }

    /// Asserts the invariants and returns how many slots there are.
    #[cfg(test)]
    pub fn check(&self) -> usize {
        let mut depths = [0; DEPTH_MAX as usize + 1];
        let (mut owned, mut len, mut covered) = (0, 0, 0u128);
        for (id, segment) in self.segments.iter().enumerate() {
            assert!(segment.slots.is_sorted_by_key(|slot| (slot.tag(), slot.spare())));
            assert!(segment.slots.len() <= SEGMENT_MAX && segment.spare as u32 <= SPARE_BITS);
            assert!(segment.slots.iter().all(|slot| slot.spare() & (0xf >> segment.spare) == 0));
            let (first, last) = (segment.start(), segment.end().wrapping_sub(1));
            assert_eq!((self.directory.find(first).0, self.directory.find(last).0), (id, id));
            covered += (last - first) as u128 + 1;
            depths[segment.depth as usize] += 1;
            owned += segment.memory();
            len += segment.slots.len();
        }
        assert_eq!((covered, owned, depths), (1 << 64, self.owned, self.depths));
        let deepest = depths.iter().rposition(|count| *count > 0).expect("there is a segment");
        assert_eq!(self.directory.depth(), deepest as u32);
        len
    }
}
