//! A long list: nodes of neighbouring elements, each one piece of memory with entries as in a listpack.
//!
//! ```text
//!   Quicklist ─▶ Nodes ─▶ chunk ─▶ node  | gap | entry entry entry ... |
//!                      │         ├ node  | entry entry entry ... |
//!                      │         └ node  | one large text |
//!                      └▶ chunk ─▶ ...   node | entry entry entry ... | spare |
//! ```
//!
//! `limits` says when a node is full, `node` is one of them, `nodes` their order, `edit` what happens in the middle of
//! the list, `iter` the way through it.
//!
//! Pushing and popping touch the node at that end and nothing else, at either end alike. An element is found by its
//! index through the counts of chunks, then of nodes, then by a walk within one node. No operation but those that visit
//! every element anyway takes time that grows with the list, and dropping the nodes of a long range is left to whoever
//! gets them.
//!
//! Where one node ends and the next begins is decided by the same rules as in Redis's list of the same name, as
//! observed: Redis names a list of a single small node `listpack`, so the number of nodes can be seen from outside. The
//! rules are bent in two places that no one can see. A node that grew by replacing small elements with large ones is
//! cut in two at twice its limit. And a list of more than 64 nodes merges neighbours which became small through
//! removals.

mod edit;
mod iter;
mod limits;
#[cfg(test)]
mod model;
mod node;
mod nodes;

use crate::listpack::entry::Head;
use crate::listpack::{Entry, Listpack};
use node::Node;
use nodes::Nodes;

pub use edit::Side;
pub use iter::{Backwards, Forwards, Needle};
pub use limits::{FRAME, Limits};
pub use node::End;

/// A list of this many nodes is long: a node at its end will be filled and gets its memory at once.
const LONG: usize = 8;

/// A list of byte strings.
#[derive(Clone, Debug, Default)]
pub struct Quicklist {
    nodes: Nodes,
    limits: Limits,
}

impl Quicklist {
    /// An empty list with these limits.
    pub fn new(limits: Limits) -> Quicklist {
        Quicklist { nodes: Nodes::default(), limits }
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Other limits for what is to come. Nodes there are stay as they are.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Gives back what the nodes at the ends have to grow into.
    pub fn seal(&mut self) {
        for at in [End::Front, End::Back].map(|end| self.nodes.end(end)).into_iter().flatten() {
            self.nodes.edit(at, Node::seal);
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on the heap. One step.
    pub fn memory(&self) -> usize {
        self.nodes.memory()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.count()
    }

    /// Size and count of the only node, if there is one and no single large text.
    pub fn single(&self) -> Option<(usize, usize)> {
        let node = self.nodes.get(self.nodes.end(End::Front)?);
        (self.nodes.count() == 1 && !node.is_plain()).then(|| (node.size(), node.len()))
    }

    /// Adds an element at an end.
    #[inline]
    pub fn push(&mut self, end: End, text: &[u8]) {
        let place = self.nodes.end(end);
        if let Some(at) = place
            && self.admits(at, text.len())
        {
            let room = if self.nodes.count() >= LONG { self.limits.room() } else { 0 };
            self.nodes.edit(at, |node| node.push(end, &Head::of(Entry::of(text)), room));
        } else {
            self.push_in_new_node(end, text);
        }
    }

    fn push_in_new_node(&mut self, end: End, text: &[u8]) {
        if let Some(at) = self.nodes.end(end) {
            self.nodes.edit(at, Node::seal);
        }
        let room = if self.nodes.count() >= LONG { self.limits.room() } else { 0 };
        self.nodes.push(end, self.node_of(end, text, room));
    }

    /// A node with one element, ready to be pushed to at an end.
    fn node_of(&self, end: End, text: &[u8], room: usize) -> Node {
        if self.limits.is_large(text.len()) {
            return Node::plain(text.to_vec());
        }
        let mut node = Node::packed();
        node.push(end, &Head::of(Entry::of(text)), room);
        node
    }

    /// Whether a node takes an element of this length more.
    #[inline]
    fn admits(&self, at: nodes::NodeAt, len: usize) -> bool {
        let node = self.nodes.get(at);
        !node.is_plain() && self.limits.admits(node.size(), node.len(), len)
    }

    /// Takes the element at an end out, after showing it.
    #[inline]
    pub fn pop<R>(&mut self, end: End, show: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        let at = self.nodes.end(end)?;
        let node = self.nodes.get(at);
        let (entry, size) = node.end(end);
        let result = show(entry);
        if node.len() == 1 {
            self.nodes.remove(at);
        } else {
            self.nodes.edit(at, |node| node.drop_end(end, size));
        }
        Some(result)
    }

    /// The element with this index.
    pub fn get(&self, index: usize) -> Option<Entry<'_>> {
        let (at, index) = self.nodes.seek(index)?;
        let node = self.nodes.get(at);
        Some(node.get(node.locate(index)))
    }

    /// The elements from the one with this index on.
    pub fn iter_from(&self, index: usize) -> Forwards<'_> {
        Forwards::new(&self.nodes, index)
    }

    pub fn iter(&self) -> Forwards<'_> {
        self.iter_from(0)
    }

    /// The elements before the one with this index, last first.
    pub fn iter_back_from(&self, index: usize) -> Backwards<'_> {
        Backwards::new(&self.nodes, index)
    }

    /// The nodes, as files hold them.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        self.nodes.iter().map(NodeRef)
    }

    /// Adds a node at the back, as a file holds it: entries in a listpack.
    pub fn push_listpack(&mut self, pack: Listpack) {
        if !pack.is_empty() {
            self.nodes.push(End::Back, Node::from_listpack(pack));
        }
    }

    /// Adds a node at the back, as a file holds it: one text.
    pub fn push_plain(&mut self, text: Vec<u8>) {
        self.nodes.push(End::Back, Node::plain(text));
    }

    /// Drops up to `budget` nodes. True while some are left.
    pub fn drain_step(&mut self, budget: usize) -> bool {
        for _ in 0..budget {
            let Some(at) = self.nodes.end(End::Back) else { break };
            self.nodes.remove(at);
        }
        !self.is_empty()
    }
}

/// A node, to be written to a file.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a>(&'a Node);

impl<'a> NodeRef<'a> {
    /// The text, if the node is a single large one.
    pub fn plain(&self) -> Option<&'a [u8]> {
        self.0.is_plain().then(|| self.0.raw())
    }

    /// Appends the node as a listpack. It is not a single large text.
    pub fn write_listpack(&self, out: &mut Vec<u8>) {
        Listpack::frame(self.0.raw(), self.0.len(), out);
    }
}
