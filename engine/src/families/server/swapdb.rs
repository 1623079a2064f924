//! SWAPDB: exchange the contents of two databases.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn swapdb(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let a = index(args, "first")?;
    let b = index(args, "second")?;
    let databases = ctx.keys.space.databases();
    let known = |index: i32| u32::try_from(index).ok().filter(|index| *index < databases);
    let (a, b) = known(a).zip(known(b)).ok_or(CommandError::DbIndexOutOfRange)?;
    ctx.keys.space.swap(a, b);
    ctx.effects().replaced(a, 1);
    if a != b {
        ctx.effects().replaced(b, 0);
    }
    ctx.reply.ok();
    Ok(())
}

fn index(args: &mut Args, which: &str) -> Result<i32, CommandError> {
    let number = args.int().ok().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| CommandError::err(format_args!("invalid {which} DB index")))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn swapdb() {
        check(
            r#"
            > SET k 0               < OK    ~ SET k 0           ! set k
            > COPY k k DB 2         < 1     ~ COPY k k DB 2     ! copy_to k
            > SET k 1               < OK    ~ SET k 1           ! set k
            > SWAPDB 0 2            < OK    ~ SWAPDB 0 2
            > GET k                 < "0"
            > SWAPDB 0 0            < OK    ~ SWAPDB 0 0
            > SWAPDB 2 0            < OK    ~ SWAPDB 2 0
            > GET k                 < "1"
            > SWAPDB 0 16           < ERR DB index is out of range
            > SWAPDB -1 0           < ERR DB index is out of range
            > SWAPDB x 0            < ERR invalid first DB index
            > SWAPDB 99 x           < ERR invalid second DB index
            > SWAPDB 0 2147483648   < ERR invalid second DB index
            "#,
        );
    }

    #[test]
    fn a_swap_with_itself_is_one_change() {
        let mut engine = crate::engine::Engine::new(2, 1);
        crate::testing::check_with(&mut engine, "> SWAPDB 1 1   < OK   ~ SWAPDB 1 1");
        assert_eq!(engine.effects.changes(), 1);
    }
}
