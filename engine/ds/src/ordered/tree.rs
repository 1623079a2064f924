//! The tree over the leaves: finding places and ranks, and keeping every path the same length.
//!
//! ```text
//!   root ─ node ─ node (height 1) ─ leaf ⇄ leaf ⇄ leaf
//! ```
//!
//! Leaves and nodes know their parents, so that a rank is counted upwards from a leaf without comparing anything. Both
//! are numbered without gaps: the last takes the number of one that goes. A leaf is never empty, but the only
//! one of an empty set. Parts merge with a neighbour once they are at most a quarter full and fill
//! three quarters with it, so that no sequence of changes makes them swing.
//!
//! Whenever members change leaves, or a leaf its number, the caller's [`Moves`] hears of it.

use super::leaf::{BYTES_MAX, FIXED, LEN_MAX, Leaf, NONE, Probe};
use super::node::{Child, FANOUT, Node};
use super::pages::Pages;
use std::cmp::Ordering;

/// Who hears that members are in another leaf now.
pub(super) trait Moves {
    /// All elements of this leaf, which now has the number `to`, were in the leaf with the number `from`.
    fn moved(&mut self, leaf: &Leaf, from: usize, to: usize);
}

pub(super) struct Tree {
    pub leaves: Pages<Leaf, 64>,
    nodes: Pages<Node, 4>,
    root: u32,
    /// 0: the root is a leaf.
    height: u8,
    /// Sum of the leaves' `memory`.
    owned: usize,
}

impl Clone for Tree {
    fn clone(&self) -> Tree {
        let leaves = self.leaves.clone();
        // A copy allocates what is used, not what was owned.
        let owned = leaves.iter().map(Leaf::memory).sum();
        Tree { leaves, nodes: self.nodes.clone(), owned, ..*self }
    }
}

/// A leaf and a place in it, up to behind its last element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub leaf: usize,
    pub at: usize,
}

impl Tree {
    pub fn new() -> Tree {
        let mut leaves = Pages::new();
        leaves.push(Leaf::new());
        Tree { leaves, nodes: Pages::new(), root: 0, height: 0, owned: 0 }
    }

    /// Bytes owned beyond the struct itself.
    pub fn memory(&self) -> usize {
        self.leaves.memory() + self.nodes.memory() + self.owned
    }

    /// The only way to change a leaf's content, since it keeps count of memory.
    #[inline(always)]
    fn change<R>(&mut self, leaf: usize, change: impl FnOnce(&mut Leaf) -> R) -> R {
        let leaf = &mut self.leaves[leaf];
        let before = leaf.memory();
        let result = change(leaf);
        self.owned = self.owned + leaf.memory() - before;
        result
    }

    /// The member of the first element below a child of a node of some height.
    fn first_member(&self, mut child: usize, height: u8) -> &[u8] {
        for _ in 1..height {
            child = self.nodes[child].child(0);
        }
        self.leaves[child].member(0)
    }

    /// The child of a node in which a place lies.
    #[inline]
    fn descend(&self, node: &Node, probe: impl Probe) -> usize {
        let scores = node.scores();
        let sure = scores.partition_point(|score| probe.score(*score) == Ordering::Less);
        let mut undecided = scores[sure..].partition_point(|score| probe.score(*score) == Ordering::Equal);
        let mut before = sure;
        while undecided > 0 {
            let half = undecided / 2;
            if probe.member(self.first_member(node.child(before + half), node.height)) {
                before += half + 1;
                undecided -= half + 1;
            } else {
                undecided = half;
            }
        }
        before.saturating_sub(1)
    }

    /// The spot of a place: never behind a leaf's last element if there is another leaf whose first is before it.
    #[inline]
    pub fn seek(&self, probe: impl Probe) -> Spot {
        let mut id = self.root as usize;
        for _ in 0..self.height {
            let node = &self.nodes[id];
            id = node.child(self.descend(node, probe));
        }
        Spot { leaf: id, at: self.leaves[id].seek(probe) }
    }

    /// How many elements lie before a place.
    pub fn rank_of(&self, probe: impl Probe) -> u64 {
        let (mut id, mut rank) = (self.root as usize, 0);
        for _ in 0..self.height {
            let node = &self.nodes[id];
            let at = self.descend(node, probe);
            rank += node.before(at);
            id = node.child(at);
        }
        rank + self.leaves[id].seek(probe) as u64
    }

