//! A hash as a row of `ds::packed`: its fields one after the other.
//!
//! ```text
//!   field value  field value  ...                     while no field has had a time of its own
//!   field value time  field value time  ...           from then on; 0 is no time
//! ```
//!
//! With times the fields stand in order of their times, those without one behind, each group's newcomers where Redis
//! puts them: before the others of the same time, but behind all others without one. So the first field tells
//! when the hash next loses one, and the fields that are due are the first ones.

use ds::packed::{Coded, Item, Packed, PackedRef, Position};
use ds::table::SetExpiry;

/// In a row's mark: the hash is a `hashtable` by name, for it has grown over the thresholds once.
pub(super) const LARGE: u8 = 1 << 3;
/// In a row's mark: fields come with their times.
pub(super) const TIMED: u8 = 1 << 4;

/// Items a field takes.
#[inline]
pub(super) fn stride(row: PackedRef<'_>) -> usize {
    if is_timed(row) { 3 } else { 2 }
}

#[inline]
pub(super) fn is_timed(row: PackedRef<'_>) -> bool {
    row.mark() & TIMED != 0
}

/// How many fields there are.
#[inline]
pub(super) fn fields(row: PackedRef<'_>) -> usize {
    if is_timed(row) { row.len() / 3 } else { row.len() / 2 }
}

#[inline]
pub(super) fn find(row: PackedRef<'_>, field: &Coded<'_>) -> Option<Position> {
    row.find(row.start(), field, stride(row))
}

/// The time in an item, if there is one.
#[inline]
pub(super) fn time(item: Item<'_>) -> Option<i64> {
    match item {
        Item::Int(0) => None,
        Item::Int(time) => Some(time),
        _ => unreachable!("a time is an integer"),
    }
}

/// The time of the field at a position.
pub(super) fn time_at(row: PackedRef<'_>, at: Position) -> Option<i64> {
    if !is_timed(row) {
        return None;
    }
    let (item, _) = row.get(row.skip(at, 2)).expect("a field has a value and a time");
    time(item)
}

/// When the first field is due.
#[inline]
pub(super) fn next_due(row: PackedRef<'_>) -> Option<i64> {
    if !is_timed(row) || row.is_empty() { None } else { time_at(row, row.start()) }
}

/// Sets a field and says whether it is new. A time needs a row with times.
pub(super) fn set(row: &mut Packed, field: &[u8], text: &[u8], expiry: SetExpiry) -> bool {
    let (field, value) = (Coded::of(field), Coded::of(text));
    let found = find(row.view(), &field);
    let old = found.and_then(|at| time_at(row.view(), at));
    let new = match expiry {
        SetExpiry::Keep => old,
        SetExpiry::Clear => None,
        SetExpiry::At(at) => Some(at),
    };
    match found {
        Some(at) if new == old && !matches!(expiry, SetExpiry::At(_)) => {
            let at = row.view().skip(at, 1);
            row.replace(at, &value);
        }
        _ => {
            if let Some(at) = found {
                row.remove(at, 3);
            }
            insert(row, field, value, new);
        }
    }
    found.is_none()
}

fn insert(row: &mut Packed, field: Coded<'_>, value: Coded<'_>, time: Option<i64>) {
    let at = place(row.view(), time);
    if is_timed(row.view()) {
        row.insert(at, &[field, value, Coded::from(Item::Int(time.unwrap_or(0)))]);
    } else {
        assert!(time.is_none(), "a row without times was given one");
        row.insert(at, &[field, value]);
    }
}

/// Where a field of this time goes.
fn place(row: PackedRef<'_>, new: Option<i64>) -> Position {
    let Some(new) = new else { return row.end() };
    let mut at = row.start();
    while at != row.end() && time_at(row, at).is_some_and(|time| time < new) {
        at = row.skip(at, 3);
    }
    at
}

/// Gives the field at a position another time, or takes it away.
pub(super) fn set_time(row: &mut Packed, at: Position, time: Option<i64>) {
    let [field, value] =
        [at, row.view().skip(at, 1)].map(|at| row.view().get(at).expect("a field has a value").0.to_vec());
    row.remove(at, 3);
    insert(row, Coded::of(&field), Coded::of(&value), time);
}

/// Removes the field at a position.
pub(super) fn remove(row: &mut Packed, at: Position) {
    let count = stride(row.view());
    row.remove(at, count);
}

/// Makes room for times.
pub(super) fn add_times(row: &mut Packed) {
    if is_timed(row.view()) {
        return;
    }
    let mut timed = Packed::new(row.mark() | TIMED);
    let none = Coded::from(Item::Int(0));
    let mut items = row.view().iter();
    while let (Some(field), Some(value)) = (items.next(), items.next()) {
        timed.insert(timed.view().end(), &[field.into(), value.into(), none]);
    }
    *row = timed;
}
