//! Finds a text within texts, in time proportional to both (Knuth, Morris and Pratt 1977).

/// A text that is looked for.
#[derive(Clone, Debug)]
pub struct Finder {
    /// In lower case if case does not matter.
    needle: Vec<u8>,
    /// For every length of a beginning: how long a shorter beginning it ends with.
    borders: Vec<u32>,
    ignore_case: bool,
}

impl Finder {
    pub fn new(needle: &[u8], ignore_case: bool) -> Finder {
        let needle = if ignore_case { needle.to_ascii_lowercase() } else { needle.to_vec() };
        let mut borders = vec![0u32; needle.len()];
        let mut border = 0;
        for at in 1..needle.len() {
            while border > 0 && needle[border] != needle[at] {
                border = borders[border - 1] as usize;
            }
            border += usize::from(needle[border] == needle[at]);
            borders[at] = border as u32;
        }
        Finder { needle, borders, ignore_case }
    }

    /// Whether the text stands anywhere in `text`.
    pub fn is_in(&self, text: &[u8]) -> bool {
        if self.needle.is_empty() {
            return true;
        }
        let mut matched = 0;
        let mut at = 0;
        while text.len() - at >= self.needle.len() - matched {
            if matched == 0 && !self.ignore_case {
                let Some(distance) = text[at..].iter().position(|byte| *byte == self.needle[0]) else {
                    return false;
                };
                at += distance;
            }
            let Some(byte) = text.get(at) else { return false };
            let byte = if self.ignore_case { byte.to_ascii_lowercase() } else { *byte };
            at += 1;
            while matched > 0 && self.needle[matched] != byte {
                matched = self.borders[matched - 1] as usize;
            }
            matched += usize::from(self.needle[matched] == byte);
            if matched == self.needle.len() {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_looking_everywhere(needle in "[abA]{0,5}", text in "[abAB]{0,30}", ignore_case: bool) {
            let expected = if ignore_case {
                text.to_ascii_lowercase().contains(&needle.to_ascii_lowercase())
            } else {
                text.contains(&needle)
            };
            prop_assert_eq!(Finder::new(needle.as_bytes(), ignore_case).is_in(text.as_bytes()), expected);
        }
    }

    #[test]
    fn long_texts_take_one_pass() {
        let finder = Finder::new(&[b"a".repeat(50_000), b"b".to_vec()].concat(), false);
        assert!(!finder.is_in(&b"a".repeat(1_000_000)));
        assert!(finder.is_in(&[b"a".repeat(1_000_000), b"b".to_vec()].concat()));
    }
}
