//! An inner node: its children, how many elements lie below each, and the score of each one's first element.
//!
//! Scores are exact, so that a place is found by them alone unless it is among equal ones; then the first member of a
//! child is read from its first leaf.

use super::leaf::NONE;
use std::ops::Range;

/// More children than this make a node split.
pub(super) const FANOUT: usize = 50;

#[derive(Clone)]
pub(super) struct Node {
    counts: [u64; FANOUT],
    scores: [f64; FANOUT],
    children: [u32; FANOUT],
    pub parent: u32,
    len: u16,
    /// 1: the children are leaves.
    pub height: u8,
}

/// What a node knows of a child.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub id: usize,
    pub count: u64,
    /// Of the child's first element.
    pub score: f64,
}

impl Node {
    pub fn new(height: u8) -> Node {
        Node {
            counts: [0; FANOUT],
            scores: [0.0; FANOUT],
            children: [NONE; FANOUT],
            parent: NONE,
            len: 0,
            height,
        }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    pub fn is_full(&self) -> bool {
        self.len() == FANOUT
    }

    #[inline(always)]
    pub fn child(&self, at: usize) -> usize {
        self.children[at] as usize
    }

    #[inline(always)]
    pub fn scores(&self) -> &[f64] {
        &self.scores[..self.len()]
    }

    /// How many elements lie below the node.
    pub fn total(&self) -> u64 {
        self.counts[..self.len()].iter().sum()
    }

    /// How many elements lie below the children before `at`.
    #[inline]
    pub fn before(&self, at: usize) -> u64 {
        self.counts[..at].iter().sum()
    }

    /// The child that holds the element with a rank within the node, and the rank within the child.
    #[inline]
    pub fn select(&self, mut rank: u64) -> (usize, u64) {
        for (at, count) in self.counts[..self.len()].iter().enumerate() {
            if rank < *count {
                return (at, rank);
            }
            rank -= count;
        }
        panic!("the caller knows how many elements there are")
    }

    /// Where a child stands.
    #[inline]
    pub fn place_of(&self, id: usize) -> usize {
        // Without a branch that depends on the place, all are compared at once.
        let hit = |(at, child): (usize, &u32)| if *child == id as u32 { at as u32 } else { 0 };
        let at = self.children[..self.len()].iter().enumerate().map(hit).sum::<u32>() as usize;
        assert_eq!(self.child(at), id, "a parent has its child");
        at
    }

    /// The children beside the one at `at`.
    pub fn neighbours(&self, at: usize) -> impl Iterator<Item = usize> {
        let beside = [Some(at + 1).filter(|at| *at < self.len()), at.checked_sub(1)];
        beside.into_iter().flatten().map(|at| self.child(at))
    }

    pub fn add_count(&mut self, at: usize, delta: i64) {
        self.counts[at] = self.counts[at].strict_add_signed(delta);
    }

    pub fn set_score(&mut self, at: usize, score: f64) {
        self.scores[at] = score;
    }

    pub fn set_child(&mut self, at: usize, id: usize) {
        self.children[at] = id as u32;
    }

    /// Puts a child before the one at `at`. There must be room.
    pub fn insert(&mut self, at: usize, child: Child) {
        let len = self.len();
        assert!(at <= len && len < FANOUT);
        self.counts.copy_within(at..len, at + 1);
        self.scores.copy_within(at..len, at + 1);
        self.children.copy_within(at..len, at + 1);
        self.counts[at] = child.count;
        self.scores[at] = child.score;
        self.children[at] = child.id as u32;
        self.len += 1;
    }

    pub fn remove(&mut self, at: usize) {
        let len = self.len();
        self.counts.copy_within(at + 1..len, at);
        self.scores.copy_within(at + 1..len, at);
        self.children.copy_within(at + 1..len, at);
        self.len -= 1;
    }

    /// Moves the children from `at` on into a new node.
    pub fn split_off(&mut self, at: usize) -> Node {
        let mut right = Node::new(self.height);
        right.append(self, at..self.len());
        self.len = at as u16;
        right
    }

    /// Adds some children of another node of the same height behind.
    pub fn append(&mut self, other: &Node, range: Range<usize>) {
        let (start, end) = (self.len(), self.len() + range.len());
        self.counts[start..end].copy_from_slice(&other.counts[range.clone()]);
        self.scores[start..end].copy_from_slice(&other.scores[range.clone()]);
        self.children[start..end].copy_from_slice(&other.children[range]);
        self.len = end as u16;
    }

    /// Every child, for a test.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = Child> {
        (0..self.len()).map(|at| Child { id: self.child(at), count: self.counts[at], score: self.scores[at] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(len: usize) -> Node {
        let mut node = Node::new(1);
        for id in 0..len {
            node.insert(id, Child { id, count: id as u64 + 1, score: id as f64 });
        }
        node
    }

    #[test]
    fn ranks_fall_into_the_child_that_holds_them() {
        let node = filled(FANOUT);
        assert!(node.is_full());
        let mut rank = 0;
        for at in 0..FANOUT {
            assert_eq!((node.before(at), node.place_of(at)), (rank, at));
            assert_eq!(node.select(rank), (at, 0));
            assert_eq!(node.select(rank + at as u64), (at, at as u64));
            rank += at as u64 + 1;
        }
        assert_eq!(node.total(), rank);
    }

    #[test]
    fn children_keep_what_is_known_of_them() {
        let mut node = filled(10);
        node.remove(3);
        node.insert(0, Child { id: 77, count: 5, score: -1.0 });
        let mut right = node.split_off(6);
        assert_eq!((node.len(), right.len()), (6, 4));
        right.append(&node, 0..2);
        let ids: Vec<_> = (0..right.len()).map(|at| right.child(at)).collect();
        assert_eq!(ids, [6, 7, 8, 9, 77, 0]);
        assert_eq!(right.scores(), [6.0, 7.0, 8.0, 9.0, -1.0, 0.0]);
        assert_eq!(right.total(), 7 + 8 + 9 + 10 + 5 + 1);
    }
}
