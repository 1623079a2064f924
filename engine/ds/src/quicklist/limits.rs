//! How large a node may become: `list-max-listpack-size` in its numbers.

/// The listpack header and end that Redis counts into the size of a node, and we keep in files only.
pub const FRAME: usize = 7;
/// More than any code and length backwards of a text that shares a node, by which a node is judged before a push.
const ENTRY_OVERHEAD: usize = 8;
/// Nodes that are limited by their count are still limited to this many bytes.
const SAFETY_BYTES: usize = 8192;

/// The limits of a node. Sizes are those the node would have as a listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Negative: 4, 8, 16, 32 or 64 KB; otherwise as many elements, but at least one.
    fill: i32,
    /// Texts from this length on have a node of their own; 0 leaves that to `fill`.
    plain_from: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::new(-2)
    }
}

impl Limits {
    /// A fill that bounds nothing: whatever is pushed goes into one node.
    const UNBOUNDED: i32 = i32::MAX;

    /// Of a list that is to stay a single node, because its owner sees to its size.
    pub const fn unbounded() -> Limits {
        Limits { fill: Limits::UNBOUNDED, plain_from: 0 }
    }

    pub const fn new(fill: i32) -> Limits {
        Limits { fill, plain_from: 0 }
    }

    /// The same with another bound for texts that get a node of their own, so that tests need no long ones.
    pub const fn with_plain_from(self, plain_from: u32) -> Limits {
        Limits { plain_from, ..self }
    }

    /// As a node counts: no more than fits 15 bits.
    pub const fn for_nodes(self) -> Limits {
        let most = i16::MAX as i32;
        Limits { fill: if self.fill > most { most } else { self.fill }, ..self }
    }

    /// The most bytes of a node.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        match self.fill {
            Limits::UNBOUNDED => usize::MAX / 4,
            0.. => SAFETY_BYTES,
            fill => 4096 << (-i64::from(fill) - 1).min(4),
        }
    }

    /// How much a node at an end of a long list gets at once, for it will be filled.
    #[inline]
    pub(super) fn room(&self) -> usize {
        if self.fill < 0 { self.bytes() - FRAME } else { 0 }
    }

    /// Whether a node of this size and count is beyond the limits.
    #[inline]
    pub fn exceeded_by(&self, size: usize, count: usize) -> bool {
        size > self.bytes() || self.fill >= 0 && count > self.fill.max(1) as usize
    }

    /// Whether a text of this length has a node of its own.
    #[inline]
    pub fn is_large(&self, len: usize) -> bool {
        match self.plain_from {
            0 => len > self.bytes(),
            from => len >= from as usize,
        }
    }

    /// Whether a node of this size and count takes a text of that length more.
    #[inline]
    pub(super) fn admits(&self, size: usize, count: usize, len: usize) -> bool {
        !self.is_large(len) && !self.exceeded_by(size + len + ENTRY_OVERHEAD, count + 1)
    }

    /// Whether a list that is a single node of this size and count is small enough to be a listpack by name; one that
    /// has just become smaller must be half as large, lest it change to and fro.
    pub fn suit_listpack(&self, size: usize, count: usize, shrinking: bool) -> bool {
        let share = 1 + usize::from(shrinking);
        match self.fill {
            0.. => count <= self.fill.max(1) as usize / share,
            _ => size <= self.bytes() / share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_by_level() {
        let bytes = |fill| Limits::new(fill).bytes();
        assert_eq!(
            [-1, -2, -3, -4, -5, -6, i32::MIN].map(bytes),
            [4096, 8192, 16384, 32768, 65536, 65536, 65536]
        );
        assert_eq!([0, 1, i32::MAX - 1].map(bytes), [8192; 3]);
    }

    #[test]
    fn counts() {
        let limits = Limits::new(3);
        assert!(!limits.exceeded_by(100, 3) && limits.exceeded_by(100, 4) && limits.exceeded_by(8193, 1));
        assert!(!Limits::new(0).exceeded_by(9, 1) && Limits::new(0).exceeded_by(9, 2));
        assert!(limits.admits(8184, 2, 0) && !limits.admits(8184, 2, 1) && !limits.admits(20, 3, 1));
        assert!(limits.suit_listpack(9000, 3, false) && !limits.suit_listpack(9, 2, true));
        assert!(
            Limits::new(-1).suit_listpack(2048, 999, true) && !Limits::new(-1).suit_listpack(2049, 1, true)
        );
    }

    #[test]
    fn large_texts() {
        assert!(!Limits::new(-1).is_large(4096) && Limits::new(-1).is_large(4097));
        assert!(!Limits::new(7).is_large(8192) && Limits::new(7).is_large(8193));
        let small = Limits::new(-1).with_plain_from(5);
        assert!(!small.is_large(4) && small.is_large(5) && !small.admits(7, 0, 5));
        assert!(
            !Limits::unbounded().is_large(1 << 40) && Limits::unbounded().admits(1 << 40, 1 << 30, 1 << 40)
        );
    }
}
