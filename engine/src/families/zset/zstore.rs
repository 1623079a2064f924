//! ZUNIONSTORE, ZINTERSTORE and ZDIFFSTORE: keep what ZUNION, ZINTER and ZDIFF would answer under another key.
//!
//! ```text
//! ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX | COUNT>]
//! ```

use super::Zset;
use super::combine::{Operation, Request};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;

pub(crate) fn zunionstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Union, "zunionstore")
}

pub(crate) fn zinterstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Intersection, "zinterstore")
}

pub(crate) fn zdiffstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Difference, "zdiffstore")
}

fn combine(
    ctx: &mut Ctx,
    args: &mut Args,
    operation: Operation,
    event: &'static str,
) -> Result<(), CommandError> {
    let destination = args.key()?;
    let request = Request::parse(ctx, args, operation, true)?;
    let mut result = request.run(ctx);
    result.settle(&ctx.keys.space.forms);
    store(ctx, destination, result, event);
    Ok(())
}

/// Puts a result under a key in place of whatever was there, and answers how many members it has. An empty one removes
/// the key.
pub(super) fn store(ctx: &mut Ctx, key: &[u8], result: Zset, event: &'static str) {
    let len = result.borrow().len();
    if len == 0 {
        if ctx.keys.remove(key) {
            ctx.notify(Class::Generic, "del", key);
        }
    } else {
        ctx.keys.put_collection(key, result);
        ctx.notify(Class::Zset, event, key);
    }
    ctx.reply.int(len as i64);
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn results_are_kept() {
        check(
            r#"
            > ZADD a 1 x 2 y                    < 2    ~ ZADD a 1 x 2 y                ! zadd a
            > ZADD b 10 x                       < 1    ~ ZADD b 10 x                   ! zadd b
            > SET d x                           < OK   ~ SET d x                       ! set d
            > ZUNIONSTORE d 2 a b WEIGHTS 1 2   < 2    ~ ZUNIONSTORE d 2 a b WEIGHTS 1 2    ! zunionstore d
            > ZRANGE d 0 -1 WITHSCORES          < ["y" "2" "x" "21"]
            > ZINTERSTORE a 2 a b               < 1    ~ ZINTERSTORE a 2 a b           ! zinterstore a
            > ZRANGE a 0 -1 WITHSCORES          < ["x" "11"]
            > ZDIFFSTORE e 2 d b                < 1    ~ ZDIFFSTORE e 2 d b            ! zdiffstore e
            > ZDIFFSTORE e 2 b b                < 0    ~ ZDIFFSTORE e 2 b b            ! del e
            > ZDIFFSTORE e 2 b b                < 0
            > ZUNIONSTORE d 0 a                 < ERR at least 1 input key is needed for 'zunionstore' command
            > ZUNIONSTORE d 1 a WITHSCORES      < ERR syntax error
            "#,
        );
    }
}
