//! The bounds of ranges by score and by member: `5`, `(5`, `-inf`; `[a`, `(a`, `-`, `+`.

use crate::error::CommandError;
use ds::double;
use ds::ordered::Ordered;
use std::cmp::Ordering;

/// A bound by score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreBound {
    pub score: f64,
    pub exclusive: bool,
}

impl ScoreBound {
    fn parse(word: &[u8]) -> Option<ScoreBound> {
        let (number, exclusive) = match word.strip_prefix(b"(") {
            Some(number) => (number, true),
            None => (word, false),
        };
        Some(ScoreBound { score: double::parse_f64_bound(number)?, exclusive })
    }
}

/// The scores from a least to a greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    pub min: ScoreBound,
    pub max: ScoreBound,
}

impl ScoreRange {
    /// # Errors
    /// A bound that is no number.
    pub fn parse(min: &[u8], max: &[u8]) -> Result<ScoreRange, CommandError> {
        let bound = |word| ScoreBound::parse(word).ok_or(NOT_A_FLOAT);
        Ok(ScoreRange { min: bound(min)?, max: bound(max)? })
    }

    pub fn is_empty(&self) -> bool {
        let exclusive = self.min.exclusive || self.max.exclusive;
        self.min.score > self.max.score || (self.min.score == self.max.score && exclusive)
    }

    pub fn min_allows(&self, score: f64) -> bool {
        if self.min.exclusive { score > self.min.score } else { score >= self.min.score }
    }

    pub fn max_allows(&self, score: f64) -> bool {
        if self.max.exclusive { score < self.max.score } else { score <= self.max.score }
    }
}

const NOT_A_FLOAT: CommandError =
    CommandError::Custom(std::borrow::Cow::Borrowed("ERR min or max is not a float"));
const NOT_A_STRING_RANGE: CommandError =
    CommandError::Custom(std::borrow::Cow::Borrowed("ERR min or max not valid string range item"));

/// A bound by the bytes of members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LexBound<'a> {
    /// Before every member.
    Least,
    Member {
        member: &'a [u8],
        exclusive: bool,
    },
    /// After every member.
    Greatest,
}

impl<'a> LexBound<'a> {
    fn parse(word: &'a [u8]) -> Option<LexBound<'a>> {
        Some(match word.split_first()? {
            (b'-', []) => LexBound::Least,
            (b'+', []) => LexBound::Greatest,
            (b'[', member) => LexBound::Member { member, exclusive: false },
            (b'(', member) => LexBound::Member { member, exclusive: true },
            _ => return None,
        })
    }

    /// Whether a member lies on this side of the bound, or on it if that counts.
    pub fn allows(&self, member: &[u8], side: Ordering) -> bool {
        match self {
            LexBound::Least => side == Ordering::Greater,
            LexBound::Greatest => side == Ordering::Less,
            LexBound::Member { member: bound, exclusive } => match member.cmp(bound) {
                Ordering::Equal => !exclusive,
                other => other == side,
            },
        }
    }

    /// How many members lie before the bound, as the end of a range or as its start.
    pub fn rank(&self, set: &Ordered, end: bool) -> usize {
        match self {
            LexBound::Least => 0,
            LexBound::Greatest => set.len(),
            LexBound::Member { member, exclusive } => set.rank_of_member(member, end != *exclusive),
        }
    }

    fn cmp(&self, other: &LexBound<'_>) -> Ordering {
        let key = |bound: &LexBound<'_>| match bound {
            LexBound::Least => 0,
            LexBound::Member { .. } => 1,
            LexBound::Greatest => 2,
        };
        match (self, other) {
            (LexBound::Member { member: one, .. }, LexBound::Member { member: two, .. }) => one.cmp(two),
            _ => key(self).cmp(&key(other)),
        }
    }

    fn is_exclusive(&self) -> bool {
        matches!(self, LexBound::Member { exclusive: true, .. })
    }
}

/// The members from a least to a greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LexRange<'a> {
    pub min: LexBound<'a>,
    pub max: LexBound<'a>,
}

