//! Texts too long to lie in a slice, each with an allocation of its own and a number to be found by.

use super::word::{Kind, Word};

#[derive(Clone, Debug, Default)]
pub(super) struct Large {
    /// An empty text is a free number.
    texts: Vec<Box<[u8]>>,
    free: Vec<u32>,
    bytes: usize,
}

impl Large {
    pub fn put(&mut self, text: &[u8]) -> u32 {
        self.bytes += text.len();
        match self.free.pop() {
            Some(number) => {
                self.texts[number as usize] = text.into();
                number
            }
            None => {
                self.texts.push(text.into());
                u32::try_from(self.texts.len() - 1).expect("memory ends before large texts have 32 bits")
            }
        }
    }

    pub fn get(&self, number: u32) -> &[u8] {
        &self.texts[number as usize]
    }

    /// Frees the text that a word stood for, if it stood for one here.
    pub fn release(&mut self, word: Word) {
        let Kind::Large(number) = word.kind() else { return };
        let text = std::mem::take(&mut self.texts[number as usize]);
        self.bytes -= text.len();
        self.free.push(number);
        if self.free.len() == self.texts.len() {
            *self = Large::default();
        }
    }

    /// Drops the last text, whether a word stands for it or not; false if there is none.
    pub fn drop_one(&mut self) -> bool {
        let Some(text) = self.texts.pop() else { return false };
        self.bytes -= text.len();
        true
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn memory(&self) -> usize {
        self.bytes + self.texts.capacity() * size_of::<Box<[u8]>>() + self.free.capacity() * 4
    }
}
