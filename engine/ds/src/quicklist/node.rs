//! A node: some neighbouring elements of a list in one piece of memory, or a single large one.
//!
//! ```text
//!   packed   bytes: | gap | entry entry entry ... |  spare capacity        entries as in a listpack
//!                         ^ start
//!   plain    bytes: | text |                         start says PLAIN
//! ```
//!
//! The gap is there so that a push to the front costs what one to the back does: whichever end has no room gets some
//! that is in proportion to what the node holds, or all that the node will ever need if `room` says so. A node that
//! is no longer at an end of its list is sealed, and gives gap and spare capacity back.

use super::limits::FRAME;
use crate::listpack::entry::{Entry, Head, decode, size, size_backwards};
use crate::listpack::{HEADER, Listpack};
use std::ops::Range;

/// The start that says that there are no entries but one text, as it is.
const PLAIN: u32 = u32::MAX;

/// One of the ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Front,
    Back,
}

/// A packed node is never empty, but for a moment inside its list's methods.
#[derive(Debug)]
pub(super) struct Node {
    bytes: Vec<u8>,
    start: u32,
    count: u32,
}

impl Clone for Node {
    /// The copy has no gap and nothing spare.
    fn clone(&self) -> Node {
        let start = if self.is_plain() { PLAIN } else { 0 };
        Node { bytes: self.raw().to_vec(), start, count: self.count }
    }
}

impl Node {
    pub(super) fn packed() -> Node {
        Node { bytes: Vec::new(), start: 0, count: 0 }
    }

    pub(super) fn plain(text: Vec<u8>) -> Node {
        Node { bytes: text, start: PLAIN, count: 1 }
    }

