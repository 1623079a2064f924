//! PING: a sign of life, with a word of the caller's choice.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::reply::Protocol;

pub(crate) fn ping(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let word = args.next();
    if args.remaining() > 0 {
        return Err(CommandError::WrongArity("ping"));
    }
    if ctx.session.subscriptions.is_some() && ctx.reply.protocol() == Protocol::Resp2 {
        ctx.reply.array(2);
        ctx.reply.bulk(b"pong");
        ctx.reply.bulk(word.unwrap_or_default());
        return Ok(());
    }
    match word {
        Some(word) => ctx.reply.bulk(word),
        None => ctx.reply.simple("PONG"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn ping() {
        check(
            r#"
            > PING        < PONG
            > PING ""     < ""
            > PING a b    < ERR wrong number of arguments for 'ping' command
            "#,
        );
    }
}
