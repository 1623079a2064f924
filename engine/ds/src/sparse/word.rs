//! One element in eight bytes: a number, a short text, or where a longer text lies.
//!
//! ```text
//!  bits 0..3   the rest
//!   0 empty    all zero: no element is here
//!   1 integer  61 bits, two's complement
//!   2 short    length in bits 3..6, up to seven bytes of text in bits 8..64
//!   3 decimal  sign in bit 3, digits after the point in bits 4..8, all digits as one number in bits 8..64
//!   4 text     length in bits 8..16, place among the texts of the slice in bits 16..48
//!   5 large    number among the large texts of the array in bits 8..40
//! ```
//!
//! A text becomes a number only when the number is written back as the same text, byte for byte: "7" does, "07"
//! and "+7" stay texts. Decimals are kept in base ten, so that "3.14" and "1.50" survive exactly, which few of
//! them would as doubles.

use crate::int;

/// Texts of more bytes than this are [`Word::large`]: each has its own allocation.
pub(super) const MAX_TEXT: usize = 255;

/// The longest text that fits into the word itself.
const MAX_SHORT: usize = 7;

/// Integers from `-WHOLE` to `WHOLE - 1` fit into the word.
const WHOLE: i64 = 1 << 60;

/// A decimal's digits, read as one integer, are below this.
const DIGITS: u64 = 1 << 56;

/// The most digits a decimal has after its point.
pub const MAX_SCALE: u8 = 15;

/// Room for the text of every element that is not stored as text.
pub type Scratch = [u8; 24];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

/// What a word says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer(i64),
    Short(Short),
    Decimal(Decimal),
    /// Bytes of the slice's texts.
    Text {
        start: u32,
        len: u8,
    },
    /// A number among the array's large texts.
    Large(u32),
}

impl Word {
    pub const EMPTY: Word = Word(0);

    /// The word of a text that needs no further bytes, if it is one.
    pub fn inline(text: &[u8]) -> Option<Word> {
        if let Some(value) = int::parse_i64(text)
            && (-WHOLE..WHOLE).contains(&value)
        {
            return Some(Word((value as u64) << 3 | 1));
        }
        if text.len() <= MAX_SHORT {
            let mut bytes = [0; 8];
            bytes[1..=text.len()].copy_from_slice(text);
            return Some(Word(u64::from_le_bytes(bytes) | (text.len() as u64) << 3 | 2));
        }
        Decimal::parse(text).map(|number| {
            Word(number.digits << 8 | u64::from(number.scale) << 4 | u64::from(number.negative) << 3 | 3)
        })
    }

    pub fn text(start: u32, len: u8) -> Word {
        Word(u64::from(start) << 16 | u64::from(len) << 8 | 4)
    }

    pub fn large(number: u32) -> Word {
        Word(u64::from(number) << 8 | 5)
    }

    pub fn to_bits(self) -> u64 {
        self.0
    }

    pub fn from_bits(bits: u64) -> Word {
        Word(bits)
    }

    pub fn kind(self) -> Kind {
        match self.0 & 7 {
            1 => Kind::Integer(self.0 as i64 >> 3),
            2 => {
                let mut bytes = [0; MAX_SHORT];
                bytes.copy_from_slice(&self.0.to_le_bytes()[1..]);
                Kind::Short(Short { bytes, len: (self.0 >> 3 & 7) as u8 })
            }
            3 => Kind::Decimal(Decimal {
                negative: self.0 >> 3 & 1 == 1,
                scale: (self.0 >> 4 & 15) as u8,
                digits: self.0 >> 8,
            }),
            4 => Kind::Text { start: (self.0 >> 16) as u32, len: (self.0 >> 8) as u8 },
            5 => Kind::Large((self.0 >> 8) as u32),
            tag => unreachable!("an element is asked what it is, not an empty place: tag {tag}"),
        }
    }

    /// Bytes among the texts of the slice.
    pub fn text_len(self) -> usize {
        match self.0 & 7 {
            4 => (self.0 >> 8) as u8 as usize,
            _ => 0,
        }
    }
}

/// A text of up to seven bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    bytes: [u8; MAX_SHORT],
    len: u8,
}

impl Short {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A number written with a point, such as "-12.50": `digits` with `scale` of them behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    scale: u8,
    digits: u64,
}

