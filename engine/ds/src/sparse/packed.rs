//! A slice of few elements: one allocation, records in the order of their positions, then their texts.
//!
//! ```text
//!  u8 flags and count · count × (u16 offset, u64 word) · texts          little-endian
//! ```
//!
//! A change builds the bytes anew. There are at most [`MAX`] records, so that is one small allocation.

use super::word::Word;

/// The most records of a packed slice; one more turns it into a bitmap.
pub(super) const MAX: usize = 16;

const HEADER: usize = 1;
const RECORD: usize = 10;
/// The flag for a slice that is reported as dense.
const DENSE: u8 = 0x80;

#[derive(Clone, Debug)]
pub(super) struct Packed(Box<[u8]>);

/// A record on its way into a slice: where, what, and the bytes that its word speaks of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub offset: u16,
    pub word: Word,
    pub text: &'a [u8],
}

impl Packed {
    /// Packs records, which come in the order of their offsets.
    pub fn new<'a>(dense: bool, records: impl Iterator<Item = Record<'a>> + Clone) -> Packed {
        let (count, text) =
            records.clone().fold((0, 0), |(count, text), record| (count + 1, text + record.text.len()));
        assert!(count <= MAX, "the packed form is for few records");
        let mut bytes = Vec::with_capacity(HEADER + count * RECORD + text);
        bytes.push(count as u8 | if dense { DENSE } else { 0 });
        let mut start = 0;
        for record in records.clone() {
            let word = match record.word.text_len() {
                0 => record.word,
                _ => Word::text(start, record.text.len() as u8),
            };
            bytes.extend_from_slice(&record.offset.to_le_bytes());
            bytes.extend_from_slice(&word.to_bits().to_le_bytes());
            start += record.text.len() as u32;
        }
        records.for_each(|record| bytes.extend_from_slice(record.text));
        Packed(bytes.into_boxed_slice())
    }

    pub fn is_dense(&self) -> bool {
        self.0[0] & DENSE != 0
    }

    pub fn set_dense(&mut self, dense: bool) {
        self.0[0] = self.0[0] & !DENSE | if dense { DENSE } else { 0 };
    }

    pub fn len(&self) -> usize {
        usize::from(self.0[0] & !DENSE)
    }

    pub fn heap(&self) -> usize {
        self.0.len()
    }

    pub fn offset(&self, rank: usize) -> u16 {
        let at = HEADER + rank * RECORD;
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    pub fn word(&self, rank: usize) -> Word {
        let at = HEADER + rank * RECORD + 2;
        Word::from_bits(u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes are eight")))
    }

    pub fn texts(&self) -> &[u8] {
        &self.0[HEADER + self.len() * RECORD..]
    }

    fn record(&self, rank: usize) -> Record<'_> {
        let word = self.word(rank);
        Record { offset: self.offset(rank), word, text: text_of(word, self.texts()) }
    }

    pub fn records(&self) -> impl DoubleEndedIterator<Item = Record<'_>> + Clone {
        (0..self.len()).map(|rank| self.record(rank))
    }

    /// How many records lie before `offset`.
    pub fn rank(&self, offset: u32) -> usize {
        (0..self.len()).find(|&rank| u32::from(self.offset(rank)) >= offset).unwrap_or(self.len())
    }

    /// The record at `offset`.
    pub fn find(&self, offset: u16) -> Option<usize> {
        (0..self.len()).find(|&rank| self.offset(rank) == offset)
    }

    /// With `new` in it, in the place of what was at its offset if anything was.
    pub fn with(&self, new: Record<'_>) -> Packed {
        let rank = self.rank(u32::from(new.offset));
        let replaced = usize::from(rank < self.len() && self.offset(rank) == new.offset);
        let before = (0..rank).map(|rank| self.record(rank));
        let after = (rank + replaced..self.len()).map(|rank| self.record(rank));
        Packed::new(self.is_dense(), before.chain(std::iter::once(new)).chain(after))
    }

    /// Without the records of these ranks.
    pub fn without(&self, ranks: std::ops::Range<usize>) -> Packed {
        let before = (0..ranks.start).map(|rank| self.record(rank));
        let after = (ranks.end..self.len()).map(|rank| self.record(rank));
        Packed::new(self.is_dense(), before.chain(after))
    }

    /// Puts another word in the place of one that has no bytes here, when neither has the new one.
    pub fn replace_word(&mut self, rank: usize, word: Word) {
        assert!(self.word(rank).text_len() == 0 && word.text_len() == 0, "texts would move");
        let at = HEADER + rank * RECORD + 2;
        self.0[at..at + 8].copy_from_slice(&word.to_bits().to_le_bytes());
    }
}

/// The bytes among `texts` that a word speaks of.
pub(super) fn text_of(word: Word, texts: &[u8]) -> &[u8] {
    match word.kind() {
        super::word::Kind::Text { start, len } => &texts[start as usize..start as usize + usize::from(len)],
        _ => &[],
    }
}
