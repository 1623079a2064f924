//! The sorted set type: its forms and when each is used.
//!
//! | form   | where                          | when                                                       |
//! |--------|--------------------------------|------------------------------------------------------------|
//! | row    | in the entry, or an object     | few members in few bytes: member, score, member, ... in order |
//! | tree   | an object                      | more: `ds::ordered`                                        |
//!
//! OBJECT ENCODING's name is apart from the form: `listpack` until a set has more members than
//! `zset-max-listpack-entries` or one longer than `zset-max-listpack-value`, then `skiplist` for good.

use super::range::{LexRange, ScoreRange};
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::double;
use ds::ordered::{self, Change, Ordered};
use ds::packed::{self, Coded, Item, Packed, PackedRef, Position};
use ds::table::ValueRef;
use std::cmp::Ordering;
use std::ops::Range;

/// In a row's mark: the set has grown over the thresholds once.
const LARGE: u8 = 1 << 3;
/// A row of more members becomes a tree: a search of it would take longer than a look into one.
const ROW_MEMBERS_MAX: usize = 128;
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
    set: Ordered,
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

/// The way a score is stored in a row: as an integer where it is one.
fn score_item(score: f64) -> Item<'static> {
    const EXACT: f64 = (1u64 << 53) as f64;
    let integer =
        score.trunc() == score && score.abs() <= EXACT && (score != 0.0 || score.is_sign_positive());
    if integer { Item::Int(score as i64) } else { Item::Double(score) }
}

fn score_of(item: Item<'_>) -> f64 {
    match item {
        Item::Int(value) => value as f64,
        Item::Double(value) => value,
        Item::Text(_) => unreachable!("a score is a number"),
    }
}

/// A member's bytes, if it lies as text, or else its digits.
pub(super) fn with_text<R>(member: &Item<'_>, body: impl FnOnce(&[u8]) -> R) -> R {
    body(member.text(&mut Default::default()))
}

impl Zset {
    pub fn borrow(&self) -> ZsetRef<'_> {
        match self {
            Zset::Row(row) => ZsetRef::Row(row.view()),
            Zset::Tree(tree) => ZsetRef::Tree(tree),
        }
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
        match self {
            Zset::Row(row) => {
                let change = change_row(row, member, decide);
                if change == Change::Inserted {
                    let large = member.len() > forms.zset_max_listpack_value
                        || row.len() / 2 > forms.zset_max_listpack_entries;
                    if large {
                        row.set_mark(row.mark() | LARGE);
                    }
                    self.outgrow(forms);
                }
                change
            }
            Zset::Tree(tree) => {
                let change = tree.set.change(member, decide);
                if change == Change::Inserted {
                    tree.large |= member.len() > forms.zset_max_listpack_value
                        || tree.set.len() > forms.zset_max_listpack_entries;
                }
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

/// Where a member stands in a row, and its score.
fn find(row: PackedRef<'_>, member: &Coded<'_>) -> Option<(Position, f64)> {
    let at = row.find(row.start(), member, 2)?;
    let (score, _) = row.get(row.skip(at, 1))?;
    Some((at, score_of(score)))
}

fn change_row(row: &mut Packed, member: &[u8], decide: impl FnOnce(Option<f64>) -> Option<f64>) -> Change {
    let coded = Coded::of(member);
    let found = find(row.view(), &coded);
    let old = found.map(|(_, score)| score);
    let Some(score) = decide(old).filter(|score| old != Some(*score)) else { return Change::Kept };
    assert!(!score.is_nan(), "the caller refuses NaN");
    if let Some((at, _)) = found {
        row.remove(at, 2);
    }
    let view = row.view();
    let mut at = view.start();
    while let Some((other, next)) = view.get(at) {
        let (other_score, next) = view.get(next).expect("a member has a score");
        let other_score = score_of(other_score);
        let before =
            other_score < score || (other_score == score && with_text(&other, |other| other < member));
        if !before {
            break;
        }
        at = next;
    }
    row.insert(at, &[coded, Coded::from(score_item(score))]);
    if found.is_some() { Change::Updated } else { Change::Inserted }
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

    /// The members of a range of ranks, which must exist, the last one first if so wanted.
    pub fn range(&self, ranks: Range<usize>, reverse: bool) -> Elements<'a> {
        match (self, reverse) {
            (ZsetRef::Row(row), false) => {
                Elements::Row(row.iter_from(row.seek(2 * ranks.start)), ranks.len())
            }
            (ZsetRef::Row(row), true) => {
                let mut places = [row.start(); ROW_MEMBERS_MAX];
                let mut at = row.seek(2 * ranks.start);
                for place in &mut places[..ranks.len()] {
                    *place = at;
                    at = row.skip(at, 2);
                }
                Elements::RowBack(*row, places, ranks.len())
            }
            (ZsetRef::Tree(tree), false) => Elements::Tree(tree.set.range(ranks)),
            (ZsetRef::Tree(tree), true) => Elements::TreeBack(tree.set.range(ranks).rev()),
        }
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

    /// The ranks of the members that lie in a range by their bytes, if all scores are equal. If they are not, a row
    /// says what walking over it from one end shows, as Redis does.
    pub fn lex_range(&self, range: &LexRange<'_>, reverse: bool) -> Range<usize> {
        if range.is_empty() || self.is_empty() {
            return 0..0;
        }
        let ZsetRef::Tree(tree) = self else { return self.lex_range_of_row(range, reverse) };
        let (start, end) = (range.min.rank(&tree.set, false), range.max.rank(&tree.set, true));
        start..end.max(start)
    }

    fn lex_range_of_row(&self, range: &LexRange<'_>, reverse: bool) -> Range<usize> {
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
        if reverse {
            let end = len - count(&mut self.range(0..len, true), &|member| !below(member));
            end - count(&mut self.range(0..end, true), &above)..end
        } else {
            let start = count(&mut self.iter(), &|member| !above(member));
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

/// Members with their scores, see [`ZsetRef::range`].
pub enum Elements<'a> {
    /// The items that follow, and how many members to take from them.
    Row(packed::Iter<'a>, usize),
    /// Where the members are, and how many of them are left.
    RowBack(PackedRef<'a>, [Position; ROW_MEMBERS_MAX], usize),
    Tree(ordered::Range<'a>),
    TreeBack(std::iter::Rev<ordered::Range<'a>>),
}

impl<'a> Iterator for Elements<'a> {
    type Item = (Item<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<(Item<'a>, f64)> {
        let text = |(member, score)| (Item::Text(member), score);
        match self {
            Elements::Row(items, left) => {
                *left = left.checked_sub(1)?;
                Some((items.next()?, score_of(items.next()?)))
            }
            Elements::RowBack(row, places, left) => {
                *left = left.checked_sub(1)?;
                let (member, next) = row.get(places[*left])?;
                Some((member, score_of(row.get(next)?.0)))
            }
            Elements::Tree(range) => range.next().map(text),
            Elements::TreeBack(range) => range.next().map(text),
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
