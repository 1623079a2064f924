//! The letters of `notify-keyspace-events`.
//!
//! Every letter is a class of events, but for `K` and `E`, which choose the channels, and `A`, which stands for
//! all classes that are cheap to watch. `m` (a miss) and `n` (a new key) are not among those.

/// A set of the letters, in the order in which they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyspaceEvents(u16);

/// In the order in which CONFIG GET writes them. `A` covers the first [`ALL`] letters; `a`, arrays, came with
/// Redis 8.8.
const LETTERS: &[u8] = b"g$lshzxetdanKEm";
const ALL: u16 = (1 << 11) - 1;

impl KeyspaceEvents {
    /// Reads letters in any order; `None` if one is not a class.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut bits = 0;
        for letter in text {
            bits |= match letter {
                b'A' => ALL,
                _ => 1 << LETTERS.iter().position(|known| known == letter)?,
            };
        }
        Some(KeyspaceEvents(bits))
    }

    /// Whether the class of this letter is on.
    pub fn has(self, letter: u8) -> bool {
        LETTERS.iter().position(|known| *known == letter).is_some_and(|at| self.0 & (1 << at) != 0)
    }

    /// The letters as CONFIG GET answers them. Redis leaves `n` out beside `A`; so do we.
    pub fn text(self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = self.0;
        if rest & ALL == ALL {
            out.push(b'A');
            rest &= !(ALL | 1 << 11);
        }
        out.extend(
            LETTERS.iter().enumerate().filter(|(at, _)| rest & (1 << at) != 0).map(|(_, letter)| letter),
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_out_in_one_order() {
        #[rustfmt::skip]
        let rows = [
            ("", ""), ("KEA", "AKE"), ("K", "K"), ("Kg$", "g$K"), ("g$lszhxetdmnKEa", "AKEm"), ("zz", "z"),
            ("Amn", "Am"), ("KEn", "nKE"), ("E$", "$E"), ("mnKEdg", "gdnKEm"), ("AA", "A"), ("KaE", "aKE"),
            ("g$lszhxetd", "g$lshzxetd"),
        ];
        for (given, answered) in rows {
            assert_eq!(
                KeyspaceEvents::parse(given.as_bytes()).unwrap().text(),
                answered.as_bytes(),
                "{given}"
            );
        }
        for wrong in ["q", " ", "K E", "S"] {
            assert_eq!(KeyspaceEvents::parse(wrong.as_bytes()), None, "{wrong}");
        }
        let all = KeyspaceEvents::parse(b"AKn").unwrap();
        assert!(
            all.has(b'x')
                && all.has(b'n')
                && all.has(b'K')
                && !all.has(b'E')
                && !all.has(b'm')
                && !all.has(b'?')
        );
    }
}
