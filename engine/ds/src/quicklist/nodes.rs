//! The nodes of a list in order, in chunks that know how many elements they hold.
//!
//! ```text
//!   chunks:  | chunk | chunk | chunk | ...                 the chunk of an index is found by adding up their counts
//!               │
//!               └─▶ node node node ... (up to 64)          then the node within it
//! ```
//!
//! Both levels are deques, so nodes come and go at the ends without moving others; one in the middle moves the headers
//! of half a chunk. Everything that changes a node goes through [`Nodes::edit`], which keeps the sums.

use super::node::{End, Node};
use std::collections::VecDeque;
use std::mem::size_of;

/// The most nodes of a chunk.
const CHUNK: usize = 64;

/// Where a node is. Nodes that come or go make it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeAt {
    chunk: usize,
    node: usize,
}

#[derive(Debug, Default)]
struct Chunk {
    nodes: VecDeque<Node>,
    /// Elements in all of them.
    len: usize,
    /// Bytes that the nodes and the deque own.
    owned: usize,
}

impl Chunk {
    fn of(nodes: VecDeque<Node>) -> Chunk {
        let len = nodes.iter().map(Node::len).sum();
        let owned = nodes.iter().map(Node::owned).sum::<usize>() + nodes.capacity() * size_of::<Node>();
        Chunk { nodes, len, owned }
    }

    /// Adds a node; answers how many bytes more are owned.
    fn insert(&mut self, at: usize, node: Node) -> usize {
        let before = (self.nodes.capacity(), self.owned);
        self.len += node.len();
        self.owned += node.owned();
        self.nodes.insert(at, node);
        self.owned += (self.nodes.capacity() - before.0) * size_of::<Node>();
        self.owned - before.1
    }
}

/// A chunk is never empty; the sums are right between calls.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    chunks: VecDeque<Chunk>,
    /// Nodes there are.
    count: usize,
    /// Elements in all of them.
    len: usize,
    /// Bytes that all of them own.
    owned: usize,
}

impl Clone for Nodes {
    /// The copy owns less: its nodes are sealed.
    fn clone(&self) -> Nodes {
        let chunks: VecDeque<Chunk> =
            self.chunks.iter().map(|chunk| Chunk::of(chunk.nodes.clone())).collect();
        let owned = chunks.iter().map(|chunk| chunk.owned).sum();
        Nodes { chunks, owned, ..*self }
    }
}

impl Nodes {
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn memory(&self) -> usize {
        self.owned + self.chunks.capacity() * size_of::<Chunk>()
    }

