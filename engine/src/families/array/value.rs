//! The array type: its forms and when each is used.
//!
//! | form  | where         | when                                                                      |
//! |-------|---------------|---------------------------------------------------------------------------|
//! | row   | in the entry  | up to ten elements in up to 512 bytes; never again once it was outgrown    |
//! | cells | an object     | more: a sparse array of the slice size that was configured when it began   |
//!
//! Beside its elements an array knows the last index that ARINSERT or ARRING wrote, which is where the next one goes
//! on. Nothing else moves it: not ARSET, not the removal of elements.

use super::row;
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::packed::{Packed, PackedRef};
use ds::sparse::{Element, Iter, MAX_INDEX, Rules, Scratch, Shape, SparseArray};
use ds::table::{INLINE_MAX, ValueRef};

/// An array outside of its entry.
#[derive(Clone, Debug)]
pub enum Array {
    Row(Packed),
    Cells(Box<Cells>),
}

/// A large array.
#[derive(Clone, Debug)]
pub struct Cells {
    elements: SparseArray,
    last_insert: Option<u64>,
}

/// An array where it lies.
#[derive(Clone, Copy, Debug)]
pub enum ArrayRef<'a> {
    Row(PackedRef<'a>),
    Cells(&'a Cells),
}

/// What ARINFO shows of how an array lies, in terms of slices and a directory of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub slices: u64,
    pub directory_size: u64,
    pub blocks: u64,
    pub slice_size: u64,
}

/// A directory that reaches so far is flat; beyond, it has blocks of so many slices.
const FLAT_MAX: u64 = 2048;
/// The least room of a directory.
const DIRECTORY_MIN: u64 = 8;

impl Typed for Array {
    type Ref<'a> = ArrayRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<ArrayRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::PACKED, bytes } if bytes[0] & mark::TYPE == mark::ARRAY => {
                Some(ArrayRef::Row(PackedRef::new(bytes)))
            }
            ValueRef::Object(Value::Array(array)) => Some(array.borrow()),
            _ => None,
        }
    }
}

impl Collection for Array {
    fn empty(_forms: &Forms) -> Array {
        Array::Row(Packed::new(mark::ARRAY))
    }

    fn from_packed(row: Packed) -> Array {
        Array::Row(row)
    }

    fn into_packed(self) -> Option<Packed> {
        match self {
            Array::Row(row) => Some(row),
            Array::Cells(_) => None,
        }
    }

    /// A cursor alone makes no array.
    fn is_empty(&self) -> bool {
        self.borrow().count() == 0
    }

    fn into_value(self) -> Value {
        Value::Array(Box::new(self))
    }

    fn of(value: &mut Value) -> Option<&mut Array> {
        match value {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }
}

impl Kept for Array {
    fn heap(&self) -> usize {
        size_of::<Array>()
            + match self {
                Array::Row(row) => row.memory(),
                Array::Cells(cells) => size_of::<Cells>() + cells.elements.memory(),
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            Array::Row(_) => 1,
            Array::Cells(cells) => cells.elements.allocations() + 1,
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            Array::Row(row) => {
                *row = Packed::new(mark::ARRAY);
                false
            }
            Array::Cells(cells) => cells.elements.drain_step(steps),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match self {
            Array::Row(row) => Some(row),
            Array::Cells(_) => None,
        }
    }
}

impl Array {
    pub fn borrow(&self) -> ArrayRef<'_> {
        match self {
            Array::Row(row) => ArrayRef::Row(row.view()),
            Array::Cells(cells) => ArrayRef::Cells(cells),
        }
    }

    /// Stores a text; true if the place was empty.
    pub fn set(&mut self, index: u64, text: &[u8], forms: &Forms) -> bool {
        match self {
            Array::Row(row) => {
                let new = row::set(row, index, text);
                let elements = row::count(row.view());
                // A slice of a row's elements always counts as sparse.
                if elements > row::ELEMENTS_MAX.min(forms.array_sparse_kmax) || row.size() > INLINE_MAX {
                    self.outgrow(forms);
                }
                new
            }
            Array::Cells(cells) => cells.elements.set(index, text, rules(forms)),
        }
    }

    /// Takes out the elements from `low` to `high`, and says how many there were.
    pub fn remove_range(&mut self, low: u64, high: u64, forms: &Forms) -> u64 {
        match self {
            Array::Row(row) => row::remove_range(row, low, high),
            Array::Cells(cells) => cells.elements.remove_range(low, high, rules(forms)),
        }
    }

    pub fn set_last_insert(&mut self, to: Option<u64>, forms: &Forms) {
        match self {
            Array::Row(row) => {
                row::set_last_insert(row, to);
                if row.size() > INLINE_MAX {
                    self.outgrow(forms);
                }
            }
            Array::Cells(cells) => cells.last_insert = to,
        }
    }