    /// How many elements lie before a spot.
    pub fn rank(&self, spot: Spot) -> u64 {
        let (mut id, mut rank) = (spot.leaf, spot.at as u64);
        let mut parent = self.leaves[id].parent;
        while parent != NONE {
            let node = &self.nodes[parent as usize];
            rank += node.before(node.place_of(id));
            (id, parent) = (parent as usize, node.parent);
        }
        rank
    }

    /// The spot of the element with a rank, which must exist.
    #[inline]
    pub fn select(&self, mut rank: u64) -> Spot {
        let mut id = self.root as usize;
        for _ in 0..self.height {
            let node = &self.nodes[id];
            let (at, rest) = node.select(rank);
            (id, rank) = (node.child(at), rest);
        }
        Spot { leaf: id, at: rank as usize }
    }

    /// Finds or makes room at a spot for an element with a member of so many bytes and that score. It must be put
    /// where this says, at once.
    pub fn make_room(&mut self, mut spot: Spot, member: usize, score: f64, moves: &mut impl Moves) -> Spot {
        while !self.leaves[spot.leaf].has_room(member) {
            let leaf = &self.leaves[spot.leaf];
            let (len, at) = (leaf.len(), spot.at);
            let alone = len == 1 || FIXED + member > BYTES_MAX;
            if at == len && (alone || leaf.next == NONE) {
                // In ascending order leaves so stay full.
                return Spot { leaf: self.insert_leaf(spot.leaf, true, Leaf::new(), score), at: 0 };
            }
            if at == 0 && (alone || leaf.prev == NONE) {
                return Spot { leaf: self.insert_leaf(spot.leaf, false, Leaf::new(), score), at: 0 };
            }
            let almost_ascending = leaf.next == NONE && at >= len - len / 8;
            let almost_descending = leaf.prev == NONE && at <= len / 8;
            let cut = if alone || almost_ascending || almost_descending { at } else { leaf.middle() };
            spot = self.split(spot, cut, moves);
        }
        spot
    }

    /// Cuts a leaf in two and says where the spot is now. At the cut it goes to the smaller side.
    fn split(&mut self, spot: Spot, cut: usize, moves: &mut impl Moves) -> Spot {
        let len = self.leaves[spot.leaf].len();
        // The smaller part moves, since each of its members has to be found in the index.
        let after = cut > len / 2;
        let range = if after { cut..len } else { 0..cut };
        let taken = self.change(spot.leaf, |leaf| leaf.take(range));
        let (score, count, size) = (taken.score(0), taken.len() as i64, taken.bytes());
        let fresh = self.insert_leaf(spot.leaf, after, taken, score);
        self.add_count(spot.leaf, -count);
        self.add_count(fresh, count);
        moves.moved(&self.leaves[fresh], spot.leaf, fresh);
        if !after {
            self.first_changed(spot.leaf);
        }
        let (left, right) = if after { (spot.leaf, fresh) } else { (fresh, spot.leaf) };
        let taken_is_smaller = size <= self.leaves[spot.leaf].bytes();
        let to_left = spot.at < cut || (spot.at == cut && taken_is_smaller != after);
        if to_left { Spot { leaf: left, at: spot.at } } else { Spot { leaf: right, at: spot.at - cut } }
    }

    /// Puts an element where `make_room` said.
    #[inline]
    pub fn put(&mut self, spot: Spot, tag: u8, score: f64, member: &[u8]) {
        self.change(spot.leaf, |leaf| leaf.insert(spot.at, tag, score, member));
        self.add_count(spot.leaf, 1);
        if spot.at == 0 {
            self.first_changed(spot.leaf);
        }
    }

    /// Gives an element another score if that moves it past no other, else says false.
    #[inline]
    pub fn rescore(&mut self, spot: Spot, score: f64, member: &[u8]) -> bool {
        let Spot { leaf: id, at } = spot;
        let leaf = &self.leaves[id];
        let before =
            |one: (&[u8], f64), two: (&[u8], f64)| one.1 < two.1 || (one.1 == two.1 && one.0 < two.0);
        let this = (member, score);
        let left = if at > 0 { before(leaf.get(at - 1), this) } else { leaf.prev == NONE };
        let right = if at + 1 < leaf.len() { before(this, leaf.get(at + 1)) } else { leaf.next == NONE };
        if left && right {
            self.leaves[id].set_score(at, score);
            if at == 0 {
                self.first_changed(id);
            }
        }
        left && right
    }

