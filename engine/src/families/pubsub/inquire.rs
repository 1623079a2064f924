//! PUBSUB: who listens to what.

use crate::args::Args;
use crate::command;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::pubsub::Space;

pub(crate) fn help(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    command::help(&mut ctx.reply, "pubsub");
    Ok(())
}

pub(crate) fn channels(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    names(ctx, args, Space::Channels)
}

pub(crate) fn shardchannels(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    names(ctx, args, Space::Shards)
}

fn names(ctx: &mut Ctx, args: &mut Args, space: Space) -> Result<(), CommandError> {
    let pattern = args.next();
    if args.remaining() > 0 {
        let after = "'. Try PUBSUB HELP.";
        let before = "unknown subcommand or wrong number of arguments for '";
        return Err(CommandError::quoting(before, &args.argv()[1], after));
    }
    let pubsub = &*ctx.pubsub;
    ctx.reply.deferred_array(|reply| {
        let fits = |name: &&[u8]| {
            pattern.is_none_or(|pattern| ds::glob::matches(pattern, name, ds::glob::Case::Sensitive))
        };
        pubsub.names(space).filter(fits).map(|name| reply.bulk(name)).count()
    });
    Ok(())
}

pub(crate) fn numsub(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    numbers(ctx, args, Space::Channels)
}

pub(crate) fn shardnumsub(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    numbers(ctx, args, Space::Shards)
}

fn numbers(ctx: &mut Ctx, args: &mut Args, space: Space) -> Result<(), CommandError> {
    ctx.reply.array(2 * args.remaining());
    while let Some(name) = args.next() {
        let count = ctx.pubsub.listeners(space, name);
        ctx.reply.bulk(name);
        ctx.reply.int(count as i64);
    }
    Ok(())
}

pub(crate) fn numpat(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    ctx.reply.int(ctx.pubsub.len(Space::Patterns) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn nobody_listens_at_first() {
        check(
            r#"
            > PUBSUB CHANNELS             < []
            > PUBSUB NUMSUB a b           < ["a" 0 "b" 0]
            > PUBSUB NUMSUB               < []
            > PUBSUB NUMPAT               < 0
            > PUBSUB SHARDCHANNELS s*     < []
            > PUBSUB SHARDNUMSUB s        < ["s" 0]
            > PUBSUB what                 < ERR unknown subcommand 'what'. Try PUBSUB HELP.
            "#,
        );
    }

    #[test]
    fn listeners_are_counted() {
        check(
            r#"
            > MULTI                       < OK
            > SUBSCRIBE news              < QUEUED
            > PSUBSCRIBE n*               < QUEUED
            > SSUBSCRIBE shard            < QUEUED
            > PUBSUB CHANNELS n[e]*       < QUEUED
            > PUBSUB CHANNELS x*          < QUEUED
            > PUBSUB NUMSUB news          < QUEUED
            > PUBSUB NUMPAT               < QUEUED
            > PUBSUB SHARDCHANNELS        < QUEUED
            > PUBSUB SHARDNUMSUB shard news  < QUEUED
            > EXEC                        < [["subscribe" "news" 1] ["psubscribe" "n*" 2] ["ssubscribe" "shard" 1] ["news"] [] ["news" 1] 1 ["shard"] ["shard" 1 "news" 0]]
            "#,
        );
    }
}