    /// A row that has become too large becomes a sparse array.
    fn outgrow(&mut self, forms: &Forms) {
        let Array::Row(row) = self else { return };
        let mut elements = SparseArray::new(forms.array_slice_size as u64);
        let mut items = row.view().iter();
        let last_insert = row::last_insert(row.view());
        if last_insert.is_some() {
            items.next();
        }
        while let (Some(index), Some(text)) = (items.next(), items.next()) {
            let ds::packed::Item::Int(index) = index else { unreachable!("an index is an integer") };
            elements.set(index as u64, text.text(&mut Default::default()), rules(forms));
        }
        *self = Array::Cells(Box::new(Cells { elements, last_insert }));
    }
}

fn rules(forms: &Forms) -> Rules {
    Rules { sparse_max: forms.array_sparse_kmax, sparse_min: forms.array_sparse_kmin }
}

/// Elements with their indexes, upwards or downwards.
pub enum Elements<'a> {
    Row { elements: row::Elements<'a>, next: usize, low: u64, high: u64, downwards: bool },
    Cells(Iter<'a>),
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u64, Element<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Elements::Cells(iter) => iter.next(),
            Elements::Row { elements, next, low, high, downwards } => loop {
                let place = if *downwards { elements.len().checked_sub(*next + 1)? } else { *next };
                let found = *elements.get(place)?;
                *next += 1;
                match found {
                    Some((index, element)) if (*low..=*high).contains(&index) => {
                        return Some((index, element));
                    }
                    _ => {}
                }
            },
        }
    }
}

impl<'a> ArrayRef<'a> {
    /// How many elements there are.
    pub fn count(&self) -> u64 {
        match self {
            ArrayRef::Row(row) => row::count(*row) as u64,
            ArrayRef::Cells(cells) => cells.elements.count(),
        }
    }

    /// The highest index that is set, plus one.
    pub fn len(&self) -> u64 {
        match self {
            ArrayRef::Row(_) => self.iter(MAX_INDEX, 0).next().map_or(0, |(index, _)| index + 1),
            ArrayRef::Cells(cells) => cells.elements.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub fn get(&self, index: u64) -> Option<Element<'a>> {
        match self {
            ArrayRef::Row(row) => row::get(*row, index),
            ArrayRef::Cells(cells) => cells.elements.get(index),
        }
    }

    /// The elements from `start` to `end`, both included; downwards if `start` is the larger.
    pub fn iter(&self, start: u64, end: u64) -> Elements<'a> {
        match self {
            ArrayRef::Row(row) => Elements::Row {
                elements: row::elements(*row),
                next: 0,
                low: start.min(end),
                high: start.max(end),
                downwards: start > end,
            },
            ArrayRef::Cells(cells) => Elements::Cells(cells.elements.iter(start, end)),
        }
    }

    /// How many elements there are from `low` to `high`.
    pub fn count_range(&self, low: u64, high: u64) -> u64 {
        match self {
            ArrayRef::Row(_) => self.iter(low, high).count() as u64,
            ArrayRef::Cells(cells) => cells.elements.count_range(low, high),
        }
    }

    /// The last index that was appended to.
    pub fn last_insert(&self) -> Option<u64> {
        match self {
            ArrayRef::Row(row) => row::last_insert(*row),
            ArrayRef::Cells(cells) => cells.last_insert,
        }
    }

    /// Where the next element is appended; `None` when there is no index left.
    pub fn next_insert(&self) -> Option<u64> {
        match self.last_insert() {
            None => Some(0),
            Some(last) => Some(last + 1).filter(|next| *next <= MAX_INDEX),
        }
    }

    pub fn layout(&self, forms: &Forms) -> Layout {
        let (slice_size, slices, blocks, last) = match self {
            ArrayRef::Row(_) => self.row_layout(forms.array_slice_size as u64),
            ArrayRef::Cells(Cells { elements, .. }) => (
                elements.slice_size(),
                elements.slices(),
                elements.blocks(),
                elements.last_slice().unwrap_or(0),
            ),
        };
        let flat = last < FLAT_MAX;
        let (blocks, entries) = if flat { (0, last + 1) } else { (blocks, blocks) };
        Layout { slices, directory_size: entries.next_power_of_two().max(DIRECTORY_MIN), blocks, slice_size }
    }

    /// Slice size, slices, blocks and last slice of a row, as if it were cut into slices.
    fn row_layout(&self, slice_size: u64) -> (u64, u64, u64, u64) {
        let (mut slices, mut blocks, mut last) = (0, 0, None);
        for (index, _) in self.iter(0, MAX_INDEX) {
            let slice = index / slice_size;
            slices += u64::from(last != Some(slice));
            blocks += u64::from(last.map(|last| last / FLAT_MAX) != Some(slice / FLAT_MAX));
            last = Some(slice);
        }
        (slice_size, slices, blocks, last.unwrap_or(0))
    }

