//! Where the keys of a request are, and what the command does with each.
//!
//! A key spec says in two steps how to find keys: where to begin (an index, or behind a keyword) and which
//! words from there on are keys (a range, or as many as a number says). A few commands have keys that no
//! spec can point at, or flags that hang on their options; those name a `KeyFinder`.
//! No input may lead past the end of the request: every index is checked before it is handed out.

use super::Command;
use super::flags::bits;
use crate::args::Argv;

/// What a command does with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyFlags(pub u64);

bits! { KeyFlags, KEY_FLAGS:
    RO = 0 "RO",
    RW = 1 "RW",
    OW = 2 "OW",
    RM = 3 "RM",
    ACCESS = 4 "access",
    UPDATE = 5 "update",
    INSERT = 6 "insert",
    DELETE = 7 "delete",
    NOT_KEY = 8 "not_key",
    INCOMPLETE = 9 "incomplete",
    VARIABLE_FLAGS = 10 "variable_flags",
}

/// One way to find some of a command's keys.
pub struct KeySpec {
    pub notes: Option<&'static str>,
    pub flags: KeyFlags,
    pub begin: BeginSearch,
    pub find: FindKeys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At a fixed index of the request; the name is at 0.
    Index(i32),
    /// Behind a keyword, searched from an index forwards, or backwards from the end when it is negative.
    Keyword { keyword: &'static str, start_from: i32 },
    /// Nowhere a spec can tell.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// Up to `last_key`, counted from the beginning, or from the end of the request when negative;
    /// with a `limit` of N above one, only the first of N equal parts of what is left.
    Range {
        last_key: i32,
        step: i32,
        limit: i32,
    },
    /// As many as the word at `number` says, the first at `first`; both count from the beginning.
    KeyNum {
        number: i32,
        first: i32,
        step: i32,
    },
    Unknown,
}

/// How the keys of a command are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFinder {
    /// By its key specs.
    Specs,
    /// SET: reads only with GET or a condition on the value.
    Set,
    /// DELEX: reads only with a condition.
    Delex,
    /// BITFIELD: writes only with SET or INCRBY.
    Bitfield,
}

/// Why a request gives no keys. The texts are those of COMMAND GETKEYS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysError {
    NoKeys,
    InvalidArguments,
}

impl KeySpec {
    /// Whether first, last and step can express it.
    pub fn is_plain(&self) -> bool {
        matches!((self.begin, self.find), (BeginSearch::Index(_), FindKeys::Range { .. }))
    }
}

/// Hands every key's index in the request and its flags to `found`, in the order of the key specs.
///
/// # Errors
/// `NoKeys` when the command takes none; `InvalidArguments` when the request does not hold what its specs
/// promise, and the command is one that cannot go without keys.
pub fn for_each_key(
    command: &Command,
    argv: Argv<'_>,
    mut found: impl FnMut(usize, KeyFlags),
) -> Result<(), KeysError> {
    if command.key_specs.is_empty() {
        return Err(KeysError::NoKeys);
    }
    let mut any = false;
    for spec in command.key_specs {
        let flags = match command.key_finder {
            KeyFinder::Specs => spec.flags,
            KeyFinder::Set => set_flags(argv),
            KeyFinder::Delex => delex_flags(argv),
            KeyFinder::Bitfield => bitfield_flags(argv),
        };
        if flags.contains(KeyFlags::NOT_KEY) {
            continue;
        }
        let Some(begin) = spec.begin.index(argv) else { continue };
        let Some(range) = spec.find.words(begin, argv) else {
            // PFMERGE with a destination alone: the sources after it are optional.
            if any && begin == argv.len() {
                continue;
            }
            return Err(KeysError::InvalidArguments);
        };
        range.for_each(|index| {
            any = true;
            found(index, flags);
        });
    }
    Ok(())
}

