//! The list type: its forms and when each is used.
//!
//! | form  | where        | when                                                      |
//! |-------|--------------|-----------------------------------------------------------|
//! | row   | in the entry | few elements in few bytes                                 |
//! | nodes | an object    | more, or once so many: a quicklist, see `ds::quicklist`   |
//!
//! OBJECT ENCODING's name is apart from the form. A row is always a `listpack`. Nodes are one too, as long as there
//! is a
//! single one that Redis would keep as one piece: the name becomes `quicklist` when what is to be pushed would take
//! it
//! beyond `list-max-listpack-size`, and `listpack` again when removals have left a single node of half of that. Hence
//! a
//! list of a few nodes has just those that Redis would have.

use super::rdb;
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::listpack::Entry;
use ds::packed::{Coded, Item, Packed, PackedRef};
use ds::quicklist::{End, FRAME, Limits, Quicklist, Side};
use ds::table::{INLINE_MAX, ValueRef};

/// A row of more elements becomes nodes: it can be walked forwards only, and a pop at its back would be felt.
const ROW_LEN_MAX: usize = 128;

/// A list outside of its entry.
#[derive(Clone, Debug)]
pub enum List {
    Row(Packed),
    Nodes(Nodes),
}

/// A list beside its entry.
#[derive(Clone, Debug)]
pub struct Nodes {
    list: Quicklist,
    /// Whether the name is `quicklist`. While it is not, there is a single node, whatever its size.
    large: bool,
}

/// A list where it lies.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    Row(PackedRef<'a>),
    Nodes(&'a Nodes),
}

impl Typed for List {
    type Ref<'a> = ListRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<ListRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::PACKED, bytes } if bytes[0] & mark::TYPE == mark::LIST => {
                Some(ListRef::Row(PackedRef::new(bytes)))
            }
            ValueRef::Object(Value::List(list)) => Some(list.borrow()),
            _ => None,
        }
    }
}

impl Collection for List {
    fn empty(_forms: &Forms) -> List {
        List::Row(Packed::new(mark::LIST))
    }

    fn from_packed(row: Packed) -> List {
        List::Row(row)
    }

