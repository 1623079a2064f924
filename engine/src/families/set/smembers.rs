//! SMEMBERS: all members of a set.

use super::{Set, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn smembers(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Some(set) = ctx.keys.read::<Set>(args.key()?)? else {
        ctx.reply.set(0);
        return Ok(());
    };
    ctx.reply.set(set.len());
    set.iter().for_each(|item| reply_member(&mut ctx.reply, item));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn smembers() {
        check(
            r#"
            > SMEMBERS s          < []
            > SADD s b a "c d"    < 3                 ~ SADD s b a c d    ! sadd s
            > SMEMBERS s          < ["b" "a" "c d"]
            > SET t x             < OK                ~ SET t x           ! set t
            > SMEMBERS t          < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
