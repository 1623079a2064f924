//! ARSCAN: the elements of a range with their indexes; downwards if the range is given so.
//!
//! ```text
//! ARSCAN key start end [LIMIT limit]
//! ```

use super::{Array, error, index, reply_pair};
use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn arscan(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, end) = (args.key()?, index(args)?, index(args)?);
    let mut limit = u64::MAX;
    if args.remaining() > 0 {
        if args.remaining() != 2 || !args.take("LIMIT") {
            return Err(CommandError::Syntax);
        }
        limit = parse_limit(args.bytes()?)?;
    }
    let Some(array) = ctx.keys.read::<Array>(key)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let count = array.count_range(start.min(end), start.max(end)).min(limit) as usize;
    ctx.reply.array(count);
    for (index, element) in array.iter(start, end).take(count) {
        reply_pair(&mut ctx.reply, index, element);
    }
    Ok(())
}

/// How many elements at most.
pub(super) fn parse_limit(word: &[u8]) -> Result<u64, CommandError> {
    let limit = parse_int(word)?;
    u64::try_from(limit).ok().filter(|limit| *limit > 0).ok_or_else(|| error("ERR LIMIT must be positive"))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arscan() {
        check(
            r#"
            > ARSCAN a 0 9            < []
            > ARMSET a 0 x 5 7 9 z    < 3     ~ ARMSET a 0 x 5 7 9 z    ! armset a
            > ARSCAN a 0 9            < [[0 "x"] [5 "7"] [9 "z"]]
            > ARSCAN a 9 0            < [[9 "z"] [5 "7"] [0 "x"]]
            > ARSCAN a 1 8            < [[5 "7"]]
            > ARSCAN a 6 8            < []
            > ARSCAN a 0 9 limit 2    < [[0 "x"] [5 "7"]]
            > ARSCAN a 9 0 LIMIT 1    < [[9 "z"]]
            > ARSCAN a 0 18446744073709551614 LIMIT 9    < [[0 "x"] [5 "7"] [9 "z"]]
            > ARSCAN a 0 9 LIMIT 0    < ERR LIMIT must be positive
            > ARSCAN a 0 9 LIMIT -1   < ERR LIMIT must be positive
            > ARSCAN a 0 9 LIMIT x    < ERR value is not an integer or out of range
            > ARSCAN a 0 9 LIMIT      < ERR syntax error
            > ARSCAN a 0 9 COUNT 1    < ERR syntax error
            > ARSCAN a - +            < ERR invalid array index
            > SET s x                 < OK    ~ SET s x                 ! set s
            > ARSCAN s 0 9            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
