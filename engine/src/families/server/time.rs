//! TIME: the wall clock as seconds and microseconds.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn time(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    let wall_us = ctx.now().wall_us;
    ctx.reply.array(2);
    ctx.reply.bulk_int(wall_us.div_euclid(1_000_000));
    ctx.reply.bulk_int(wall_us.rem_euclid(1_000_000));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn time() {
        check(
            r#"
            @ 1795462436215ms
            > TIME                < ["1795462436" "215000"]
            > TIME x              < ERR wrong number of arguments for 'time' command
            "#,
        );
    }
}
