//! Changes in the middle of a list: which node takes a new element, when a node is cut in two and when two become
//! one.
//!
//! An element goes into the node of its neighbour while there is room. When that node is full, an element at its edge
//! goes to the next node over if that has room, or into a node between them; one further in cuts the node in two, and
//! then each of the two tries to become one with the node beyond it. Removal leaves nodes as they are, but a long
//! list
//! merges what has become sparse.

use super::node::{End, Node};
use super::nodes::{NodeAt, Nodes};
use super::{FRAME, Needle, Quicklist};
use crate::listpack::Entry;
use crate::listpack::entry::{Head, decode};
use std::ops::Range;

/// A list of up to this many nodes has just those that Redis would have.
const EXACT: usize = 64;

/// Which side of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

impl Quicklist {
    /// Adds an element beside the one with this index, which there must be.
    pub fn insert(&mut self, index: usize, side: Side, text: &[u8]) {
        let (at, index) = self.nodes.seek(index).expect("an element of that index");
        self.insert_beside(at, index, side, text);
    }

    /// Answers where the node of the neighbour is now; if that was cut in two, any part of it.
    fn insert_beside(&mut self, at: NodeAt, index: usize, side: Side, text: &[u8]) {
        let node = self.nodes.get(at);
        let (cut, edge, beyond) = match side {
            Side::Before => (index, index == 0, self.nodes.prev(at)),
            Side::After => (index + 1, index + 1 == node.len(), self.nodes.next(at)),
        };
        let entry = Head::of(Entry::of(text));
        if self.admits(at, text.len()) {
            let offset = node.locate(cut);
            self.nodes.edit(at, |node| node.splice(offset, 0, &entry, 1));
            return;
        }
        if edge {
            if let Some(beyond) = beyond.filter(|beyond| self.admits(*beyond, text.len())) {
                let end = if side == Side::After { End::Front } else { End::Back };
                self.nodes.edit(beyond, |node| node.push(end, &entry, 0));
            } else {
                let node = self.node_of(End::Back, text, 0);
                match side {
                    Side::Before => self.nodes.insert(at, node),
                    Side::After => self.nodes.insert_after(at, node),
                };
            }
            return;
        }
        let mut rest = self.nodes.edit(at, |node| node.split_off(cut));
        if self.limits.is_large(text.len()) {
            let middle = self.nodes.insert_after(at, Node::plain(text.to_vec()));
            self.nodes.insert_after(middle, rest);
            return;
        }
        let center = match side {
            Side::Before => {
                self.nodes.edit(at, |node| node.push(End::Back, &entry, 0));
                self.nodes.insert_after(at, rest)
            }
            Side::After => {
                rest.push(End::Front, &entry, 0);
                let rest = self.nodes.insert_after(at, rest);
                self.nodes.prev(rest).expect("the part before the cut")
            }
        };
        self.merge_around(center);
    }

    /// Puts a text in the place of the element with this index, which there must be.
    pub fn replace(&mut self, index: usize, text: &[u8]) {
        let (at, within) = self.nodes.seek(index).expect("an element of that index");
        let node = self.nodes.get(at);
        match (node.is_plain(), self.limits.is_large(text.len())) {
            (true, true) => self.nodes.edit(at, |node| *node = Node::plain(text.to_vec())),
            (true, false) => {
                // The new element comes behind, wherever there is room, and then the old one goes.
                self.insert_beside(at, 0, Side::After, text);
                let (at, _) = self.nodes.seek(index).expect("the old element");
                self.nodes.remove(at);
            }
            (false, false) => self.replace_in_place(at, within, text),
            (false, true) => self.replace_by_plain(at, within, text),
        }
    }

    fn replace_in_place(&mut self, at: NodeAt, index: usize, text: &[u8]) {
        let node = self.nodes.get(at);
        let offset = node.locate(index);
        let old = decode(&node.raw()[offset..]).1;
        self.nodes.edit(at, |node| node.splice(offset, old, &Head::of(Entry::of(text)), 0));
        let node = self.nodes.get(at);
        if node.len() > 1 && node.size() > 2 * self.limits.bytes() {
            let half = node.len() / 2;
            let rest = self.nodes.edit(at, |node| node.split_off(half));
            self.nodes.insert_after(at, rest);
        }
    }

    fn replace_by_plain(&mut self, at: NodeAt, index: usize, text: &[u8]) {
        let plain = Node::plain(text.to_vec());
        let rest = self.nodes.edit(at, |node| node.split_off(index + 1));
        let alone = index == 0;
        let mut center = at;
        if alone {
            self.nodes.edit(at, |node| *node = plain);
        } else {
            let size = self.nodes.get(at).end(End::Back).1;
            self.nodes.edit(at, |node| node.drop_end(End::Back, size));
            center = self.nodes.insert_after(at, plain);
        }
        if rest.len() > 0 {
            let rest = self.nodes.insert_after(center, rest);
            center = self.nodes.prev(rest).expect("the node of the new element");
        }
        if !alone {
            self.merge_around(center);
        }
    }

