//! SISMEMBER and SMISMEMBER: whether a set has a member, or which of several.

use super::Set;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn sismember(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, member) = (args.key()?, args.bytes()?);
    let found = ctx.keys.read::<Set>(key)?.is_some_and(|set| set.contains(member));
    ctx.reply.flag(found);
    Ok(())
}

pub(crate) fn smismember(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let set = ctx.keys.read::<Set>(args.key()?)?;
    ctx.reply.array(args.remaining());
    while let Some(member) = args.next() {
        ctx.reply.flag(set.is_some_and(|set| set.contains(member)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn sismember() {
        check(
            r#"
            > SISMEMBER s a       < 0
            > SADD s a 5          < 2                 ~ SADD s a 5        ! sadd s
            > SISMEMBER s a       < 1
            > SISMEMBER s 5       < 1
            > SISMEMBER s 05      < 0
            > SISMEMBER s ""      < 0
            > SET t x             < OK                ~ SET t x           ! set t
            > SISMEMBER t a       < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn smismember() {
        check(
            r#"
            > SMISMEMBER s a b    < [0 0]
            > SADD s 1 300 -7     < 3                 ~ SADD s 1 300 -7   ! sadd s
            > SMISMEMBER s 300 a 2 -7 1 1    < [1 0 0 1 1 1]
            > SET t x             < OK                ~ SET t x           ! set t
            > SMISMEMBER t a      < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
