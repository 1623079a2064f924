//! A stretch of positions that holds at least one element, in the form that is smallest for it.

use super::Rules;
use super::bitmap::Bitmap;
use super::packed::{self, Packed, Record, text_of};
use super::word::Word;
use std::ops::RangeInclusive;

/// A bitmap of no more elements than this is packed again.
const FEW: usize = packed::MAX / 2;

#[derive(Clone, Debug)]
pub(super) enum Slice {
    Packed(Packed),
    Bitmap(Box<Bitmap>),
}

impl Slice {
    pub fn new(record: Record<'_>, rules: Rules) -> Slice {
        let dense = rules.sparse_max == 0;
        Slice::Packed(Packed::new(dense, std::iter::once(record)))
    }

    pub fn len(&self) -> usize {
        match self {
            Slice::Packed(slice) => slice.len(),
            Slice::Bitmap(slice) => slice.len(),
        }
    }

    pub fn heap(&self) -> usize {
        match self {
            Slice::Packed(slice) => slice.heap(),
            Slice::Bitmap(slice) => size_of::<Bitmap>() + slice.heap(),
        }
    }

    pub fn is_dense(&self) -> bool {
        match self {
            Slice::Packed(slice) => slice.is_dense(),
            Slice::Bitmap(slice) => slice.is_dense(),
        }
    }

    pub fn find(&self, offset: u16) -> Option<usize> {
        match self {
            Slice::Packed(slice) => slice.find(offset),
            Slice::Bitmap(slice) => slice.find(offset),
        }
    }

    /// The word of the element of this rank, and its bytes if they are in this slice.
    pub fn element(&self, rank: usize) -> (Word, &[u8]) {
        let (word, texts) = match self {
            Slice::Packed(slice) => (slice.word(rank), slice.texts()),
            Slice::Bitmap(slice) => (slice.word(rank), slice.texts()),
        };
        (word, text_of(word, texts))
    }

    /// How many elements lie before `offset`, which may be one past the last position.
    pub fn rank(&self, offset: u32) -> usize {
        match self {
            Slice::Packed(slice) => slice.rank(offset),
            Slice::Bitmap(slice) => slice.rank(offset),
        }
    }

    /// The first position from `offset` on that holds an element.
    pub fn from(&self, offset: u32) -> Option<u16> {
        match self {
            Slice::Packed(slice) => {
                let rank = slice.rank(offset);
                (rank < slice.len()).then(|| slice.offset(rank))
            }
            Slice::Bitmap(slice) => slice.from(offset),
        }
    }

    /// The last position up to `offset` that holds an element.
    pub fn up_to(&self, offset: u16) -> Option<u16> {
        match self {
            Slice::Packed(slice) => {
                slice.rank(u32::from(offset) + 1).checked_sub(1).map(|rank| slice.offset(rank))
            }
            Slice::Bitmap(slice) => slice.up_to(offset),
        }
    }

    /// Puts an element, and gives the word that was in its place.
    pub fn put(&mut self, record: Record<'_>, positions: usize, rules: Rules) -> Word {
        let old = match self {
            Slice::Bitmap(slice) => slice.put(record),
            Slice::Packed(slice) => {
                let found = slice.find(record.offset);
                let old = found.map_or(Word::EMPTY, |rank| slice.word(rank));
                match found {
                    Some(rank) if old.text_len() == 0 && record.word.text_len() == 0 => {
                        slice.replace_word(rank, record.word);
                    }
                    None if slice.len() == packed::MAX => {
                        let mut grown = Bitmap::new(slice.is_dense(), positions, slice.records());
                        grown.put(record);
                        *self = Slice::Bitmap(Box::new(grown));
                    }
                    _ => *slice = slice.with(record),
                }
                old
            }
        };
        if !self.is_dense() && self.len() > rules.sparse_max {
            self.set_dense(true);
        }
        old
    }

    /// Takes out the elements of `offsets`, handing their words to `taken`.
    pub fn take(&mut self, offsets: RangeInclusive<u16>, rules: Rules, mut taken: impl FnMut(Word)) {
        match self {
            Slice::Bitmap(slice) => {
                slice.take(offsets, taken);
                if slice.len() <= FEW {
                    *self = Slice::Packed(Packed::new(slice.is_dense(), slice.records()));
                }
            }
            Slice::Packed(slice) => {
                let ranks =
                    slice.rank(u32::from(*offsets.start()))..slice.rank(u32::from(*offsets.end()) + 1);
                if ranks.is_empty() {
                    return;
                }
                ranks.clone().for_each(|rank| taken(slice.word(rank)));
                *slice = slice.without(ranks);
            }
        }
        if self.is_dense() && self.len() < rules.sparse_min && rules.sparse_max > 0 {
            self.set_dense(false);
        }
    }

    /// Hands every word to `each`.
    pub fn words(&self, mut each: impl FnMut(Word)) {
        (0..self.len()).for_each(|rank| each(self.element(rank).0));
    }

    fn set_dense(&mut self, dense: bool) {
        match self {
            Slice::Packed(slice) => slice.set_dense(dense),
            Slice::Bitmap(slice) => slice.set_dense(dense),
        }
    }
}
