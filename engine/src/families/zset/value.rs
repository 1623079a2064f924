//! The sorted set type: its forms and when each is used.
//!
//! | form   | where                          | when                                                       |
//! |--------|--------------------------------|------------------------------------------------------------|
//! | row    | in the entry, or an object     | few members in few bytes: member, score, member, ... in order |
//! | tree   | an object                      | more: `ds::ordered`                                        |
//!
//! OBJECT ENCODING's name is apart from the form: `listpack` until a set has more members than
//! `zset-max-listpack-entries` or one longer than `zset-max-listpack-value`, then `skiplist` for good.

use super::elements::Elements;
use super::range::{LexRange, ScoreRange};
use super::row::{self, find, with_text};
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::double;
use ds::ordered::{Change, Ordered};
use ds::packed::{Coded, Item, Packed, PackedRef};
use ds::table::ValueRef;
use std::cmp::Ordering;
use std::ops::Range;

/// In a row's mark: the set has grown over the thresholds once.
const LARGE: u8 = 1 << 3;
/// A row of more members becomes a tree: a search of it would take longer than a look into one.
pub(super) const ROW_MEMBERS_MAX: usize = 128;
/// So does a row of more bytes.
const ROW_BYTES_MAX: usize = 4096;

/// A sorted set outside of its entry.
#[derive(Clone, Debug)]
pub enum Zset {
    Row(Packed),
    Tree(Box<Tree>),
}

/// A large sorted set.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(super) set: Ordered,
    large: bool,
}

/// A sorted set where it lies.
#[derive(Clone, Copy, Debug)]
pub enum ZsetRef<'a> {
    Row(PackedRef<'a>),
    Tree(&'a Tree),
}

impl Typed for Zset {
    type Ref<'a> = ZsetRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<ZsetRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::PACKED, bytes } if bytes[0] & mark::TYPE == mark::ZSET => {
                Some(ZsetRef::Row(PackedRef::new(bytes)))
            }
            ValueRef::Object(Value::Zset(zset)) => Some(zset.borrow()),
            _ => None,
        }
    }
}

impl Collection for Zset {
    fn empty(_forms: &Forms) -> Zset {
        Zset::Row(Packed::new(mark::ZSET))
    }

    fn from_packed(row: Packed) -> Zset {
        Zset::Row(row)
    }