    /// Looks at every slice.
    pub fn shape(&self, forms: &Forms) -> Shape {
        match self {
            ArrayRef::Row(_) => {
                let layout = self.layout(forms);
                Shape { sparse: layout.slices, sparse_elements: self.count(), ..Shape::default() }
            }
            ArrayRef::Cells(cells) => cells.elements.shape(),
        }
    }
}

impl Described for ArrayRef<'_> {
    fn type_name(&self) -> &'static str {
        "array"
    }

    fn encoding(&self) -> &'static str {
        "sliced-array"
    }

    /// The number of the type, then index and text of every element in order, then where the next one is appended.
    fn digest(&self, digest: &mut Digest) {
        const ARRAY: u32 = 7;
        digest.mix(&ARRAY.to_be_bytes());
        for (index, element) in self.iter(0, MAX_INDEX) {
            digest.mix(&index.to_be_bytes());
            digest.mix(element.text(&mut Scratch::default()));
        }
        if let Some(last) = self.last_insert() {
            digest.mix(&last.to_be_bytes());
        }
    }

    fn rdb_kind(&self) -> u8 {
        crate::persist::rdb::codes::kind::ARRAY
    }

    fn write_rdb(&self, writer: &mut Writer) {
        super::rdb::write(writer, self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ds::table::Hasher64;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Change {
        Set(u64, String),
        Remove(u64, u64),
        LastInsert(Option<u64>),
    }

    fn index() -> impl Strategy<Value = u64> {
        prop_oneof![6 => 0..20u64, 2 => 4000..4200u64, 1 => MAX_INDEX - 3..=MAX_INDEX]
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            6 => (index(), prop_oneof!["[0-9]{1,3}", "-?[0-9]\\.[0-9]{1,3}", "[a-z]{0,9}", "x{200,300}"])
                .prop_map(|(index, text)| Change::Set(index, text)),
            2 => (index(), index()).prop_map(|(a, b)| Change::Remove(a.min(b), a.max(b))),
            1 => prop::option::of(index()).prop_map(Change::LastInsert),
        ]
    }

    fn texts(array: ArrayRef<'_>, start: u64, end: u64) -> Vec<(u64, Vec<u8>)> {
        let text = |element: Element<'_>| element.text(&mut Scratch::default()).to_vec();
        array.iter(start, end).map(|(index, element)| (index, text(element))).collect()
    }

    proptest! {
        /// Whichever form it is in, and whatever the configuration, an array is a map and a cursor.
        #[test]
        fn a_map_and_a_cursor(
            changes in prop::collection::vec(change(), 0..60),
            (start, end) in (index(), index()),
            kmax in prop_oneof![Just(10), 0..4usize],
        ) {
            let forms = Forms { array_sparse_kmax: kmax, array_slice_size: 64, ..Forms::new(Hasher64::new(1, 2)) };
            let (mut array, mut model, mut last) = (Array::empty(&forms), BTreeMap::new(), None);
            for change in changes {
                match change {
                    Change::Set(index, text) => {
                        let new = array.set(index, text.as_bytes(), &forms);
                        prop_assert_eq!(new, model.insert(index, text.into_bytes()).is_none());
                    }
                    Change::Remove(low, high) => {
                        let before = model.len();
                        model.retain(|index, _| !(low..=high).contains(index));
                        prop_assert_eq!(array.remove_range(low, high, &forms), (before - model.len()) as u64);
                    }
                    Change::LastInsert(to) => {
                        array.set_last_insert(to, &forms);
                        last = to;
                    }
                }
                prop_assert_eq!(array.is_empty(), model.is_empty());
            }
            let array = array.borrow();
            let (low, high) = (start.min(end), start.max(end));
            let mut within: Vec<_> = model.range(low..=high).map(|(i, text)| (*i, text.clone())).collect();
            prop_assert_eq!(array.count_range(low, high), within.len() as u64);
            if start > end {
                within.reverse();
            }
            prop_assert_eq!(texts(array, start, end), within);
            prop_assert_eq!(array.count(), model.len() as u64);
            prop_assert_eq!(array.len(), model.last_key_value().map_or(0, |(index, _)| index + 1));
            prop_assert_eq!(array.get(start).is_some(), model.contains_key(&start));
            prop_assert_eq!(array.last_insert(), last);
            let shape = array.shape(&forms);
            prop_assert_eq!(shape.dense_elements + shape.sparse_elements, model.len() as u64);
            prop_assert_eq!(shape.dense + shape.sparse, array.layout(&forms).slices);
        }
    }
}
