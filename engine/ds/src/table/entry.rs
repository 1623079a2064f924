//! The bytes of one entry, and the views a caller gets of it.
//!
//! ```text
//!   bits 0-2  3    4-9       10-15        24 bits
//!   | kind | ttl | key len | value len | clock:23 snapshot:1 | [key len] [value len] [expiry] | key | value |
//!   '------------- 2 bytes ------------'------ 3 bytes ------'--- 2 ---'---- 2 ----'--- 8 ---'
//! ```
//!
//! The 24 bits are missing from a [`BARE`] table. All little-endian. A length of 63 says that the real one follows
//! in two bytes. Kinds below [`KINDS`] are the caller's and the value is its bytes. `OBJECT`: the value is the
//! two-byte index of a `T` in the segment's objects. `LONG`: the key is out of line too; the entry holds no key and
//! the index of key and value.

use super::objects::{Long, LongValue, Objects, Place};

/// Inline kinds are below this; what they mean is the caller's business.
pub const KINDS: u8 = 6;
/// The longest inline value in bytes, whatever the length of its key.
pub const INLINE_MAX: usize = 512;
/// Clocks have this many bits.
pub const CLOCK_BITS: u32 = 23;

pub(super) const LONG: u8 = 6;
pub(super) const OBJECT: u8 = 7;
/// The `META` of a table whose entries have a clock and a snapshot bit, three bytes: the keyspace.
pub const CLOCKED: usize = 3;
/// The `META` of a table whose entries have neither, and show zero for both: the elements of a large collection.
pub const BARE: usize = 0;

/// An entry longer than this keeps key and value out of line.
pub(super) const ENTRY_MAX: usize = 1024;

/// The first two bytes.
const HEAD: usize = 2;
const ESCAPE: usize = 63;
const EXPIRY: usize = 8;
/// An entry's place in the order of its segment.
const SLOT: usize = 4;
const VOLATILE: u16 = 1 << 3;
const SNAPSHOT: u32 = 1 << CLOCK_BITS;
const CLOCK_MASK: u32 = SNAPSHOT - 1;

/// Whether [`NewValue::Inline`] may hold a value of `value_len` bytes under a key of `key_len` bytes.
///
/// The length of the key does not matter today: an entry too long as a whole goes out of line by itself.
pub fn fits_inline(_key_len: usize, value_len: usize) -> bool {
    value_len <= INLINE_MAX
}

/// Whether an entry of these lengths goes out of line. Counts room for an expiry, so that setting or
/// clearing one never changes the answer.
pub(super) fn is_long<const META: usize>(key_len: usize, value_len: usize) -> bool {
    key_len > ENTRY_MAX || size::<META>(key_len, value_len, true) > ENTRY_MAX
}

/// The length in bytes of an entry that is not out of line.
pub(super) fn size<const META: usize>(key_len: usize, value_len: usize, volatile: bool) -> usize {
    let escapes = (key_len >= ESCAPE) as usize + (value_len >= ESCAPE) as usize;
    HEAD + META + 2 * escapes + EXPIRY * volatile as usize + key_len + value_len
}

/// Where the parts of an entry lie within its bytes.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub kind: u8,
    pub volatile: bool,
    key_at: u16,
    value_at: u16,
    end: u16,
}

impl Layout {
    /// Reads the layout of the entry at the front of `bytes`.
    #[inline(always)]
    pub fn of<const META: usize>(bytes: &[u8]) -> Layout {
        let head = u16::from_le_bytes([bytes[0], bytes[1]]);
        let length = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let (mut key_len, mut value_len) = (head >> 4 & ESCAPE as u16, head >> 10);
        let mut at = (HEAD + META) as u16;
        if key_len == ESCAPE as u16 {
            key_len = length(at as usize);
            at += 2;
        }
        if value_len == ESCAPE as u16 {
            value_len = length(at as usize);
            at += 2;
        }
        let volatile = head & VOLATILE != 0;
        at += EXPIRY as u16 * volatile as u16;
        Layout {
            kind: head as u8 & 7,
            volatile,
            key_at: at,
            value_at: at + key_len,
            end: at + key_len + value_len,
        }
    }

    /// The length of the entry.
    #[inline(always)]
    pub fn end(&self) -> usize {
        self.end as usize
    }

