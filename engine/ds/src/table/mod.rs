//! The keyspace table: keys to small inline values or objects, in as little memory as we know how, with no
//! operation that stops the world.
//!
//! ```text
//!   key ─ Hasher64 ─▶ hash ─ directory ─▶ segment ─ slots (sorted by hash bits) ─▶ heap: entry bytes
//!                                                                                    └─▶ objects: T
//! ```
//!
//! Extendible hashing over segments of about a thousand entries. A segment that is full splits in two, two
//! that are nearly empty merge, and nothing else moves; the directory of segment numbers doubles now and
//! then, which copies four bytes per segment. Because a segment keeps its entries in the order of their
//! hashes, the table as a whole has one order that growth and shrinking never change, and a scan cursor is
//! a position in it.
//!
//! The files, from the inside out: `entry` (the bytes of an entry and views of it), `heap` (where they lie),
//! `objects` (values beside them), `slots` (finding a tag), `segment`, `directory`, `growth` (split and merge),
//! then what a table can do: this file, `scan`, `join`, `expire`, `random`, `drain`.
//!
//! What must never happen: an operation whose work grows with the table; an entry that a full scan misses
//! although it was there all the time; a lookup that depends on anything but key, hash and what was stored; a
//! byte owned and not counted in [`Table::memory`].

pub(crate) mod directory;
mod drain;
mod entry;
mod expire;
mod growth;
mod heap;
mod join;
#[cfg(test)]
mod model;
mod objects;
mod place;
mod prefetch;
mod random;
mod scan;
mod segment;
mod slots;

pub use crate::hash::{Hash, Hasher64};
pub use entry::{
    BARE, CLOCK_BITS, CLOCKED, Entry, EntryMut, INLINE_MAX, KINDS, NewValue, Removed, SetExpiry, ValueRef,
    fits_inline,
};
pub use expire::Due;
pub use place::Place;
pub use scan::Iter;

use directory::Directory;
use growth::Summary;
pub(crate) use heap::size_class;
use prefetch::prefetch;
pub(crate) use segment::equal;
use segment::{SEGMENT_MAX, Segment};

/// Keys to values; see the module.
///
/// Every operation takes the hash of its key beside the key, so that a batch can hash and prefetch ahead.
#[derive(Clone)]
pub struct Table<T, const META: usize = CLOCKED> {
    hasher: Hasher64,
    directory: Directory,
    /// Boxed, so that growing this array moves eight bytes per segment and not 256.
    #[expect(clippy::vec_box, reason = "moving the segments themselves would be felt in a large table")]
    segments: Vec<Box<Segment<T, META>>>,
    /// Beside each segment: what is asked about it without touching it.
    summaries: Vec<Summary>,
    /// How many segments have each depth.
    depths: [u32; directory::DEPTH_MAX as usize + 1],
    len: usize,
    volatile: usize,
    /// Sum of the segments' `memory`.
    owned: usize,
    /// The segment where the next sweep (expiry or draining) goes on.
    sweep: usize,
    snapshot_bit: bool,
}

impl<T, const META: usize> Table<T, META> {
    /// An empty table; it owns a few hundred bytes.
    pub fn new(hasher: Hasher64) -> Self {
        let segment = Box::new(Segment::new());
        let mut depths = [0; directory::DEPTH_MAX as usize + 1];
        depths[0] = 1;
        Table {
            hasher,
            directory: Directory::new(),
            owned: segment.memory(),
            segments: vec![segment],
            summaries: vec![Summary::whole()],
            depths,
            len: 0,
            volatile: 0,
            sweep: 0,
            snapshot_bit: false,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Entries that have an expiry.
    pub fn volatile_len(&self) -> usize {
        self.volatile
    }

    /// Bytes owned, save what the `T`s own themselves.
    pub fn memory(&self) -> usize {
        self.owned
            + self.directory.memory()
            + self.segments.capacity() * size_of::<Box<Segment<T, META>>>()
            + self.summaries.capacity() * size_of::<Summary>()
    }

    #[inline]
    pub fn hash(&self, key: &[u8]) -> Hash {
        Hash(self.hasher.hash(key))
    }

    /// First of three prefetch stages. For a batch: each stage for all keys, then the next.
    #[inline]
    pub fn prefetch_segment(&self, hash: Hash) {
        let (id, _) = self.directory.find(hash.0);
        let line: *const Segment<T, META> = &*self.segments[id];
        for part in 0..segment::HOT_LINES {
            prefetch(line.wrapping_byte_add(part * 64));
        }
    }

    /// Second stage: the slots around where the key should be.
    #[inline]
    pub fn prefetch_slots(&self, hash: Hash) {
        let (id, tag) = self.directory.find(hash.0);
        for address in self.segments[id].slots.addresses(tag) {
            prefetch(address);
        }
    }

    /// Third stage: the entry that the key's tag names.
    #[inline]
    pub fn prefetch_entry(&self, hash: Hash) {
        let (id, tag) = self.directory.find(hash.0);
        let segment = &self.segments[id];
        if let Some(slot) = segment.slots.get(segment.slots.lower_bound(tag)) {
            let address = segment.heap.address(slots::offset(*slot));
            prefetch(address);
            prefetch(address.wrapping_add(63));
        }
    }

    #[inline]
    pub fn get(&self, hash: Hash, key: &[u8]) -> Option<Entry<'_, T, META>> {
        let (id, tag) = self.directory.find(hash.0);
        self.segments[id].find_entry(tag, key).ok().map(|(_, entry)| entry)
    }

    #[inline]
    pub fn get_mut(&mut self, hash: Hash, key: &[u8]) -> Option<EntryMut<'_, T, META>> {
        let (id, tag) = self.directory.find(hash.0);
        let segment = &mut self.segments[id];
        let index = segment.find(tag, key).ok()?;
        Some(segment.entry_mut(index, &mut self.summaries[id].next_expiry))
    }