/// The indices of a request's keys with their flags.
///
/// # Errors
/// As `for_each_key`.
pub fn keys_of(command: &Command, argv: Argv<'_>) -> Result<Vec<(usize, KeyFlags)>, KeysError> {
    let mut keys = Vec::new();
    for_each_key(command, argv, |index, flags| keys.push((index, flags)))?;
    Ok(keys)
}

impl BeginSearch {
    fn index(&self, argv: Argv<'_>) -> Option<usize> {
        match *self {
            BeginSearch::Index(index) => Some(index as usize),
            BeginSearch::Keyword { keyword, start_from } => {
                let is_it = |&i: &usize| argv[i].eq_ignore_ascii_case(keyword.as_bytes());
                let place = if start_from >= 0 {
                    (start_from as usize..argv.len()).find(is_it)
                } else {
                    let last = argv.len().checked_sub(start_from.unsigned_abs() as usize)?;
                    (1..=last).rev().find(is_it)
                };
                place.map(|index| index + 1)
            }
            BeginSearch::Unknown => None,
        }
    }
}

impl FindKeys {
    /// The indices of the keys from `begin` on; `None` when they would lie outside the request.
    fn words(&self, begin: usize, argv: Argv<'_>) -> Option<impl Iterator<Item = usize> + use<>> {
        let argc = argv.len();
        let (first, last, step) = match *self {
            FindKeys::Range { last_key, step, limit } => {
                let last = if last_key >= 0 {
                    begin + last_key as usize
                } else if limit > 1 {
                    let share = argc.checked_sub(begin)? / limit as usize;
                    (begin + share).checked_sub(last_key.unsigned_abs() as usize)?
                } else {
                    argc.checked_sub(last_key.unsigned_abs() as usize)?
                };
                (begin, last, step as usize)
            }
            FindKeys::KeyNum { number, first, step } => {
                let word = argv.get(begin + number as usize)?;
                let count = std::str::from_utf8(word).ok()?.parse::<usize>().ok().filter(|n| *n <= argc)?;
                let first = begin + first as usize;
                if count == 0 {
                    return Some((0..0).step_by(1));
                }
                (first, first + (count - 1) * step as usize, step as usize)
            }
            FindKeys::Unknown => return Some((0..0).step_by(1)),
        };
        (first <= last && last < argc).then(|| (first..last + 1).step_by(step))
    }
}

/// SET overwrites blindly unless it answers the old value or compares with it.
fn set_flags(argv: Argv<'_>) -> KeyFlags {
    const READING: [&str; 5] = ["GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"];
    let reads = |word: &[u8]| READING.iter().any(|token| word.eq_ignore_ascii_case(token.as_bytes()));
    if argv.iter().skip(3).any(reads) {
        return KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE);
    }
    KeyFlags::OW.union(KeyFlags::UPDATE)
}

/// DELEX without a condition is DEL.
fn delex_flags(argv: Argv<'_>) -> KeyFlags {
    let kind = if argv.len() > 2 { KeyFlags::RW } else { KeyFlags::RM };
    kind.union(KeyFlags::DELETE)
}

