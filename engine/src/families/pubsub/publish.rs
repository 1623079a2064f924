//! PUBLISH and SPUBLISH: a message for all who listen to a channel, on this server and, by replication, on its
//! replicas.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn publish(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    send(ctx, args, false)
}

pub(crate) fn spublish(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    send(ctx, args, true)
}

fn send(ctx: &mut Ctx, args: &mut Args, shard: bool) -> Result<(), CommandError> {
    let (channel, message) = (args.bytes()?, args.bytes()?);
    let receptions = ctx.pubsub.receptions(shard, channel);
    if receptions > 0 {
        ctx.effects().publish(shard, channel, message);
    }
    let db = ctx.keys.db;
    ctx.effects().propagate_as_is(db, args.argv());
    ctx.reply.int(receptions as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn a_message_is_propagated_whether_anyone_listens_or_not() {
        check(
            r#"
            > PUBLISH c hello     < 0     ~ PUBLISH c hello
            > SPUBLISH c hello    < 0     ~ SPUBLISH c hello
            > MULTI               < OK
            > SUBSCRIBE c         < QUEUED
            > PUBLISH c x         < QUEUED
            > SPUBLISH c x        < QUEUED
            > EXEC                < [["subscribe" "c" 1] 1 0]   ~ PUBLISH c x  ~ SPUBLISH c x
            "#,
        );
    }
}
