//! HGETALL: all fields and values.

use super::{Hash, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hgetall(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Some(hash) = ctx.keys.read::<Hash>(args.key()?)? else {
        ctx.reply.map(0);
        return Ok(());
    };
    ctx.reply.map(hash.len());
    for (field, value) in hash.iter() {
        reply_item(&mut ctx.reply, field);
        reply_item(&mut ctx.reply, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hgetall() {
        check(
            r#"
            > HGETALL h           < []
            > HSET h a 1 b x      < 2       ~ HSET h a 1 b x     ! hset h
            > HGETALL h           < ["a" "1" "b" "x"]
            "#,
        );
    }
}
