//! ARGREP: the indexes of a range whose elements fit, with or without the elements.
//!
//! ```text
//! ARGREP key start|- end|+ predicate [predicate ...] [AND | OR] [LIMIT limit] [WITHVALUES] [NOCASE]
//!
//! predicate = EXACT text | MATCH text within | GLOB pattern | RE regular expression
//! ```
//!
//! Predicates and options may come in any order, and the last of contradicting options holds.

use super::arscan::parse_limit;
use super::predicate::{Given, PREDICATES_MAX, Question, REGEX_LEN_MAX};
use super::{Array, INVALID_INDEX, error, parse_index, reply_pair, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::sparse::{MAX_INDEX, Scratch};

/// An end of the range.
#[derive(Clone, Copy)]
enum Bound {
    First,
    Last,
    Index(u64),
}

impl Bound {
    fn parse(word: &[u8]) -> Result<Bound, CommandError> {
        match word {
            b"-" => Ok(Bound::First),
            b"+" => Ok(Bound::Last),
            word => {
                let index = parse_index(word).filter(|index| *index <= MAX_INDEX);
                index.map(Bound::Index).ok_or(INVALID_INDEX)
            }
        }
    }

    /// The index it is in an array of this length.
    fn index(self, len: u64) -> u64 {
        match self {
            Bound::First => 0,
            Bound::Last => len.saturating_sub(1),
            Bound::Index(index) => index,
        }
    }
}

struct Request<'a> {
    given: Vec<Given<'a>>,
    all: bool,
    ignore_case: bool,
    with_values: bool,
    limit: u64,
}

pub(crate) fn argrep(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let (start, end) = (Bound::parse(args.bytes()?)?, Bound::parse(args.bytes()?)?);
    let request = parse(args)?;
    let mut question = Question::new(&request.given, request.all, request.ignore_case)?;
    let Some(array) = ctx.keys.read::<Array>(key)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let len = array.len();
    let elements = array.iter(start.index(len), end.index(len));
    let found = elements.filter(|(_, element)| question.holds(element.text(&mut Scratch::default())));
    let found = found.take(usize::try_from(request.limit).unwrap_or(usize::MAX));
    ctx.reply.deferred_array(|reply| {
        let write = |(index, element)| match request.with_values {
            true => reply_pair(reply, index, element),
            false => reply_unsigned(reply, index),
        };
        found.map(write).count()
    });
    Ok(())
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, CommandError> {
    let mut request =
        Request { given: Vec::new(), all: false, ignore_case: false, with_values: false, limit: u64::MAX };
    while let Some(word) = args.next() {
        let is = |token: &str| word.eq_ignore_ascii_case(token.as_bytes());
        let predicate: fn(&'a [u8]) -> Given<'a> = match () {
            () if is("EXACT") => Given::Exact,
            () if is("MATCH") => Given::Match,
            () if is("GLOB") => Given::Glob,
            () if is("RE") => Given::Regex,
            () => {
                match () {
                    () if is("AND") => request.all = true,
                    () if is("OR") => request.all = false,
                    () if is("WITHVALUES") => request.with_values = true,
                    () if is("NOCASE") => request.ignore_case = true,
                    () if is("LIMIT") => request.limit = parse_limit(args.bytes()?)?,
                    () => return Err(CommandError::Syntax),
                }
                continue;
            }
        };
        let pattern = args.bytes()?;
        if request.given.len() == PREDICATES_MAX {
            return Err(error("ERR too many predicates, maximum is 250"));
        }
        if is("RE") && pattern.len() > REGEX_LEN_MAX {
            return Err(error("ERR regular expression is too long, maximum is 2048 bytes"));
        }
        request.given.push(predicate(pattern));
    }
    if request.given.is_empty() { Err(CommandError::Syntax) } else { Ok(request) }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn predicates() {
        check(
            r#"
            > ARGREP a - + MATCH x              < []
            > ARSET a 0 alpha beta alphabet     < 3    ~ ARSET a 0 alpha beta alphabet    ! arset a
            > ARSET a 5 Gamma 12                < 2    ~ ARSET a 5 Gamma 12               ! arset a
            > ARGREP a - + EXACT alpha          < [0]
            > ARGREP a - + MATCH alpha          < [0 2]
            > ARGREP a - + GLOB *a              < [0 1 5]
            > ARGREP a - + RE "^.{4,5}$"        < [0 1 5]
            > ARGREP a - + EXACT 12             < [6]
            > ARGREP a - + MATCH 2              < [6]
            > ARGREP a - + EXACT ALPHA          < []
            > ARGREP a - + EXACT ALPHA NOCASE   < [0]
            > ARGREP a - + MATCH GAM nocase     < [5]
            > ARGREP a - + GLOB g* NOCASE       < [5]
            > ARGREP a - + RE ^g NOCASE         < [5]
            > ARGREP a - + MATCH ""             < [0 1 2 5 6]
            "#,
        );
    }

    #[test]
    fn ranges_and_options() {
        check(
            r#"
            > ARSET a 0 hit-1 hit-2 miss hit-3    < 4    ~ ARSET a 0 hit-1 hit-2 miss hit-3    ! arset a
            > ARGREP a - + MATCH hit LIMIT 2    < [0 1]
            > ARGREP a + - MATCH hit LIMIT 2    < [3 1]
            > ARGREP a 1 2 MATCH i              < [1 2]
            > ARGREP a 3 0 MATCH hit WITHVALUES < [[3 "hit-3"] [1 "hit-2"] [0 "hit-1"]]
            > ARGREP a - + MATCH hit MATCH 3    < [0 1 3]
            > ARGREP a - + MATCH hit MATCH 3 AND    < [3]
            > ARGREP a - + OR MATCH hit LIMIT 3 MATCH 1 AND LIMIT 1    < [0]
            > ARGREP a - + AND MATCH hit MATCH 3 OR    < [0 1 3]
            > ARGREP a 9 + MATCH hit            < [3]
            > ARGREP a 9 20 MATCH hit           < []
            "#,
        );
    }

    #[test]
    fn mistakes() {
        check(
            r#"
            > ARGREP a - + LIMIT 1              < ERR syntax error
            > ARGREP a - + MATCH x y            < ERR syntax error
            > ARGREP a - + MATCH x RE           < ERR syntax error
            > ARGREP a - + MATCH x LIMIT        < ERR syntax error
            > ARGREP a - + MATCH x LIMIT 0      < ERR LIMIT must be positive
            > ARGREP a - + MATCH x LIMIT x      < ERR value is not an integer or out of range
            > ARGREP a x + MATCH x              < ERR invalid array index
            > ARGREP a - -1 MATCH x             < ERR invalid array index
            > ARGREP a - + RE ""                < ERR regular expression is empty
            > ARGREP a - + RE (                 < ERR invalid regular expression: Missing ')'
            > ARGREP a - + RE [                 < ERR invalid regular expression: Missing ']'
            > ARGREP a - + RE "(a)\\1"          < ERR regular expression backreferences are not supported
            > SET s x                           < OK    ~ SET s x    ! set s
            > ARGREP s - + RE (                 < ERR invalid regular expression: Missing ')'
            > ARGREP s - + MATCH x              < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
        let long = |len| format!("> ARGREP a - + RE {}", "a".repeat(len));
        check(&format!("{} < []", long(2048)));
        check(&format!("{} < ERR regular expression is too long, maximum is 2048 bytes", long(2049)));
        let many = |count| format!("> ARGREP a - + {}", "MATCH x ".repeat(count));
        check(&format!("{} < []", many(250)));
        check(&format!("{} < ERR too many predicates, maximum is 250", many(251)));
    }
}