    /// Takes `count` elements out from an index on, as many as there are. Answers those whose nodes went as a whole,
    /// perhaps so many that dropping them at once would be felt.
    pub fn remove_range(&mut self, index: usize, count: usize) -> Quicklist {
        let mut cut = Quicklist { nodes: Nodes::default(), limits: self.limits };
        let mut left = count.min(self.len().saturating_sub(index));
        let Some((mut at, mut offset)) = self.nodes.seek(index).filter(|_| left > 0) else { return cut };
        let (last, _) = self.nodes.seek(index + left - 1).expect("within the list");
        cut.nodes = self.nodes.cut_chunks(at, last);
        left -= cut.len();
        while left > 0 {
            let len = self.nodes.get(at).len();
            let taken = left.min(len - offset);
            left -= taken;
            let next = if taken == len {
                let (node, next) = self.nodes.remove(at);
                cut.nodes.push(End::Back, node);
                next
            } else {
                self.nodes.edit(at, |node| {
                    node.remove(node.locate(offset), node.locate(offset + taken), taken);
                });
                self.nodes.next(at)
            };
            offset = 0;
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        assert!(left == 0, "the range lies within the list");
        self.settle(index);
        cut
    }

    /// Takes out elements that are `text`, at most `limit` of them, those nearest to an end. Answers how many there
    /// were.
    pub fn remove_matching(&mut self, text: &[u8], limit: usize, end: End) -> usize {
        let (needle, mut matches, mut removed) = (Needle::new(text), Vec::new(), 0);
        let mut next = self.nodes.end(end);
        while let Some(at) = next.filter(|_| removed < limit) {
            let node = self.nodes.get(at);
            find_all(node, &needle, &mut matches);
            let excess = matches.len().saturating_sub(limit - removed);
            match end {
                End::Front => matches.truncate(matches.len() - excess),
                End::Back => drop(matches.drain(..excess)),
            }
            removed += matches.len();
            next = if matches.len() == node.len() {
                let (_, following) = self.nodes.remove(at);
                match end {
                    End::Front => following,
                    End::Back => self.before(following),
                }
            } else {
                // It may merge with the node already seen, and then the way goes on from both.
                let at = match matches.is_empty() {
                    true => at,
                    false => {
                        self.nodes.edit(at, |node| node.remove_all(&matches));
                        self.merge_sparse(at, end)
                    }
                };
                match end {
                    End::Front => self.nodes.next(at),
                    End::Back => self.nodes.prev(at),
                }
            };
            matches.clear();
        }
        removed
    }

    /// The node before a place, which is behind the last one if there is none.
    fn before(&self, place: Option<NodeAt>) -> Option<NodeAt> {
        place.map_or_else(|| self.nodes.end(End::Back), |at| self.nodes.prev(at))
    }

    /// After the removal of elements at an index: the node there may have become sparse.
    fn settle(&mut self, index: usize) {
        if self.nodes.count() > EXACT
            && let Some((at, _)) = self.nodes.seek(index.min(self.len() - 1))
        {
            let at = self.merge_sparse(at, End::Front);
            self.merge_sparse(at, End::Back);
        }
    }

    /// In a long list, lets a node become one with the next one towards an end, if they are half a node together.
    /// Answers where it is.
    fn merge_sparse(&mut self, at: NodeAt, end: End) -> NodeAt {
        let pair = match end {
            _ if self.nodes.count() <= EXACT => None,
            End::Front => self.nodes.prev(at).map(|left| (left, at)),
            End::Back => self.nodes.next(at).map(|right| (at, right)),
        };
        let sparse = |(size, count)| self.limits.suit_listpack(size, count, true);
        match pair {
            Some((left, right)) if self.joined(left, right).is_some_and(sparse) => self.join(right),
            _ => at,
        }
    }

    /// Size and count of what two nodes would be as one, if they can be.
    fn joined(&self, left: NodeAt, right: NodeAt) -> Option<(usize, usize)> {
        let (left, right) = (self.nodes.get(left), self.nodes.get(right));
        let packed = !left.is_plain() && !right.is_plain();
        packed.then(|| (left.size() + right.size() - FRAME, left.len() + right.len()))
    }

    /// Moves the elements of a node to the one before it. Answers where that is.
    fn join(&mut self, right: NodeAt) -> NodeAt {
        let (node, following) = self.nodes.remove(right);
        let left = self.before(following).expect("the node before");
        self.nodes.edit(left, |left| left.append(&node));
        left
    }

    /// Lets a node and the next become one if the limits allow it. Answers where that is.
    fn merge(&mut self, left: NodeAt) -> Option<NodeAt> {
        let right = self.nodes.next(left)?;
        let (size, count) = self.joined(left, right)?;
        (!self.limits.exceeded_by(size, count)).then(|| self.join(right))
    }

    /// After a cut: tries the pair before the place and the pair behind it, then the place with either side.
    fn merge_around(&mut self, mut center: NodeAt) {
        let two_before = self.nodes.prev(center).and_then(|prev| self.nodes.prev(prev));
        if let Some(merged) = two_before.and_then(|at| self.merge(at)) {
            center = self.nodes.next(merged).expect("the place follows");
        }
        if let Some(merged) = self.nodes.next(center).and_then(|at| self.merge(at)) {
            center = self.nodes.prev(merged).expect("the place is before");
        }
        if let Some(merged) = self.nodes.prev(center).and_then(|at| self.merge(at)) {
            center = merged;
        }
        self.merge(center);
    }
}

/// Where the elements of a node lie that are the text, in ascending order.
fn find_all(node: &Node, needle: &Needle<'_>, matches: &mut Vec<Range<usize>>) {
    if node.is_plain() {
        matches.extend(needle.is(&Entry::Str(node.raw())).then_some(0..node.raw().len()));
        return;
    }
    let (raw, mut at) = (node.raw(), 0);
    while at < raw.len() {
        let (entry, size) = decode(&raw[at..]);
        if needle.is(&entry) {
            matches.push(at..at + size);
        }
        at += size;
    }
}