    fn into_packed(self) -> Option<Packed> {
        match self {
            Zset::Row(row) => Some(row),
            Zset::Tree(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.borrow().is_empty()
    }

    fn into_value(self) -> Value {
        Value::Zset(Box::new(self))
    }

    fn of(value: &mut Value) -> Option<&mut Zset> {
        match value {
            Value::Zset(zset) => Some(zset),
            _ => None,
        }
    }
}

impl Kept for Zset {
    fn heap(&self) -> usize {
        size_of::<Zset>()
            + match self {
                Zset::Row(row) => row.memory(),
                Zset::Tree(tree) => size_of::<Tree>() + tree.set.memory(),
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            Zset::Row(_) => 1,
            // Leaves of some dozen members, and the segments of their index.
            Zset::Tree(tree) => tree.set.len() / 32 + 1,
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            Zset::Row(row) => {
                *row = Packed::new(mark::ZSET);
                false
            }
            Zset::Tree(tree) => tree.set.drain_step(steps * 32),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match self {
            Zset::Row(row) => Some(row),
            Zset::Tree(_) => None,
        }
    }
}

impl Zset {
    pub fn borrow(&self) -> ZsetRef<'_> {
        match self {
            Zset::Row(row) => ZsetRef::Row(row.view()),
            Zset::Tree(tree) => ZsetRef::Tree(tree),
        }
    }

    /// An empty set for the result of a command, called large until [`Zset::settle`] has seen it whole.
    pub fn result() -> Zset {
        Zset::Row(Packed::new(mark::ZSET | LARGE))
    }

    /// Calls a result small after all if it is.
    pub fn settle(&mut self, forms: &Forms) {
        let view = self.borrow();
        let short = |(member, _): (Item<'_>, f64)| member.text_len() <= forms.zset_max_listpack_value;
        if view.len() > forms.zset_max_listpack_entries || !view.iter().all(short) {
            return;
        }
        let mut small = Zset::empty(forms);
        for (member, score) in view.iter() {
            with_text(&member, |member| small.insert(member, score, forms));
        }
        *self = small;
    }

    /// Tells an empty set how many members are coming and how long the longest one known is. It is named after that at
    /// once, even if in the end they are fewer.
    pub fn expect(&mut self, members: usize, longest: usize, forms: &Forms) {
        if let Zset::Row(row) = self
            && (members > forms.zset_max_listpack_entries || longest > forms.zset_max_listpack_value)
        {
            row.set_mark(row.mark() | LARGE);
        }
    }

    /// Puts a member at a score.
    pub fn insert(&mut self, member: &[u8], score: f64, forms: &Forms) -> Change {
        self.change(member, forms, |_| Some(score))
    }

    /// Lets `decide` choose a member's new score from its old one; `None` leaves everything as it is.
    pub fn change(
        &mut self,
        member: &[u8],
        forms: &Forms,
        decide: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> Change {
        let view = self.borrow();
        let (was_large, len) = (!view.is_small(), view.len());
        let mut large = was_large;
        let decide = |old: Option<f64>| {
            let score = decide(old)?;
            let grows = old.is_none()
                && (member.len() > forms.zset_max_listpack_value || len >= forms.zset_max_listpack_entries);
            large |= grows;
            // A listpack knows one zero.
            Some(if large { score } else { score + 0.0 })
        };
        match self {
            Zset::Row(row) => {
                let change = row::change(row, member, decide);
                if large != was_large {
                    row.set_mark(row.mark() | LARGE);
                }
                if change == Change::Inserted {
                    self.outgrow(forms);
                }
                change
            }
            Zset::Tree(tree) => {
                let change = tree.set.change(member, decide);
                tree.large = large;
                change
            }
        }
    }

    /// Removes a member and returns its score.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self {
            Zset::Row(row) => {
                let (at, score) = find(row.view(), &Coded::of(member))?;
                row.remove(at, 2);
                Some(score)
            }
            Zset::Tree(tree) => tree.set.remove(member),
        }
    }

    /// Removes the members of a range of ranks, which must exist.
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        match self {
            Zset::Row(row) => row.remove(row.view().seek(2 * ranks.start), 2 * ranks.len()),
            Zset::Tree(tree) => tree.set.remove_range(ranks),
        }
    }

    /// A row that has become too large becomes a tree.
    fn outgrow(&mut self, forms: &Forms) {
        let Zset::Row(row) = self else { return };
        if row.size() <= ROW_BYTES_MAX && row.len() / 2 <= ROW_MEMBERS_MAX {
            return;
        }
        let mut set = Ordered::new(forms.hasher);
        for (member, score) in ZsetRef::Row(row.view()).iter() {
            with_text(&member, |member| set.insert(member, score));
        }
        *self = Zset::Tree(Box::new(Tree { set, large: row.mark() & LARGE != 0 }));
    }
}

impl<'a> ZsetRef<'a> {
    pub fn len(&self) -> usize {
        match self {
            ZsetRef::Row(row) => row.len() / 2,
            ZsetRef::Tree(tree) => tree.set.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            ZsetRef::Row(row) => row.is_empty(),
            ZsetRef::Tree(tree) => tree.set.is_empty(),
        }
    }

    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            ZsetRef::Row(row) => find(*row, &Coded::of(member)).map(|(_, score)| score),
            ZsetRef::Tree(tree) => tree.set.score(member),
        }
    }

    /// How many members lie before this one, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match self {
            ZsetRef::Row(row) => {
                let (at, score) = find(*row, &Coded::of(member))?;
                let mut walk = row.start();
                let mut rank = 0;
                while walk < at {
                    walk = row.skip(walk, 2);
                    rank += 1;
                }
                Some((rank, score))
            }
            ZsetRef::Tree(tree) => tree.set.rank(member),
        }
    }

    /// The member with a rank, which must exist.
    pub fn get(&self, rank: usize) -> (Item<'a>, f64) {
        self.range(rank..rank + 1, false).next().expect("the caller knows how many members there are")
    }

    /// All members in order.
    pub fn iter(&self) -> Elements<'a> {
        self.range(0..self.len(), false)
    }

    /// The ranks of the members whose scores lie in a range.
    pub fn score_range(&self, range: &ScoreRange) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let (start, end) = match self {
            ZsetRef::Row(_) => {
                let start = self.iter().take_while(|(_, score)| !range.min_allows(*score)).count();
                let within = |(_, score): &(Item<'_>, f64)| range.max_allows(*score);
                (start, start + self.range(start..self.len(), false).take_while(within).count())
            }
            ZsetRef::Tree(tree) => (
                tree.set.rank_of_score(range.min.score, range.min.exclusive),
                tree.set.rank_of_score(range.max.score, !range.max.exclusive),
            ),
        };
        start..end.max(start)
    }

    /// The ranks of the members that lie in a range by their bytes, if all scores are equal, without the first `offset`
    /// of them in that direction. If scores are not equal, a row says what walking over it from one end shows, as Redis
    /// does.
    pub fn lex_range(&self, range: &LexRange<'_>, reverse: bool, offset: usize) -> Range<usize> {
        if range.is_empty() || self.is_empty() {
            return 0..0;
        }
        let ZsetRef::Tree(tree) = self else { return self.lex_range_of_row(range, reverse, offset) };
        let (start, end) = (range.min.rank(&tree.set, false), range.max.rank(&tree.set, true));
        let offset = offset.min(end.saturating_sub(start));
        if reverse { start..end.max(start) - offset } else { start + offset..end.max(start) }
    }

    fn lex_range_of_row(&self, range: &LexRange<'_>, reverse: bool, offset: usize) -> Range<usize> {
        let len = self.len();
        let above =
            |member: &Item<'_>| with_text(member, |member| range.min.allows(member, Ordering::Greater));
        let below = |member: &Item<'_>| with_text(member, |member| range.max.allows(member, Ordering::Less));
        if !above(&self.get(len - 1).0) || !below(&self.get(0).0) {
            return 0..0;
        }
        let count = |members: &mut dyn Iterator<Item = (Item<'a>, f64)>, test: &dyn Fn(&Item<'_>) -> bool| {
            members.take_while(|(member, _)| test(member)).count()
        };
        // The first member must lie within both bounds, those passed over need not, the others within the further one.
        if reverse {
            let end = len - count(&mut self.range(0..len, true), &|member| !below(member));
            if end == 0 || !above(&self.get(end - 1).0) {
                return 0..0;
            }
            let end = end.saturating_sub(offset);
            end - count(&mut self.range(0..end, true), &above)..end
        } else {
            let start = count(&mut self.iter(), &|member| !above(member));
            if start == len || !below(&self.get(start).0) {
                return 0..0;
            }
            let start = start.saturating_add(offset).min(len);
            start..start + count(&mut self.range(start..len, false), &below)
        }
    }

    /// Whether the name is still `listpack`.
    pub fn is_small(&self) -> bool {
        match self {
            ZsetRef::Row(row) => row.mark() & LARGE == 0,
            ZsetRef::Tree(tree) => !tree.large,
        }
    }

    /// Visits about `count` members from a cursor on and returns the next one, 0 when done. What is small is visited at
    /// once.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(&[u8], f64)) -> u64 {
        match self {
            ZsetRef::Tree(tree) if tree.large => tree.set.scan(cursor, count, visit),
            _ => {
                self.iter().for_each(|(member, score)| with_text(&member, |member| visit(member, score)));
                0
            }
        }
    }
}

