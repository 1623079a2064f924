//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites. The answer is a push for each name, whatever the protocol.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::pubsub::{PubSub, Space};

pub(crate) fn subscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    listen(ctx, args, Space::Channels, "subscribe")
}

pub(crate) fn psubscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    listen(ctx, args, Space::Patterns, "psubscribe")
}

pub(crate) fn ssubscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    listen(ctx, args, Space::Shards, "ssubscribe")
}

pub(crate) fn unsubscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    leave(ctx, args, Space::Channels, "unsubscribe")
}

pub(crate) fn punsubscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    leave(ctx, args, Space::Patterns, "punsubscribe")
}

pub(crate) fn sunsubscribe(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    leave(ctx, args, Space::Shards, "sunsubscribe")
}

fn listen(ctx: &mut Ctx, args: &mut Args, space: Space, what: &str) -> Result<(), CommandError> {
    while let Some(name) = args.next() {
        let count = ctx.pubsub.subscribe(ctx.session, space, name);
        tell(ctx, what, Some(name), count);
    }
    Ok(())
}

fn leave(ctx: &mut Ctx, args: &mut Args, space: Space, what: &str) -> Result<(), CommandError> {
    if args.remaining() > 0 {
        while let Some(name) = args.next() {
            let left = ctx.pubsub.unsubscribe(ctx.session, space, name);
            tell(ctx, what, Some(name), left);
        }
        return Ok(());
    }
    let names = PubSub::names_of(ctx.session, space);
    if names.is_empty() {
        let left = ctx.session.subscriptions.as_ref().map_or(0, |own| own.count(space));
        tell(ctx, what, None, left);
    }
    for name in names {
        let left = ctx.pubsub.unsubscribe(ctx.session, space, &name);
        tell(ctx, what, Some(&name), left);
    }
    Ok(())
}

fn tell(ctx: &mut Ctx, what: &str, name: Option<&[u8]>, count: usize) {
    ctx.reply.push(3);
    ctx.reply.bulk(what.as_bytes());
    match name {
        Some(name) => ctx.reply.bulk(name),
        None => ctx.reply.null(),
    }
    ctx.reply.int(count as i64);
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    const REFUSED: &str = "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
                           allowed in this context";

    #[test]
    fn a_listener_may_do_little_else_in_resp2() {
        check(&format!(
            r#"
            > UNSUBSCRIBE         < ["unsubscribe" nil 0]
            > SUBSCRIBE a         < ["subscribe" "a" 1]
            > PSUBSCRIBE p*       < ["psubscribe" "p*" 2]
            > SSUBSCRIBE s        < ["ssubscribe" "s" 1]
            > PING                < ["pong" ""]
            > PING hi             < ["pong" "hi"]
            > GET k               < {REFUSED}
            > UNSUBSCRIBE b       < ["unsubscribe" "b" 2]
            > UNSUBSCRIBE         < ["unsubscribe" "a" 1]
            > PUNSUBSCRIBE p*     < ["punsubscribe" "p*" 0]
            > GET k               < {REFUSED}
            > SUNSUBSCRIBE        < ["sunsubscribe" "s" 0]
            > GET k               < nil
            "#
        ));
    }

    #[test]
    fn in_resp3_a_listener_is_free() {
        check(
            r#"
            > MULTI               < OK
            > HELLO 3             < QUEUED
            > SUBSCRIBE a         < QUEUED
            > PING                < QUEUED
            > DISCARD             < OK
            "#,
        );
    }
}
