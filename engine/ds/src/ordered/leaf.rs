//! A leaf: neighbours in the order of the set, packed into one piece of memory.
//!
//! ```text
//!   scores: n × f64 | starts: n × u16 | tags: n × u8 | members, byte after byte
//!                           '--------------------------^
//! ```
//!
//! All little-endian. A start counts from where the members begin; a member ends where the next one starts, the last
//! at the end of all. A tag is the top byte of its member's hash: it tells nearly every other member of the leaf
//! apart without touching it. An element so costs its payload and three bytes, and the room that the allocator's
//! size class leaves.

use crate::table::size_class;
use std::cmp::Ordering;
use std::ops::Range;

/// More bytes than this make a leaf split, unless they are a single element's.
pub(super) const BYTES_MAX: usize = 2048;
/// More elements than this make a leaf split.
pub(super) const LEN_MAX: usize = 128;
/// What an element takes beside its member.
pub(super) const FIXED: usize = 11;
/// No leaf, or no node.
pub(super) const NONE: u32 = u32::MAX;

const SCORE: usize = size_of::<f64>();
const START: usize = size_of::<u16>();

/// A place in the order, by what lies before it. An element whose score does not decide is judged by its member.
pub(super) trait Probe: Copy {
    /// `Less`: before the place. `Greater`: not before it. `Equal`: the member decides.
    fn score(self, score: f64) -> Ordering;
    /// Whether the member of such an element lies before.
    fn member(self, member: &[u8]) -> bool;
}

#[derive(Clone)]
pub(super) struct Leaf {
    data: Vec<u8>,
    pub parent: u32,
    pub prev: u32,
    pub next: u32,
    len: u16,
}

impl Leaf {
    pub fn new() -> Leaf {
        Leaf { data: Vec::new(), parent: NONE, prev: NONE, next: NONE, len: 0 }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Bytes in use.
    #[inline(always)]
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Bytes owned beyond the struct itself.
    #[inline(always)]
    pub fn memory(&self) -> usize {
        self.data.capacity()
    }

    /// Whether an element with a member of so many bytes may be added.
    #[inline]
    pub fn has_room(&self, member: usize) -> bool {
        self.len == 0 || (self.len() < LEN_MAX && self.bytes() + FIXED + member <= BYTES_MAX)
    }

    #[inline(always)]
    fn scores(&self) -> &[[u8; SCORE]] {
        self.data[..self.len() * SCORE].as_chunks().0
    }

    #[inline(always)]
    fn starts(&self) -> &[[u8; START]] {
        self.data[self.len() * SCORE..self.len() * (SCORE + START)].as_chunks().0
    }

    #[inline(always)]
    fn tags(&self) -> &[u8] {
        &self.data[self.len() * (SCORE + START)..self.len() * FIXED]
    }

    #[inline(always)]
    fn members(&self) -> &[u8] {
        &self.data[self.len() * FIXED..]
    }

    #[inline(always)]
    pub fn score(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.scores()[at])
    }

    /// Where a member starts; `len` stands for the end of the last one.
    #[inline(always)]
    fn start(&self, at: usize) -> usize {
        match self.starts().get(at) {
            Some(start) => u16::from_le_bytes(*start) as usize,
            None => self.members().len(),
        }
    }

    #[inline(always)]
    pub fn member(&self, at: usize) -> &[u8] {
        &self.members()[self.start(at)..self.start(at + 1)]
    }

    #[inline(always)]
    pub fn get(&self, at: usize) -> (&[u8], f64) {
        (self.member(at), self.score(at))
    }

    pub fn set_score(&mut self, at: usize, score: f64) {
        assert!(at < self.len());
        self.data[at * SCORE..][..SCORE].copy_from_slice(&score.to_le_bytes());
    }

    /// The elements with a tag, in order.
    #[inline]
    pub fn tagged(&self, tag: u8) -> impl Iterator<Item = usize> {
        Tagged { tags: self.tags(), tag, base: 0, hits: 0 }
    }