    /// Takes a listpack over; its header becomes the gap.
    pub(super) fn from_listpack(pack: Listpack) -> Node {
        let count = u32::try_from(pack.len()).expect("a listpack has fewer entries than bytes");
        let mut bytes = pack.into_bytes();
        bytes.pop();
        Node { bytes, start: HEADER as u32, count }
    }

    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.start == PLAIN
    }

    /// Elements in it.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// Bytes it owns.
    #[inline]
    pub(super) fn owned(&self) -> usize {
        self.bytes.capacity()
    }

    /// The entries, or the text of a plain node.
    #[inline]
    pub(super) fn raw(&self) -> &[u8] {
        if self.is_plain() { &self.bytes } else { &self.bytes[self.start as usize..] }
    }

    /// The size by which limits judge: of the listpack, or of the plain text.
    #[inline]
    pub(super) fn size(&self) -> usize {
        if self.is_plain() { self.bytes.len() } else { self.raw().len() + FRAME }
    }

    /// The entry at an offset that [`locate`](Self::locate) gave.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Entry<'_> {
        if self.is_plain() { Entry::Str(&self.bytes) } else { decode(&self.raw()[at..]).0 }
    }

    /// Where among the entries the one of this index begins, or where all end. Walks from the nearer end.
    pub(super) fn locate(&self, index: usize) -> usize {
        if self.is_plain() {
            return 0;
        }
        let (raw, count) = (self.raw(), self.len());
        if index <= count / 2 {
            (0..index).fold(0, |at, _| at + size(&raw[at..]))
        } else {
            (index..count).fold(raw.len(), |at, _| at - size_backwards(&raw[..at]))
        }
    }

    /// The element at an end, and its size; there is one.
    #[inline]
    pub(super) fn end(&self, end: End) -> (Entry<'_>, usize) {
        match end {
            _ if self.is_plain() => (Entry::Str(&self.bytes), self.bytes.len()),
            End::Front => decode(self.raw()),
            End::Back => decode(&self.raw()[self.raw().len() - size_backwards(self.raw())..]),
        }
    }

    /// Adds an entry at an end of a packed node.
    #[inline]
    pub(super) fn push(&mut self, end: End, entry: &Head<'_>, room: usize) {
        let size = entry.entry_size();
        match end {
            End::Front => {
                if (self.start as usize) < size {
                    self.make_front_room(size, room);
                }
                let start = self.start as usize;
                entry.write(&mut self.bytes[start - size..start]);
                self.start -= size as u32;
            }
            End::Back => {
                if self.bytes.capacity() - self.bytes.len() < size {
                    self.make_back_room(size, room);
                }
                let at = self.bytes.len();
                self.bytes.resize(at + size, 0);
                entry.write(&mut self.bytes[at..]);
            }
        }
        self.count += 1;
    }

    /// Removes the element at an end of a packed node, which has this size.
    #[inline]
    pub(super) fn drop_end(&mut self, end: End, size: usize) {
        match end {
            End::Front => self.start += size as u32,
            End::Back => self.bytes.truncate(self.bytes.len() - size),
        }
        self.count -= 1;
    }

    /// How much an end gets that is in want of `size` bytes.
    fn share(&self, size: usize, room: usize) -> usize {
        let len = self.raw().len();
        size.max(room.saturating_sub(len)).max(len / 8 + 32)
    }

    #[cold]
    fn make_front_room(&mut self, size: usize, room: usize) {
        let (share, end) = (self.share(size, room), self.bytes.len());
        let spare = self.bytes.capacity() - end;
        if spare >= share {
            let start = self.start as usize;
            self.bytes.resize(end + spare, 0);
            self.bytes.copy_within(start..end, start + spare);
            self.start += spare as u32;
        } else {
            let mut bytes = Vec::with_capacity(share + self.raw().len());
            bytes.resize(share, 0);
            bytes.extend_from_slice(self.raw());
            *self = Node { bytes, start: share as u32, ..*self };
        }
    }

    #[cold]
    fn make_back_room(&mut self, size: usize, room: usize) {
        let share = self.share(size, room);
        if self.start as usize >= share {
            self.bytes.drain(..self.start as usize);
            self.start = 0;
        } else {
            self.bytes.reserve_exact(share);
        }
    }

    /// Puts an entry in place of `old` bytes at an offset; `new` of a packed node's elements are so many more.
    pub(super) fn splice(&mut self, at: usize, old: usize, entry: &Head<'_>, new: u32) {
        let size = entry.entry_size();
        if size > old && self.bytes.capacity() - self.bytes.len() < size - old {
            self.make_back_room(size - old, 0);
        }
        let (at, end) = (self.start as usize + at, self.bytes.len());
        if size > old {
            self.bytes.resize(end + size - old, 0);
        }
        self.bytes.copy_within(at + old..end, at + size);
        self.bytes.truncate(end + size - old);
        entry.write(&mut self.bytes[at..at + size]);
        self.count += new;
    }

    /// Takes `count` entries out, which lie between two offsets.
    pub(super) fn remove(&mut self, from: usize, to: usize, count: usize) {
        let start = self.start as usize;
        if from == 0 {
            self.start += to as u32;
        } else {
            self.bytes.drain(start + from..start + to);
        }
        self.count -= count as u32;
        self.tighten(self.raw().len() / 2 + 64);
    }

    /// Takes out all entries that lie in ascending ranges of offsets, one in each.
    pub(super) fn remove_all(&mut self, ranges: &[Range<usize>]) {
        let Some(first) = ranges.first() else { return };
        let start = self.start as usize;
        let mut to = start + first.start;
        for (i, range) in ranges.iter().enumerate() {
            let kept_end = ranges.get(i + 1).map_or(self.bytes.len(), |next| start + next.start);
            self.bytes.copy_within(start + range.end..kept_end, to);
            to += kept_end - (start + range.end);
        }
        self.bytes.truncate(to);
        self.count -= ranges.len() as u32;
        self.tighten(self.raw().len() / 2 + 64);
    }

    /// Cuts the node in two before the element of this index; answers the rest.
    pub(super) fn split_off(&mut self, index: usize) -> Node {
        let at = self.locate(index);
        let rest = Node { bytes: self.raw()[at..].to_vec(), start: 0, count: self.count - index as u32 };
        self.bytes.truncate(self.start as usize + at);
        self.count = index as u32;
        self.seal();
        rest
    }

    /// Takes in the elements of the packed node that follows.
    pub(super) fn append(&mut self, other: &Node) {
        let mut bytes = Vec::with_capacity(self.raw().len() + other.raw().len());
        bytes.extend_from_slice(self.raw());
        bytes.extend_from_slice(other.raw());
        *self = Node { bytes, start: 0, count: self.count + other.count };
    }

    /// Gives back what is not needed while nothing is pushed to it.
    pub(super) fn seal(&mut self) {
        self.tighten(self.raw().len() / 16 + 16);
    }

    /// Keeps gap and spare bytes only if they are no more than `most`. Copies rather than shrinks, for an allocator
    /// may shrink a block in name only.
    fn tighten(&mut self, most: usize) {
        if !self.is_plain() && self.bytes.capacity() - self.raw().len() > most {
            *self = self.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn texts(node: &Node) -> Vec<Vec<u8>> {
        (0..node.len()).map(|index| node.get(node.locate(index)).to_vec()).collect()
    }

    #[test]
    fn gap_and_spare_capacity_stay_in_proportion() {
        for ends in [[End::Front; 2], [End::Back; 2], [End::Front, End::Back]] {
            let (mut node, mut moves) = (Node::packed(), 0);
            for i in 0..1000 {
                let before = node.owned();
                node.push(ends[i % 2], &Head::of(Entry::of(b"abcdef")), 0);
                moves += usize::from(node.owned() != before);
                assert!(node.owned() <= node.raw().len() * 5 / 4 + 72, "{ends:?} {i}");
            }
            assert!(moves < 100, "{ends:?} took {moves} reallocations");
        }
    }

    /// A queue that stays small neither grows nor wanders off.
    #[test]
    fn a_queue_stays_where_it_is() {
        for (to, from) in [(End::Back, End::Front), (End::Front, End::Back)] {
            let mut node = Node::packed();
            (0..20).for_each(|_| node.push(to, &Head::of(Entry::of(b"abcdef")), 0));
            for _ in 0..10_000 {
                node.push(to, &Head::of(Entry::of(b"abcdef")), 0);
                node.drop_end(from, node.end(from).1);
            }
            assert!(node.owned() < 1000, "{}", node.owned());
        }
    }

    #[test]
    fn room_is_made_at_once_where_it_is_asked_for() {
        for end in [End::Front, End::Back] {
            let mut node = Node::packed();
            node.push(end, &Head::of(Entry::of(b"abcdef")), 4096);
            assert_eq!(node.owned(), 4096);
        }
    }

    proptest! {
        #[test]
        fn behaves_like_a_row(steps in prop::collection::vec((0u8..9, any::<prop::sample::Index>(), "[a-c0-9]{0,9}"), 0..80)) {
            let (mut node, mut model) = (Node::packed(), VecDeque::new());
            for (kind, index, text) in steps {
                let text = text.into_bytes();
                let head = Head::of(Entry::of(&text));
                match kind {
                    0 | 1 => {
                        node.push(End::Front, &head, 0);
                        model.push_front(text);
                    }
                    2 | 3 => {
                        node.push(End::Back, &head, 0);
                        model.push_back(text);
                    }
                    _ if model.is_empty() => {}
                    4 => {
                        node.drop_end(End::Front, node.end(End::Front).1);
                        model.pop_front();
                    }
                    5 => {
                        node.drop_end(End::Back, node.end(End::Back).1);
                        model.pop_back();
                    }
                    6 => {
                        let index = index.index(model.len());
                        node.splice(node.locate(index), 0, &head, 1);
                        model.insert(index, text);
                    }
                    7 => {
                        let index = index.index(model.len());
                        let at = node.locate(index);
                        node.splice(at, node.locate(index + 1) - at, &head, 0);
                        model[index] = text;
                    }
                    _ => {
                        let index = index.index(model.len());
                        let to = model.len().min(index + 2);
                        node.remove(node.locate(index), node.locate(to), to - index);
                        model.drain(index..to);
                    }
                }
                prop_assert_eq!(texts(&node), Vec::from(model.clone()));
                if let (Some(first), Some(last)) = (model.front(), model.back()) {
                    prop_assert_eq!(&node.end(End::Front).0.to_vec(), first);
                    prop_assert_eq!(&node.end(End::Back).0.to_vec(), last);
                }
            }
            let (mut whole, at) = (node.clone(), node.len() / 2);
            let rest = whole.split_off(at);
            prop_assert_eq!(whole.len(), at);
            whole.append(&rest);
            prop_assert_eq!(texts(&whole), texts(&node));
        }
    }
}
