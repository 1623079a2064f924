//! Regular expressions: POSIX extended syntax with the escapes that the TRE library adds, over bytes.
//!
//! ```text
//!  pattern ─ parse ─▶ nodes ─ compile ─▶ program ─ run ─▶ does it match somewhere?
//! ```
//!
//! A match is only found or not found, so a program is run by keeping the set of all states it can be in: time is
//! proportional to the text times the program, whatever the pattern. Back references cannot be had that way and are
//! refused. Bytes are characters, `.` is every byte, `^` and `$` stand at the ends of the text, and case, classes
//! and words are those of ASCII.

mod class;
mod compile;
mod parse;
mod run;

pub use run::Threads;

use compile::Program;
use std::fmt;

/// Why a pattern is refused; shown in the words of TRE, which clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    Pattern,
    CollatingElement,
    ClassName,
    TrailingBackslash,
    /// A reference to a group that there is not.
    BackReference,
    /// A reference to a group, which could be but is not supported here.
    Unsupported,
    Bracket,
    Parenthesis,
    Brace,
    BraceContents,
    Range,
    TooLarge,
    Repetition,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Pattern => "Invalid regexp",
            Error::CollatingElement => "Unknown collating element",
            Error::ClassName => "Unknown character class name",
            Error::TrailingBackslash => "Trailing backslash",
            Error::BackReference => "Invalid back reference",
            Error::Unsupported => "Back references are not supported",
            Error::Bracket => "Missing ']'",
            Error::Parenthesis => "Missing ')'",
            Error::Brace => "Missing '}'",
            Error::BraceContents => "Invalid contents of {}",
            Error::Range => "Invalid character range",
            Error::TooLarge => "Out of memory",
            Error::Repetition => "Invalid use of repetition operators",
        })
    }
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    program: Program,
}

impl Regex {
    /// Compiles a pattern, for letters of either case if `ignore_case`.
    ///
    /// # Errors
    ///
    /// What is wrong with it first; also if its repetitions unfold to too large a program.
    pub fn new(pattern: &[u8], ignore_case: bool) -> Result<Regex, Error> {
        let tree = parse::parse(pattern, ignore_case)?;
        Ok(Regex { program: compile::compile(&tree)? })
    }