    fn into_packed(self) -> Option<Packed> {
        match self {
            List::Row(row) => Some(row),
            List::Nodes(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.borrow().is_empty()
    }

    fn into_value(self) -> Value {
        Value::List(Box::new(self))
    }

    fn of(value: &mut Value) -> Option<&mut List> {
        match value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
}

impl Kept for List {
    fn heap(&self) -> usize {
        size_of::<List>()
            + match self {
                List::Row(row) => row.memory(),
                List::Nodes(nodes) => nodes.list.memory(),
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            List::Row(_) => 1,
            List::Nodes(nodes) => nodes.list.node_count() + 1,
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            List::Row(row) => {
                *row = Packed::new(mark::LIST);
                false
            }
            List::Nodes(nodes) => nodes.list.drain_step(steps),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match self {
            List::Row(row) => Some(row),
            List::Nodes(_) => None,
        }
    }
}

/// What `list-max-listpack-size` says now.
fn limits(forms: &Forms) -> Limits {
    Limits::new(forms.list_max_listpack_size).with_plain_from(forms.list_plain_from)
}

impl List {
    pub fn borrow(&self) -> ListRef<'_> {
        match self {
            List::Row(row) => ListRef::Row(row.view()),
            List::Nodes(nodes) => ListRef::Nodes(nodes),
        }
    }

    /// A list that comes as nodes, from a file or with all its elements at once.
    pub(super) fn of_nodes(list: Quicklist, forms: &Forms) -> List {
        let mut list = List::Nodes(Nodes { list, large: true });
        list.rename(forms, false);
        let small = list.borrow();
        match small.is_small() && small.len() <= ROW_LEN_MAX && fits_row(small.iter()) {
            true => List::Row(row_of(small.iter())),
            false => list,
        }
    }

    /// Gets ready for `count` more elements of so many bytes in all, which decide about the name. Redis asks this
    /// before it knows whether they will come, and so must whoever puts elements in.
    fn expect(&mut self, count: usize, bytes: usize, forms: &Forms) {
        let limits = limits(forms);
        if let List::Row(row) = self {
            let len = row.len() + count;
            // An item takes at least half of what it would in a listpack.
            let most = 2 * row.size() + FRAME + bytes;
            let fits = row.size() + bytes + 5 * count <= INLINE_MAX && len <= ROW_LEN_MAX;
            if fits && !limits.exceeded_by(most, len) {
                return;
            }
            *self = List::Nodes(Nodes::of_row(row.view()));
        }
        let List::Nodes(nodes) = self else { return };
        if !nodes.large {
            let (size, len) = nodes.list.single().unwrap_or((FRAME, 0));
            if limits.exceeded_by(size + bytes, len + count) {
                nodes.large = true;
                nodes.list.set_limits(limits.for_nodes());
            }
        }
        if nodes.large {
            nodes.list.set_limits(nodes.list.limits().with_plain_from(forms.list_plain_from));
        }
    }

    /// Adds elements at an end, one after the other.
    pub fn push<'t>(&mut self, end: End, texts: impl Iterator<Item = &'t [u8]> + Clone, forms: &Forms) {
        let (count, bytes) =
            texts.clone().fold((0, 0), |(count, bytes), text| (count + 1, bytes + text.len()));
        self.expect(count, bytes, forms);
        texts.for_each(|text| self.push_expected(end, text));
    }

    /// Adds elements that came out of a list, one after the other. Redis does not count the bytes of numbers then.
    pub fn push_moved<'t>(&mut self, end: End, texts: impl Iterator<Item = &'t [u8]> + Clone, forms: &Forms) {
        let bytes = |text: &[u8]| if matches!(Item::of(text), Item::Int(_)) { 0 } else { text.len() };
        let sums = texts.clone().fold((0, 0), |(count, sum), text| (count + 1, sum + bytes(text)));
        self.expect(sums.0, sums.1, forms);
        texts.for_each(|text| self.push_expected(end, text));
    }

    fn push_expected(&mut self, end: End, text: &[u8]) {
        match self {
            List::Row(row) => {
                let at = if end == End::Front { row.view().start() } else { row.view().end() };
                row.insert(at, &[Coded::of(text)]);
            }
            List::Nodes(nodes) => nodes.list.push(end, text),
        }
    }

    /// Shows `count` elements at an end in turn and removes them; there must be as many. Nodes that went as a whole
    /// are
    /// answered. The caller settles the name.
    pub fn pop(&mut self, end: End, count: usize, mut show: impl FnMut(Item<'_>)) -> Removed {
        if let (List::Nodes(nodes), 1) = (&mut *self, count) {
            nodes.list.pop(end, |entry| show(item_of(entry)));
            return Removed::default();
        }
        let (list, len) = (self.borrow(), self.borrow().len());
        match end {
            End::Front => list.each(0, count, show),
            End::Back => list.each_back(count, |_, item| {
                show(item);
                true
            }),
        }
        self.remove(if end == End::Front { 0 } else { len - count }, count)
    }

    /// Removes `count` elements from an index on, likewise.
    pub fn remove(&mut self, index: usize, count: usize) -> Removed {
        match self {
            List::Row(row) => {
                row.remove(row.view().seek(index), count);
                Removed::default()
            }
            List::Nodes(nodes) => {
                let cut = nodes.list.remove_range(index, count);
                Removed((!cut.is_empty()).then_some(cut))
            }
        }
    }

    /// Removes elements that are `text`, at most `limit`, those nearest to an end; answers how many. The caller
    /// settles
    /// the name.
    pub fn remove_matching(&mut self, text: &[u8], limit: usize, end: End) -> usize {
        match self {
            List::Row(row) => remove_from_row(row, text, limit, end),
            List::Nodes(nodes) => nodes.list.remove_matching(text, limit, end),
        }
    }

    /// Puts a text in the place of the element with this index, which there must be.
    pub fn replace(&mut self, index: usize, text: &[u8], forms: &Forms) {
        self.expect(1, text.len(), forms);
        match self {
            List::Row(row) => row.replace(row.view().seek(index), &Coded::of(text)),
            List::Nodes(nodes) => {
                nodes.list.replace(index, text);
                self.settle(forms);
            }
        }
    }

    /// Adds an element beside the one with this index, which there must be.
    pub fn insert(&mut self, index: usize, side: Side, text: &[u8], forms: &Forms) {
        self.expect(1, text.len(), forms);
        match self {
            List::Row(row) => {
                let at = row.view().seek(index + usize::from(side == Side::After));
                row.insert(at, &[Coded::of(text)]);
            }
            List::Nodes(nodes) => nodes.list.insert(index, side, text),
        }
    }

    /// After removals: a quicklist by name that is but one small node becomes a listpack.
    pub fn settle(&mut self, forms: &Forms) {
        self.rename(forms, true);
    }

    fn rename(&mut self, forms: &Forms, shrinking: bool) {
        if let List::Nodes(nodes) = self
            && nodes.large
            && let Some((size, count)) = nodes.list.single()
            && limits(forms).suit_listpack(size, count, shrinking)
        {
            nodes.large = false;
            nodes.list.set_limits(Limits::unbounded());
            nodes.list.seal();
        }
    }
}

/// Nodes that came out of a list as a whole.
#[derive(Debug, Default)]
#[must_use]
pub struct Removed(Option<Quicklist>);

impl Removed {
    /// As a value, to be dropped as values are.
    pub fn into_value(self) -> Option<Value> {
        self.0.map(|list| List::Nodes(Nodes { list, large: true }).into_value())
    }
}

impl Nodes {
    fn of_row(row: PackedRef<'_>) -> Nodes {
        let mut list = Quicklist::new(Limits::unbounded());
        row.iter().for_each(|item| list.push(End::Back, item.text(&mut Default::default())));
        Nodes { list, large: false }
    }

    pub(super) fn quicklist(&self) -> &Quicklist {
        &self.list
    }
}

fn row_of<'a>(items: impl Iterator<Item = Item<'a>>) -> Packed {
    let mut row = Packed::new(mark::LIST);
    items.for_each(|item| row.insert(row.view().end(), &[Coded::from(item)]));
    row
}

fn fits_row<'a>(items: impl Iterator<Item = Item<'a>>) -> bool {
    items.map(|item| Coded::from(item).len()).sum::<usize>() + 2 <= INLINE_MAX
}