    #[inline]
    pub(super) fn end(&self, end: End) -> Option<NodeAt> {
        match end {
            End::Front => (self.count > 0).then_some(NodeAt { chunk: 0, node: 0 }),
            End::Back => {
                let chunk = self.chunks.len().checked_sub(1)?;
                Some(NodeAt { chunk, node: self.chunks[chunk].nodes.len() - 1 })
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, at: NodeAt) -> &Node {
        &self.chunks[at.chunk].nodes[at.node]
    }

    #[inline]
    pub(super) fn next(&self, at: NodeAt) -> Option<NodeAt> {
        if at.node + 1 < self.chunks[at.chunk].nodes.len() {
            return Some(NodeAt { node: at.node + 1, ..at });
        }
        (at.chunk + 1 < self.chunks.len()).then_some(NodeAt { chunk: at.chunk + 1, node: 0 })
    }

    #[inline]
    pub(super) fn prev(&self, at: NodeAt) -> Option<NodeAt> {
        if at.node > 0 {
            return Some(NodeAt { node: at.node - 1, ..at });
        }
        let chunk = at.chunk.checked_sub(1)?;
        Some(NodeAt { chunk, node: self.chunks[chunk].nodes.len() - 1 })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.chunks.iter().flat_map(|chunk| &chunk.nodes)
    }

    /// The node of the element with this index, and the index within the node. Looks from the nearer end.
    #[inline]
    pub(super) fn seek(&self, index: usize) -> Option<(NodeAt, usize)> {
        if index >= self.len {
            return None;
        }
        Some(if index < self.len / 2 { self.seek_forwards(index) } else { self.seek_backwards(index) })
    }

    fn seek_forwards(&self, mut left: usize) -> (NodeAt, usize) {
        let mut at = NodeAt { chunk: 0, node: 0 };
        while left >= self.chunks[at.chunk].len {
            left -= self.chunks[at.chunk].len;
            at.chunk += 1;
        }
        let nodes = &self.chunks[at.chunk].nodes;
        while left >= nodes[at.node].len() {
            left -= nodes[at.node].len();
            at.node += 1;
        }
        (at, left)
    }

    fn seek_backwards(&self, index: usize) -> (NodeAt, usize) {
        // The elements from the one looked for on.
        let (mut behind, mut chunk) = (self.len - index, self.chunks.len() - 1);
        while behind > self.chunks[chunk].len {
            behind -= self.chunks[chunk].len;
            chunk -= 1;
        }
        let nodes = &self.chunks[chunk].nodes;
        let mut node = nodes.len() - 1;
        while behind > nodes[node].len() {
            behind -= nodes[node].len();
            node -= 1;
        }
        (NodeAt { chunk, node }, nodes[node].len() - behind)
    }

    /// Changes a node.
    #[inline]
    pub(super) fn edit<R>(&mut self, at: NodeAt, change: impl FnOnce(&mut Node) -> R) -> R {
        let chunk = &mut self.chunks[at.chunk];
        let node = &mut chunk.nodes[at.node];
        let (len, owned) = (node.len(), node.owned());
        let result = change(node);
        chunk.len = chunk.len - len + node.len();
        self.len = self.len - len + node.len();
        if node.owned() != owned {
            chunk.owned = chunk.owned - owned + node.owned();
            self.owned = self.owned - owned + node.owned();
        }
        result
    }

    /// Adds a node at an end.
    pub(super) fn push(&mut self, end: End, node: Node) -> NodeAt {
        match (end, self.end(end)) {
            (_, None) => {}
            (End::Front, Some(at)) => return self.insert(at, node),
            (End::Back, Some(at)) => return self.insert(NodeAt { node: at.node + 1, ..at }, node),
        }
        self.chunks.push_back(Chunk::default());
        self.insert(NodeAt { chunk: 0, node: 0 }, node)
    }

    /// Adds a node behind another.
    pub(super) fn insert_after(&mut self, at: NodeAt, node: Node) -> NodeAt {
        self.insert(NodeAt { node: at.node + 1, ..at }, node)
    }

    /// Adds a node before the one at a place, which may be just behind the last of its chunk. Answers where it is.
    pub(super) fn insert(&mut self, at: NodeAt, node: Node) -> NodeAt {
        let at = if self.chunks[at.chunk].nodes.len() == CHUNK { self.make_place(at) } else { at };
        let chunk = &mut self.chunks[at.chunk];
        self.count += 1;
        self.len += node.len();
        self.owned += chunk.insert(at.node, node);
        at
    }

    /// A chunk is full: at an end of it another begins, in the middle it is cut in two. Answers the new name of the
    /// place.
    fn make_place(&mut self, at: NodeAt) -> NodeAt {
        if at.node == 0 {
            self.chunks.insert(at.chunk, Chunk::default());
            return at;
        }
        if at.node == CHUNK {
            self.chunks.insert(at.chunk + 1, Chunk::default());
            return NodeAt { chunk: at.chunk + 1, node: 0 };
        }
        let chunk = &mut self.chunks[at.chunk];
        let owned = chunk.owned;
        let rest = Chunk::of(chunk.nodes.split_off(CHUNK / 2));
        *chunk = Chunk::of(std::mem::take(&mut chunk.nodes));
        self.owned = self.owned - owned + chunk.owned + rest.owned;
        self.chunks.insert(at.chunk + 1, rest);
        match at.node.checked_sub(CHUNK / 2) {
            Some(node) => NodeAt { chunk: at.chunk + 1, node },
            None => at,
        }
    }

    /// Removes a node; answers it, and where the one is that followed. Other places are stale then.
    pub(super) fn remove(&mut self, mut at: NodeAt) -> (Node, Option<NodeAt>) {
        let chunk = &mut self.chunks[at.chunk];
        let node = chunk.nodes.remove(at.node).expect("the place of a node");
        self.count -= 1;
        self.len -= node.len();
        self.owned -= node.owned();
        chunk.len -= node.len();
        chunk.owned -= node.owned();
        if chunk.nodes.is_empty() {
            self.owned -= chunk.owned;
            self.chunks.remove(at.chunk);
            if self.chunks.len() * 4 < self.chunks.capacity() {
                self.chunks.shrink_to(self.chunks.len() * 2);
            }
            at.node = 0;
        } else {
            at = self.join_sparse(at);
            if at.node == self.chunks[at.chunk].nodes.len() {
                at = NodeAt { chunk: at.chunk + 1, node: 0 };
            }
        }
        (node, (at.chunk < self.chunks.len()).then_some(at))
    }

    /// Lets the chunk of a place become one with a neighbour if both hold few nodes. Answers the new name of the
    /// place.
    fn join_sparse(&mut self, at: NodeAt) -> NodeAt {
        let sparse =
            |chunk: usize| self.chunks.get(chunk).is_some_and(|chunk| chunk.nodes.len() <= CHUNK / 4);
        if !sparse(at.chunk) {
            return at;
        }
        let (left, at) = match at.chunk.checked_sub(1) {
            Some(left) if sparse(left) => {
                (left, NodeAt { chunk: left, node: self.chunks[left].nodes.len() + at.node })
            }
            _ if sparse(at.chunk + 1) => (at.chunk, at),
            _ => return at,
        };
        let mut right = self.chunks.remove(left + 1).expect("it is sparse");
        let chunk = &mut self.chunks[left];
        self.owned -= chunk.owned + right.owned;
        chunk.nodes.append(&mut right.nodes);
        *chunk = Chunk::of(std::mem::take(&mut chunk.nodes));
        self.owned += chunk.owned;
        at
    }

    /// Takes out whole chunks between two places, those of both excluded.
    pub(super) fn cut_chunks(&mut self, after: NodeAt, before: NodeAt) -> Nodes {
        let mut cut = Nodes::default();
        if after.chunk + 1 < before.chunk {
            let mut tail = self.chunks.split_off(before.chunk);
            cut.chunks = self.chunks.split_off(after.chunk + 1);
            self.chunks.append(&mut tail);
        }
        for chunk in &cut.chunks {
            cut.count += chunk.nodes.len();
            cut.len += chunk.len;
            cut.owned += chunk.owned;
        }
        self.count -= cut.count;
        self.len -= cut.len;
        self.owned -= cut.owned;
        cut
    }

    #[cfg(test)]
    pub(super) fn owned_by_nodes(&self) -> usize {
        self.owned
    }

    /// Panics if a sum is wrong.
    #[cfg(test)]
    pub(super) fn check(&self) {
        for chunk in &self.chunks {
            assert!((1..=CHUNK).contains(&chunk.nodes.len()));
            let counted = Chunk::of(chunk.nodes.iter().cloned().collect());
            assert_eq!(chunk.len, counted.len);
            let owned = chunk.nodes.iter().map(Node::owned).sum::<usize>();
            assert_eq!(chunk.owned, owned + chunk.nodes.capacity() * size_of::<Node>());
        }
        assert_eq!(self.count, self.chunks.iter().map(|chunk| chunk.nodes.len()).sum::<usize>());
        assert_eq!(self.len, self.chunks.iter().map(|chunk| chunk.len).sum::<usize>());
        assert_eq!(self.owned, self.chunks.iter().map(|chunk| chunk.owned).sum::<usize>());
    }
}
