//! A place: where an entry was found, so that looking at it, changing it and removing it need one search.

use super::{Entry, EntryMut, Hash, Table, slots};

/// Where an entry lies. Valid until the table is changed in any way but through `at_mut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    segment: u32,
    index: u32,
}

impl<T, const META: usize> Table<T, META> {
    /// Finds an entry.
    #[inline]
    pub fn find(&self, hash: Hash, key: &[u8]) -> Option<Place> {
        let (id, tag) = self.directory.find(hash.0);
        let index = self.segments[id].find(tag, key).ok()?;
        Some(Place { segment: id as u32, index: index as u32 })
    }

    /// The entries whose keys have this hash: one, or none, unless keys agree in all its bits.
    pub fn with_hash(&self, hash: Hash) -> impl Iterator<Item = Entry<'_, T, META>> {
        let (id, tag) = self.directory.find(hash.0);
        let segment = &self.segments[id];
        let first = segment.slots.lower_bound(tag);
        let same = segment.slots[first..].iter().take_while(move |slot| slots::tag(**slot) == tag).count();
        let entries = (first..first + same).map(|index| segment.entry(index));
        entries.filter(move |entry| self.hash(entry.key()) == hash)
    }

    /// The entry at a place that `find` gave. Panics, or shows another entry, when the table has changed since.
    #[inline]
    pub fn at(&self, place: Place) -> Entry<'_, T, META> {
        self.segments[place.segment as usize].entry(place.index as usize)
    }

    /// The same, for changes in place.
    #[inline]
    pub fn at_mut(&mut self, place: Place) -> EntryMut<'_, T, META> {
        let id = place.segment as usize;
        self.segments[id].entry_mut(place.index as usize, &mut self.summaries[id].next_expiry)
    }
}
