//! A slice of many elements: a bit for every position, and the words of those that are there, close together.
//!
//! ```text
//!  bits    0 1 1 0 ... 1        which positions hold an element
//!  before  0 . . . 27 ...       how many elements lie before each 64 positions
//!  words   [ w w w ... ]        one for each bit that is set, in order
//!  texts   "......."            what the words speak of, back to back, with holes
//! ```
//!
//! The word of a position is found by counting bits. A full slice thus costs eight bytes an element and a sixth
//! of a byte for the counting, and a thin one little more than its elements.

use super::packed::{Record, text_of};
use super::word::Word;

/// Holes among the texts that are not worth moving them.
const HOLES: usize = 512;

#[derive(Clone, Debug)]
pub(super) struct Bitmap {
    bits: Box<[u64]>,
    before: Box<[u16]>,
    words: Vec<Word>,
    texts: Vec<u8>,
    /// Bytes of `texts` that no word speaks of any more.
    holes: usize,
    dense: bool,
}

impl Bitmap {
    /// Takes records in the order of their offsets, for a slice of `positions`.
    pub fn new<'a>(dense: bool, positions: usize, records: impl Iterator<Item = Record<'a>>) -> Bitmap {
        let groups = positions.div_ceil(64);
        let mut new = Bitmap {
            bits: vec![0; groups].into_boxed_slice(),
            before: vec![0; groups].into_boxed_slice(),
            words: Vec::new(),
            texts: Vec::new(),
            holes: 0,
            dense,
        };
        for record in records {
            new.put(record);
        }
        new
    }

    pub fn is_dense(&self) -> bool {
        self.dense
    }

    pub fn set_dense(&mut self, dense: bool) {
        self.dense = dense;
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Bytes on the heap, without those of the struct itself.
    pub fn heap(&self) -> usize {
        self.bits.len() * 10 + self.words.capacity() * size_of::<Word>() + self.texts.capacity()
    }

    pub fn word(&self, rank: usize) -> Word {
        self.words[rank]
    }

    pub fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// How many elements lie before `offset`, which may be one past the last position.
    pub fn rank(&self, offset: u32) -> usize {
        let (group, bit) = (offset as usize / 64, offset % 64);
        match self.bits.get(group) {
            None => self.words.len(),
            Some(bits) => usize::from(self.before[group]) + (bits & ((1 << bit) - 1)).count_ones() as usize,
        }
    }

    pub fn find(&self, offset: u16) -> Option<usize> {
        let (group, bit) = (usize::from(offset) / 64, offset % 64);
        (self.bits[group] >> bit & 1 == 1).then(|| self.rank(u32::from(offset)))
    }

    /// The first position from `offset` on that holds an element.
    pub fn from(&self, offset: u32) -> Option<u16> {
        let mut group = offset as usize / 64;
        let mut bits = self.bits.get(group)? & (u64::MAX << (offset % 64));
        while bits == 0 {
            group += 1;
            bits = *self.bits.get(group)?;
        }
        Some((group * 64) as u16 + bits.trailing_zeros() as u16)
    }

    /// The last position up to `offset` that holds an element.
    pub fn up_to(&self, offset: u16) -> Option<u16> {
        let mut group = usize::from(offset) / 64;
        let mut bits = self.bits[group] & (u64::MAX >> (63 - offset % 64));
        while bits == 0 {
            group = group.checked_sub(1)?;
            bits = self.bits[group];
        }
        Some((group * 64) as u16 + (63 - bits.leading_zeros() as u16))
    }

    /// Puts an element, and gives the word that was in its place.
    pub fn put(&mut self, record: Record<'_>) -> Word {
        let word = match record.word.text_len() {
            0 => record.word,
            len => {
                let start = self.texts.len();
                reserve(&mut self.texts, len);
                self.texts.extend_from_slice(record.text);
                Word::text(start as u32, len as u8)
            }
        };
        let (group, bit) = (usize::from(record.offset) / 64, record.offset % 64);
        let rank = self.rank(u32::from(record.offset));
        if self.bits[group] >> bit & 1 == 1 {
            let old = std::mem::replace(&mut self.words[rank], word);
            self.forget(old.text_len());
            return old;
        }
        self.bits[group] |= 1 << bit;
        self.before[group + 1..].iter_mut().for_each(|count| *count += 1);
        self.words.insert(rank, word);
        Word::EMPTY
    }

    /// Takes out the elements of `offsets`, handing their words to `taken`.
    pub fn take(&mut self, offsets: std::ops::RangeInclusive<u16>, mut taken: impl FnMut(Word)) {
        let (first, last) = (u32::from(*offsets.start()), u32::from(*offsets.end()));
        let ranks = self.rank(first)..self.rank(last + 1);
        let mut forgotten = 0;
        for word in self.words.drain(ranks) {
            forgotten += word.text_len();
            taken(word);
        }
        for (group, bits) in self.bits.iter_mut().enumerate() {
            let start = (group * 64) as u32;
            if start > last || start + 64 <= first {
                continue;
            }
            let from = first.saturating_sub(start);
            let to = (last - start).min(63);
            *bits &= !((u64::MAX << from) & (u64::MAX >> (63 - to)));
        }
        let mut before = 0;
        for (count, bits) in self.before.iter_mut().zip(&self.bits) {
            *count = before as u16;
            before += bits.count_ones();
        }
        if self.words.capacity() > 2 * self.words.len() + 16 {
            self.words.shrink_to(self.words.len() + self.words.len() / 4);
        }
        self.forget(forgotten);
    }

    pub fn records(&self) -> impl Iterator<Item = Record<'_>> + Clone {
        let mut next = 0;
        let mut rank = 0;
        std::iter::from_fn(move || {
            let offset = self.from(next)?;
            let word = self.words[rank];
            (next, rank) = (u32::from(offset) + 1, rank + 1);
            Some(Record { offset, word, text: text_of(word, &self.texts) })
        })
    }

    /// Counts bytes of texts as gone, and closes the holes when they are as large as what is left.
    fn forget(&mut self, bytes: usize) {
        self.holes += bytes;
        if self.holes < HOLES || self.holes * 2 < self.texts.len() {
            return;
        }
        let mut texts = Vec::with_capacity(self.texts.len() - self.holes);
        for word in &mut self.words {
            let text = text_of(*word, &self.texts);
            if !text.is_empty() {
                *word = Word::text(texts.len() as u32, text.len() as u8);
                texts.extend_from_slice(text);
            }
        }
        self.texts = texts;
        self.holes = 0;
    }
}

/// Grows by an eighth rather than by doubling: there are many of these, and most of them are finished.
fn reserve(texts: &mut Vec<u8>, more: usize) {
    if texts.capacity() - texts.len() < more {
        texts.reserve_exact(more.max(texts.len() / 8).max(64));
    }
}
