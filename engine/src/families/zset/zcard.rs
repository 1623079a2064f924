//! ZCARD: how many members there are.

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zcard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let zset = ctx.keys.read::<Zset>(args.key()?)?;
    ctx.reply.int(zset.map_or(0, |zset| zset.len() as i64));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zcard() {
        check(
            r#"
            > ZCARD k                   < 0
            > ZADD k 1 a 2 b 3 c        < 3    ~ ZADD k 1 a 2 b 3 c       ! zadd k
            > ZCARD k                   < 3
            > SET s x                   < OK   ~ SET s x                  ! set s
            > ZCARD s                   < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
