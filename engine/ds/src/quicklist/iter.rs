//! The way through a list, in either direction, node by node.

use super::node::Node;
use super::nodes::{NodeAt, Nodes};
use crate::int;
use crate::listpack::Entry;
use crate::listpack::entry::{decode, size_backwards};

/// A text to look for.
#[derive(Clone, Copy, Debug)]
pub struct Needle<'a> {
    text: &'a [u8],
    number: Option<i64>,
}

impl<'a> Needle<'a> {
    pub fn new(text: &'a [u8]) -> Needle<'a> {
        Needle { text, number: int::parse_i64(text) }
    }

    /// Whether an element is this text.
    #[inline]
    pub fn is(&self, entry: &Entry<'_>) -> bool {
        match *entry {
            Entry::Int(value) => self.number == Some(value),
            Entry::Str(text) => text == self.text,
        }
    }
}

/// What is left of a node on the way.
#[derive(Clone, Copy, Debug)]
struct Rest<'a> {
    bytes: &'a [u8],
    count: usize,
    plain: bool,
}

impl<'a> Rest<'a> {
    const NOTHING: Rest<'a> = Rest { bytes: b"", count: 0, plain: false };

    /// The elements of a node from an index on.
    fn from(node: &'a Node, index: usize) -> Rest<'a> {
        let bytes = &node.raw()[node.locate(index)..];
        Rest { bytes, count: node.len() - index, plain: node.is_plain() }
    }

    /// The elements of a node up to the one at an index, that one included.
    fn up_to(node: &'a Node, index: usize) -> Rest<'a> {
        let bytes = if node.is_plain() { node.raw() } else { &node.raw()[..node.locate(index + 1)] };
        Rest { bytes, count: index + 1, plain: node.is_plain() }
    }
}

/// See [`Quicklist::iter_from`](super::Quicklist::iter_from).
#[derive(Clone, Debug)]
pub struct Forwards<'a> {
    nodes: &'a Nodes,
    /// The node after the one being walked.
    next: Option<NodeAt>,
    rest: Rest<'a>,
    left: usize,
}

impl<'a> Forwards<'a> {
    pub(super) fn new(nodes: &'a Nodes, index: usize) -> Forwards<'a> {
        let mut iter =
            Forwards { nodes, next: None, rest: Rest::NOTHING, left: nodes.len().saturating_sub(index) };
        if let Some((at, index)) = nodes.seek(index) {
            iter.rest = Rest::from(nodes.get(at), index);
            iter.next = nodes.next(at);
        }
        iter
    }

    #[cold]
    fn enter_next(&mut self) -> Option<()> {
        let at = self.next?;
        self.rest = Rest::from(self.nodes.get(at), 0);
        self.next = self.nodes.next(at);
        Some(())
    }
}

impl<'a> Iterator for Forwards<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.rest.count == 0 {
            self.enter_next()?;
        }
        self.rest.count -= 1;
        self.left -= 1;
        if self.rest.plain {
            return Some(Entry::Str(self.rest.bytes));
        }
        let (entry, size) = decode(self.rest.bytes);
        self.rest.bytes = &self.rest.bytes[size..];
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Forwards<'_> {}

/// See [`Quicklist::iter_back_from`](super::Quicklist::iter_back_from).
#[derive(Clone, Debug)]
pub struct Backwards<'a> {
    nodes: &'a Nodes,
    /// The node before the one being walked.
    next: Option<NodeAt>,
    rest: Rest<'a>,
    left: usize,
}

impl<'a> Backwards<'a> {
    pub(super) fn new(nodes: &'a Nodes, index: usize) -> Backwards<'a> {
        let left = index.min(nodes.len());
        let mut iter = Backwards { nodes, next: None, rest: Rest::NOTHING, left };
        if let Some((at, index)) = left.checked_sub(1).and_then(|last| nodes.seek(last)) {
            iter.rest = Rest::up_to(nodes.get(at), index);
            iter.next = nodes.prev(at);
        }
        iter
    }

    #[cold]
    fn enter_next(&mut self) -> Option<()> {
        let at = self.next?;
        let node = self.nodes.get(at);
        self.rest = Rest::up_to(node, node.len() - 1);
        self.next = self.nodes.prev(at);
        Some(())
    }
}

impl<'a> Iterator for Backwards<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.rest.count == 0 {
            self.enter_next()?;
        }
        self.rest.count -= 1;
        self.left -= 1;
        if self.rest.plain {
            return Some(Entry::Str(self.rest.bytes));
        }
        let at = self.rest.bytes.len() - size_backwards(self.rest.bytes);
        let (before, entry) = self.rest.bytes.split_at(at);
        self.rest.bytes = before;
        Some(decode(entry).0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Backwards<'_> {}
