//! ZADD and ZINCRBY: give members scores, under conditions, or add to a score.
//!
//! ```text
//! ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]
//! ZINCRBY key increment member
//! ```
//! Every score is read before the key is looked at. What becomes of a member hangs on the state alone, so both are
//! propagated as they came.

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Collection, Edit, Forms};
use ds::ordered::Change;

/// Pairs whose scores are kept without allocating.
const FEW: usize = 16;

#[derive(Clone, Copy, Default)]
struct Options {
    /// NX: add only.
    add: bool,
    /// XX: update only.
    update: bool,
    /// GT: an update may only raise a score.
    raise: bool,
    /// LT: an update may only lower a score.
    lower: bool,
    /// CH: count what changed, not only what was added.
    changed: bool,
    /// INCR: the score is added to the old one.
    increment: bool,
}

impl Options {
    fn parse(args: &mut Args<'_>) -> Options {
        let mut options = Options::default();
        while let Some(word) = args.peek() {
            let is = |token: &str| word.eq_ignore_ascii_case(token.as_bytes());
            match word.len() {
                2 if is("nx") => options.add = true,
                2 if is("xx") => options.update = true,
                2 if is("ch") => options.changed = true,
                2 if is("gt") => options.raise = true,
                2 if is("lt") => options.lower = true,
                4 if is("incr") => options.increment = true,
                _ => break,
            }
            args.next();
        }
        options
    }

    fn check(&self, pairs: usize) -> Result<(), CommandError> {
        if self.add && self.update {
            return Err(CommandError::err("XX and NX options at the same time are not compatible"));
        }
        if (self.add && (self.raise || self.lower)) || (self.raise && self.lower) {
            let text = "GT, LT, and/or NX options at the same time are not compatible";
            return Err(CommandError::err(text));
        }
        if self.increment && pairs > 1 {
            return Err(CommandError::err("INCR option supports a single increment-element pair"));
        }
        Ok(())
    }
}

/// What became of the members.
#[derive(Default)]
struct Tally {
    added: i64,
    updated: i64,
    /// The last member's score, unless the conditions kept it from being looked at.
    score: Option<f64>,
}

pub(crate) fn zadd(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let options = Options::parse(args);
    if args.remaining() == 0 || !args.remaining().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs = args.remaining() / 2;
    options.check(pairs)?;
    let (mut few, mut many) = ([0.0; FEW], Vec::new());
    let scores = if pairs <= FEW {
        &mut few[..pairs]
    } else {
        many.resize(pairs, 0.0);
        &mut many
    };
    let (argv, first) = (args.argv(), args.position());
    for score in scores.iter_mut() {
        *score = args.float()?;
        args.next();
    }
    let elements = scores.iter().enumerate().map(|(at, score)| (&argv[first + 2 * at + 1], *score));
    let tally = add(ctx, key, options, elements)?;
    if options.increment {
        match tally.score {
            Some(score) => ctx.reply.double(score),
            None => ctx.reply.null(),
        }
    } else {
        ctx.reply.int(tally.added + if options.changed { tally.updated } else { 0 });
    }
    Ok(())
}

pub(crate) fn zincrby(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let increment = args.float()?;
    let member = args.bytes()?;
    let options = Options { increment: true, ..Options::default() };
    let tally = add(ctx, key, options, [(member, increment)].into_iter())?;
    ctx.reply.double(tally.score.expect("there is no condition"));
    Ok(())
}

fn add<'a>(
    ctx: &mut Ctx,
    key: &[u8],
    options: Options,
    mut elements: impl ExactSizeIterator<Item = (&'a [u8], f64)>,
) -> Result<Tally, CommandError> {
    let edited = ctx.keys.edit(key, |zset: &mut Zset, tools| {
        let mut tally = Tally::default();
        let Some((member, score)) = elements.next() else { return Ok(Edit::Kept(tally)) };
        if zset.is_empty() {
            if options.update {
                return Ok(Edit::Kept(tally));
            }
            zset.expect(elements.len() + 1, member.len(), tools.forms);
        }
        put(zset, tools.forms, options, &mut tally, member, score)?;
        for (member, score) in elements {
            put(zset, tools.forms, options, &mut tally, member, score)?;
        }
        let changed = tally.added + tally.updated > 0;
        Ok(if changed { Edit::Changed(tally) } else { Edit::Kept(tally) })
    })?;
    if edited.changed {
        ctx.notify(Class::Zset, if options.increment { "zincr" } else { "zadd" }, key);
    }
    Ok(edited.result)
}

