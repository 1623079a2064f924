//! ZRANK and ZREVRANK: where a member stands, counted from the lowest or from the highest score.
//!
//! ```text
//! ZRANK key member [WITHSCORE]
//! ```

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zrank(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    rank(ctx, args, false)
}

pub(crate) fn zrevrank(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    rank(ctx, args, true)
}

fn rank(ctx: &mut Ctx, args: &mut Args, reverse: bool) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    if args.remaining() > 1 {
        return Err(CommandError::WrongArity(ctx.command.full_name));
    }
    let with_score = args.take("WITHSCORE");
    args.end()?;
    let zset = ctx.keys.read::<Zset>(key)?;
    let found = zset.and_then(|zset| {
        let (rank, score) = zset.rank(member)?;
        Some((if reverse { zset.len() - 1 - rank } else { rank }, score))
    });
    match found {
        Some((rank, score)) if with_score => {
            ctx.reply.array(2);
            ctx.reply.int(rank as i64);
            ctx.reply.double(score);
        }
        Some((rank, _)) => ctx.reply.int(rank as i64),
        None if with_score => ctx.reply.null_array(),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn ranks() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c        < 3    ~ ZADD k 1 a 2 b 3 c       ! zadd k
            > ZRANK k c                 < 2
            > ZREVRANK k c              < 0
            > ZRANK k a WITHSCORE       < [0 "1"]
            > ZREVRANK k a withscore    < [2 "1"]
            > ZRANK k x                 < nil
            > ZRANK nk x WITHSCORE      < nil
            > SET s x                   < OK   ~ SET s x                  ! set s
            > ZRANK s a x               < ERR syntax error
            > ZRANK s a WITHSCORE x     < ERR wrong number of arguments for 'zrank' command
            > ZREVRANK s a              < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
