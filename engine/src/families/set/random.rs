//! Choosing members by chance, every one with the same chance: for SRANDMEMBER and SPOP.
//!
//! ```text
//!   few of many   ─ draw one, and again when it was drawn before
//!   many of few   ─ walk over all; each is taken with the chance (still needed) / (still to come)
//! ```
//!
//! The second way makes every selection of that size equally likely, in one pass and without remembering any (Fan,
//! Muller and Rezucha 1962).

use super::Set;
use super::members::Members;
use super::value::SetRef;
use crate::keyspace::{Collection, Forms};
use crate::random::Random;
use ds::packed::Item;
use std::collections::BTreeSet;

/// At least this many times as many members as are wanted make drawing cheaper than walking.
const DRAWN_SHARE: usize = 4;

impl<'a> SetRef<'a> {
    /// A member; `None` of an empty set.
    #[inline]
    pub fn random(&self, random: &mut Random) -> Option<Item<'a>> {
        if let SetRef::Table(members) = self {
            let entry = members.table().random(&mut || random.next_u64())?;
            return Some(Item::Text(entry.key()));
        }
        let len = self.len();
        if len == 0 {
            return None;
        }
        self.at(random.below(len as u64) as usize)
    }

    /// The member of this index, in what is no table.
    fn at(&self, index: usize) -> Option<Item<'a>> {
        match self {
            SetRef::Ints(ints) => ints.get(index).map(Item::Int),
            SetRef::Row(row) => row.get(row.seek(index)).map(|(item, _)| item),
            SetRef::Table(_) => unreachable!("a table is not asked by index"),
        }
    }

    /// Visits `count` different members, at most all.
    pub fn sample(&self, count: usize, random: &mut Random, mut visit: impl FnMut(Item<'a>)) {
        match self {
            SetRef::Table(members) if count <= members.len() / DRAWN_SHARE => {
                // No two keys begin at the same address, and what is asked of addresses is only whether they are equal.
                let mut seen = BTreeSet::new();
                while seen.len() < count {
                    let entry = members.table().random(&mut || random.next_u64()).expect("it has members");
                    if seen.insert(entry.key().as_ptr() as usize) {
                        visit(Item::Text(entry.key()));
                    }
                }
            }
            _ => self.divide(count, random, |item, taken| {
                if taken {
                    visit(item);
                }
            }),
        }
    }

    /// Visits all members and says of each whether it is one of `count` chosen ones.
    fn divide(&self, count: usize, random: &mut Random, mut visit: impl FnMut(Item<'a>, bool)) {
        let (mut needed, mut coming) = (count as u64, self.len() as u64);
        for item in self.iter() {
            let taken = needed > 0 && random.below(coming) < needed;
            needed -= u64::from(taken);
            coming -= 1;
            visit(item, taken);
        }
    }
}

impl Set {
    /// Takes a member out; `None` of an empty set.
    pub fn pop(&mut self, random: &mut Random) -> Option<Vec<u8>> {
        match self {
            Set::Table(members) => members.pop(random),
            Set::Ints(ints) => {
                let len = ints.view().len();
                let index = (len > 0).then(|| random.below(len as u64) as usize)?;
                let text = Item::Int(ints.view().get(index)?).to_vec();
                ints.remove_at(index);
                Some(text)
            }
            Set::Row(row) => {
                let len = row.len();
                let at = row.view().seek((len > 0).then(|| random.below(len as u64) as usize)?);
                let text = row.view().get(at)?.0.to_vec();
                row.remove(at, 1);
                Some(text)
            }
        }
    }

    /// Takes `count` members out, fewer than there are, and hands each out. What is returned is to be dropped, now or
    /// in slices.
    pub fn pop_many(
        &mut self,
        count: usize,
        random: &mut Random,
        forms: &Forms,
        mut out: impl FnMut(&[u8]),
    ) -> Option<Set> {
        debug_assert!(count < self.len());
        match self {
            Set::Table(members) if count <= members.len() / 2 => {
                (0..count).filter_map(|_| members.pop(random)).for_each(|text| out(&text));
                None
            }
            _ => {
                // What stays is put together anew, which also makes it as small as it can be.
                let mut rest = Set::new(self.name());
                self.borrow().divide(count, random, |item, taken| {
                    if taken {
                        out(item.text(&mut Default::default()));
                    } else {
                        rest.insert(item, forms);
                    }
                });
                Some(std::mem::replace(self, rest))
            }
        }
    }
}

impl Members {
    fn pop(&mut self, random: &mut Random) -> Option<Vec<u8>> {
        let text = self.table().random(&mut || random.next_u64())?.key().to_vec();
        self.remove(&text);
        Some(text)
    }
}
