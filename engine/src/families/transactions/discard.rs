//! DISCARD: forgets the queue and the watched keys.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn discard(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    if ctx.session.multi.take().is_none() {
        return Err(CommandError::err("DISCARD without MULTI"));
    }
    ctx.watches.forget(ctx.session);
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn discard() {
        check(
            r#"
            > DISCARD           < ERR DISCARD without MULTI
            > WATCH k           < OK
            > MULTI             < OK
            > SET k 1           < QUEUED
            > DISCARD           < OK
            > GET k             < nil
            > DISCARD           < ERR DISCARD without MULTI
            "#,
        );
    }
}
