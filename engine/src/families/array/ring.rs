//! An array as a ring: elements go to the cursor modulo the ring's size, over the oldest ones.
//!
//! The size is not kept; it is said with every insertion. When it is not the one the array has been filled with, the
//! newest elements, as far as there is no hole, are first moved to the beginning in the order of their coming:
//!
//! ```text
//!   size 5, after v0 ... v7      [v5 v6 v7 v3 v4]      cursor at 2
//!   size 8, before the next      [v3 v4 v5 v6 v7 . . .]    cursor at 4
//!   size 3, before the next      [v5 v6 v7]            cursor at 2
//! ```
//!
//! A cursor that was set back to the start by ARSEEK is taken at its word: a larger ring then moves nothing.

use super::value::{Array, ArrayRef};
use crate::keyspace::{Collection, Forms};
use ds::sparse::Scratch;

impl Array {
    /// Makes the array a ring of this size, if it is not one.
    pub(super) fn fit_ring(&mut self, size: u64, forms: &Forms) {
        let array = self.borrow();
        let span = array.len();
        let wrapped = array.last_insert().is_some_and(|last| last + 1 < span);
        if size < span || (size > span && wrapped) {
            *self = newest(&array, span, size.min(span), forms);
        }
    }
}

/// An array of the newest elements, at most `keep`, that lie behind each other in a ring of `span` positions.
fn newest(array: &ArrayRef<'_>, span: u64, keep: u64, forms: &Forms) -> Array {
    let newest = array.last_insert().map_or(span - 1, |last| last % span);
    let before = |place: u64| if place == 0 { span - 1 } else { place - 1 };
    let (mut count, mut place) = (0, newest);
    while count < keep && array.get(place).is_some() {
        count += 1;
        place = before(place);
    }
    let mut ring = Array::empty(forms);
    for index in 0..count {
        place = if place + 1 == span { 0 } else { place + 1 };
        let element = array.get(place).expect("it was there on the way back");
        ring.set(index, element.text(&mut Scratch::default()), forms);
    }
    ring.set_last_insert(count.checked_sub(1), forms);
    ring
}
