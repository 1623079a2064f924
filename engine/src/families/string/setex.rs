//! SETEX and PSETEX: store text under a key with a time to live. Propagate as SET with PXAT.

use super::set::{propagate, store};
use crate::args::{Args, ExpiryUnit, positive_expiry};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use ds::table::SetExpiry;

pub(crate) fn setex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    set_for(ctx, args, ExpiryUnit::Seconds, "setex")
}

pub(crate) fn psetex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    set_for(ctx, args, ExpiryUnit::Milliseconds, "psetex")
}

fn set_for(
    ctx: &mut Ctx,
    args: &mut Args,
    unit: ExpiryUnit,
    command: &'static str,
) -> Result<(), CommandError> {
    let (key, time, text) = (args.key()?, args.bytes()?, args.bytes()?);
    let at = positive_expiry(unit, time, ctx.now_ms(), command)?;
    store(&mut ctx.keys, key, text, SetExpiry::At(at.0));
    ctx.notify(Class::Generic, "expire", key);
    propagate(ctx, key, text, SetExpiry::At(at.0));
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn setex() {
        check(
            r#"
            @ 5ms
            > SETEX k 10 v       < OK    ~ SET k v PXAT 10005   ! set k    ! expire k
            > PSETEX k 10 v      < OK    ~ SET k v PXAT 15      ! set k    ! expire k
            > SETEX k 0 v        < ERR invalid expire time in 'setex' command
            > PSETEX k -1 v      < ERR invalid expire time in 'psetex' command
            > SETEX k x v        < ERR value is not an integer or out of range
            > SETEX k 9223372036854776 v   < ERR invalid expire time in 'setex' command
            "#,
        );
    }
}