    /// Removes `count` elements of one leaf from a spot on.
    pub fn remove(&mut self, spot: Spot, count: usize, moves: &mut impl Moves) {
        let Spot { leaf: id, at } = spot;
        self.change(id, |leaf| leaf.remove(at..at + count));
        self.add_count(id, -(count as i64));
        let leaf = &self.leaves[id];
        if leaf.len() > 0 {
            let small = leaf.bytes() <= BYTES_MAX / 4;
            if at == 0 {
                self.first_changed(id);
            }
            if small {
                self.merge(id, moves);
            }
        } else if leaf.parent != NONE {
            self.unlink(id, moves);
        }
    }

    /// Empties a small leaf into a neighbour below the same parent that has the room, and unlinks it.
    fn merge(&mut self, id: usize, moves: &mut impl Moves) {
        let leaf = &self.leaves[id];
        if leaf.parent == NONE {
            return;
        }
        let fits = |sibling: &usize| {
            let other = &self.leaves[*sibling];
            leaf.bytes() + other.bytes() <= BYTES_MAX / 4 * 3 && leaf.len() + other.len() <= LEN_MAX / 4 * 3
        };
        let parent = &self.nodes[leaf.parent as usize];
        let Some(sibling) = parent.neighbours(parent.place_of(id)).find(fits) else { return };
        let in_front = leaf.next as usize == sibling;
        let taken = self.change(id, |leaf| leaf.take(0..leaf.len()));
        self.change(sibling, |leaf| leaf.adopt(&taken, in_front));
        self.add_count(id, -(taken.len() as i64));
        self.add_count(sibling, taken.len() as i64);
        if in_front {
            self.first_changed(sibling);
        }
        moves.moved(&taken, id, sibling);
        self.unlink(id, moves);
    }

    /// Walks from a child of `parent` to the root, as long as `step` says so.
    #[inline]
    fn climb(&mut self, mut id: usize, mut parent: u32, mut step: impl FnMut(&mut Node, usize) -> bool) {
        while parent != NONE {
            let node = &mut self.nodes[parent as usize];
            let at = node.place_of(id);
            (id, parent) = (parent as usize, node.parent);
            if !step(node, at) {
                return;
            }
        }
    }

    #[inline]
    fn add_count(&mut self, leaf: usize, delta: i64) {
        self.climb(leaf, self.leaves[leaf].parent, |node, at| {
            node.add_count(at, delta);
            true
        });
    }

    /// Writes the score of a leaf's first element into the nodes that hold it.
    fn first_changed(&mut self, leaf: usize) {
        let score = self.leaves[leaf].score(0);
        self.set_first(leaf, self.leaves[leaf].parent, score);
    }

    fn set_first(&mut self, id: usize, parent: u32, score: f64) {
        self.climb(id, parent, |node, at| {
            node.set_score(at, score);
            at == 0
        });
    }

    /// Links a leaf into the tree beside another, counted as empty. `score` is, or will be, that of its first element.
    fn insert_leaf(&mut self, beside: usize, after: bool, mut leaf: Leaf, score: f64) -> usize {
        let (prev, next) = match after {
            true => (beside as u32, self.leaves[beside].next),
            false => (self.leaves[beside].prev, beside as u32),
        };
        (leaf.prev, leaf.next) = (prev, next);
        self.owned += leaf.memory();
        let id = self.leaves.push(leaf);
        self.link(prev, next, id as u32);
        if self.height == 0 {
            let old = &self.leaves[beside];
            self.grow((old.len() + self.leaves[id].len()) as u64, old.score(0));
        }
        self.insert_child(self.leaves[beside].parent as usize, beside, after, Child { id, count: 0, score });
        id
    }

    /// Makes `id` what the leaf before it and the leaf after it point at.
    fn link(&mut self, prev: u32, next: u32, id: u32) {
        if prev != NONE {
            self.leaves[prev as usize].next = id;
        }
        if next != NONE {
            self.leaves[next as usize].prev = id;
        }
    }

