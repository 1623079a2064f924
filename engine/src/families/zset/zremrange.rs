//! ZREMRANGEBYRANK, ZREMRANGEBYSCORE and ZREMRANGEBYLEX: remove a range of members. Answers how many there were.

use super::range::{LexRange, ScoreRange, ranks};
use super::{Zset, ZsetRef};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use std::ops::Range;

pub(crate) fn zremrangebyrank(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let (start, stop) = (args.int()?, args.int()?);
    remove(ctx, key, "zremrangebyrank", |zset| ranks(start, stop, zset.len()))
}

pub(crate) fn zremrangebyscore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let range = ScoreRange::parse(args.bytes()?, args.bytes()?)?;
    remove(ctx, key, "zremrangebyscore", |zset| zset.score_range(&range))
}

pub(crate) fn zremrangebylex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let range = LexRange::parse(args.bytes()?, args.bytes()?)?;
    remove(ctx, key, "zremrangebylex", |zset| zset.lex_range(&range, false, 0))
}

fn remove(
    ctx: &mut Ctx,
    key: &[u8],
    event: &'static str,
    choose: impl FnOnce(ZsetRef<'_>) -> Range<usize>,
) -> Result<(), CommandError> {
    let edited = ctx.keys.edit_existing(key, |zset: &mut Zset, _| {
        let ranks = choose(zset.borrow());
        let count = ranks.len();
        if count == 0 {
            return Ok(Edit::Kept(0));
        }
        zset.remove_range(ranks);
        Ok(Edit::Changed(count))
    })?;
    let Some(edited) = edited else {
        ctx.reply.int(0);
        return Ok(());
    };
    if edited.changed {
        ctx.notify(Class::Zset, event, key);
    }
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    ctx.reply.int(edited.result as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn ranges() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c 4 d 5 e    < 5    ~ ZADD k 1 a 2 b 3 c 4 d 5 e    ! zadd k
            > ZREMRANGEBYRANK k 9 10        < 0
            > ZREMRANGEBYRANK k -1 -1       < 1    ~ ZREMRANGEBYRANK k -1 -1       ! zremrangebyrank k
            > ZREMRANGEBYSCORE k 2 (3       < 1    ~ ZREMRANGEBYSCORE k 2 (3       ! zremrangebyscore k
            > ZREMRANGEBYSCORE k 3 2        < 0
            > ZRANGE k 0 -1                 < ["a" "c" "d"]
            > ZADD k 0 a 0 c 0 d            < 0    ~ ZADD k 0 a 0 c 0 d            ! zadd k
            > ZREMRANGEBYLEX k - (c         < 1    ~ ZREMRANGEBYLEX k - (c         ! zremrangebylex k
            > ZREMRANGEBYLEX k [c +         < 2    ~ ZREMRANGEBYLEX k [c +         ! zremrangebylex k   ! del k
            > ZREMRANGEBYLEX k [c +         < 0
            > SET s x                       < OK   ~ SET s x                       ! set s
            > ZREMRANGEBYRANK s 0 x         < ERR value is not an integer or out of range
            > ZREMRANGEBYRANK s 0 1         < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZREMRANGEBYSCORE s 0 x        < ERR min or max is not a float
            > ZREMRANGEBYLEX s - x          < ERR min or max not valid string range item
            "#,
        );
    }
}
