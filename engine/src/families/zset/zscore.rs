//! ZSCORE and ZMSCORE: the scores of one member or of several.

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zscore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    let zset = ctx.keys.read::<Zset>(key)?;
    match zset.and_then(|zset| zset.score(member)) {
        Some(score) => ctx.reply.double(score),
        None => ctx.reply.null(),
    }
    Ok(())
}

pub(crate) fn zmscore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let zset = ctx.keys.read::<Zset>(args.key()?)?;
    ctx.reply.array(args.remaining());
    while let Some(member) = args.next() {
        match zset.and_then(|zset| zset.score(member)) {
            Some(score) => ctx.reply.double(score),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn scores() {
        check(
            r#"
            > ZSCORE k a                < nil
            > ZMSCORE k a b             < [nil nil]
            > ZADD k 1.5 a inf b        < 2    ~ ZADD k 1.5 a inf b       ! zadd k
            > ZSCORE k a                < "1.5"
            > ZSCORE k c                < nil
            > ZMSCORE k b c a           < ["inf" nil "1.5"]
            > SET s x                   < OK   ~ SET s x                  ! set s
            > ZSCORE s a                < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZMSCORE s a               < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