impl Described for ZsetRef<'_> {
    fn type_name(&self) -> &'static str {
        "zset"
    }

    fn encoding(&self) -> &'static str {
        if self.is_small() { "listpack" } else { "skiplist" }
    }

    fn digest(&self, digest: &mut Digest) {
        const ZSET: u32 = 3;
        digest.mix(&ZSET.to_be_bytes());
        for (member, score) in self.iter() {
            let mut one = Digest::default();
            with_text(&member, |member| one.mix(member));
            let mut digits = [0; double::MAX_TEXT];
            one.mix(if score.is_finite() {
                double::format_f64_digits(&mut digits, score)
            } else {
                double::format_f64(&mut digits, score)
            });
            digest.xor_digest(&one);
        }
    }

    fn rdb_kind(&self) -> u8 {
        super::rdb::kind(self)
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

    fn forms(entries: usize, value: usize) -> Forms {
        let defaults = Forms::new(Hasher64::new(1, 2));
        Forms { zset_max_listpack_entries: entries, zset_max_listpack_value: value, ..defaults }
    }

    fn elements(members: impl Iterator<Item = (Item<'static>, f64)>) -> Vec<(Vec<u8>, f64)> {
        members.map(|(member, score)| (member.to_vec(), score)).collect()
    }

    /// The same set as a row and as a tree, and what is in it, in order.
    fn both(elements: &BTreeMap<Vec<u8>, f64>) -> ([Zset; 2], Vec<(Vec<u8>, f64)>) {
        let forms = forms(128, 64);
        let mut row = Zset::empty(&forms);
        let mut set = Ordered::new(forms.hasher);
        for (member, score) in elements {
            row.insert(member, *score, &forms);
            set.insert(member, *score);
        }
        assert!(matches!(row, Zset::Row(_)), "few are a row");
        let mut order: Vec<_> = elements.clone().into_iter().collect();
        order.sort_by(|one, two| one.1.partial_cmp(&two.1).expect("numbers").then(one.0.cmp(&two.0)));
        ([row, Zset::Tree(Box::new(Tree { set, large: true }))], order)
    }

    fn few() -> impl Strategy<Value = BTreeMap<Vec<u8>, f64>> {
        let member = prop_oneof!["[a-c]{0,3}", "-?[0-9]{1,2}"].prop_map(String::into_bytes);
        let score = prop_oneof![
            3 => (0i32..4).prop_map(f64::from),
            1 => any::<i32>().prop_map(|score| f64::from(score) / 8.0),
            1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(9007199254740993.0), Just(1e300)],
        ];
        proptest::collection::btree_map(member, score, 0..40)
    }

    proptest! {
        #[test]
        fn a_row_and_a_tree_answer_alike(
            elements_ in few(), min in -1i32..5, max in -1i32..5, bounds in any::<[bool; 2]>(),
            least in "[a-c]{0,2}", greatest in "[a-c]{0,2}", cut in any::<(u8, u8)>(),
        ) {
            let (sets, order) = both(&elements_);
            let len = order.len();
            let (low, high) = (cut.0 as usize % (len + 1), cut.1 as usize % (len + 1));
            let ranks = low.min(high)..low.max(high);
            let bound = |word: i32, exclusive: bool| format!("{}{word}", if exclusive { "(" } else { "" });
            let (min, max) = (bound(min, bounds[0]), bound(max, bounds[1]));
            let range = ScoreRange::parse(min.as_bytes(), max.as_bytes()).expect("bounds");
            let within = order.iter().filter(|(_, s)| range.min_allows(*s) && range.max_allows(*s)).count();
            for set in &sets {
                let view = set.borrow();
                prop_assert_eq!(view.len(), len);
                let all: Vec<_> = view.iter().map(|(m, s)| (m.to_vec(), s)).collect();
                prop_assert_eq!(&all, &order);
                let part: Vec<_> = view.range(ranks.clone(), true).map(|(m, s)| (m.to_vec(), s)).collect();
                prop_assert!(part.iter().eq(order[ranks.clone()].iter().rev()));
                for (rank, (member, score)) in order.iter().enumerate() {
                    prop_assert_eq!(view.rank(member), Some((rank, *score)));
                    prop_assert_eq!(view.score(member), Some(*score));
                }
                prop_assert_eq!(view.rank(b"absent"), None);
                prop_assert_eq!(view.score_range(&range).len(), if range.is_empty() { 0 } else { within });
            }
            let flat: BTreeMap<_, _> = elements_.keys().map(|member| (member.clone(), 7.0)).collect();
            let (sets, order) = both(&flat);
            let (least, greatest) = (bound_by(&least, bounds[0]), bound_by(&greatest, bounds[1]));
            let range = LexRange::parse(least.as_bytes(), greatest.as_bytes()).expect("bounds");
            let inside = |member: &[u8]| {
                range.min.allows(member, Ordering::Greater) && range.max.allows(member, Ordering::Less)
            };
            let expected: Vec<_> = order.iter().filter(|(member, _)| inside(member)).collect();
            for (set, reverse) in sets.iter().zip([false, true]).chain(sets.iter().zip([true, false])) {
                let view = set.borrow();
                let found = view.range(view.lex_range(&range, reverse, 0), false).map(|(m, s)| (m.to_vec(), s));
                let found: Vec<_> = found.collect();
                prop_assert!(range.is_empty() && found.is_empty() || found.iter().eq(expected.iter().copied()));
            }
        }
    }

    fn bound_by(member: &str, exclusive: bool) -> String {
        format!("{}{member}", if exclusive { "(" } else { "[" })
    }

    #[test]
    fn a_row_becomes_a_tree_and_the_name_follows_the_thresholds() {
        for (entries, value) in [(128, 64), (3, 64), (1000, 64), (128, 3)] {
            let forms = forms(entries, value);
            let mut zset = Zset::empty(&forms);
            for n in 0..600 {
                zset.insert(format!("m{n}").as_bytes(), f64::from(n % 7), &forms);
                let small = (n as usize) < entries && format!("m{n}").len() <= value;
                assert_eq!(zset.borrow().is_small(), small, "{n} members, thresholds {entries} {value}");
                assert_eq!(matches!(zset, Zset::Row(_)), n < 128);
            }
            for n in 0..599 {
                assert_eq!(zset.remove(format!("m{n}").as_bytes()), Some(f64::from(n % 7)));
            }
            assert_eq!(zset.borrow().is_small(), entries == 1000, "a name never goes back");
            assert_eq!(zset.borrow().get(0).0.to_vec(), b"m599");
        }
    }

    #[test]
    fn members_that_are_coming_decide_on_the_name() {
        let forms = forms(3, 5);
        for (members, longest, small) in [(3, 5, true), (4, 5, false), (1, 6, false)] {
            let mut zset = Zset::empty(&forms);
            zset.expect(members, longest, &forms);
            zset.insert(b"a", 1.0, &forms);
            assert_eq!(zset.borrow().is_small(), small);
        }
    }

    /// What Redis 8.0 does: a listpack holds zero as an integer, a skip list the double it was given.
    #[test]
    fn a_small_set_has_no_negative_zero() {
        let forms = forms(2, 5);
        let mut zset = Zset::empty(&forms);
        zset.insert(b"a", -0.0, &forms);
        zset.insert(b"b", -0.0, &forms);
        zset.insert(b"c", -0.0, &forms);
        let signs: Vec<_> = zset.borrow().iter().map(|(_, score)| score.is_sign_negative()).collect();
        assert_eq!(signs, [false, false, true]);
        let mut result = Zset::result();
        result.insert(b"a", -0.0, &forms);
        assert!(result.borrow().score(b"a").expect("it is there").is_sign_negative());
        result.settle(&forms);
        assert!(result.borrow().is_small() && result.borrow().score(b"a").expect("it is").is_sign_positive());
    }

    #[test]
    fn scores_that_are_integers_take_few_bytes() {
        let forms = forms(128, 64);
        let size = |score: f64| {
            let mut zset = Zset::empty(&forms);
            zset.insert(b"m", score, &forms);
            let all = elements(zset.clone().borrow().iter().map(|(_, score)| (Item::Int(0), score)));
            assert_eq!(all[0].1, score);
            zset.packed().expect("a row").size()
        };
        let one = size(0.0);
        assert_eq!((size(63.0), size(1000.0), size(1e15)), (one, one + 2, one + 8));
        assert_eq!(
            (size(9007199254740992.0), size(9007199254740994.0), size(0.5)),
            (one + 8, one + 8, one + 8)
        );
    }

    /// As DEBUG DIGEST-VALUE of Redis 8.0 says.
    #[test]
    fn digests_are_those_of_redis() {
        let forms = forms(128, 64);
        let digest = |elements: &[(&str, f64)]| {
            let mut zset = Zset::empty(&forms);
            elements.iter().for_each(|(member, score)| {
                assert_eq!(zset.insert(member.as_bytes(), *score, &forms), Change::Inserted)
            });
            let mut digest = Digest::default();
            zset.borrow().digest(&mut digest);
            digest.to_string()
        };
        let infinite = [("x", f64::INFINITY), ("y", f64::NEG_INFINITY)];
        assert_eq!(digest(&infinite), "1e69d16a4da7d9ae58002b2cdcaf09a1736ad76f");
        let three = [("x", 1.0), ("y", 2.0), ("z", 3.0)];
        assert_eq!(digest(&three), "2980763583518a63526fc5a1947d66585c437ddb");
    }
}
