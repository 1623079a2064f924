//! An array of few elements as a row: pairs of index and text in the order of indexes, the cursor before them if it
//! was ever moved.
//!
//! An index is written as the signed integer of the same bits, since rows hold those.

use ds::packed::{Coded, Item, Packed, PackedRef, Position};
use ds::sparse::Element;

/// In a row's mark: the first item is the last index that was appended to.
const CURSOR: u8 = 1 << 3;

/// The most elements of a row.
pub(super) const ELEMENTS_MAX: usize = 10;

/// The elements of a row, all at once.
pub(super) type Elements<'a> = [Option<(u64, Element<'a>)>; ELEMENTS_MAX];

pub(super) fn count(row: PackedRef<'_>) -> usize {
    row.len() / 2
}

pub(super) fn last_insert(row: PackedRef<'_>) -> Option<u64> {
    has_cursor(row).then(|| item_index(row.get(row.start()).expect("the mark promises a cursor").0))
}

pub(super) fn set_last_insert(row: &mut Packed, to: Option<u64>) {
    let had = has_cursor(row.view());
    let start = row.view().start();
    match to {
        Some(index) if had => row.replace(start, &coded(index)),
        Some(index) => row.insert(start, &[coded(index)]),
        None if had => row.remove(start, 1),
        None => {}
    }
    let mark = row.mark() & !CURSOR;
    row.set_mark(if to.is_some() { mark | CURSOR } else { mark });
}

/// Stores a text; true if the place was empty.
pub(super) fn set(row: &mut Packed, index: u64, text: &[u8]) -> bool {
    let view = row.view();
    let (at, found) = seek(view, index);
    if found {
        let at = view.skip(at, 1);
        row.replace(at, &Coded::of(text));
    } else {
        row.insert(at, &[coded(index), Coded::of(text)]);
    }
    !found
}

pub(super) fn get(row: PackedRef<'_>, index: u64) -> Option<Element<'_>> {
    let (at, found) = seek(row, index);
    found.then(|| element(row.get(row.skip(at, 1)).expect("a text follows its index").0))
}

/// Takes out the elements from `low` to `high`, and says how many there were.
pub(super) fn remove_range(row: &mut Packed, low: u64, high: u64) -> u64 {
    let (at, _) = seek(row.view(), low);
    let mut items = row.view().iter_from(at);
    let mut count = 0;
    while let (Some(index), Some(_)) = (items.next(), items.next())
        && item_index(index) <= high
    {
        count += 1;
    }
    if count > 0 {
        row.remove(at, 2 * count);
    }
    count as u64
}

pub(super) fn elements(row: PackedRef<'_>) -> Elements<'_> {
    let mut items = row.iter_from(first(row));
    std::array::from_fn(|_| Some((item_index(items.next()?), element(items.next()?))))
}

/// The position of the first pair.
fn first(row: PackedRef<'_>) -> Position {
    row.skip(row.start(), usize::from(has_cursor(row)))
}

/// The first pair whose index is not below `index`, and whether it is that one.
fn seek(row: PackedRef<'_>, index: u64) -> (Position, bool) {
    let mut at = first(row);
    while let Some((item, text)) = row.get(at) {
        let found = item_index(item);
        if found >= index {
            return (at, found == index);
        }
        at = row.skip(text, 1);
    }
    (at, false)
}

fn has_cursor(row: PackedRef<'_>) -> bool {
    row.mark() & CURSOR != 0
}

fn coded(index: u64) -> Coded<'static> {
    Coded::from(Item::Int(index as i64))
}

fn item_index(item: Item<'_>) -> u64 {
    match item {
        Item::Int(bits) => bits as u64,
        other => unreachable!("an index is an integer, not {other:?}"),
    }
}

fn element(item: Item<'_>) -> Element<'_> {
    match item {
        Item::Int(value) => Element::Integer(value),
        Item::Text(text) => Element::Text(text),
        Item::Double(_) => unreachable!("an array holds texts"),
    }
}
