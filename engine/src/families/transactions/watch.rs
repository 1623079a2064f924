//! WATCH and UNWATCH: EXEC shall do nothing if one of these keys has changed by then.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;

pub(crate) fn watch(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    if ctx.session.multi.is_some() {
        return Err(CommandError::err("WATCH inside MULTI is not allowed"));
    }
    // Whoever keeps the interest up to date may do so only now and then.
    ctx.keys.effects.interest.changed = true;
    while let Some(key) = args.next() {
        let existed = ctx.keys.exists(key, Lookup::Silent);
        ctx.watches.watch(ctx.session, ctx.keys.db, key, existed);
    }
    ctx.reply.ok();
    Ok(())
}

pub(crate) fn unwatch(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    ctx.watches.forget(ctx.session);
    ctx.reply.ok();
    Ok(())
}