    /// Changes the object under a key; `None` if there is none or the value is inline.
    pub fn change_object<R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.get_mut(hash, key)?.object_mut().map(change)
    }

    /// Stores a value under a key with the given clock (its low [`CLOCK_BITS`]) and the table's current
    /// snapshot bit, whether the key was there or not. Returns what was there.
    ///
    /// Panics on an inline value longer than [`INLINE_MAX`] or of a kind from [`KINDS`] on.
    pub fn upsert(
        &mut self,
        hash: Hash,
        key: &[u8],
        value: NewValue<'_, T>,
        expiry: SetExpiry,
        clock: u32,
    ) -> Option<Removed<T>> {
        debug_assert_eq!(hash, self.hash(key), "the hash is the key's");
        let value_len = match &value {
            NewValue::Inline { kind, bytes } => {
                assert!(*kind < KINDS && bytes.len() <= INLINE_MAX, "the caller checks fits_inline");
                bytes.len()
            }
            NewValue::Object(_) => 2,
        };
        let (stored_key, stored_value) =
            if entry::is_long::<META>(key.len(), value_len) { (0, 2) } else { (key.len(), value_len) };
        loop {
            let (id, tag) = self.directory.find(hash.0);
            let segment = &mut self.segments[id];
            let before = segment.memory();
            let found = segment.find(tag, key);
            let (old_expiry, old_size) = match found {
                Ok(index) => (segment.expiry(index), segment.layout(index).end()),
                Err(_) => (None, 0),
            };
            let expiry = match expiry {
                SetExpiry::Keep => old_expiry,
                SetExpiry::Clear => None,
                SetExpiry::At(at) => Some(at),
            };
            let size = entry::size::<META>(stored_key, stored_value, expiry.is_some());
            let full = found.is_err() && segment.slots.len() >= SEGMENT_MAX;
            if full || (size > old_size && !segment.reserve(size)) {
                self.owned = self.owned - before + self.segments[id].memory();
                self.split(id);
                continue;
            }
            let meta = entry::pack_meta(clock, self.snapshot_bit);
            let removed = segment.put(found, tag, key, value, expiry, meta);
            self.owned = self.owned - before + segment.memory();
            self.len += found.is_err() as usize;
            self.note_expiry(id, old_expiry, expiry);
            return removed;
        }
    }

    /// Sets, moves or clears (`None`) an expiry, in milliseconds since the epoch; false without the key.
    pub fn set_expiry(&mut self, hash: Hash, key: &[u8], expiry: Option<i64>) -> bool {
        loop {
            let (id, tag) = self.directory.find(hash.0);
            let segment = &mut self.segments[id];
            let Ok(index) = segment.find(tag, key) else { return false };
            let before = segment.memory();
            let (old, size) = (segment.expiry(index), segment.layout(index).end());
            let grows = old.is_none() && expiry.is_some();
            let ready = !grows || segment.reserve(size + 8);
            if ready {
                segment.rewrite_expiry(index, expiry);
            }
            self.owned = self.owned - before + segment.memory();
            if ready {
                self.note_expiry(id, old, expiry);
                return true;
            }
            self.split(id);
        }
    }

    pub fn remove(&mut self, hash: Hash, key: &[u8]) -> Option<Removed<T>> {
        let (id, tag) = self.directory.find(hash.0);
        let segment = &mut self.segments[id];
        let index = segment.find(tag, key).ok()?;
        let before = segment.memory();
        let removed = segment.remove(index);
        self.owned = self.owned - before + segment.memory();
        self.len -= 1;
        self.note_expiry(id, removed.expiry, None);
        self.shrink(id);
        Some(removed)
    }

    /// The bit that stored entries take from now on; a snapshot flips it to tell what it has still to visit.
    pub fn set_current_bit(&mut self, bit: bool) {
        self.snapshot_bit = bit;
    }

    pub fn current_bit(&self) -> bool {
        self.snapshot_bit
    }

    /// Empties the table and returns the old contents, to be dropped elsewhere or in slices (`drain_step`).
    pub fn clear(&mut self) -> Table<T, META> {
        let mut fresh = Table::new(self.hasher);
        fresh.snapshot_bit = self.snapshot_bit;
        std::mem::replace(self, fresh)
    }

    /// Counts a change of one entry's expiry.
    fn note_expiry(&mut self, id: usize, old: Option<i64>, new: Option<i64>) {
        if old.is_none() && new.is_none() {
            return;
        }
        let summary = &mut self.summaries[id];
        self.volatile = self.volatile + new.is_some() as usize - old.is_some() as usize;
        summary.volatile = summary.volatile + new.is_some() as u16 - old.is_some() as u16;
        match new {
            Some(at) => summary.next_expiry = summary.next_expiry.min(at),
            None if summary.volatile == 0 => summary.next_expiry = i64::MAX,
            None => {}
        }
    }
}

impl<T, const META: usize> std::fmt::Debug for Table<T, META> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("len", &self.len).field("segments", &self.segments.len()).finish()
    }
}
