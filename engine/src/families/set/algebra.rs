//! Intersections, unions and differences, member by member to whoever wants them: nothing is put together first.
//!
//! ```text
//!   intersection   the smallest streams; kept is what all others have
//!   union          the largest streams whole; of each other set what no set before it has
//!   difference     the first streams; kept is what none of the others has
//! ```
//!
//! Members stream in batches: a table is asked for a whole batch, so that the memory that its lookups touch is fetched
//! at once. Two tables of comparable size are not asked at all but walked side by side (`ds::table`'s join).

use super::members::Members;
use super::value::{Name, SetRef, canonical};
use ds::int::MAX_DIGITS;
use ds::packed::{Coded, Item};
use ds::table::{Hash, Hasher64};
use std::cmp::Reverse;
use std::ops::ControlFlow::{self, Continue};

/// Members asked for together.
const BATCH: usize = 32;
/// Walking over a table costs less than looking into it for each of this many times fewer members.
const WALK_SHARE: usize = 16;
/// Of more sets than these a union remembers what it has visited, rather than ask all sets before.
const UNION_ASKED_MAX: usize = 8;
/// A row is put into a table if it is to be searched for this many times as many members as it has.
const INDEXED_SHARE: usize = 4;

/// Visits what all sets have, until `visit` breaks off.
pub(super) fn intersection<'a>(
    mut sets: Vec<SetRef<'a>>,
    visit: &mut impl FnMut(Item<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    sets.sort_by_key(SetRef::len);
    let Some((first, others)) = sets.split_first() else { return Continue(()) };
    match (first, others.first()) {
        (SetRef::Table(one), Some(SetRef::Table(two))) if two.len() / WALK_SHARE < one.len() => {
            let mut filter = Filter::new(&others[1..], true, visit);
            one.table().common(two.table(), &mut |entry| filter.push(Item::Text(entry.key())))?;
            filter.finish()
        }
        _ => Filter::new(others, true, visit).run(first),
    }
}

/// Visits what any of the sets has, once, until `visit` breaks off.
pub(super) fn union<'a>(
    mut sets: Vec<SetRef<'a>>,
    hasher: Hasher64,
    visit: &mut impl FnMut(Item<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    sets.sort_by_key(|set| Reverse(set.len()));
    if sets.len() > UNION_ASKED_MAX {
        let mut visited = Members::new(Name::Hashtable, hasher);
        for item in sets.iter().flat_map(SetRef::iter) {
            if visited.insert(item.text(&mut Default::default())) {
                visit(item)?;
            }
        }
        return Continue(());
    }
    for (index, set) in sets.iter().enumerate() {
        without(set, &sets[..index], visit)?;
    }
    Continue(())
}

/// Visits what the first has and none of the others, until `visit` breaks off.
pub(super) fn difference<'a>(
    first: SetRef<'a>,
    others: &[SetRef<'_>],
    hasher: Hasher64,
    visit: &mut impl FnMut(Item<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let slow =
        |other: &SetRef<'_>| matches!(other, SetRef::Row(_)) && first.len() / INDEXED_SHARE > other.len();
    let indexed: Vec<Members> =
        others.iter().filter(|other| slow(other)).map(|other| Members::of(*other, hasher)).collect();
    let mut others: Vec<SetRef<'_>> = others.iter().copied().filter(|other| !slow(other)).collect();
    others.extend(indexed.iter().map(SetRef::Table));
    // What is in one of the others is most likely in the largest.
    others.sort_by_key(|other| Reverse(other.len()));
    without(&first, &others, visit)
}

/// Visits what a set has and none of the others. The first of them is the largest.
fn without<'a>(
    set: &SetRef<'a>,
    others: &[SetRef<'_>],
    visit: &mut impl FnMut(Item<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match (set, others.first()) {
        (SetRef::Table(one), Some(SetRef::Table(two))) if two.len() / WALK_SHARE < one.len() => {
            let mut filter = Filter::new(&others[1..], false, visit);
            one.table().missing(two.table(), &mut |entry| filter.push(Item::Text(entry.key())))?;
            filter.finish()
        }
        _ => Filter::new(others, false, visit).run(set),
    }
}

/// Lets those members through that all sets have, or that none has.
struct Filter<'s, 'b, 'a, V> {
    sets: &'s [SetRef<'b>],
    wanted: bool,
    batch: Vec<Item<'a>>,
    visit: &'s mut V,
}

