//! The slots of a segment: where each of its entries lies, dense and sorted by tag.
//!
//! ```text
//!   slot     = tag:16 | offset:16
//!   anchors  = for each sixteenth of all tags, how many slots lie before it
//! ```
//!
//! Tags are hash bits, hence uniform, so the slot of a tag lies near its share of the way. Between two anchors
//! sixty slots are the most to expect, and the true place is off by half the root of that at most times: a
//! window of sixteen slots, counted without a branch, nearly always holds it.

use super::heap::size_class;
use std::ops::Deref;

const ANCHORS: usize = 16;
/// A tag's top bits, which choose its anchor.
const ANCHOR_SHIFT: u32 = 12;
const WINDOW: usize = 16;

#[repr(C)]
#[derive(Clone)]
pub(super) struct Slots {
    anchors: [u16; ANCHORS],
    slots: Vec<u32>,
}

impl Deref for Slots {
    type Target = [u32];

    #[inline(always)]
    fn deref(&self) -> &[u32] {
        &self.slots
    }
}

impl Slots {
    pub fn new() -> Self {
        Slots { anchors: [0; ANCHORS], slots: Vec::new() }
    }

    /// Where a tag would stand if the tags between its anchors were spread evenly.
    #[inline(always)]
    fn guess(&self, tag: u16) -> usize {
        let sixteenth = (tag >> ANCHOR_SHIFT) as usize;
        let start = self.anchors[sixteenth] as usize;
        let end =
            if sixteenth + 1 < ANCHORS { self.anchors[sixteenth + 1] as usize } else { self.slots.len() };
        start + (((tag as usize % (1 << ANCHOR_SHIFT)) * (end - start)) >> ANCHOR_SHIFT)
    }

    /// The first slot of the window in which a tag is looked for first.
    #[inline(always)]
    fn window(&self, tag: u16) -> usize {
        self.guess(tag).saturating_sub(WINDOW / 2).min(self.slots.len().saturating_sub(WINDOW))
    }

    /// The index of the first slot whose tag is not below `tag`.
    #[inline(always)]
    pub fn lower_bound(&self, tag: u16) -> usize {
        let target = pack(tag, 0);
        let slots = &*self.slots;
        let mut index = self.window(tag);
        if let Some(window) = slots[index..].first_chunk::<WINDOW>() {
            index += window.iter().map(|slot| (*slot < target) as u32).sum::<u32>() as usize;
        }
        while index < slots.len() && slots[index] < target {
            index += 1;
        }
        while index > 0 && slots[index - 1] >= target {
            index -= 1;
        }
        index
    }

    /// The first and the last address that `lower_bound` will most likely read.
    #[inline(always)]
    pub fn addresses(&self, tag: u16) -> [*const u32; 2] {
        let start = self.slots.as_ptr().wrapping_add(self.window(tag));
        [start, start.wrapping_add(WINDOW - 1)]
    }

    pub fn insert(&mut self, index: usize, slot: u32) {
        if self.slots.len() == self.slots.capacity() {
            self.reserve(1);
        }
        self.slots.insert(index, slot);
        let sixteenth = tag(slot) >> ANCHOR_SHIFT;
        for (anchor, count) in self.anchors.iter_mut().enumerate() {
            *count += (anchor as u16 > sixteenth) as u16;
        }
    }

    /// Inserts a slot after all that have its tag or a lower one, looking from the end.
    pub fn insert_from_end(&mut self, slot: u32) {
        let after = self.slots.iter().rev().take_while(|other| tag(**other) > tag(slot)).count();
        self.insert(self.slots.len() - after, slot);
    }

    pub fn remove(&mut self, index: usize) -> u32 {
        let slot = self.slots.remove(index);
        let sixteenth = tag(slot) >> ANCHOR_SHIFT;
        for (anchor, count) in self.anchors.iter_mut().enumerate() {
            *count -= (anchor as u16 > sixteenth) as u16;
        }
        slot
    }

    /// Removes all slots for which `keep` says false.
    pub fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        self.slots.retain(|slot| keep(*slot));
        for anchor in 0..ANCHORS {
            let first = pack((anchor as u16) << ANCHOR_SHIFT, 0);
            self.anchors[anchor] = self.slots.partition_point(|slot| *slot < first) as u16;
        }
    }

    pub fn set_offset(&mut self, index: usize, offset: u16) {
        self.slots[index] = pack(tag(self.slots[index]), offset);
    }

    /// Allocates for so many more slots, and as many as come with the allocator's size class.
    pub fn reserve(&mut self, more: usize) {
        let len = self.slots.len();
        self.slots.reserve_exact(capacity(len + more) - len);
    }

    /// Gives back what is allocated beyond the size class.
    pub fn shrink(&mut self) {
        self.slots.shrink_to(capacity(self.slots.len()));
    }

    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}

/// How many slots to allocate for `len`.
fn capacity(len: usize) -> usize {
    size_class(len.max(1) * size_of::<u32>()) / size_of::<u32>()
}

#[inline(always)]
pub(super) fn tag(slot: u32) -> u16 {
    (slot >> 16) as u16
}

#[inline(always)]
pub(super) fn offset(slot: u32) -> u16 {
    slot as u16
}

#[inline(always)]
pub(super) fn pack(tag: u16, offset: u16) -> u32 {
    (tag as u32) << 16 | offset as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_found(slots: &Slots, tags: &[u16]) {
        let around = tags.iter().flat_map(|tag| [tag.saturating_sub(1), *tag, tag.saturating_add(1)]);
        for wanted in around.chain([0, 77, 4095, 4096, u16::MAX]) {
            let expected = tags.iter().position(|tag| *tag >= wanted).unwrap_or(tags.len());
            assert_eq!(slots.lower_bound(wanted), expected, "tag {wanted} among {tags:?}");
        }
    }

    /// Builds the slots in two ways, looks for every tag, thins them out in two ways and looks again.
    fn check(tags: &[u16]) {
        let mut slots = Slots::new();
        for (at, tag) in tags.iter().enumerate() {
            slots.insert_from_end(pack(*tag, at as u16));
        }
        assert_found(&slots, tags);
        let mut backwards = Slots::new();
        tags.iter().rev().for_each(|tag| backwards.insert(0, pack(*tag, 9)));
        assert_eq!(backwards.anchors, slots.anchors);

        let odd: Vec<u16> = tags.iter().copied().skip(1).step_by(2).collect();
        slots.retain(|slot| offset(slot) % 2 == 1);
        assert_found(&slots, &odd);
        for index in (0..backwards.len()).rev().filter(|index| index % 2 == 0) {
            backwards.remove(index);
        }
        assert_eq!(backwards.anchors, slots.anchors);
        assert_found(&backwards, &odd);
    }

    #[test]
    fn the_first_slot_of_a_tag_is_found_wherever_the_guess_falls() {
        check(&[]);
        check(&[0]);
        check(&[u16::MAX]);
        check(&[5, 5, 5, 5]);
        check(&[0, 1, 2, 3, 4, 5]);
        check(&[65530, 65531, 65532, 65535, 65535]);
        check(&[4096; 100]);
        check(&(0..100).collect::<Vec<_>>());
        check(&(0..1000).map(|i| (i * 65) as u16).collect::<Vec<_>>());
        check(&(0..1000).map(|i| (i * i / 16) as u16).collect::<Vec<_>>());
    }
}
