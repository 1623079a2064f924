//! Reading the members of a range of ranks, in either direction and from either form.

use super::row::score_of;
use super::value::{ROW_MEMBERS_MAX, ZsetRef};
use ds::ordered;
use ds::packed::{self, Item, PackedRef, Position};
use std::ops::Range;

impl<'a> ZsetRef<'a> {
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