    #[inline(always)]
    pub fn key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.key_at as usize..self.value_at as usize]
    }

    #[inline(always)]
    pub fn value<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.value_at as usize..self.end as usize]
    }

    pub fn value_mut<'a>(&self, bytes: &'a mut [u8]) -> &'a mut [u8] {
        &mut bytes[self.value_at as usize..self.end as usize]
    }

    #[inline(always)]
    pub fn expiry(&self, bytes: &[u8]) -> Option<i64> {
        let field = || &bytes[self.key_at as usize - EXPIRY..self.key_at as usize];
        self.volatile.then(|| i64::from_le_bytes(field().try_into().expect("eight bytes")))
    }

    /// The bytes of the expiry of an entry that has one.
    fn expiry_mut<'a>(&self, bytes: &'a mut [u8]) -> &'a mut [u8] {
        debug_assert!(self.volatile);
        &mut bytes[self.key_at as usize - EXPIRY..self.key_at as usize]
    }

    /// The index of the object of an `OBJECT` or `LONG` entry.
    #[inline(always)]
    pub fn object_index(&self, bytes: &[u8]) -> u16 {
        debug_assert!(self.kind >= KINDS);
        u16::from_le_bytes(self.value(bytes).try_into().expect("an index takes two bytes"))
    }
}

/// The clock and snapshot bit of an entry, as their 24 bits.
#[inline]
pub(super) fn meta<const META: usize>(bytes: &[u8]) -> u32 {
    const { assert!(META == CLOCKED || META == BARE) };
    if META == BARE { 0 } else { u32::from_le_bytes([bytes[2], bytes[3], bytes[4], 0]) }
}

pub(super) fn clock<const META: usize>(bytes: &[u8]) -> u32 {
    meta::<META>(bytes) & CLOCK_MASK
}

pub(super) fn set_meta<const META: usize>(bytes: &mut [u8], meta: u32) {
    bytes[HEAD..HEAD + META].copy_from_slice(&meta.to_le_bytes()[..META]);
}

pub(super) fn pack_meta(clock: u32, snapshot_bit: bool) -> u32 {
    (clock & CLOCK_MASK) | (snapshot_bit as u32 * SNAPSHOT)
}

/// What is written as an entry.
pub(super) struct Parts<'a> {
    pub kind: u8,
    pub meta: u32,
    pub expiry: Option<i64>,
    pub key: &'a [u8],
    pub value: &'a [u8],
}

impl<'a> Parts<'a> {
    pub fn of<const META: usize>(bytes: &'a [u8], layout: &Layout) -> Parts<'a> {
        Parts {
            kind: layout.kind,
            meta: meta::<META>(bytes),
            expiry: layout.expiry(bytes),
            key: layout.key(bytes),
            value: layout.value(bytes),
        }
    }

    pub fn size<const META: usize>(&self) -> usize {
        size::<META>(self.key.len(), self.value.len(), self.expiry.is_some())
    }

    /// Writes the entry to the front of `out`.
    pub fn write<const META: usize>(&self, out: &mut [u8]) {
        let (key_len, value_len) = (self.key.len(), self.value.len());
        let out = &mut out[..self.size::<META>()];
        let head = self.kind as u16
            | self.expiry.map_or(0, |_| VOLATILE)
            | (key_len.min(ESCAPE) as u16) << 4
            | (value_len.min(ESCAPE) as u16) << 10;
        out[..2].copy_from_slice(&head.to_le_bytes());
        set_meta::<META>(out, self.meta);
        let mut at = HEAD + META;
        for len in [key_len, value_len].into_iter().filter(|len| *len >= ESCAPE) {
            out[at..at + 2].copy_from_slice(&(len as u16).to_le_bytes());
            at += 2;
        }
        if let Some(expiry) = self.expiry {
            out[at..at + EXPIRY].copy_from_slice(&expiry.to_le_bytes());
            at += EXPIRY;
        }
        out[at..at + key_len].copy_from_slice(self.key);
        out[at + key_len..].copy_from_slice(self.value);
    }
}

/// A value on its way into the table.
#[derive(Debug)]
pub enum NewValue<'a, T> {
    /// At most [`INLINE_MAX`] bytes of a kind below [`KINDS`].
    Inline {
        kind: u8,
        bytes: &'a [u8],
    },
    Object(T),
}

/// What `upsert` does to the expiry. A new entry has none to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetExpiry {
    Keep,
    Clear,
    /// In milliseconds since the epoch.
    At(i64),
}

/// What an entry was before it was removed or overwritten.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed<T> {
    pub expiry: Option<i64>,
    pub clock: u32,
    /// The value, unless it was inline.
    pub object: Option<T>,
}

/// A value as the table holds it.
#[derive(Debug, PartialEq, Eq)]
pub enum ValueRef<'a, T> {
    Inline { kind: u8, bytes: &'a [u8] },
    Object(&'a T),
}

impl<T> Clone for ValueRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ValueRef<'_, T> {}

/// A read view of an entry. Its parts are decoded when they are asked for.
pub struct Entry<'a, T, const META: usize = CLOCKED> {
    /// The entry and nothing after it.
    bytes: &'a [u8],
    layout: Layout,
    objects: &'a Objects<T>,
}

