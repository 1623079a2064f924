//! From the top bits of a hash to the segment that holds it: the directory of extendible hashing.
//!
//! ```text
//!   hash  | prefix: d bits | tag: 16 bits | the rest |       d = depth of the segment
//!   directory index = the hash's top `depth` bits; a segment of depth d owns 2^(depth - d) neighbours
//! ```
//!
//! An entry packs the segment's number (26 bits) with its depth (6 bits), so that the tag is known before
//! the segment itself is touched.

/// No segment is deeper. With a keyed hash more than a segment's fill of keys would have to agree in 32 bits.
pub(crate) const DEPTH_MAX: u32 = 32;

const DEPTH_BITS: u32 = 6;

#[derive(Clone)]
pub(crate) struct Directory {
    entries: Vec<u32>,
    depth: u32,
}

impl Directory {
    /// One segment, number 0, that holds every hash.
    pub fn new() -> Self {
        Directory { entries: vec![0], depth: 0 }
    }

    /// The segment of a hash and the tag that the hash has in it.
    #[inline(always)]
    pub fn find(&self, hash: u64) -> (usize, u16) {
        // Shifting in two steps keeps depth 0 in range.
        let entry = self.entries[((hash >> 1) >> (63 - self.depth)) as usize];
        ((entry >> DEPTH_BITS) as usize, tag_of(hash, entry % (1 << DEPTH_BITS)))
    }

    /// The segment and its depth at the start of the prefix's range.
    pub fn at_prefix(&self, prefix: u32, depth: u32) -> (usize, u32) {
        let entry = self.entries[(prefix as usize) << (self.depth - depth)];
        ((entry >> DEPTH_BITS) as usize, entry % (1 << DEPTH_BITS))
    }

    /// Gives the whole range of a prefix to a segment, growing first if the prefix is longer than indices.
    pub fn assign(&mut self, prefix: u32, depth: u32, segment: usize) {
        assert!(depth <= DEPTH_MAX, "a keyed hash spreads keys before {DEPTH_MAX} bits agree");
        assert!(segment < 1 << (32 - DEPTH_BITS), "segments are numbered in 26 bits");
        while self.depth < depth {
            self.entries = self.entries.iter().flat_map(|entry| [*entry; 2]).collect();
            self.depth += 1;
        }
        let width = 1 << (self.depth - depth);
        let start = prefix as usize * width;
        self.entries[start..start + width].fill((segment as u32) << DEPTH_BITS | depth);
    }

    /// Shortens the indices to `depth` bits; no segment may be deeper.
    pub fn shrink(&mut self, depth: u32) {
        if depth < self.depth {
            let step = 1 << (self.depth - depth);
            self.entries = self.entries.iter().copied().step_by(step).collect();
            self.depth = depth;
        }
    }

    #[cfg(test)]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    pub fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<u32>()
    }
}

/// The sixteen hash bits after the first `depth`.
#[inline(always)]
pub(crate) fn tag_of(hash: u64, depth: u32) -> u16 {
    ((hash << depth) >> 48) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_sends_every_hash_to_one_segment() {
        let directory = Directory::new();
        assert_eq!(directory.find(0), (0, 0));
        assert_eq!(directory.find(u64::MAX), (0, u16::MAX));
    }

    #[test]
    fn halves_of_a_range_take_over_what_their_parent_owned() {
        let mut directory = Directory::new();
        directory.assign(0, 1, 0);
        directory.assign(1, 1, 1);
        directory.assign(0b100, 3, 2);
        directory.assign(0b101, 3, 3);
        assert_eq!(directory.depth(), 3);
        assert_eq!(directory.find(0x7fff_0000_0000_0000).0, 0);
        assert_eq!(directory.find(0b100 << 61), (2, 0));
        assert_eq!(directory.find(0b101 << 61 | 1 << 60), (3, 0x8000));
        assert_eq!(directory.find(0b110 << 61), (1, 0x8000));
        assert_eq!(directory.at_prefix(0b11, 2), (1, 1));
        directory.assign(0b10, 2, 2);
        directory.shrink(2);
        assert_eq!((directory.depth(), directory.find(0b101 << 61).0), (2, 2));
    }
}