    /// How many elements lie before a place.
    #[inline]
    pub fn seek(&self, probe: impl Probe) -> usize {
        let score = |bytes: &[u8; SCORE]| probe.score(f64::from_le_bytes(*bytes));
        let scores = self.scores();
        let sure = scores.partition_point(|bytes| score(bytes) == Ordering::Less);
        let mut undecided = scores[sure..].partition_point(|bytes| score(bytes) == Ordering::Equal);
        let mut before = sure;
        while undecided > 0 {
            let half = undecided / 2;
            if probe.member(self.member(before + half)) {
                before += half + 1;
                undecided -= half + 1;
            } else {
                undecided = half;
            }
        }
        before
    }

    /// Puts an element before the one at `at`. There must be room.
    pub fn insert(&mut self, at: usize, tag: u8, score: f64, member: &[u8]) {
        debug_assert!(self.has_room(member.len()));
        let (len, size) = (self.len(), member.len());
        let start = self.start(at);
        let old = self.data.len();
        self.reserve(FIXED + size);
        self.data.resize(old + FIXED + size, 0);
        // From the end to the front, so that nothing is written over before it has moved.
        let data = &mut self.data[..];
        let (from, to) = (len * FIXED, (len + 1) * FIXED);
        data.copy_within(from + start..old, to + start + size);
        data.copy_within(from..from + start, to);
        data[to + start..][..size].copy_from_slice(member);

        let (from, to) = (len * (SCORE + START), (len + 1) * (SCORE + START));
        data.copy_within(from + at..from + len, to + at + 1);
        data.copy_within(from..from + at, to);
        data[to + at] = tag;

        let (from, to) = (len * SCORE, (len + 1) * SCORE);
        data.copy_within(from + at * START..from + len * START, to + (at + 1) * START);
        data.copy_within(from..from + at * START, to);
        data[to + at * START..][..START].copy_from_slice(&(start as u16).to_le_bytes());
        for later in data[to + (at + 1) * START..to + (len + 1) * START].as_chunks_mut().0 {
            *later = (u16::from_le_bytes(*later) + size as u16).to_le_bytes();
        }

        data.copy_within(at * SCORE..len * SCORE, (at + 1) * SCORE);
        data[at * SCORE..][..SCORE].copy_from_slice(&score.to_le_bytes());
        self.len += 1;
    }

    /// Removes a range of elements.
    pub fn remove(&mut self, range: Range<usize>) {
        let Range { start: at, end } = range;
        assert!(at <= end && end <= self.len());
        let (len, count) = (self.len(), end - at);
        let (first, last) = (self.start(at), self.start(end));
        let size = last - first;
        let left = len - count;
        let all = self.data.len();
        let data = &mut self.data[..];
        data.copy_within(end * SCORE..len * SCORE, at * SCORE);

        let (from, to) = (len * SCORE, left * SCORE);
        for later in data[from + end * START..from + len * START].as_chunks_mut().0 {
            *later = (u16::from_le_bytes(*later) - size as u16).to_le_bytes();
        }
        data.copy_within(from..from + at * START, to);
        data.copy_within(from + end * START..from + len * START, to + at * START);

        let (from, to) = (len * (SCORE + START), left * (SCORE + START));
        data.copy_within(from..from + at, to);
        data.copy_within(from + end..from + len, to + at);

        let (from, to) = (len * FIXED, left * FIXED);
        data.copy_within(from..from + first, to);
        data.copy_within(from + last..all, to + first);
        self.data.truncate(all - count * FIXED - size);
        self.len -= count as u16;
        self.shrink();
    }

    /// Takes a range of elements out, as a leaf of their own without place in the tree.
    pub fn take(&mut self, range: Range<usize>) -> Leaf {
        let taken = Leaf::concat(&[(self, range.clone())]);
        self.remove(range);
        taken
    }

    /// Adds the elements of another leaf behind, or before, those of this one.
    pub fn adopt(&mut self, other: &Leaf, in_front: bool) {
        let (ours, theirs) = ((&*self, 0..self.len()), (other, 0..other.len()));
        let both = Leaf::concat(&if in_front { [theirs, ours] } else { [ours, theirs] });
        (self.data, self.len) = (both.data, both.len);
    }

