//! HGET: the value of one field.

use super::{Hash, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    match ctx.keys.read::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => reply_item(&mut ctx.reply, value),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hget() {
        check(
            r#"
            > HGET h a            < nil
            > HSET h a 1 7 x      < 2       ~ HSET h a 1 7 x     ! hset h
            > HGET h a            < "1"
            > HGET h 7            < "x"
            > HGET h b            < nil
            > SET s x             < OK      ~ SET s x            ! set s
            > HGET s a            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
