//! Sets of bytes, and the classes that have names.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; 4]);

impl Set {
    pub const ALL: Set = Set([u64::MAX; 4]);

    pub fn of(byte: u8) -> Set {
        let mut set = Set::default();
        set.add(byte);
        set
    }

    /// The bytes for which `test` is true.
    pub fn which(test: impl Fn(u8) -> bool) -> Set {
        let mut set = Set::default();
        (0..=255).filter(|byte| test(*byte)).for_each(|byte| set.add(byte));
        set
    }

    pub fn add(&mut self, byte: u8) {
        self.0[usize::from(byte) / 64] |= 1 << (byte % 64);
    }

    pub fn union(self, other: Set) -> Set {
        Set(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    pub fn complement(self) -> Set {
        Set(self.0.map(|bits| !bits))
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }

    /// With the other case of every letter in it.
    pub fn either_case(self) -> Set {
        Set::which(|byte| self.has(byte.to_ascii_lowercase()) || self.has(byte.to_ascii_uppercase()))
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Space in the sense of C, which has the vertical tab too.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// The class behind a backslash and a letter.
pub(super) fn escaped(letter: u8) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'w' => Set::which(is_word),
        b's' => Set::which(is_space),
        b'd' => Set::which(|byte| byte.is_ascii_digit()),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { set.complement() } else { set })
}

/// The class between `[:` and `:]`.
pub(super) fn named(name: &[u8]) -> Option<Set> {
    Some(match name {
        b"alnum" => Set::which(|byte| byte.is_ascii_alphanumeric()),
        b"alpha" => Set::which(|byte| byte.is_ascii_alphabetic()),
        b"blank" => Set::which(|byte| matches!(byte, b' ' | b'\t')),
        b"cntrl" => Set::which(|byte| byte.is_ascii_control()),
        b"digit" => Set::which(|byte| byte.is_ascii_digit()),
        b"graph" => Set::which(|byte| byte.is_ascii_graphic()),
        b"lower" => Set::which(|byte| byte.is_ascii_lowercase()),
        b"print" => Set::which(|byte| byte.is_ascii_graphic() || byte == b' '),
        b"punct" => Set::which(|byte| byte.is_ascii_punctuation()),
        b"space" => Set::which(is_space),
        b"upper" => Set::which(|byte| byte.is_ascii_uppercase()),
        b"xdigit" => Set::which(|byte| byte.is_ascii_hexdigit()),
        _ => return None,
    })
}