impl Decimal {
    /// `None` unless [`write`](Self::write) gives `text` again.
    pub fn parse(text: &[u8]) -> Option<Decimal> {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let point = unsigned.iter().position(|&byte| byte == b'.')?;
        let (whole, fraction) = (&unsigned[..point], &unsigned[point + 1..]);
        if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
            return None;
        }
        let scale = u8::try_from(fraction.len()).ok().filter(|scale| (1..=MAX_SCALE).contains(scale))?;
        let digits = whole.iter().chain(fraction).try_fold(0u64, |digits, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            Some(digits * 10 + digit).filter(|digits| *digits < DIGITS)
        })?;
        Some(Decimal { negative, scale, digits })
    }

    /// The number times ten to the power of [`MAX_SCALE`], which is whole.
    pub fn scaled(&self) -> i128 {
        let size = i128::from(self.digits) * 10i128.pow(u32::from(MAX_SCALE - self.scale));
        if self.negative { -size } else { size }
    }

    /// Writes the number as the text it came from.
    pub fn write<'a>(&self, scratch: &'a mut Scratch) -> &'a [u8] {
        let mut at = scratch.len();
        let mut rest = self.digits;
        let mut after_point = self.scale;
        // Digits come from the right; the point has at least one digit on its left.
        loop {
            at -= 1;
            scratch[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            match after_point {
                0 if rest == 0 => break,
                0 => {}
                1 => {
                    at -= 1;
                    scratch[at] = b'.';
                    after_point = 0;
                }
                _ => after_point -= 1,
            }
        }
        if self.negative {
            at -= 1;
            scratch[at] = b'-';
        }
        &scratch[at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(word: Word) -> Vec<u8> {
        let mut scratch = Scratch::default();
        match word.kind() {
            Kind::Integer(value) => value.to_string().into_bytes(),
            Kind::Short(short) => short.as_bytes().to_vec(),
            Kind::Decimal(number) => number.write(&mut scratch).to_vec(),
            kind => panic!("{kind:?} has its bytes elsewhere"),
        }
    }

    #[test]
    fn what_fits_into_a_word_and_how() {
        fn check(text: &str, kind: &str) {
            let word = Word::inline(text.as_bytes());
            let found = match word.map(Word::kind) {
                None => "none",
                Some(Kind::Integer(_)) => "integer",
                Some(Kind::Short(_)) => "short",
                Some(Kind::Decimal(_)) => "decimal",
                Some(other) => panic!("{other:?} is not inline"),
            };
            assert_eq!(found, kind, "{text:?}");
            if let Some(word) = word {
                assert_eq!(text_of(word), text.as_bytes());
                assert_ne!(word, Word::EMPTY);
            }
        }
        for text in ["0", "-1", "42", "1152921504606846975", "-1152921504606846976"] {
            check(text, "integer");
        }
        for text in ["", "a", "007", "-0", "+1", "3.14", "1e5", " 1", "abcdefg", "0.0", "\0\0"] {
            check(text, "short");
        }
        for text in ["3.141592653589793", "-2.718281828459045", "1000000.0", "-0.000000", "0.000000000000001"]
        {
            check(text, "decimal");
        }
        for text in [
            "1152921504606846976",
            "abcdefgh",
            "00000001",
            "001.2500",
            ".12345678",
            "1234567.",
            "1.2.34567",
            "-.1234567",
            "1.0e+100",
            "0.0000000000000001",
            "99999999.9999999999",
        ] {
            check(text, "none");
        }
    }

    #[test]
    fn places_are_kept() {
        let word = Word::text(u32::MAX, 255);
        assert_eq!((word.kind(), word.text_len()), (Kind::Text { start: u32::MAX, len: 255 }, 255));
        assert_eq!(Word::large(u32::MAX).kind(), Kind::Large(u32::MAX));
        assert_eq!(Word::large(7).text_len(), 0);
    }

    proptest! {
        #[test]
        fn inline_words_give_their_text_back(text in "-?[0-9.]{0,20}|[a-z0-9]{0,9}") {
            if let Some(word) = Word::inline(text.as_bytes()) {
                prop_assert_eq!(text_of(word), text.as_bytes());
                prop_assert_eq!(Word::from_bits(word.to_bits()), word);
            }
        }
    }
}