    /// Puts a new root above the old one, of whose elements it is told the number and the first score.
    fn grow(&mut self, count: u64, score: f64) {
        let old = self.root as usize;
        self.height += 1;
        let mut root = Node::new(self.height);
        root.insert(0, Child { id: old, count, score });
        self.root = self.nodes.push(root) as u32;
        self.set_parent(self.height - 1, old, self.root);
    }

    fn set_parent(&mut self, height: u8, id: usize, parent: u32) {
        match height {
            0 => self.leaves[id].parent = parent,
            _ => self.nodes[id].parent = parent,
        }
    }

    fn adopt_children(&mut self, node: usize) {
        let (height, len) = (self.nodes[node].height, self.nodes[node].len());
        for at in 0..len {
            self.set_parent(height - 1, self.nodes[node].child(at), node as u32);
        }
    }

    /// Links a child without elements into a node beside another of its children.
    fn insert_child(&mut self, mut node: usize, beside: usize, after: bool, child: Child) {
        let mut at = self.nodes[node].place_of(beside) + after as usize;
        if self.nodes[node].is_full() {
            (node, at) = self.split_node(node, at);
        }
        self.nodes[node].insert(at, child);
        self.set_parent(self.nodes[node].height - 1, child.id, node as u32);
        if at == 0 {
            self.set_first(node, self.nodes[node].parent, child.score);
        }
    }

    /// Splits a full node and says where the place in it is now.
    fn split_node(&mut self, id: usize, at: usize) -> (usize, usize) {
        // Where leaves come in ascending order, nodes stay nearly full too.
        let cut = if at == FANOUT && self.is_rightmost(id) { FANOUT - FANOUT / 8 } else { FANOUT / 2 };
        let right = self.nodes[id].split_off(cut);
        let (count, score) = (right.total(), right.scores()[0]);
        let fresh = self.nodes.push(right);
        self.adopt_children(fresh);
        if self.nodes[id].parent == NONE {
            self.grow(self.nodes[id].total() + count, self.nodes[id].scores()[0]);
        }
        self.insert_child(self.nodes[id].parent as usize, id, true, Child { id: fresh, count: 0, score });
        self.transfer(id, fresh, count as i64);
        if at <= cut { (id, at) } else { (fresh, at - cut) }
    }

    /// Counts elements of one node as another's.
    fn transfer(&mut self, from: usize, to: usize, count: i64) {
        for (id, delta) in [(from, -count), (to, count)] {
            self.climb(id, self.nodes[id].parent, |node, at| {
                node.add_count(at, delta);
                true
            });
        }
    }

    fn is_rightmost(&self, mut node: usize) -> bool {
        while self.nodes[node].parent != NONE {
            let parent = self.nodes[node].parent as usize;
            if self.nodes[parent].place_of(node) + 1 < self.nodes[parent].len() {
                return false;
            }
            node = parent;
        }
        true
    }

    /// Takes an empty leaf, which is not the only one, out of the tree.
    fn unlink(&mut self, id: usize, moves: &mut impl Moves) {
        let Leaf { prev, next, parent, .. } = self.leaves[id];
        if prev != NONE {
            self.leaves[prev as usize].next = next;
        }
        if next != NONE {
            self.leaves[next as usize].prev = prev;
        }
        self.remove_child(parent as usize, id);
        self.owned -= self.leaves[id].memory();
        let last = self.leaves.len() - 1;
        self.leaves.swap_remove(id);
        if id == last {
            return;
        }
        let Leaf { prev, next, parent, .. } = self.leaves[id];
        self.link(prev, next, id as u32);
        self.renumber(parent, last, id);
        moves.moved(&self.leaves[id], last, id);
    }

    /// Tells a parent of a child's new number; a child without one is the root.
    fn renumber(&mut self, parent: u32, from: usize, to: usize) {
        if parent == NONE {
            self.root = to as u32;
        } else {
            let node = &mut self.nodes[parent as usize];
            node.set_child(node.place_of(from), to);
        }
    }

