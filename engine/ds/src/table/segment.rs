//! A segment: up to `SEGMENT_MAX` entries whose hashes share a prefix, in hash order.
//!
//! ```text
//!   slots   | tag offset | tag offset | ...      sorted by tag, dense
//!                  '--> heap: the entries' bytes, in no order
//!                              '--> objects: values that are not inline
//! ```
//!
//! The struct's first cache line leads to the slots, the next two to the heap. A lookup touches those, a line or two
//! of slots, and the entry.

use super::entry::{self, Entry, EntryMut, KINDS, LONG, Layout, NewValue, OBJECT, Parts, Removed};
use super::heap::{CHUNK, CHUNKS, Heap};
use super::objects::{Long, LongValue, Objects, Place};
use super::slots::{self, Slots};
use crate::hash::Hasher64;
use std::ops::Range;

/// A segment splits when it would hold more entries.
pub(super) const SEGMENT_MAX: usize = 1024;
/// The cache lines at the front of a segment that every lookup needs.
pub(super) const HOT_LINES: usize = (size_of::<Slots>() + size_of::<Heap>()) / 64;
/// Rather than open another chunk, a segment with so many dead bytes is packed anew.
const COMPACT_DEAD: usize = CHUNK + CHUNK / 2;

#[repr(C, align(64))]
#[derive(Clone)]
pub(super) struct Segment<T, const META: usize> {
    pub slots: Slots,
    pub heap: Heap,
    pub objects: Objects<T>,
}

impl<T, const META: usize> Segment<T, META> {
    pub fn new() -> Self {
        Segment { slots: Slots::new(), heap: Heap::new(), objects: Objects::new() }
    }