/// BITFIELD reads if it consists of whole GETs; whatever is no step counts as a writing one.
fn bitfield_flags(argv: Argv<'_>) -> KeyFlags {
    let mut at = 2;
    while let Some(word) = argv.get(at) {
        let is = |token: &str, words: usize| {
            word.eq_ignore_ascii_case(token.as_bytes()) && at + words < argv.len()
        };
        at += match () {
            () if is("GET", 2) => 3,
            () if is("OVERFLOW", 1) => 2,
            () => return KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
        };
    }
    KeyFlags::RO.union(KeyFlags::ACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgv;

    /// The words that a spec finds, or `-` when it finds the request broken.
    fn check(begin: BeginSearch, find: FindKeys, request: &str, keys: &str) {
        let argv: OwnedArgv = request.split(' ').collect();
        let argv = argv.borrow();
        let found = match begin.index(argv) {
            None => String::new(),
            Some(begin) => match find.words(begin, argv) {
                None => "-".to_owned(),
                Some(words) => words
                    .map(|i| String::from_utf8_lossy(&argv[i]).into_owned())
                    .collect::<Vec<_>>()
                    .join(" "),
            },
        };
        assert_eq!(found, keys, "{request}");
    }

    #[test]
    fn ranges() {
        let one = FindKeys::Range { last_key: 0, step: 1, limit: 0 };
        let rest = FindKeys::Range { last_key: -1, step: 1, limit: 0 };
        let pairs = FindKeys::Range { last_key: -1, step: 2, limit: 0 };
        check(BeginSearch::Index(1), one, "GET a", "a");
        check(BeginSearch::Index(1), one, "GET", "-");
        check(BeginSearch::Index(2), one, "OBJECT FREQ a", "a");
        check(BeginSearch::Index(1), rest, "DEL a b c", "a b c");
        check(BeginSearch::Index(1), rest, "DEL", "-");
        check(BeginSearch::Index(1), pairs, "MSET a 1 b 2", "a b");
        check(
            BeginSearch::Index(1),
            FindKeys::Range { last_key: -2, step: 1, limit: 0 },
            "BLPOP a b 0",
            "a b",
        );
    }

    #[test]
    fn keywords() {
        let streams = BeginSearch::Keyword { keyword: "STREAMS", start_from: 1 };
        let half = FindKeys::Range { last_key: -1, step: 1, limit: 2 };
        check(streams, half, "XREAD COUNT 1 streams a b 0 0", "a b");
        check(streams, half, "XREAD COUNT 1", "");
        check(streams, half, "XREAD STREAMS", "-");
        let keys = BeginSearch::Keyword { keyword: "KEYS", start_from: -2 };
        let rest = FindKeys::Range { last_key: -1, step: 1, limit: 0 };
        check(keys, rest, "MIGRATE h p nothing 0 9 KEYS a b", "a b");
        check(keys, rest, "KEYS", "");
    }

    #[test]
    fn counted_keys() {
        let find = FindKeys::KeyNum { number: 0, first: 1, step: 1 };
        check(BeginSearch::Index(1), find, "ZUNION 2 a b WEIGHTS 1 2", "a b");
        check(BeginSearch::Index(1), find, "ZUNION 3 a b", "-");
        check(BeginSearch::Index(1), find, "ZUNION x a", "-");
        check(BeginSearch::Index(1), find, "ZUNION -1 a", "-");
        check(BeginSearch::Index(1), find, "ZUNION 18446744073709551615 a", "-");
        check(BeginSearch::Index(1), find, "ZUNION", "-");
        check(BeginSearch::Index(2), find, "EVAL return 0 x", "");
        let pairs = FindKeys::KeyNum { number: 0, first: 1, step: 2 };
        check(BeginSearch::Index(1), pairs, "MSETEX 2 a 1 b 2 EX 9", "a b");
    }

    #[test]
    fn options_choose_flags() {
        let flags = |request: &str| {
            let argv: OwnedArgv = request.split(' ').collect();
            set_flags(argv.borrow()).names().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(flags("SET k get"), "OW update");
        assert_eq!(flags("SET k v NX get"), "RW access update");
        assert_eq!(flags("SET k v IFEQ x"), "RW access update");
        let flags = |request: &str| {
            let argv: OwnedArgv = request.split(' ').collect();
            bitfield_flags(argv.borrow()).names().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(flags("BITFIELD k"), "RO access");
        assert_eq!(flags("BITFIELD k get u8 0 OVERFLOW SAT GET u8 0"), "RO access");
        assert_eq!(flags("BITFIELD k GET u8 0 INCRBY u8 0 1"), "RW access update");
        assert_eq!(flags("BITFIELD k GET u8"), "RW access update");
        for (index, (flag, _)) in KEY_FLAGS.iter().enumerate() {
            assert_eq!(flag.0, 1 << index);
        }
    }
}
