//! DBSIZE: how many keys the database holds, expired ones that nobody has met included.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn dbsize(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    ctx.reply.int(ctx.keys.len() as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn dbsize() {
        check(
            r#"
            > DBSIZE              < 0
            > SET a 1 PX 10       < OK    ~ SET a 1 PXAT 10    ! set a    ! expire a
            @ 11ms
            > DBSIZE              < 1
            > EXISTS a            < 0     ~ DEL a              ! expired a
            > DBSIZE              < 0
            > DBSIZE x            < ERR wrong number of arguments for 'dbsize' command
            "#,
        );
    }
}