    /// Whether the pattern matches somewhere in `text`. `threads` is memory to work in, for one call after another.
    pub fn is_match(&self, text: &[u8], threads: &mut Threads) -> bool {
        run::run(&self.program, text, threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let regex =
            Regex::new(pattern.as_bytes(), false).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        regex.is_match(text.as_bytes(), &mut Threads::default())
    }

    #[test]
    fn what_matches() {
        fn check(pattern: &str, yes: &[&str], no: &[&str]) {
            yes.iter().for_each(|text| assert!(matches(pattern, text), "{pattern} matches {text:?}"));
            no.iter().for_each(|text| assert!(!matches(pattern, text), "{pattern} does not match {text:?}"));
        }
        check("abc", &["abc", "xabcx", "ababc"], &["", "ab", "acb"]);
        check("a.c", &["abc", "a\nc", "xa.c"], &["ac", "abd"]);
        check("^abc$", &["abc"], &["xabc", "abcx", "abc\n"]);
        check("^$", &[""], &["x"]);
        check("a*b", &["b", "ab", "aaab"], &["a", ""]);
        check("^a+b?$", &["a", "aab"], &["", "b", "abb"]);
        check("foo|bar|baz", &["foo", "xbarx", "baz"], &["fo", "ba"]);
        check("^(foo|bar)$", &["foo", "bar"], &["foobar", "fo"]);
        check("^item-(foo|bar)-[0-9]{3}$", &["item-foo-123"], &["item-baz-123", "item-foo-12"]);
        check("a|", &["", "b"], &[]);
        check("()", &["", "x"], &[]);
        check("(a|b)*c", &["c", "abac"], &["ab"]);
        check("(a*)*b", &["b", "aab"], &["a"]);
        check("(a*)+$", &["", "aa"], &[]);
        check("^a{2,3}$", &["aa", "aaa"], &["a", "aaaa"]);
        check("^a{2}$", &["aa"], &["a", "aaa"]);
        check("^a{2,}$", &["aa", "aaaaa"], &["a"]);
        check("^a{,2}$", &["", "a", "aa"], &["aaa"]);
        check("^a{0}b$", &["b"], &["ab"]);
        check("^(ab){2}c$", &["ababc"], &["abc"]);
        check("a+?b", &["ab"], &["b"]);
        check("[abc]+$", &["xxa"], &["x"]);
        check("^[^a-c]$", &["d", "\n"], &["a", "b", ""]);
        check("^[]a]$", &["]", "a"], &["b"]);
        check("^[^]a]$", &["b"], &["]", "a"]);
        check("^[a\\]$", &["a", "\\"], &["b"]);
        check("^[a-]$", &["a", "-"], &["b"]);
        check("^[-a]$", &["a", "-"], &["b"]);
        check("^[[:digit:][:upper:]_]+$", &["A1_"], &["a", ""]);
        check("^[^[:space:]]$", &["a"], &[" ", "\t"]);
        check(r"^\w+\s\d\D\S\W$", &["ab_1 7x. "], &["ab 77 ."]);
        check(r"\bfoo\b", &["a foo b", "foo"], &["afoo", "food"]);
        check(r"\<foo\>", &["a foo b", "foo"], &["afoo", "food"]);
        check(r"\Boo", &["foo"], &["oo", "a oo"]);
        check(r"^a\.b\*\\$", &[r"a.b*\"], &["axb*"]);
        check(r"^\x41\x{42}\t$", &["AB\t"], &["AB"]);
        check(r"^\Qa.b*\E+$", &["a.b*", "a.b**"], &["aab"]);
        check("^(?:ab)+$", &["abab"], &["aba"]);
        check("(?i)foo", &["FoO"], &["fo"]);
        check("a(?i:b)c", &["aBc", "abc"], &["aBC"]);
        check("a(?#comment)b", &["ab"], &["a"]);
        check("x*", &["", "y"], &[]);
        check("^*a", &["a"], &["b"]);
    }

    #[test]
    fn either_case() {
        let check = |pattern: &str, text: &str, expected| {
            let regex = Regex::new(pattern.as_bytes(), true).unwrap();
            assert_eq!(
                regex.is_match(text.as_bytes(), &mut Threads::default()),
                expected,
                "{pattern} {text}"
            );
        };
        check("FoO", "xfOox", true);
        check("[a-c]X", "Bx", true);
        check("[^a]", "A", false);
        check("^[[:upper:]]$", "a", true);
        check(r"\x41", "a", true);
        check("É", "é", false);
    }

    #[test]
    fn what_is_refused() {
        fn check(pattern: &str, error: Error) {
            assert_eq!(Regex::new(pattern.as_bytes(), false).map(|_| ()), Err(error), "{pattern}");
        }
        check("(", Error::Parenthesis);
        check("(a", Error::Parenthesis);
        check("a)", Error::Parenthesis);
        check("[a", Error::Bracket);
        check("[", Error::Bracket);
        check("[]", Error::Bracket);
        check("[[:alpha:", Error::Bracket);
        check("[[:nope:]]", Error::ClassName);
        check("[[.a.]]", Error::CollatingElement);
        check("[[=a=]]", Error::CollatingElement);
        check("[b-a]", Error::Range);
        check("a\\", Error::TrailingBackslash);
        check("a{", Error::Brace);
        check("a{1", Error::Brace);
        check("a{1,", Error::Brace);
        check("a{}", Error::BraceContents);
        check("a{x}", Error::BraceContents);
        check("a{2,1}", Error::BraceContents);
        check("a{256}", Error::BraceContents);
        check("a{1,99999999999999999999}", Error::BraceContents);
        check("*a", Error::Repetition);
        check("a|*", Error::Repetition);
        check("(+)", Error::Repetition);
        check("a**", Error::Repetition);
        check("a*+", Error::Repetition);
        check("(a)\\1", Error::Unsupported);
        check("\\1", Error::BackReference);
        check("(a)\\2", Error::BackReference);
        check("\\x{1", Error::Brace);
        check("(?", Error::Parenthesis);
        check("(?z)", Error::Pattern);
        check("(((a{255}){255}){255}){255}", Error::TooLarge);
    }

    #[test]
    fn deep_and_wide_patterns_end() {
        let deep = format!("{}a{}", "(".repeat(1000), ")".repeat(1000));
        assert!(matches(&deep, "xa"));
        assert!(matches(&"(a*)*".repeat(400), ""));
        assert!(!matches(&format!("{}b", "a*".repeat(1000)), &"a".repeat(300)));
        assert!(matches(&"a".repeat(2048), &"a".repeat(2048)));
    }

    /// Patterns of a small grammar, beside a matcher that tries everything.
    #[derive(Clone, Debug)]
    enum Tree {
        Byte(u8),
        Both(Box<Tree>, Box<Tree>),
        Either(Box<Tree>, Box<Tree>),
        Star(Box<Tree>),
        Count(Box<Tree>, u8, u8),
    }

    impl Tree {
        fn show(&self) -> String {
            match self {
                Tree::Byte(byte) => char::from(*byte).to_string(),
                Tree::Both(a, b) => format!("{}{}", a.show(), b.show()),
                Tree::Either(a, b) => format!("({}|{})", a.show(), b.show()),
                Tree::Star(a) => format!("({})*", a.show()),
                Tree::Count(a, low, high) => format!("({}){{{low},{high}}}", a.show()),
            }
        }

        /// Where matches that begin at `at` may end.
        fn ends(&self, text: &[u8], at: usize) -> Vec<usize> {
            let mut ends = match self {
                Tree::Byte(byte) => (text.get(at) == Some(byte)).then_some(at + 1).into_iter().collect(),
                Tree::Both(a, b) => a.ends(text, at).into_iter().flat_map(|at| b.ends(text, at)).collect(),
                Tree::Either(a, b) => [a.ends(text, at), b.ends(text, at)].concat(),
                Tree::Star(a) => repeat(a, text, at, 0, text.len() + 1),
                Tree::Count(a, low, high) => repeat(a, text, at, usize::from(*low), usize::from(*high)),
            };
            ends.sort_unstable();
            ends.dedup();
            ends
        }
    }

    fn repeat(tree: &Tree, text: &[u8], at: usize, low: usize, high: usize) -> Vec<usize> {
        let (mut now, mut all) = (vec![at], if low == 0 { vec![at] } else { vec![] });
        for round in 1..=high {
            now = now.iter().flat_map(|at| tree.ends(text, *at)).collect();
            now.sort_unstable();
            now.dedup();
            if round >= low {
                all.extend(&now);
            }
        }
        all
    }

    fn trees() -> impl Strategy<Value = Tree> {
        let leaf = prop::sample::select(&b"ab"[..]).prop_map(Tree::Byte);
        leaf.prop_recursive(4, 12, 2, |tree| {
            let two = || (tree.clone().prop_map(Box::new), tree.clone().prop_map(Box::new));
            prop_oneof![
                3 => two().prop_map(|(a, b)| Tree::Both(a, b)),
                2 => two().prop_map(|(a, b)| Tree::Either(a, b)),
                1 => tree.clone().prop_map(|a| Tree::Star(Box::new(a))),
                1 => (tree, 0u8..3, 0u8..3).prop_map(|(a, low, more)| Tree::Count(Box::new(a), low, low + more)),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(tree in trees(), text in "[ab]{0,8}", whole: bool) {
            let ends = |at| tree.ends(text.as_bytes(), at).into_iter().map(move |end| (at, end));
            let found = (0..=text.len()).flat_map(ends);
            let (pattern, expected) = if whole {
                (format!("^({})$", tree.show()), found.into_iter().any(|place| place == (0, text.len())))
            } else {
                (tree.show(), found.into_iter().next().is_some())
            };
            prop_assert_eq!(matches(&pattern, &text), expected, "{}", pattern);
        }

        #[test]
        fn any_pattern_is_taken_or_refused(
            pattern in prop::collection::vec(any::<u8>(), 0..60),
            text in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            if let Ok(regex) = Regex::new(&pattern, true) {
                regex.is_match(&text, &mut Threads::default());
            }
        }

        #[test]
        fn patterns_of_operators_too(pattern in r"[ab()|*+?{}\[\]^$.,0-2\\wx:-]{0,24}", text in "[ab]{0,6}") {
            if let Ok(regex) = Regex::new(pattern.as_bytes(), false) {
                regex.is_match(text.as_bytes(), &mut Threads::default());
            }
        }
    }
}