    /// A leaf of the elements of others, without place in the tree.
    fn concat(parts: &[(&Leaf, Range<usize>)]) -> Leaf {
        let members = |(leaf, range): &(&Leaf, Range<usize>)| leaf.start(range.start)..leaf.start(range.end);
        let len: usize = parts.iter().map(|(_, range)| range.len()).sum();
        let size: usize = parts.iter().map(|part| members(part).len()).sum();
        let mut data = Vec::with_capacity(size_class(len * FIXED + size));
        for (leaf, range) in parts {
            data.extend_from_slice(leaf.scores()[range.clone()].as_flattened());
        }
        let mut shift = 0;
        for part @ (leaf, range) in parts {
            let first = members(part).start;
            for start in &leaf.starts()[range.clone()] {
                let start = u16::from_le_bytes(*start) as usize - first + shift;
                data.extend_from_slice(&(start as u16).to_le_bytes());
            }
            shift += members(part).len();
        }
        for (leaf, range) in parts {
            data.extend_from_slice(&leaf.tags()[range.clone()]);
        }
        for part in parts {
            data.extend_from_slice(&part.0.members()[members(part)]);
        }
        Leaf { data, len: len as u16, ..Leaf::new() }
    }

    /// Where to cut the leaf so that both parts have about as many bytes, and neither is empty.
    pub fn middle(&self) -> usize {
        let half = self.data.len() / 2;
        let (mut low, mut high) = (1, self.len() - 1);
        while low < high {
            let middle = (low + high) / 2;
            if middle * FIXED + self.start(middle) < half {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn reserve(&mut self, more: usize) {
        let needed = self.data.len() + more;
        if needed > self.data.capacity() {
            self.data.reserve_exact(size_class(needed) - self.data.len());
        }
    }

    /// Gives memory back once more than a third is unused.
    fn shrink(&mut self) {
        let wanted = if self.data.is_empty() { 0 } else { size_class(self.data.len()) };
        if wanted * 3 <= self.data.capacity() * 2 {
            self.data.shrink_to(wanted);
        }
    }

    /// Asserts the invariants.
    #[cfg(test)]
    pub fn check(&self) {
        assert!(self.data.len() >= self.len() * FIXED);
        assert!(self.len() <= LEN_MAX && (self.bytes() <= BYTES_MAX || self.len() == 1));
        assert!((0..self.len()).all(|at| self.start(at) <= self.start(at + 1)));
        assert_eq!(self.len() > 0, !self.data.is_empty());
        for at in 1..self.len() {
            let (one, two) = (self.get(at - 1), self.get(at));
            assert!(one.1 < two.1 || (one.1 == two.1 && one.0 < two.0), "elements are in order");
        }
    }
}

/// Finds the bytes of a slice that are `tag`, eight at a time.
struct Tagged<'a> {
    tags: &'a [u8],
    tag: u8,
    base: usize,
    /// The top bit of each byte of the last word that may be a hit.
    hits: u64,
}

impl Iterator for Tagged<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        loop {
            if self.hits != 0 {
                let at = self.base - 8 + self.hits.trailing_zeros() as usize / 8;
                self.hits &= self.hits - 1;
                return Some(at);
            }
            let rest = self.tags.get(self.base..)?;
            if rest.is_empty() {
                return None;
            }
            let differing = match rest.first_chunk::<8>() {
                Some(word) => u64::from_le_bytes(*word) ^ (ONES * self.tag as u64),
                None => rest.iter().rev().fold(u64::MAX, |word, tag| word << 8 | (tag ^ self.tag) as u64),
            };
            self.base += 8;
            // The bytes that are zero; adding cannot carry into the next byte, so there is no false one.
            let low = (differing & !(ONES << 7)) + (ONES * 0x7f);
            self.hits = !(low | differing) & (ONES << 7);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(members: &[&str]) -> Leaf {
        let mut leaf = Leaf::new();
        for (at, member) in members.iter().enumerate() {
            leaf.insert(at, member.len() as u8, at as f64, member.as_bytes());
        }
        leaf.check();
        leaf
    }

    fn assert_holds(leaf: &Leaf, expected: &[(&str, f64)]) {
        leaf.check();
        let elements: Vec<_> = (0..leaf.len()).map(|at| leaf.get(at)).collect();
        let expected: Vec<_> = expected.iter().map(|(member, score)| (member.as_bytes(), *score)).collect();
        assert_eq!(elements, expected);
        for (at, (member, _)) in expected.iter().enumerate() {
            assert!(leaf.tagged(member.len() as u8).any(|hit| hit == at), "a tag moves with its member");
        }
    }

    #[test]
    fn elements_keep_order_tags_and_bytes_wherever_they_are_inserted_or_removed() {
        let mut leaf = filled(&["one", "", "three", "five5"]);
        leaf.insert(3, 6, 2.5, b"middle");
        leaf.insert(0, 2, -1.0, b"aa");
        leaf.insert(6, 1, 9.0, b"z");
        let all = [
            ("aa", -1.0),
            ("one", 0.0),
            ("", 1.0),
            ("three", 2.0),
            ("middle", 2.5),
            ("five5", 3.0),
            ("z", 9.0),
        ];
        assert_holds(&leaf, &all);
        for from in 0..=7 {
            for to in from..=7 {
                let mut rest = leaf.clone();
                let taken = rest.take(from..to);
                assert_holds(&taken, &all[from..to]);
                assert_holds(&rest, &[&all[..from], &all[to..]].concat());
                if from == 0 {
                    rest.adopt(&taken, true);
                    assert_holds(&rest, &all);
                }
                if to == 7 {
                    rest.remove(from..rest.len());
                    rest.adopt(&taken, false);
                    assert_holds(&rest, &all);
                }
            }
        }
    }

    #[test]
    fn every_tag_is_found_and_no_other() {
        let mut leaf = Leaf::new();
        let tag = |at: usize| ((at * at % 7) as u8).wrapping_mul(0x40);
        for at in 0..LEN_MAX {
            leaf.insert(at, tag(at), at as f64, b"");
        }
        for count in (0..LEN_MAX).rev() {
            leaf.remove(count..count + 1);
            for wanted in [0, 0x3f, 0x40, 0x41, 0x80, 0xc0, 0xff] {
                let expected = (0..count).filter(|at| tag(*at) == wanted);
                assert!(leaf.tagged(wanted).eq(expected), "{wanted} among {count}");
            }
        }
    }

    #[test]
    fn the_middle_is_by_bytes_and_leaves_no_part_empty() {
        assert_eq!(filled(&["a", "b", "c", "d"]).middle(), 2);
        assert_eq!(filled(&["a", &"b".repeat(500)]).middle(), 1);
        assert_eq!(filled(&[&"b".repeat(500), "a"]).middle(), 1);
        assert_eq!(filled(&["a", "b", "c", &"d".repeat(500)]).middle(), 3);
        assert_eq!(filled(&[&"d".repeat(500), "a", "b", "c"]).middle(), 1);
    }

    #[test]
    fn memory_follows_the_content_both_ways() {
        let mut leaf = Leaf::new();
        assert_eq!(leaf.memory(), 0);
        for at in 0..80 {
            leaf.insert(at, 0, at as f64, b"member:0000012");
            assert!(leaf.memory() <= leaf.bytes() * 5 / 4 + 15);
        }
        while leaf.len() > 0 {
            leaf.remove(0..1);
            assert!(leaf.memory() <= leaf.bytes() * 2 + 15, "{} for {}", leaf.memory(), leaf.bytes());
        }
        assert_eq!(leaf.memory(), 0);
    }

    #[test]
    fn a_member_of_any_length_may_be_alone() {
        let long = vec![7; 100_000];
        let mut leaf = Leaf::new();
        leaf.insert(0, 1, 1.0, &long);
        leaf.check();
        assert_eq!(leaf.get(0), (&*long, 1.0));
        assert!(!leaf.has_room(0));
        assert_eq!(leaf.take(0..1).member(0), &*long);
        assert!(leaf.has_room(100_000));
    }
}