    /// Bytes owned, the struct included.
    #[inline]
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.slots.memory() + self.heap.memory() + self.objects.memory()
    }

    /// Bytes that the entries need, a little more if chunks end in gaps.
    pub fn live(&self) -> usize {
        self.heap.extent() - self.heap.dead()
    }

    /// The index of a key, or where it would be inserted.
    #[inline(always)]
    pub fn find(&self, tag: u16, key: &[u8]) -> Result<usize, usize> {
        self.find_entry(tag, key).map(|(index, _)| index)
    }

    /// The index and the view of a key's entry, or where one would be inserted.
    #[inline(always)]
    pub fn find_entry(&self, tag: u16, key: &[u8]) -> Result<(usize, Entry<'_, T, META>), usize> {
        let mut index = self.slots.lower_bound(tag);
        while let Some(slot) = self.slots.get(index).filter(|slot| slots::tag(**slot) == tag) {
            let entry = Entry::view(self.heap.at(slots::offset(*slot)), &self.objects);
            if equal(entry.key(), key) {
                return Ok((index, entry));
            }
            index += 1;
        }
        Err(index)
    }

    #[inline(always)]
    pub fn key_of(&self, slot: u32) -> &[u8] {
        Entry::<T, META>::view(self.heap.at(slots::offset(slot)), &self.objects).key()
    }

    pub fn key(&self, index: usize) -> &[u8] {
        self.key_of(self.slots[index])
    }

    #[inline(always)]
    fn bytes(&self, index: usize) -> &[u8] {
        self.heap.at(slots::offset(self.slots[index]))
    }

    pub fn layout(&self, index: usize) -> Layout {
        Layout::of::<META>(self.bytes(index))
    }

    /// Counts the entries that have an expiry.
    pub fn volatile(&self) -> u16 {
        (0..self.slots.len()).filter(|index| self.layout(*index).volatile).count() as u16
    }

    pub fn expiry(&self, index: usize) -> Option<i64> {
        let bytes = self.bytes(index);
        Layout::of::<META>(bytes).expiry(bytes)
    }

    #[inline(always)]
    pub fn entry(&self, index: usize) -> Entry<'_, T, META> {
        Entry::view(self.bytes(index), &self.objects)
    }

    #[inline]
    pub fn entry_mut<'a>(&'a mut self, index: usize, next_expiry: &'a mut i64) -> EntryMut<'a, T, META> {
        let bytes = self.heap.at_mut(slots::offset(self.slots[index]));
        let layout = Layout::of::<META>(bytes);
        EntryMut { bytes: &mut bytes[..layout.end()], layout, objects: &mut self.objects, next_expiry }
    }

    /// Makes sure that an entry of `size` bytes can be appended; false when the segment has to split first.
    #[inline]
    pub fn reserve(&mut self, size: usize) -> bool {
        if self.heap.tail_fits(size) {
            return true;
        }
        if self.heap.dead() >= COMPACT_DEAD {
            self.compact();
        }
        self.heap.tail_fits(size) || self.heap.can_open()
    }

    /// Writes a key and its value at the index that `find` gave. There must be room (`reserve`) unless the new
    /// entry is no longer than the old one. Returns what was overwritten.
    pub fn put(
        &mut self,
        found: Result<usize, usize>,
        tag: u16,
        key: &[u8],
        value: NewValue<'_, T>,
        expiry: Option<i64>,
        meta: u32,
    ) -> Option<Removed<T>> {
        let removed = found.ok().map(|index| self.release(index));
        let number: [u8; 2];
        let parts = match value {
            NewValue::Inline { kind, bytes } if !entry::is_long::<META>(key.len(), bytes.len()) => {
                Parts { kind, meta, expiry, key, value: bytes }
            }
            NewValue::Object(object) if !entry::is_long::<META>(key.len(), 2) => {
                number = self.objects.insert(Place::Object(object)).to_le_bytes();
                Parts { kind: OBJECT, meta, expiry, key, value: &number }
            }
            value => {
                let value = match value {
                    NewValue::Inline { kind, bytes } => LongValue::Inline(kind, bytes.into()),
                    NewValue::Object(object) => LongValue::Object(object),
                };
                let long = Long { key: key.into(), value };
                number = self.objects.insert(Place::Long(Box::new(long))).to_le_bytes();
                Parts { kind: LONG, meta, expiry, key: &[], value: &number }
            }
        };
        match found {
            Ok(index) => {
                self.overwrite(index, &parts);
                self.compact_if_sparse();
            }
            Err(index) => {
                let size = parts.size::<META>();
                let offset = self.heap.append(size, size);
                parts.write::<META>(self.heap.at_mut(offset));
                self.slots.insert(index, slots::pack(tag, offset));
            }
        }
        removed
    }

    /// Rewrites an entry with another expiry. There must be room if it had none (`reserve`).
    pub fn rewrite_expiry(&mut self, index: usize, expiry: Option<i64>) {
        let mut copy = [0; entry::ENTRY_MAX];
        let bytes = self.bytes(index);
        let layout = Layout::of::<META>(bytes);
        copy[..layout.end()].copy_from_slice(&bytes[..layout.end()]);
        let parts = Parts { expiry, ..Parts::of::<META>(&copy, &layout) };
        self.overwrite(index, &parts);
    }

    /// Writes an entry over an old one if it is no longer, else beside it.
    #[inline(always)]
    fn overwrite(&mut self, index: usize, parts: &Parts<'_>) {
        let (offset, size) = (slots::offset(self.slots[index]), parts.size::<META>());
        let old = Layout::of::<META>(self.heap.at(offset)).end();
        if size <= old {
            parts.write::<META>(self.heap.at_mut(offset));
            self.heap.bury(old - size);
        } else {
            let fresh = self.heap.append(size, size);
            parts.write::<META>(self.heap.at_mut(fresh));
            self.slots.set_offset(index, fresh);
            self.heap.bury(old);
        }
    }

    /// Takes the value out of an entry that is about to go or to be overwritten.
    fn release(&mut self, index: usize) -> Removed<T> {
        let bytes = self.heap.at(slots::offset(self.slots[index]));
        let layout = Layout::of::<META>(bytes);
        let (expiry, clock) = (layout.expiry(bytes), entry::clock::<META>(bytes));
        let object = if layout.kind < KINDS {
            None
        } else {
            match self.objects.take(layout.object_index(bytes)) {
                Place::Object(object) => Some(object),
                Place::Long(long) => long.value.into_object(),
                Place::Free(_) => unreachable!("take returns what was in use"),
            }
        };
        Removed { expiry, clock, object }
    }

    /// Removes an entry. The indices of those after it go down by one.
    pub fn remove(&mut self, index: usize) -> Removed<T> {
        let removed = self.release(index);
        let slot = self.slots.remove(index);
        let size = Layout::of::<META>(self.heap.at(slots::offset(slot))).end();
        self.heap.bury(size);
        self.compact_if_sparse();
        removed
    }

    /// Gives memory back once a quarter of it is dead.
    #[inline]
    fn compact_if_sparse(&mut self) {
        let dead = self.heap.dead();
        if dead >= COMPACT_DEAD && dead * 4 >= self.heap.extent() {
            self.compact();
        }
    }

    /// Removes, in one pass, up to `max` entries whose expiry is before `bound`. Returns how many went and
    /// the earliest expiry of those that stay.
    pub fn take_due(
        &mut self,
        bound: i64,
        max: usize,
        before: &mut dyn FnMut(Entry<'_, T, META>),
        out: &mut dyn FnMut(&[u8], Option<T>),
    ) -> (usize, i64) {
        let (mut removed, mut next) = (0, i64::MAX);
        let Segment { slots, heap, objects } = self;
        slots.retain(|slot| {
            let bytes = heap.at(slots::offset(slot));
            let layout = Layout::of::<META>(bytes);
            let Some(at) = layout.expiry(bytes) else { return true };
            if at >= bound || removed == max {
                next = next.min(at);
                return true;
            }
            before(Entry::view(bytes, objects));
            let key = layout.key(bytes);
            if layout.kind < KINDS {
                out(key, None);
            } else {
                match objects.take(layout.object_index(bytes)) {
                    Place::Object(object) => out(key, Some(object)),
                    Place::Long(long) => {
                        let Long { key, value } = *long;
                        out(&key, value.into_object());
                    }
                    Place::Free(_) => unreachable!("take returns what was in use"),
                }
            }
            heap.bury(layout.end());
            removed += 1;
            false
        });
        self.compact_if_sparse();
        (removed, next)
    }

    /// Packs the heap anew without its dead bytes.
    pub fn compact(&mut self) {
        let (order, mut coming) = self.packing_order(0..self.slots.len());
        let old = std::mem::replace(&mut self.heap, Heap::new());
        for index in order {
            let bytes = old.at(slots::offset(self.slots[index as usize]));
            let size = Layout::of::<META>(bytes).end();
            let offset = self.heap.append(size, coming);
            coming -= size;
            self.heap.at_mut(offset)[..size].copy_from_slice(&bytes[..size]);
            self.slots.set_offset(index as usize, offset);
        }
        self.slots.shrink();
    }

    /// The order in which to append the entries of a range to an empty heap, and their bytes in all.
    ///
    /// Hash order is friendlier, but chunk ends may then waste more than before, up to a heap that does not
    /// hold what it held. Heap order never does: next-fit packing is monotone, which says that a part of a
    /// sequence of items, each at most its old size, needs no more bins than the sequence (Murgolo 1988).
    fn packing_order(&self, range: Range<usize>) -> (Vec<u16>, usize) {
        let mut order: Vec<u16> = range.map(|index| index as u16).collect();
        let (mut chunks, mut used, mut total) = (1, 0, 0);
        for index in &order {
            let size = self.layout(*index as usize).end();
            total += size;
            used += size;
            if used > CHUNK {
                chunks += 1;
                used = size;
            }
        }
        if chunks > CHUNKS {
            order.sort_unstable_by_key(|index| slots::offset(self.slots[*index as usize]));
        }
        (order, total)
    }

    /// Distributes the entries over two segments by the next hash bit; `depth` is theirs.
    pub fn split(mut self, depth: u32, hasher: &Hasher64) -> [Segment<T, META>; 2] {
        let middle = self.slots.partition_point(|slot| slot >> 31 == 0);
        let tag = |_, key: &[u8]| super::directory::tag_of(hasher.hash(key), depth);
        let mut halves = [Segment::new(), Segment::new()];
        halves[0].adopt(&mut self, 0..middle, tag);
        let all = self.slots.len();
        halves[1].adopt(&mut self, middle..all, tag);
        halves
    }

    /// One segment of the entries of two neighbours. Their tags lose the last bit and need no hashing.
    pub fn merge(mut left: Segment<T, META>, mut right: Segment<T, META>) -> Segment<T, META> {
        let mut both = Segment::new();
        let (lefts, rights) = (left.slots.len(), right.slots.len());
        both.slots.reserve(lefts + rights);
        both.adopt(&mut left, 0..lefts, |tag, _| tag >> 1);
        both.adopt(&mut right, 0..rights, |tag, _| 1 << 15 | tag >> 1);
        both
    }

    /// Moves a range of another segment's entries here, giving each a new tag. The other is spent afterwards.
    fn adopt(&mut self, from: &mut Segment<T, META>, range: Range<usize>, tag: impl Fn(u16, &[u8]) -> u16) {
        let (order, mut coming) = from.packing_order(range);
        if self.slots.is_empty() {
            self.slots.reserve(order.len());
        }
        for index in order {
            let slot = from.slots[index as usize];
            let tag = tag(slots::tag(slot), from.key_of(slot));
            let bytes = from.heap.at(slots::offset(slot));
            let layout = Layout::of::<META>(bytes);
            let offset = self.heap.append(layout.end(), coming);
            coming -= layout.end();
            let copy = &mut self.heap.at_mut(offset)[..layout.end()];
            copy.copy_from_slice(&bytes[..layout.end()]);
            if layout.kind >= KINDS {
                let place = from.objects.take(layout.object_index(bytes));
                layout.value_mut(copy).copy_from_slice(&self.objects.insert(place).to_le_bytes());
            }
            // Entries come nearly in order of their new tags, so the place is at or near the end.
            self.slots.insert_from_end(slots::pack(tag, offset));
        }
    }

    /// Asserts the invariants and returns the bytes of all entries.
    #[cfg(test)]
    pub fn check(&self) -> usize {
        let mut live = 0;
        let mut objects = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            assert!(index == 0 || slots::tag(self.slots[index - 1]) <= slots::tag(*slot), "slots are sorted");
            let layout = self.layout(index);
            live += layout.end();
            objects += (layout.kind >= KINDS) as usize;
        }
        assert!(live + self.heap.dead() <= self.heap.extent(), "live and dead bytes do not overlap");
        assert_eq!(objects, self.objects.used(), "every object has an entry");
        assert!(self.slots.len() <= SEGMENT_MAX);
        live
    }
}