impl<'a> LexRange<'a> {
    /// # Errors
    /// A bound that begins with none of `[`, `(`, and is neither `-` nor `+`.
    pub fn parse(min: &'a [u8], max: &'a [u8]) -> Result<LexRange<'a>, CommandError> {
        let bound = |word| LexBound::parse(word).ok_or(NOT_A_STRING_RANGE);
        Ok(LexRange { min: bound(min)?, max: bound(max)? })
    }

    pub fn is_empty(&self) -> bool {
        match self.min.cmp(&self.max) {
            Ordering::Less => false,
            Ordering::Equal => self.min.is_exclusive() || self.max.is_exclusive(),
            Ordering::Greater => true,
        }
    }
}

/// Ranks from `start` to `stop`, each counted from the end where negative, within a set of `len` members.
pub fn ranks(start: i64, stop: i64, len: usize) -> std::ops::Range<usize> {
    let len = len as i64;
    let from_end = |index: i64| if index < 0 { len + index } else { index };
    let (start, stop) = (from_end(start).max(0), from_end(stop).min(len - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_by_score() {
        fn check(word: &str, expected: Option<(f64, bool)>) {
            let parsed = ScoreBound::parse(word.as_bytes());
            assert_eq!(parsed.map(|bound| (bound.score, bound.exclusive)), expected, "{word}");
        }
        check("5", Some((5.0, false)));
        check("(5", Some((5.0, true)));
        check("(-1.5e3", Some((-1500.0, true)));
        check("-inf", Some((f64::NEG_INFINITY, false)));
        check("(+inf", Some((f64::INFINITY, true)));
        check("", Some((0.0, false)));
        check("(", Some((0.0, true)));
        check("((1", None);
        check("nan", None);
        check("x", None);
        check("[1", None);
    }

    #[test]
    fn empty_ranges_by_score() {
        fn check(min: &str, max: &str, empty: bool) {
            let range = ScoreRange::parse(min.as_bytes(), max.as_bytes()).expect("bounds");
            assert_eq!(range.is_empty(), empty, "{min} {max}");
        }
        check("1", "2", false);
        check("1", "1", false);
        check("(1", "1", true);
        check("1", "(1", true);
        check("2", "1", true);
        check("-inf", "inf", false);
        check("-0", "0", false);
    }

    #[test]
    fn bounds_by_member() {
        fn check(word: &str, expected: Option<LexBound<'_>>) {
            assert_eq!(LexBound::parse(word.as_bytes()), expected, "{word}");
        }
        check("-", Some(LexBound::Least));
        check("+", Some(LexBound::Greatest));
        check("[", Some(LexBound::Member { member: b"", exclusive: false }));
        check("(ab", Some(LexBound::Member { member: b"ab", exclusive: true }));
        check("-x", None);
        check("+x", None);
        check("", None);
        check("ab", None);
    }

    #[test]
    fn empty_ranges_by_member() {
        fn check(min: &str, max: &str, empty: bool) {
            let range = LexRange::parse(min.as_bytes(), max.as_bytes()).expect("bounds");
            assert_eq!(range.is_empty(), empty, "{min} {max}");
        }
        check("-", "+", false);
        check("+", "-", true);
        check("-", "-", false);
        check("+", "+", false);
        check("[a", "[a", false);
        check("(a", "[a", true);
        check("[b", "[a", true);
        check("[a", "-", true);
        check("+", "[a", true);
    }

    #[test]
    fn ranks_are_clipped() {
        assert_eq!(ranks(0, -1, 5), 0..5);
        assert_eq!(ranks(-100, 100, 5), 0..5);
        assert_eq!(ranks(3, 1, 5), 0..0);
        assert_eq!(ranks(5, 9, 5), 0..0);
        assert_eq!(ranks(-2, -2, 5), 3..4);
        assert_eq!(ranks(0, -6, 5), 0..0);
        assert_eq!(ranks(i64::MIN, i64::MAX, 5), 0..5);
    }
}
