//! Glob patterns as KEYS, SCAN, PSUBSCRIBE, ACL and CONFIG GET know them.
//!
//! `*` matches any run of bytes, `?` one byte, `[...]` one byte of a class, `\` makes the next byte plain. A
//! class holds bytes, ranges (`a-z`, either way round), escapes, and is negated by a leading `^`; it may lack
//! its closing bracket, and then reaches to the end of the pattern. Bytes are bytes: there is no notion of
//! UTF-8. One oddity is kept, since scripts can see it: the empty text fits the empty pattern alone, not even
//! `*`. (KEYS and SCAN never ask about `*`; they take it to mean everything.)
//!
//! Time is bounded by `pattern.len() * text.len()` steps and there is no recursion. When the text stops
//! fitting, only the latest `*` is asked to take one byte more: whatever an earlier star could gain by a
//! longer bite, the latest star can gain as well, since everything between the two already fits. (The
//! recursive way needs a depth limit, CVE-2024-31228: beyond 1000 stars Redis answers "no match". We need
//! none and answer truly.)

/// Whether letters of different case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Sensitive,
    /// ASCII letters match either case.
    Insensitive,
}

/// Whether all of `text` fits `pattern`.
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut p, mut t) = (0, 0);
    // The pattern position just after the latest star, and where in the text its rest was last tried.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            if p == pattern.len() {
                return true;
            }
            retry = Some((p, t));
            continue;
        }
        if t == text.len() {
            return p == pattern.len();
        }
        if let Some(next) = step(&pattern[p..], text[t], case) {
            p += next;
            t += 1;
        } else if let Some((after_star, tried)) = retry {
            (p, t) = (after_star, tried + 1);
            retry = Some((p, t));
        } else {
            return false;
        }
    }
}

/// Matches one byte against the element at the head of `pattern`; answers the element's length when it fits.
fn step(pattern: &[u8], byte: u8, case: Case) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'[' => class(pattern, byte, case),
        b'\\' if pattern.len() > 1 => same(pattern[1], byte, case).then_some(2),
        plain => same(plain, byte, case).then_some(1),
    }
}

/// Matches one byte against the class that `pattern` begins with; answers the class's length when it fits.
fn class(pattern: &[u8], byte: u8, case: Case) -> Option<usize> {
    let negated = pattern.get(1) == Some(&b'^');
    let mut at = if negated { 2 } else { 1 };
    let mut found = false;
    let length = loop {
        match pattern[at.min(pattern.len())..] {
            [] => break pattern.len(),
            [b'\\', escaped, ..] => {
                found |= escaped == byte;
                at += 2;
            }
            [b']', ..] => break at + 1,
            [low, b'-', high, ..] => {
                found |= in_range(low, high, byte, case);
                at += 3;
            }
            [plain, ..] => {
                found |= same(plain, byte, case);
                at += 1;
            }
        }
    };
    (found != negated).then_some(length)
}

fn in_range(one: u8, other: u8, byte: u8, case: Case) -> bool {
    let (low, high) = (one.min(other), one.max(other));
    match case {
        Case::Sensitive => (low..=high).contains(&byte),
        Case::Insensitive => {
            (low.to_ascii_lowercase()..=high.to_ascii_lowercase()).contains(&byte.to_ascii_lowercase())
        }
    }
}

fn same(one: u8, other: u8, case: Case) -> bool {
    match case {
        Case::Sensitive => one == other,
        Case::Insensitive => one.eq_ignore_ascii_case(&other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Texts that fit and texts that do not, parted by blanks; all as KEYS of Redis 8.0 sees them.
    #[track_caller]
    fn check(pattern: &str, fitting: &str, others: &str) {
        for (texts, expected) in [(fitting, true), (others, false)] {
            for text in texts.split_whitespace() {
                let found = matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive);
                assert_eq!(found, expected, "{pattern:?} against {text:?}");
            }
        }
    }

    #[test]
    fn stars_and_question_marks() {
        check("*", "a ab *", "");
        check("**", "a ab", "");
        check("a*", "a ab a*", "ba");
        check("*a", "a ba", "ab");
        check("a*b*c", "abc axbxc abcbc", "abcb ab");
        check("a**c", "ac abc", "ab");
        check("?", "a ?", "ab");
        check("h?llo", "hello hallo", "hllo");
        check("*?", "a ab", "");
        check("abc", "abc", "ab abcd Abc");
        assert!(matches(b"", b"", Case::Sensitive));
        assert!(!matches(b"*", b"", Case::Sensitive), "the oddity told of above");
    }

    #[test]
    fn classes() {
        check("[ab]", "a b", "c ab [");
        check("[^ab]", "c ^ ]", "a b");
        check("[a-c]x", "ax bx cx", "dx -x");
        check("[c-a]", "a b c", "d -");
        check("[a-]", "a ] ^", "- b"); // a range down to the bracket, and no end
        check("[-a]", "- a", "b");
        check("[a-b-c]", "a b - c", "d");
        check("[\\]]", "]", "\\ a");
        check("[\\-a]", "- a", "\\");
        check("[]", "", "a ] []");
        check("[^]", "a ] ^", "aa");
        check("[]a]", "", "a ]");
        check("*[0-9]", "1 a1 11", "a 1a");
    }

    #[test]
    fn classes_and_escapes_without_an_end() {
        check("[", "", "[ a");
        check("[^", "a [", "");
        check("[a", "a", "b [a");
        check("[^a", "b", "a");
        check("[a-", "a -", "b");
        check("[a\\", "a \\", "b");
        check("a\\", "a\\", "a");
        check("\\*", "*", "a");
        check("\\a\\?", "a?", "ab \\a?");
        check("*\\", "\\ a\\", "a");
    }

    #[test]
    fn case_may_be_ignored() {
        fn check(pattern: &str, text: &str, expected: bool) {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), Case::Insensitive),
                expected,
                "{pattern} {text}"
            );
        }
        check("MaxMemory*", "maxmemory-policy", true);
        check("[A-C]x", "bX", true);
        check("[x-z]", "Y", true);
        check("[X-z]", "Y", true);
        // A range is put the right way round before case is dropped, and so is empty here.
        check("[x-Z]", "Y", false);
        check("[^A-C]", "b", false);
        check("\\A", "a", true);
        check("[\\A]", "a", false);
        check("A", "b", false);
    }

    #[test]
    fn many_stars_cost_no_more_than_the_product_of_lengths() {
        // A backtracking matcher would need more steps for this than there are atoms.
        let pattern = "a*".repeat(2000) + "b";
        let text = "a".repeat(10_000);
        assert!(!matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive));
        assert!(matches(&pattern.as_bytes()[..4000], text.as_bytes(), Case::Sensitive));
    }

    /// The definition: a star takes any number of bytes.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            ([], _) => text.is_empty(),
            (_, []) => false,
            (_, [byte, rest @ ..]) => {
                step(pattern, *byte, Case::Sensitive).is_some_and(|length| naive(&pattern[length..], rest))
            }
        }
    }

    proptest! {
        #[test]
        fn equals_the_definition(pattern in "[ab*?\\\\\\[\\]^-]{0,8}", text in "[ab-]{1,8}") {
            let found = matches(pattern.as_bytes(), text.as_bytes(), Case::Sensitive);
            prop_assert_eq!(found, naive(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
