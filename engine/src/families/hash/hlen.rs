//! HLEN: how many fields a hash has. Those that are due count until somebody removes them.

use super::seen::read;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hlen(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let len = read(&mut ctx.keys, args.key()?)?.map_or(0, |hash| hash.len_with_due());
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hlen() {
        check(
            r#"
            > HLEN h              < 0
            > HSET h a 1 b 2      < 2       ~ HSET h a 1 b 2     ! hset h
            > HLEN h              < 2
            > SET s x             < OK      ~ SET s x            ! set s
            > HLEN s              < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
