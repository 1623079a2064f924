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
use super::value::{Name, SetRef};
use crate::keyspace::Forms;
use crate::random::Random;
use ds::packed::Item;
use std::collections::BTreeSet;

/// At least this many times as many members as are wanted make drawing cheaper than walking.
const DRAWN_SHARE: usize = 4;
/// When at least this many times as many members go as stay, Redis moves those that stay to a new set, and a
/// `hashtable` becomes a `listpack` if they allow.
const MOVED_SHARE: usize = 5;

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
                // No two keys begin at the same address, and what is asked of addresses is only whether they are
                // equal.
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
                let left = self.len() - count;
                let renamed = left * MOVED_SHARE <= count && self.name() == Name::Hashtable;
                let mut rest = Set::new(if renamed { Name::Listpack } else { self.name() });
                self.borrow().divide(count, random, |item, taken| {
                    if taken {
                        out(item.text(&mut Default::default()));
                    } else if renamed {
                        rest.add_item(item, forms);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::Collection;
    use ds::table::Hasher64;
    use std::collections::BTreeMap;

    fn forms() -> Forms {
        Forms::new(Hasher64::new(1, 2))
    }

    /// Sets of each form.
    fn sets() -> Vec<Set> {
        let forms = forms();
        let of = |members: &mut dyn Iterator<Item = String>| {
            let mut set = Set::empty(&forms);
            members.for_each(|member| assert!(set.add(member.as_bytes(), &forms)));
            set
        };
        let sets = vec![
            of(&mut (0..60).map(|n| n.to_string())),
            of(&mut (0..60).map(|n| format!("m{n}"))),
            of(&mut (0..60).map(|n| "x".repeat(100 + n))),
            of(&mut (0..3000).map(|n| format!("m{n}"))),
        ];
        assert!(matches!(sets[..], [Set::Ints(_), Set::Row(_), Set::Table(_), Set::Table(_)]));
        sets
    }

    /// Pearson's statistic of how often each member came, as a number of standard deviations off what is expected:
    /// beyond
    /// five it would be no chance. Draws of different members vary less, the more of them are drawn at once.
    fn check_uniform(what: &str, set: &Set, per_draw: usize, seen: &BTreeMap<Vec<u8>, u32>) {
        let total: u32 = seen.values().sum();
        let expected = f64::from(total) / set.len() as f64;
        assert!(expected >= 20.0, "enough draws to tell");
        let square = |count: u32| (f64::from(count) - expected).powi(2) / expected;
        let statistic: f64 =
            set.borrow().iter().map(|item| square(seen.get(&item.to_vec()).copied().unwrap_or(0))).sum();
        let freedom = (set.len() - 1) as f64;
        let left = (set.len() - per_draw) as f64 / freedom;
        let deviations = (statistic / left - freedom) / (2.0 * freedom).sqrt();
        assert!(deviations.abs() < 5.0, "{what} of {per_draw} of {}: {deviations}", set.len());
    }

    /// Runs `draw` until every member has been expected a hundred times, and counts what comes.
    fn count(
        set: &Set,
        per_draw: usize,
        mut draw: impl FnMut(&mut dyn FnMut(&[u8])),
    ) -> BTreeMap<Vec<u8>, u32> {
        let mut seen = BTreeMap::new();
        for _ in 0..100 * set.len() / per_draw {
            let mut came = 0;
            draw(&mut |member| {
                *seen.entry(member.to_vec()).or_default() += 1;
                came += 1;
            });
            assert_eq!(came, per_draw);
        }
        seen
    }

    #[test]
    fn every_member_is_drawn_with_the_same_chance() {
        for set in sets() {
            let mut random = Random::new(11);
            let seen = count(&set, 1, |out| {
                let item = set.borrow().random(&mut random).expect("it has members");
                out(item.text(&mut Default::default()));
            });
            check_uniform("random", &set, 1, &seen);
        }
    }

    #[test]
    fn every_member_is_sampled_with_the_same_chance() {
        for set in sets() {
            for share in [50, 10, 2] {
                let mut random = Random::new(12);
                let size = (set.len() / share).max(1);
                let seen = count(&set, size, |out| {
                    let mut distinct = BTreeSet::new();
                    set.borrow().sample(size, &mut random, |item| {
                        assert!(distinct.insert(item.to_vec()), "different members");
                        out(item.text(&mut Default::default()));
                    });
                });
                check_uniform("sample", &set, size, &seen);
            }
        }
    }

    #[test]
    fn every_member_is_popped_with_the_same_chance() {
        let forms = forms();
        for set in sets() {
            for share in [60, 3, 1] {
                let mut random = Random::new(13);
                let size = (set.len() / share).min(set.len() - 1);
                let seen = count(&set, size, |out| {
                    let mut copy = set.clone();
                    copy.pop_many(size, &mut random, &forms, |member| out(member));
                    assert_eq!(copy.len(), set.len() - size);
                });
                check_uniform("pop", &set, size, &seen);
            }
        }
    }

    #[test]
    fn popping_one_by_one_takes_all_in_any_order() {
        let forms = forms();
        let mut first = BTreeMap::new();
        let mut set = Set::empty(&forms);
        (0..10).for_each(|n| assert!(set.add(format!("m{n}").as_bytes(), &forms)));
        let mut random = Random::new(14);
        for _ in 0..400 {
            let mut copy = set.clone();
            *first.entry(copy.pop(&mut random).expect("it has members")).or_default() += 1;
            (0..9).for_each(|_| assert!(copy.pop(&mut random).is_some()));
            assert_eq!(copy.pop(&mut random), None);
        }
        check_uniform("first", &set, 1, &first);
    }
}
