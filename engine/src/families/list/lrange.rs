//! LRANGE: the elements between two indexes, both included; negative ones count from the back.

use super::{List, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn lrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, stop) = (args.key()?, args.int()?, args.int()?);
    let Some(list) = ctx.keys.read::<List>(key)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let (first, count) = list.range(start, stop);
    let reply = &mut ctx.reply;
    reply.array(count);
    list.each(first, count, |item| reply_item(reply, item));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lrange() {
        check(
            r#"
            > LRANGE l 0 -1                       < []
            > RPUSH l a 1 b 2                     < 4     ~ RPUSH l a 1 b 2     ! rpush l
            > LRANGE l 1 2                        < ["1" "b"]
            > LRANGE l -3 -2                      < ["1" "b"]
            > LRANGE l -100 100                   < ["a" "1" "b" "2"]
            > LRANGE l 2 1                        < []
            > LRANGE l 4 9                        < []
            > LRANGE l 0 -5                       < []
            > LRANGE l -9223372036854775808 9223372036854775807   < ["a" "1" "b" "2"]
            > LRANGE l 9223372036854775807 -9223372036854775808   < []
            > LRANGE l 2147483648 4294967296      < []    # known bug 15407
            > LRANGE l x 1                        < ERR value is not an integer or out of range
            > SET s x                             < OK    ~ SET s x             ! set s
            > LRANGE s x 1                        < ERR value is not an integer or out of range
            > LRANGE s 0 1                        < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
