//! LLEN: how many elements a list has.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn llen(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let len = ctx.keys.read::<List>(args.key()?)?.map_or(0, |list| list.len());
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn llen() {
        check(
            r#"
            > LLEN l              < 0
            > RPUSH l a b         < 2        ~ RPUSH l a b       ! rpush l
            > LLEN l              < 2
            > SET s x             < OK       ~ SET s x           ! set s
            > LLEN s              < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