fn remove_from_row(row: &mut Packed, text: &[u8], limit: usize, end: End) -> usize {
    let wanted = Coded::of(text);
    let view = row.view();
    let (mut found, mut from) = (Vec::new(), view.start());
    while let Some(at) = view.find(from, &wanted, 1) {
        found.push(at);
        from = view.skip(at, 1);
    }
    let excess = found.len().saturating_sub(limit);
    match end {
        End::Front => found.truncate(found.len() - excess),
        End::Back => drop(found.drain(..excess)),
    }
    // From the back, so that positions before stay right.
    found.iter().rev().for_each(|at| row.remove(*at, 1));
    found.len()
}

pub(super) fn item_of(entry: Entry<'_>) -> Item<'_> {
    match entry {
        Entry::Int(value) => Item::Int(value),
        Entry::Str(text) => Item::Text(text),
    }
}

impl<'a> ListRef<'a> {
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            ListRef::Row(row) => row.len(),
            ListRef::Nodes(nodes) => nodes.list.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            ListRef::Row(row) => row.is_empty(),
            ListRef::Nodes(nodes) => nodes.list.is_empty(),
        }
    }

    /// The index that a client means, which counts from the back if it is negative; `None` beyond the ends.
    pub fn index(&self, index: i64) -> Option<usize> {
        let len = self.len() as i64;
        let index = if index < 0 { index.checked_add(len)? } else { index };
        (0..len).contains(&index).then_some(index as usize)
    }

    /// The first index and the number of elements of a range as clients give it, both ends included.
    pub fn range(&self, start: i64, stop: i64) -> (usize, usize) {
        let len = self.len() as i64;
        let from = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
        let (start, stop) = (from(start).max(0), from(stop).min(len - 1));
        if start > stop { (0, 0) } else { (start as usize, (stop - start + 1) as usize) }
    }

    pub fn get(&self, index: usize) -> Option<Item<'a>> {
        match self {
            ListRef::Row(row) => row.get(row.seek(index)).map(|(item, _)| item),
            ListRef::Nodes(nodes) => nodes.list.get(index).map(item_of),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        self.iter_from(0)
    }

    /// The elements from an index on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let (row, nodes) = match *self {
            ListRef::Row(row) => (Some(row.iter_from(row.seek(index))), None),
            ListRef::Nodes(nodes) => (None, Some(nodes.list.iter_from(index))),
        };
        let row = row.into_iter().flatten();
        row.chain(nodes.into_iter().flatten().map(item_of))
    }

    /// Visits up to `count` elements from an index on.
    #[inline]
    pub fn each(&self, index: usize, count: usize, mut visit: impl FnMut(Item<'a>)) {
        match *self {
            ListRef::Row(row) => row.iter_from(row.seek(index)).take(count).for_each(visit),
            ListRef::Nodes(nodes) => {
                nodes.list.iter_from(index).take(count).for_each(|entry| visit(item_of(entry)));
            }
        }
    }

    /// The index of the first element that is a text.
    pub fn position(&self, text: &[u8]) -> Option<usize> {
        let (wanted, mut found) = (Item::of(text), None);
        self.each_while(usize::MAX, |index, item| {
            found = (item == wanted).then_some(index);
            found.is_none()
        });
        found
    }

    /// Visits up to `count` elements from the front, with their indexes, while `visit` says so.
    pub fn each_while(&self, count: usize, mut visit: impl FnMut(usize, Item<'a>) -> bool) {
        let _ = match *self {
            ListRef::Row(row) => row.iter().take(count).enumerate().all(|(index, item)| visit(index, item)),
            ListRef::Nodes(nodes) => {
                let items = nodes.list.iter().map(item_of);
                items.take(count).enumerate().all(|(index, item)| visit(index, item))
            }
        };
    }

    /// Visits up to `count` elements from the back, with their indexes, while `visit` says so.
    pub fn each_back(&self, count: usize, mut visit: impl FnMut(usize, Item<'a>) -> bool) {
        let len = self.len();
        let first = len - count.min(len);
        match *self {
            ListRef::Row(row) => {
                let items: Vec<Item<'a>> = row.iter_from(row.seek(first)).collect();
                let indexes = (first..len).rev();
                let _ = indexes.zip(items.into_iter().rev()).all(|(index, item)| visit(index, item));
            }
            ListRef::Nodes(nodes) => {
                let entries = nodes.list.iter_back_from(len).map(item_of);
                let _ = (first..len).rev().zip(entries).all(|(index, item)| visit(index, item));
            }
        }
    }

    /// Whether the name is `listpack`.
    pub fn is_small(&self) -> bool {
        match self {
            ListRef::Row(_) => true,
            ListRef::Nodes(nodes) => !nodes.large,
        }
    }
}

impl Described for ListRef<'_> {
    fn type_name(&self) -> &'static str {
        "list"
    }

    fn encoding(&self) -> &'static str {
        if self.is_small() { "listpack" } else { "quicklist" }
    }

    fn digest(&self, digest: &mut Digest) {
        const LIST: u32 = 1;
        digest.mix(&LIST.to_be_bytes());
        self.each(0, usize::MAX, |item| digest.mix(item.text(&mut Default::default())));
    }

    fn rdb_kind(&self) -> u8 {
        rdb::KIND
    }

    fn write_rdb(&self, writer: &mut Writer) {
        rdb::write(writer, self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use std::iter::once;

    fn forms(size: i32) -> Forms {
        let mut forms = Engine::new(1, 1).keyspace.forms;
        forms.list_max_listpack_size = size;
        forms
    }

    #[test]
    fn a_row_becomes_nodes_before_it_no_longer_fits_its_entry() {
        for (text, most) in [("7", ROW_LEN_MAX), ("some text", 50), (&"x".repeat(200)[..], 2)] {
            let mut list = List::empty(&forms(-2));
            for count in 1..=200 {
                list.push(End::Front, once(text.as_bytes()), &forms(-2));
                assert!(list.packed().is_none_or(|row| row.size() <= INLINE_MAX));
                assert_eq!(list.packed().is_some(), count <= most, "{count} of {}", text.len());
            }
            assert!(!list.borrow().is_small() || text.len() < 200);
        }
    }

    #[test]
    fn a_listpack_by_name_is_one_node_up_to_its_limit() {
        let (mut list, forms) = (List::empty(&forms(-2)), forms(-2));
        let mut size = FRAME;
        while size + 10 <= 8192 {
            list.push(End::Back, once(&b"ten bytes."[..]), &forms);
            size += 12;
            assert!(list.borrow().is_small());
        }
        let List::Nodes(nodes) = &list else { panic!("it is no row") };
        assert_eq!(nodes.list.single(), Some((size, (size - FRAME) / 12)));
        list.push(End::Back, once(&b"ten bytes."[..]), &forms);
        assert!(!list.borrow().is_small());
        while list.borrow().len() > (4096 - FRAME) / 12 {
            assert!(!list.borrow().is_small());
            let _ = list.pop(End::Back, 1, |_| ());
            list.settle(&forms);
        }
        assert!(list.borrow().is_small());
    }

    #[test]
    fn what_came_from_a_file_is_a_row_if_it_is_small() {
        let list = |size, count: usize, len: usize| {
            let mut list = Quicklist::new(Limits::new(size));
            (0..count).for_each(|_| list.push(End::Back, &vec![b'x'; len]));
            List::of_nodes(list, &forms(size))
        };
        assert!(matches!(list(-2, 10, 10), List::Row(_)));
        assert!(matches!(list(-2, 1, 600), List::Nodes(Nodes { large: false, .. })));
        assert!(matches!(list(-2, 129, 1), List::Nodes(Nodes { large: false, .. })));
        assert!(matches!(list(-2, 1000, 10), List::Nodes(Nodes { large: true, .. })));
        assert!(matches!(list(2, 3, 1), List::Nodes(Nodes { large: true, .. })));
        assert!(matches!(list(2, 2, 1), List::Row(_)));
    }
}
