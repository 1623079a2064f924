//! ZCOUNT and ZLEXCOUNT: how many members lie in a range, without reading them.

use super::Zset;
use super::range::{LexRange, ScoreRange};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let range = ScoreRange::parse(args.bytes()?, args.bytes()?)?;
    let zset = ctx.keys.read::<Zset>(key)?;
    ctx.reply.int(zset.map_or(0, |zset| zset.score_range(&range).len() as i64));
    Ok(())
}

pub(crate) fn zlexcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let range = LexRange::parse(args.bytes()?, args.bytes()?)?;
    let zset = ctx.keys.read::<Zset>(key)?;
    ctx.reply.int(zset.map_or(0, |zset| zset.lex_range(&range, false, 0).len() as i64));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn counts() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c        < 3    ~ ZADD k 1 a 2 b 3 c       ! zadd k
            > ZCOUNT k 1 3              < 3
            > ZCOUNT k (1 (3            < 1
            > ZCOUNT k 3 1              < 0
            > ZCOUNT k -inf +inf        < 3
            > ZCOUNT nk -inf +inf       < 0
            > ZADD l 0 a 0 b 0 c        < 3    ~ ZADD l 0 a 0 b 0 c       ! zadd l
            > ZLEXCOUNT l - +           < 3
            > ZLEXCOUNT l [b +          < 2
            > ZLEXCOUNT l (b (c         < 0
            > ZLEXCOUNT l + -           < 0
            > ZLEXCOUNT nl - +          < 0
            > SET s x                   < OK   ~ SET s x                  ! set s
            > ZCOUNT s x 1              < ERR min or max is not a float
            > ZCOUNT s 1 1              < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZLEXCOUNT s - c           < ERR min or max not valid string range item
            > ZLEXCOUNT s - [c          < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
