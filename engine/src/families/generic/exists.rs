//! EXISTS and TOUCH: how many of the keys are there. A key named twice counts twice.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;

pub(crate) fn exists(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    count(ctx, args, Lookup::NoTouch)
}

/// Moves the access clock, for clients with CLIENT NO-TOUCH as well.
pub(crate) fn touch(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    count(ctx, args, Lookup::Read)
}

fn count(ctx: &mut Ctx, args: &mut Args, lookup: Lookup) -> Result<(), CommandError> {
    let mut found = 0;
    while let Some(key) = args.next() {
        found += ctx.keys.exists(key, lookup) as i64;
    }
    ctx.reply.int(found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn exists_and_touch() {
        check(
            r#"
            > SET a 1                 < OK   ~ SET a 1      ! set a
            > EXISTS a a absent       < 2
            > TOUCH a a absent        < 2
            > PEXPIRE a 10            < 1    ~ PEXPIREAT a 10   ! expire a
            @ 5000ms
            > EXISTS a a              < 0    ~ DEL a        ! expired a
            > TOUCH a                 < 0
            > EXISTS                  < ERR wrong number of arguments for 'exists' command
            "#,
        );
    }

    #[test]
    fn only_touch_moves_the_clock() {
        check(
            r#"
            > SET a x                 < OK   ~ SET a x      ! set a
            @ 7000ms
            > EXISTS a                < 1
            > TTL a                   < -1
            > TYPE a                  < string
            > OBJECT ENCODING a       < "embstr"
            > OBJECT IDLETIME a       < 7
            > TOUCH a                 < 1
            > OBJECT IDLETIME a       < 0
            "#,
        );
    }
}
