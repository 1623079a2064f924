//! The predicates of ARGREP: what is asked of an element's text.

use super::error;
use crate::error::CommandError;
use ds::find::Finder;
use ds::glob::{self, Case};
use ds::regex::{self, Regex, Threads};

/// The most predicates of a request.
pub(super) const PREDICATES_MAX: usize = 250;
/// The longest regular expression, in bytes.
pub(super) const REGEX_LEN_MAX: usize = 2048;

/// A predicate as it was given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given<'a> {
    Exact(&'a [u8]),
    Match(&'a [u8]),
    Glob(&'a [u8]),
    Regex(&'a [u8]),
}

enum Predicate<'a> {
    Exact(&'a [u8]),
    Match(Finder),
    Glob(&'a [u8]),
    Regex(Regex),
}

/// All predicates of a request, ready to be asked.
pub(super) struct Question<'a> {
    predicates: Vec<Predicate<'a>>,
    /// All must hold, rather than any.
    all: bool,
    ignore_case: bool,
    threads: Threads,
}

impl<'a> Question<'a> {
    pub fn new(given: &[Given<'a>], all: bool, ignore_case: bool) -> Result<Question<'a>, CommandError> {
        let prepared = given.iter().map(|given| prepare(*given, ignore_case)).collect::<Result<_, _>>()?;
        Ok(Question { predicates: prepared, all, ignore_case, threads: Threads::default() })
    }

    pub fn holds(&mut self, text: &[u8]) -> bool {
        let case = if self.ignore_case { Case::Insensitive } else { Case::Sensitive };
        let threads = &mut self.threads;
        let mut ask = |predicate: &Predicate<'_>| match predicate {
            Predicate::Exact(wanted) if self.ignore_case => wanted.eq_ignore_ascii_case(text),
            Predicate::Exact(wanted) => *wanted == text,
            Predicate::Match(finder) => finder.is_in(text),
            Predicate::Glob(pattern) => glob::matches(pattern, text, case),
            Predicate::Regex(regex) => regex.is_match(text, threads),
        };
        if self.all { self.predicates.iter().all(&mut ask) } else { self.predicates.iter().any(&mut ask) }
    }
}

fn prepare(given: Given<'_>, ignore_case: bool) -> Result<Predicate<'_>, CommandError> {
    Ok(match given {
        Given::Exact(text) => Predicate::Exact(text),
        Given::Match(text) => Predicate::Match(Finder::new(text, ignore_case)),
        Given::Glob(pattern) => Predicate::Glob(pattern),
        Given::Regex(b"") => return Err(error("ERR regular expression is empty")),
        Given::Regex(pattern) => match Regex::new(pattern, ignore_case) {
            Ok(regex) => Predicate::Regex(regex),
            Err(regex::Error::Unsupported) => {
                return Err(error("ERR regular expression backreferences are not supported"));
            }
            Err(wrong) => return Err(CommandError::err(format_args!("invalid regular expression: {wrong}"))),
        },
    })
}