    /// Takes a child without elements from a node, and then the nodes away that are no longer needed.
    fn remove_child(&mut self, mut node: usize, child: usize) {
        let mut at = self.nodes[node].place_of(child);
        self.nodes[node].remove(at);
        while self.nodes[node].len() == 0 {
            let parent = self.nodes[node].parent as usize;
            at = self.nodes[parent].place_of(node);
            self.nodes[parent].remove(at);
            node = self.free_node(node, parent);
        }
        if at == 0 {
            self.set_first(node, self.nodes[node].parent, self.nodes[node].scores()[0]);
        }
        self.merge_nodes(node);
        while self.height > 0 && self.nodes[self.root as usize].len() == 1 {
            let (old, child) = (self.root as usize, self.nodes[self.root as usize].child(0));
            self.height -= 1;
            self.root = child as u32;
            self.set_parent(self.height, child, NONE);
            self.free_node(old, child);
        }
    }

    /// Merges a small node with a neighbour below the same parent, if both fit into one; then the parent, and so on.
    fn merge_nodes(&mut self, mut node: usize) {
        while self.nodes[node].len() <= FANOUT / 4 && self.nodes[node].parent != NONE {
            let parent = self.nodes[node].parent as usize;
            let at = self.nodes[parent].place_of(node);
            let len = self.nodes[node].len();
            let fits = |sibling: &usize| len + self.nodes[*sibling].len() <= FANOUT / 4 * 3;
            let Some(sibling) = self.nodes[parent].neighbours(at).find(fits) else { return };
            let other = self.nodes[parent].place_of(sibling);
            let (left, right) = if other < at { (sibling, node) } else { (node, sibling) };
            let moved = self.nodes[right].clone();
            self.nodes[left].append(&moved, 0..moved.len());
            self.adopt_children(left);
            self.transfer(right, left, moved.total() as i64);
            self.nodes[parent].remove(at.max(other));
            node = self.free_node(right, parent);
        }
    }

    /// Forgets a node that nothing points at any more; the last one takes its number. Returns what the number of the
    /// node `watched` is then.
    fn free_node(&mut self, id: usize, watched: usize) -> usize {
        let last = self.nodes.len() - 1;
        self.nodes.swap_remove(id);
        if id == last {
            return watched;
        }
        self.renumber(self.nodes[id].parent, last, id);
        self.adopt_children(id);
        if watched == last { id } else { watched }
    }

    /// Drops a leaf; false without leaves. Nothing but this, `memory` and dropping is then allowed.
    pub fn drain(&mut self) -> Option<usize> {
        let leaf = self.leaves.pop()?;
        self.owned -= leaf.memory();
        Some(leaf.len())
    }

    /// Asserts the invariants and returns how many elements there are.
    #[cfg(test)]
    pub fn check(&self) -> usize {
        let (mut leaves, mut nodes) = (Vec::new(), 0);
        let total = self.check_below(self.root as usize, self.height, NONE, &mut leaves, &mut nodes);
        assert_eq!((leaves.len(), nodes), (self.leaves.len(), self.nodes.len()));
        let linked = |id: u32| if id == NONE { None } else { Some(id as usize) };
        for (at, id) in leaves.iter().enumerate() {
            let leaf = &self.leaves[*id];
            leaf.check();
            assert!(leaf.len() > 0 || leaves.len() == 1);
            assert_eq!(linked(leaf.prev), at.checked_sub(1).map(|at| leaves[at]));
            assert_eq!(linked(leaf.next), leaves.get(at + 1).copied());
            if at > 0 {
                let before = &self.leaves[leaves[at - 1]];
                let (one, two) = (before.get(before.len() - 1), leaf.get(0));
                assert!(one.1 < two.1 || (one.1 == two.1 && one.0 < two.0), "leaves are in order");
            }
        }
        assert_eq!(self.leaves.iter().map(Leaf::memory).sum::<usize>(), self.owned);
        total as usize
    }

    #[cfg(test)]
    fn check_below(
        &self,
        id: usize,
        height: u8,
        parent: u32,
        leaves: &mut Vec<usize>,
        nodes: &mut usize,
    ) -> u64 {
        if height == 0 {
            leaves.push(id);
            assert_eq!(self.leaves[id].parent, parent);
            return self.leaves[id].len() as u64;
        }
        let node = &self.nodes[id];
        assert_eq!((node.parent, node.height), (parent, height));
        assert!(node.len() > 1 || parent != NONE, "a root has children to choose from");
        *nodes += 1;
        for child in node.iter() {
            let first = leaves.len();
            let count = self.check_below(child.id, height - 1, id as u32, leaves, nodes);
            assert_eq!((child.count, child.score), (count, self.leaves[leaves[first]].score(0)));
        }
        node.total()
    }
}