impl<T> LongValue<T> {
    fn into_object(self) -> Option<T> {
        match self {
            LongValue::Object(object) => Some(object),
            LongValue::Inline(..) => None,
        }
    }
}

/// Whether two keys are equal, without a call for those up to a few words long.
#[inline(always)]
pub(crate) fn equal(one: &[u8], two: &[u8]) -> bool {
    let len = one.len();
    if len != two.len() {
        return false;
    }
    if !(8..=32).contains(&len) {
        return one == two;
    }
    // Whole words, then the last eight bytes, which may overlap them.
    let word = |bytes: &[u8], at: usize| bytes[at..].first_chunk::<8>().map(|word| u64::from_le_bytes(*word));
    let mut at = 0;
    while at + 8 < len {
        if word(one, at) != word(two, at) {
            return false;
        }
        at += 8;
    }
    word(one, len - 8) == word(two, len - 8)
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn keys_differ_by_any_byte_or_by_length() {
        for len in 0..70 {
            let key: Vec<u8> = (0..len).collect();
            assert!(equal(&key, &key.clone()));
            for at in 0..key.len() {
                let mut other = key.clone();
                other[at] ^= 0x80;
                assert!(!equal(&key, &other), "byte {at} of {len}");
                assert!(!equal(&key, &key[..at]), "length {at} and {len}");
            }
        }
    }
}