impl<'s, 'b, 'a, V: FnMut(Item<'a>) -> ControlFlow<()>> Filter<'s, 'b, 'a, V> {
    fn new(sets: &'s [SetRef<'b>], wanted: bool, visit: &'s mut V) -> Self {
        let batch = if sets.is_empty() { Vec::new() } else { Vec::with_capacity(BATCH) };
        Filter { sets, wanted, batch, visit }
    }

    fn run(mut self, set: &SetRef<'a>) -> ControlFlow<()> {
        for item in set.iter() {
            self.push(item)?;
        }
        self.finish()
    }

    #[inline]
    fn push(&mut self, item: Item<'a>) -> ControlFlow<()> {
        if self.sets.is_empty() {
            return (self.visit)(item);
        }
        self.batch.push(item);
        if self.batch.len() == BATCH { self.flush() } else { Continue(()) }
    }

    fn finish(mut self) -> ControlFlow<()> {
        self.flush()
    }

    fn flush(&mut self) -> ControlFlow<()> {
        for set in self.sets {
            match set {
                SetRef::Table(members) => retain(&mut self.batch, members, self.wanted),
                SetRef::Row(row) => self.batch.retain(|item| {
                    row.find(row.start(), &Coded::from(canonical(*item)), 1).is_some() == self.wanted
                }),
                SetRef::Ints(ints) => self.batch.retain(|item| {
                    matches!(canonical(*item), Item::Int(value) if ints.contains(value)) == self.wanted
                }),
            }
        }
        self.batch.drain(..).try_for_each(&mut self.visit)
    }
}

/// Keeps of a batch what is in the table, or what is not.
fn retain(batch: &mut Vec<Item<'_>>, members: &Members, wanted: bool) {
    let table = members.table();
    let mut digits = [[0; MAX_DIGITS]; BATCH];
    let mut asked: [(&[u8], Hash); BATCH] = [(b"", Hash(0)); BATCH];
    for ((item, digits), asked) in batch.iter().zip(&mut digits).zip(&mut asked) {
        let text = item.text(digits);
        *asked = (text, members.hash(text));
        table.prefetch_segment(asked.1);
    }
    let asked = &asked[..batch.len()];
    asked.iter().for_each(|(_, hash)| table.prefetch_slots(*hash));
    asked.iter().for_each(|(_, hash)| table.prefetch_entry(*hash));
    let mut kept = [false; BATCH];
    for (kept, (text, hash)) in kept.iter_mut().zip(asked) {
        *kept = table.get(*hash, text).is_some() == wanted;
    }
    let mut kept = kept.iter();
    batch.retain(|_| *kept.next().expect("one for each"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::set::Set;
    use crate::keyspace::{Collection, Forms};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Sets of all forms and sizes, and the same members in order.
    fn sets() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
        let size = prop_oneof![3 => 1usize..40, 2 => 1usize..700, 1 => 1usize..6000];
        prop::collection::vec((size, 1usize..5, 0u8..3), 1..12)
    }

    fn build(shape: &(usize, usize, u8), forms: &Forms) -> (Set, BTreeSet<Vec<u8>>) {
        let (size, step, kind) = *shape;
        let (mut set, mut model) = (Set::empty(forms), BTreeSet::new());
        for n in 0..size {
            let text = match kind {
                0 => (n * step).to_string(),
                1 => format!("m{}", n * step),
                _ if n % 3 == 0 => (n * step).to_string(),
                _ => format!("m{}", n * step),
            };
            set.add(text.as_bytes(), forms);
            model.insert(text.into_bytes());
        }
        (set, model)
    }

    proptest! {
        #[test]
        fn equal_what_set_theory_says(shapes in sets()) {
            let forms = Forms::new(Hasher64::new(1, 2));
            let built: Vec<_> = shapes.iter().map(|shape| build(shape, &forms)).collect();
            let refs = || built.iter().map(|(set, _)| set.borrow()).collect::<Vec<_>>();
            let models = || built.iter().map(|(_, model)| model.clone());
            let collected = |run: &mut dyn FnMut(&mut Vec<Vec<u8>>)| {
                let mut seen = Vec::new();
                run(&mut seen);
                let all: BTreeSet<_> = seen.iter().cloned().collect();
                assert_eq!(all.len(), seen.len(), "each member once");
                all
            };
            let both = collected(&mut |seen| {
                let _ = intersection(refs(), &mut |item| { seen.push(item.to_vec()); Continue(()) });
            });
            prop_assert_eq!(both, models().reduce(|a, b| &a & &b).expect("there is a set"));
            let any = collected(&mut |seen| {
                let _ = union(refs(), forms.hasher, &mut |item| { seen.push(item.to_vec()); Continue(()) });
            });
            prop_assert_eq!(any, models().reduce(|a, b| &a | &b).expect("there is a set"));
            let first = collected(&mut |seen| {
                let others = refs().split_off(1);
                let _ = difference(refs()[0], &others, forms.hasher, &mut |item| {
                    seen.push(item.to_vec());
                    Continue(())
                });
            });
            prop_assert_eq!(first, models().reduce(|a, b| &a - &b).expect("there is a set"));
        }
    }
}