fn put(
    zset: &mut Zset,
    forms: &Forms,
    options: Options,
    tally: &mut Tally,
    member: &[u8],
    given: f64,
) -> Result<(), CommandError> {
    let mut outcome = None;
    let change = zset.change(member, forms, |old| {
        let refused = if old.is_some() { options.add } else { options.update };
        if refused {
            return None;
        }
        let score = old.filter(|_| options.increment).map_or(given, |old| old + given);
        let passed_over = |old: f64| (options.raise && score <= old) || (options.lower && score >= old);
        if !score.is_nan() && old.is_some_and(passed_over) {
            return None;
        }
        outcome = Some(score);
        (!score.is_nan()).then_some(score)
    });
    if outcome.is_some_and(f64::is_nan) {
        return Err(CommandError::err("resulting score is not a number (NaN)"));
    }
    tally.score = outcome;
    tally.added += i64::from(change == Change::Inserted);
    tally.updated += i64::from(change == Change::Updated);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zadd() {
        check(
            r#"
            > ZADD k 1 a 2 b            < 2        ~ ZADD k 1 a 2 b            ! zadd k
            > ZADD k 1 a                < 0
            > ZADD k 3 a 4 c            < 1        ~ ZADD k 3 a 4 c            ! zadd k
            > ZADD k CH 5 a 5 c 6 d     < 3        ~ ZADD k CH 5 a 5 c 6 d     ! zadd k
            > ZADD k NX 9 a 9 e         < 1        ~ ZADD k NX 9 a 9 e         ! zadd k
            > ZADD k XX CH 8 a 9 f      < 1        ~ ZADD k XX CH 8 a 9 f      ! zadd k
            > ZADD k GT CH 7 a 9 g      < 1        ~ ZADD k GT CH 7 a 9 g      ! zadd k
            > ZADD k LT CH 9 a          < 0
            > ZADD k LT XX CH 7.5 a     < 1        ~ ZADD k LT XX CH 7.5 a     ! zadd k
            > ZADD k INCR 1 a           < "8.5"    ~ ZADD k INCR 1 a           ! zincr k
            > ZADD k INCR 0 a           < "8.5"
            > ZADD k INCR GT -1 a       < nil
            > ZADD k INCR NX 1 a        < nil
            > ZADD k INCR XX 1 z        < nil
            > ZADD nk XX 1 a            < 0
            > EXISTS nk                 < 0
            > ZADD z -0 a               < 1        ~ ZADD z -0 a               ! zadd z
            > ZADD z CH 0 a             < 0
            > ZSCORE z a                < "0"
            "#,
        );
    }

    #[test]
    fn refusals_come_in_order() {
        check(
            r#"
            > SET s x                   < OK       ~ SET s x                   ! set s
            > ZADD s NX                 < ERR wrong number of arguments for 'zadd' command
            > ZADD s NX XX 1            < ERR syntax error
            > ZADD s NX XX x a          < ERR XX and NX options at the same time are not compatible
            > ZADD s GT LT x a          < ERR GT, LT, and/or NX options at the same time are not compatible
            > ZADD s NX LT x a          < ERR GT, LT, and/or NX options at the same time are not compatible
            > ZADD s INCR x a 2 b       < ERR INCR option supports a single increment-element pair
            > ZADD s 1 a x b            < ERR value is not a valid float
            > ZADD s nan a              < ERR value is not a valid float
            > ZADD s XX 1 a             < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZINCRBY s x a             < ERR value is not a valid float
            > ZINCRBY s 1 a             < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZADD k inf a              < 1        ~ ZADD k inf a              ! zadd k
            > ZADD k INCR -inf a        < ERR resulting score is not a number (NaN)
            > ZINCRBY k -inf a          < ERR resulting score is not a number (NaN)
            > ZSCORE k a                < "inf"
            "#,
        );
    }

    #[test]
    fn zincrby() {
        check(
            r#"
            > ZINCRBY k 1.5 a           < "1.5"    ~ ZINCRBY k 1.5 a           ! zincr k
            > ZINCRBY k 1.5 a           < "3"      ~ ZINCRBY k 1.5 a           ! zincr k
            > ZINCRBY k 0 a             < "3"
            "#,
        );
    }
}
