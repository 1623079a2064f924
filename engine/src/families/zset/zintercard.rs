//! ZINTERCARD: how many members several sets have in common, counted up to a limit.
//!
//! ```text
//! ZINTERCARD numkeys key [key ...] [LIMIT limit]
//! ```

use super::combine::{Operation, Request};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zintercard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let request = Request::parse(ctx, args, Operation::Count, false)?;
    let count = request.count(ctx);
    ctx.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zintercard() {
        check(
            r#"
            > ZADD a 1 x 2 y 3 z            < 3    ~ ZADD a 1 x 2 y 3 z       ! zadd a
            > ZADD b 1 x 2 y                < 2    ~ ZADD b 1 x 2 y           ! zadd b
            > ZINTERCARD 2 a b              < 2
            > ZINTERCARD 2 a b LIMIT 1      < 1
            > ZINTERCARD 2 a b LIMIT 0      < 2
            > ZINTERCARD 1 a LIMIT 2        < 2
            > ZINTERCARD 2 a nk             < 0
            > ZINTERCARD 1 a LIMIT          < ERR syntax error
            > ZINTERCARD 1 a LIMIT -1       < ERR LIMIT can't be negative
            > ZINTERCARD 1 a LIMIT x        < ERR LIMIT can't be negative
            > ZINTERCARD 1 a WITHSCORES     < ERR syntax error
            > ZINTERCARD 0 a                < ERR at least 1 input key is needed for 'zintercard' command
            "#,
        );
    }
}