impl<T, const META: usize> Clone for Entry<'_, T, META> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const META: usize> Copy for Entry<'_, T, META> {}

impl<T: std::fmt::Debug, const META: usize> std::fmt::Debug for Entry<'_, T, META> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key())
            .field("value", &self.value())
            .field("expiry", &self.expiry())
            .field("clock", &self.clock())
            .field("snapshot_bit", &self.snapshot_bit())
            .finish()
    }
}

impl<'a, T, const META: usize> Entry<'a, T, META> {
    /// A view of the entry at the front of `bytes`.
    #[inline(always)]
    pub(super) fn view(bytes: &'a [u8], objects: &'a Objects<T>) -> Entry<'a, T, META> {
        let layout = Layout::of::<META>(bytes);
        Entry { bytes: &bytes[..layout.end()], layout, objects }
    }

    #[inline]
    pub fn key(&self) -> &'a [u8] {
        if self.layout.kind == LONG {
            return &self.objects.long(self.layout.object_index(self.bytes)).key;
        }
        self.layout.key(self.bytes)
    }

    #[inline]
    pub fn value(&self) -> ValueRef<'a, T> {
        match self.layout.kind {
            LONG => match &self.objects.long(self.layout.object_index(self.bytes)).value {
                LongValue::Inline(kind, bytes) => ValueRef::Inline { kind: *kind, bytes },
                LongValue::Object(object) => ValueRef::Object(object),
            },
            OBJECT => ValueRef::Object(self.objects.object(self.layout.object_index(self.bytes))),
            kind => ValueRef::Inline { kind, bytes: self.layout.value(self.bytes) },
        }
    }

    /// In milliseconds since the epoch.
    #[inline]
    pub fn expiry(&self) -> Option<i64> {
        self.layout.expiry(self.bytes)
    }

    /// The caller's 23 bits of access history.
    #[inline]
    pub fn clock(&self) -> u32 {
        clock::<META>(self.bytes)
    }

    #[inline]
    pub fn snapshot_bit(&self) -> bool {
        meta::<META>(self.bytes) & SNAPSHOT != 0
    }

    /// Bytes that the table holds on behalf of this entry: its slot, its bytes and what lies out of line. Not in it
    /// are what an object owns itself, and room that the table keeps for entries to come.
    pub fn footprint(&self) -> usize {
        let beside = match self.layout.kind {
            OBJECT => size_of::<Place<T>>(),
            LONG => {
                let long = self.objects.long(self.layout.object_index(self.bytes));
                let inline = match &long.value {
                    LongValue::Inline(_, bytes) => bytes.len(),
                    LongValue::Object(_) => 0,
                };
                size_of::<Place<T>>() + size_of::<Long<T>>() + long.key.len() + inline
            }
            _ => 0,
        };
        SLOT + self.bytes.len() + beside
    }
}

/// A view of an entry for changes that keep its size.
pub struct EntryMut<'a, T, const META: usize = CLOCKED> {
    pub(super) bytes: &'a mut [u8],
    pub(super) layout: Layout,
    pub(super) objects: &'a mut Objects<T>,
    /// The segment's lower bound on its expiries.
    pub(super) next_expiry: &'a mut i64,
}

