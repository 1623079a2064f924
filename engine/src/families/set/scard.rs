//! SCARD: how many members a set has.

use super::Set;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn scard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let len = ctx.keys.read::<Set>(args.key()?)?.map_or(0, |set| set.len());
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn scard() {
        check(
            r#"
            > SCARD s             < 0
            > SADD s a b          < 2                 ~ SADD s a b        ! sadd s
            > SCARD s             < 2
            > SET t x             < OK                ~ SET t x           ! set t
            > SCARD t             < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
