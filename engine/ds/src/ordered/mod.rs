//! The ordered set: members with scores, in the order of (score, bytes of the member), with every member's score and
//! rank at hand.
//!
//! ```text
//!   member ─ hash ─▶ index: segment ─▶ slot ──┐                        rank: counts, upwards
//!                                             ▼                              ▲
//!   score, place or rank ─▶ root ─▶ node ─▶ leaf: scores, tags, members ─────┘
//! ```
//!
//! A counted B+-tree whose leaves hold the elements themselves, and an index that says in which leaf a member is. Where
//! in the leaf, a byte of hash per element tells. An element so costs its payload, three bytes in the leaf, six in the
//! index, and what allocations leave unused; nothing points at it, and a range is read leaf by leaf in the
//! order of memory.
//!
//! Why not a skip list with a map beside it, as is usual: with a million members of 14 bytes, in nanoseconds of one
//! processor (`benches/ordered.rs`),
//!
//! |                          | ordered | skip list and map |
//! |--------------------------|--------:|------------------:|
//! | bytes a member           |      35 |               135 |
//! | rank                     |     560 |              4600 |
//! | rank of a score          |     390 |              3900 |
//! | a hundred by rank        |    1900 |             30000 |
//! | another score            |    1700 |              8300 |
//! | insert, in no order      |     980 |              2000 |
//! | insert, in order         |     385 |               670 |
//!
//! A step down the tree stays within one piece of memory, where every step along a skip list is another miss of the
//! cache.
//!
//! The files, from the inside out: `pages` (numbered parts), `leaf`, `node`, `tree` (places, ranks, balance), `index`,
//! then what a set can do: this file, `range`, `scan`.
//!
//! What must never happen: an operation on one element whose work grows with the set, but for the depth of the tree; a
//! scan that misses a member which was there all the time; a byte owned and not counted in [`Ordered::memory`].

mod index;
mod leaf;
#[cfg(test)]
mod model;
mod node;
mod pages;
mod range;
mod scan;
mod tree;

pub use crate::hash::Hasher64;
pub use range::Range;

use index::{Index, Run};
use leaf::{Leaf, Probe};
use std::cmp::Ordering;
use std::ops;
use tree::{Moves, Spot, Tree};

/// Members to scores; see the module. Scores are never NaN. Negative zero equals zero.
#[derive(Clone)]
pub struct Ordered {
    hasher: Hasher64,
    tree: Tree,
    index: Index,
    len: usize,
}

impl std::fmt::Debug for Ordered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What [`Ordered::change`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: it was so decided, or the member has that score already.
    Kept,
    Inserted,
    Updated,
}

/// The place of an element, or where it would be.
#[derive(Clone, Copy)]
struct Element<'a> {
    score: f64,
    member: &'a [u8],
}

/// The place before all elements of a score and above, or after those of the score.
#[derive(Clone, Copy)]
struct ScoreBound {
    score: f64,
    after: bool,
}

/// The same by member alone, where all scores are equal.
#[derive(Clone, Copy)]
struct MemberBound<'a> {
    member: &'a [u8],
    after: bool,
}

impl Probe for Element<'_> {
    #[inline(always)]
    fn score(self, score: f64) -> Ordering {
        if score < self.score {
            Ordering::Less
        } else if score == self.score {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }

    #[inline(always)]
    fn member(self, member: &[u8]) -> bool {
        member < self.member
    }
}

impl Probe for ScoreBound {
    #[inline(always)]
    fn score(self, score: f64) -> Ordering {
        let before = if self.after { score <= self.score } else { score < self.score };
        if before { Ordering::Less } else { Ordering::Greater }
    }

    fn member(self, _: &[u8]) -> bool {
        unreachable!("a score decides")
    }
}

impl Probe for MemberBound<'_> {
    fn score(self, _: f64) -> Ordering {
        Ordering::Equal
    }

    #[inline(always)]
    fn member(self, member: &[u8]) -> bool {
        if self.after { member <= self.member } else { member < self.member }
    }
}

/// Tells the index where members went.
struct Relabel<'a> {
    index: &'a mut Index,
    hasher: Hasher64,
}

impl Moves for Relabel<'_> {
    fn moved(&mut self, leaf: &Leaf, from: usize, to: usize) {
        for at in 0..leaf.len() {
            self.index.relabel(self.hasher.hash(leaf.member(at)), from, to);
        }
    }
}

/// The byte of a member's hash that stands in its leaf.
#[inline(always)]
fn tag(hash: u64) -> u8 {
    (hash >> 56) as u8
}

impl Ordered {
    /// An empty set; it owns a few hundred bytes.
    pub fn new(hasher: Hasher64) -> Self {
        Ordered { hasher, tree: Tree::new(), index: Index::new(), len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes owned beyond the struct itself. Takes one step.
    pub fn memory(&self) -> usize {
        self.tree.memory() + self.index.memory()
    }

    #[inline]
    fn find(&self, hash: u64, member: &[u8]) -> Option<Spot> {
        self.index.leaves(hash).find_map(|id| {
            let leaf = &self.tree.leaves[id];
            let at = leaf.tagged(tag(hash)).find(|at| crate::table::equal(leaf.member(*at), member))?;
            Some(Spot { leaf: id, at })
        })
    }

    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        let spot = self.find(self.hasher.hash(member), member)?;
        Some(self.tree.leaves[spot.leaf].score(spot.at))
    }

    /// How many elements lie before a member, and its score.
    #[inline]
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let spot = self.find(self.hasher.hash(member), member)?;
        Some((self.tree.rank(spot) as usize, self.tree.leaves[spot.leaf].score(spot.at)))
    }