impl<'a, T, const META: usize> EntryMut<'a, T, META> {
    pub fn view(&self) -> Entry<'_, T, META> {
        Entry::view(self.bytes, self.objects)
    }

    pub fn into_view(self) -> Entry<'a, T, META> {
        Entry::view(self.bytes, self.objects)
    }

    pub fn key(&self) -> &[u8] {
        self.view().key()
    }

    pub fn value(&self) -> ValueRef<'_, T> {
        self.view().value()
    }

    pub fn expiry(&self) -> Option<i64> {
        self.layout.expiry(self.bytes)
    }

    /// Moves the expiry of an entry that has one, else changes nothing and says false.
    pub fn move_expiry(&mut self, at_ms: i64) -> bool {
        if self.layout.volatile {
            self.layout.expiry_mut(self.bytes).copy_from_slice(&at_ms.to_le_bytes());
            *self.next_expiry = at_ms.min(*self.next_expiry);
        }
        self.layout.volatile
    }

    pub fn clock(&self) -> u32 {
        meta::<META>(self.bytes) & CLOCK_MASK
    }

    pub fn set_clock(&mut self, clock: u32) {
        set_meta::<META>(self.bytes, meta::<META>(self.bytes) & SNAPSHOT | clock & CLOCK_MASK);
    }

    pub fn snapshot_bit(&self) -> bool {
        meta::<META>(self.bytes) & SNAPSHOT != 0
    }

    pub fn set_snapshot_bit(&mut self, bit: bool) {
        set_meta::<META>(self.bytes, pack_meta(self.clock(), bit));
    }

    /// The value, unless it is inline.
    pub fn object_mut(&mut self) -> Option<&mut T> {
        match self.layout.kind {
            OBJECT => Some(self.objects.object_mut(self.layout.object_index(self.bytes))),
            LONG => match &mut self.objects.long_mut(self.layout.object_index(self.bytes)).value {
                LongValue::Object(object) => Some(object),
                LongValue::Inline(..) => None,
            },
            _ => None,
        }
    }

    /// The bytes of an inline value, to be changed without changing their number.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        match self.layout.kind {
            OBJECT => None,
            LONG => match &mut self.objects.long_mut(self.layout.object_index(self.bytes)).value {
                LongValue::Object(_) => None,
                LongValue::Inline(_, bytes) => Some(bytes),
            },
            _ => Some(self.layout.value_mut(self.bytes)),
        }
    }

    /// Changes the kind of an inline value; says false for an object.
    pub fn set_kind(&mut self, kind: u8) -> bool {
        assert!(kind < KINDS, "kinds from {KINDS} on are the table's own");
        match self.layout.kind {
            OBJECT => return false,
            LONG => match &mut self.objects.long_mut(self.layout.object_index(self.bytes)).value {
                LongValue::Object(_) => return false,
                LongValue::Inline(old, _) => *old = kind,
            },
            _ => {
                self.bytes[0] = self.bytes[0] & !7 | kind;
                self.layout.kind = kind;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes an entry and reads it back, with the size that was announced.
    fn check<const META: usize>(kind: u8, meta: u32, expiry: Option<i64>, key: &[u8], value: &[u8]) {
        let parts = Parts { kind, meta, expiry, key, value };
        let mut bytes = vec![0xaa; parts.size::<META>() + 3];
        parts.write::<META>(&mut bytes);
        assert_eq!(bytes[parts.size::<META>()..], [0xaa; 3], "nothing is written beyond the entry");
        let layout = Layout::of::<META>(&bytes);
        assert_eq!(layout.end(), parts.size::<META>());
        let back = Parts::of::<META>(&bytes, &layout);
        let meta = if META == BARE { 0 } else { meta };
        assert_eq!((back.kind, back.meta, back.expiry), (kind, meta, expiry));
        assert_eq!((back.key, back.value), (key, value));
    }

    #[test]
    fn entries_come_back_at_every_escape_boundary() {
        let text = [7u8; 600];
        for key_len in [0, 1, 16, 62, 63, 64, 255, 480] {
            for value_len in [0, 4, 62, 63, 64, 512] {
                for expiry in [None, Some(0), Some(i64::MIN), Some(i64::MAX)] {
                    let meta = pack_meta(0x7f_ffff, value_len % 2 == 0);
                    let (key, value) = (&text[..key_len], &text[..value_len]);
                    check::<CLOCKED>(value_len as u8 % 8, meta, expiry, key, value);
                    check::<BARE>(value_len as u8 % 8, meta, expiry, key, value);
                }
            }
        }
    }

    #[test]
    fn a_small_entry_costs_five_bytes_or_two_and_an_expiry_eight() {
        assert_eq!(size::<CLOCKED>(16, 32, false), 53);
        assert_eq!(size::<CLOCKED>(16, 32, true), 61);
        assert_eq!(size::<CLOCKED>(16, 100, false), 123);
        assert_eq!(size::<BARE>(16, 32, false), 50);
    }

    #[test]
    fn clock_and_snapshot_bit_do_not_touch_each_other() {
        let mut bytes = [0; 16];
        Parts { kind: 1, meta: 0, expiry: None, key: b"k", value: b"v" }.write::<CLOCKED>(&mut bytes);
        let (mut objects, mut next_expiry) = (Objects::<()>::new(), i64::MAX);
        let layout = Layout::of::<CLOCKED>(&bytes);
        let mut entry: EntryMut<'_, (), CLOCKED> =
            EntryMut { bytes: &mut bytes, layout, objects: &mut objects, next_expiry: &mut next_expiry };
        entry.set_snapshot_bit(true);
        entry.set_clock(u32::MAX);
        assert_eq!((entry.clock(), entry.snapshot_bit()), (0x7f_ffff, true));
        entry.set_snapshot_bit(false);
        assert_eq!((entry.clock(), entry.snapshot_bit()), (0x7f_ffff, false));
        assert!(entry.set_kind(5));
        assert_eq!(entry.key(), b"k");
        assert_eq!(entry.value(), ValueRef::Inline { kind: 5, bytes: b"v" });
    }
}
