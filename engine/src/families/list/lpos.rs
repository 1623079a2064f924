//! LPOS: where elements are that are a given text.
//!
//! ```text
//! LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]
//! ```
//!
//! RANK says which match is the first that counts, from the back if negative; COUNT asks for an array of that many, 0
//! for
//! all; MAXLEN bounds how many elements are looked at.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::packed::Item;

struct Options {
    backwards: bool,
    /// Matches to pass over.
    skip: usize,
    /// How many matches are wanted, as an array.
    count: Option<usize>,
    /// Elements to look at.
    look: usize,
}

fn options(args: &mut Args) -> Result<Options, CommandError> {
    let mut options = Options { backwards: false, skip: 0, count: None, look: usize::MAX };
    while args.remaining() > 0 {
        if args.remaining() == 1 {
            return Err(CommandError::Syntax);
        } else if args.take("RANK") {
            let rank = args.int_in(-i64::MAX, i64::MAX, super::not_the_least())?;
            if rank == 0 {
                return Err(CommandError::Custom(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                     or use negative to start from the end of the list"
                        .into(),
                ));
            }
            options.backwards = rank < 0;
            options.skip = rank.unsigned_abs() as usize - 1;
        } else if args.take("COUNT") {
            options.count = Some(amount(args, "COUNT can't be negative")?);
        } else if args.take("MAXLEN") {
            options.look = amount(args, "MAXLEN can't be negative")?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(options)
}

/// A number that is not negative, 0 for no bound.
fn amount(args: &mut Args, message: &'static str) -> Result<usize, CommandError> {
    let number = ds::int::parse_i64(args.bytes()?).and_then(|number| usize::try_from(number).ok());
    match number.ok_or_else(|| CommandError::err(message))? {
        0 => Ok(usize::MAX),
        number => Ok(number),
    }
}

pub(crate) fn lpos(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, text) = (args.key()?, args.bytes()?);
    let options = options(args)?;
    let Some(list) = ctx.keys.read::<List>(key)? else {
        match options.count {
            Some(_) => ctx.reply.array(0),
            None => ctx.reply.null(),
        }
        return Ok(());
    };
    let (wanted, item) = (options.count.unwrap_or(1), Item::of(text));
    let (mut skip, mut first, mut more) = (options.skip, None, Vec::new());
    let visit = |index: usize, other: Item<'_>| {
        if other != item {
            return true;
        }
        match (skip.checked_sub(1), first) {
            (Some(left), _) => skip = left,
            (None, None) => first = Some(index),
            (None, Some(_)) => more.push(index),
        }
        usize::from(first.is_some()) + more.len() < wanted
    };
    match options.backwards {
        true => list.each_back(options.look, visit),
        false => list.each_while(options.look, visit),
    }
    match (options.count, first) {
        (Some(_), _) => {
            ctx.reply.array(first.iter().len() + more.len());
            first.iter().chain(&more).for_each(|index| ctx.reply.int(*index as i64));
        }
        (None, Some(index)) => ctx.reply.int(index as i64),
        (None, None) => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lpos() {
        check(
            r#"
            > LPOS l a                              < nil
            > LPOS l a COUNT 1                      < []
            > RPUSH l a b c 1 2 3 c c               < 8     ~ RPUSH l a b c 1 2 3 c c   ! rpush l
            > LPOS l c                              < 2
            > LPOS l 3                              < 5
            > LPOS l x                              < nil
            > LPOS l c RANK 2                       < 6
            > LPOS l c RANK -1                      < 7
            > LPOS l c RANK -3                      < 2
            > LPOS l c RANK 4                       < nil
            > LPOS l c COUNT 2                      < [2 6]
            > LPOS l c COUNT 0                      < [2 6 7]
            > LPOS l c RANK -2 COUNT 0              < [6 2]
            > LPOS l c COUNT 0 MAXLEN 7             < [2 6]
            > LPOS l c RANK -1 COUNT 0 MAXLEN 2     < [7 6]
            > LPOS l c MAXLEN 2                     < nil
            > LPOS l x COUNT 0                      < []
            > LPOS l c RANK x                       < ERR value is not an integer or out of range
            > LPOS l c COUNT -1                     < ERR COUNT can't be negative
            > LPOS l c MAXLEN x                     < ERR MAXLEN can't be negative
            > LPOS l c RANK                         < ERR syntax error
            > LPOS l c OTHER 1                      < ERR syntax error
            > SET s x                               < OK    ~ SET s x    ! set s
            > LPOS s x                              < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