    /// Puts a member at a score. Says what it did.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Change {
        self.change(member, |_| Some(score))
    }

    /// Lets `decide` choose a member's new score from its old one; `None` leaves everything as it is.
    #[inline]
    pub fn change(&mut self, member: &[u8], decide: impl FnOnce(Option<f64>) -> Option<f64>) -> Change {
        let hash = self.hasher.hash(member);
        let found = self.find(hash, member);
        let old = found.map(|spot| self.tree.leaves[spot.leaf].score(spot.at));
        let Some(score) = decide(old).filter(|score| old != Some(*score)) else { return Change::Kept };
        assert!(!score.is_nan(), "the caller refuses NaN");
        match found {
            Some(spot) => {
                if !self.tree.rescore(spot, score, member) {
                    self.relocate(hash, spot, score, member);
                }
                Change::Updated
            }
            None => {
                self.add(hash, score, member);
                Change::Inserted
            }
        }
    }

    fn add(&mut self, hash: u64, score: f64, member: &[u8]) {
        let spot = self.place(score, member);
        // First the index, so that while it asks for members there are none that it was not told of.
        let (tree, hasher) = (&self.tree, self.hasher);
        self.index.insert(hash, spot.leaf, &|run, found| resolve(tree, hasher, run, found));
        self.tree.put(spot, tag(hash), score, member);
        self.len += 1;
    }

    /// Moves an element to where it belongs with another score. In between, its slot names a leaf where it no longer
    /// is, or another leaf that took the number: the slot counts as one of that leaf's, and no harm is done.
    fn relocate(&mut self, hash: u64, from: Spot, score: f64, member: &[u8]) {
        self.tree.remove(from, 1, &mut Relabel { index: &mut self.index, hasher: self.hasher });
        let spot = self.place(score, member);
        if spot.leaf != from.leaf {
            self.index.relabel(hash, from.leaf, spot.leaf);
        }
        self.tree.put(spot, tag(hash), score, member);
    }

    /// The spot for a new element, with room.
    #[inline]
    fn place(&mut self, score: f64, member: &[u8]) -> Spot {
        let spot = self.tree.seek(Element { score, member });
        let mut moves = Relabel { index: &mut self.index, hasher: self.hasher };
        self.tree.make_room(spot, member.len(), score, &mut moves)
    }

    /// Removes a member and returns its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let hash = self.hasher.hash(member);
        let spot = self.find(hash, member)?;
        let score = self.tree.leaves[spot.leaf].score(spot.at);
        self.index.remove(hash, spot.leaf);
        self.tree.remove(spot, 1, &mut Relabel { index: &mut self.index, hasher: self.hasher });
        self.len -= 1;
        Some(score)
    }

    /// Removes the elements of a range of ranks, clipped to those there are, leaf by leaf.
    pub fn remove_range(&mut self, ranks: ops::Range<usize>) {
        let end = ranks.end.min(self.len);
        let mut left = end.saturating_sub(ranks.start);
        while left > 0 {
            let spot = self.tree.select(ranks.start as u64);
            let leaf = &self.tree.leaves[spot.leaf];
            let count = left.min(leaf.len() - spot.at);
            for at in spot.at..spot.at + count {
                self.index.remove(self.hasher.hash(leaf.member(at)), spot.leaf);
            }
            self.tree.remove(spot, count, &mut Relabel { index: &mut self.index, hasher: self.hasher });
            self.len -= count;
            left -= count;
        }
    }

    /// The element with a rank.
    pub fn get(&self, rank: usize) -> Option<(&[u8], f64)> {
        if rank >= self.len {
            return None;
        }
        let Spot { leaf, at } = self.tree.select(rank as u64);
        Some(self.tree.leaves[leaf].get(at))
    }

    /// How many elements have a score below this one; with `after`, at most this one.
    pub fn rank_of_score(&self, score: f64, after: bool) -> usize {
        self.tree.rank_of(ScoreBound { score, after }) as usize
    }

    /// How many elements have a member below this one; with `after`, at most this one. Only where all scores are equal
    /// does that say anything.
    pub fn rank_of_member(&self, member: &[u8], after: bool) -> usize {
        self.tree.rank_of(MemberBound { member, after }) as usize
    }

    /// Frees at least `budget` elements, as far as there are so many, and says whether any are left: for a set so large
    /// that dropping it at once would be felt. Once it was called, only it, `len`, `memory` and dropping make sense.
    pub fn drain_step(&mut self, budget: usize) -> bool {
        let target = self.len.saturating_sub(budget.max(1));
        while self.len > target {
            self.len -= self.tree.drain().expect("elements are in leaves");
            self.index.drain();
        }
        self.len > 0
    }
}

/// Finds the members of a run of the index, and says their hashes and leaves.
fn resolve(tree: &Tree, hasher: Hasher64, run: Run<'_>, found: &mut dyn FnMut(u64, usize)) {
    for id in run.leaves() {
        let leaf = &tree.leaves[id];
        for at in leaf.tagged(tag(run.bits)) {
            let hash = hasher.hash(leaf.member(at));
            if run.has(hash) {
                found(hash, id);
            }
        }
    }
}
