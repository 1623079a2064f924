//! MSET and MSETNX: store several texts at once; MSETNX only if none of the keys exists.

use super::set::store;
use crate::args::{Args, Argv};
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;
use ds::table::SetExpiry;

pub(crate) fn mset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let argv = paired(args, "mset")?;
    store_all(ctx, argv);
    ctx.reply.ok();
    Ok(())
}

pub(crate) fn msetnx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let argv = paired(args, "msetnx")?;
    let mut missing = true;
    ctx.keys.each_prefetched(pairs(argv, 1..argv.len()), |keys, key, _| {
        missing = missing && !keys.exists(key, Lookup::Write);
    });
    if missing {
        store_all(ctx, argv);
    }
    ctx.reply.flag(missing);
    Ok(())
}

/// The request, if every key in it has its value.
fn paired<'a>(args: &Args<'a>, command: &'static str) -> Result<Argv<'a>, CommandError> {
    if args.remaining().is_multiple_of(2) { Ok(args.argv()) } else { Err(CommandError::WrongArity(command)) }
}

/// Keys and values that alternate in a range of a request.
pub(super) fn pairs<'a>(
    argv: Argv<'a>,
    words: std::ops::Range<usize>,
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let word = move |at| argv.get(at).expect("the caller has counted the words");
    words.step_by(2).map(move |at| (word(at), word(at + 1)))
}

fn store_all(ctx: &mut Ctx, argv: Argv<'_>) {
    ctx.keys.each_prefetched(pairs(argv, 1..argv.len()), |keys, key, text| {
        store(keys, key, text, SetExpiry::Clear);
    });
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn mset() {
        check(
            r#"
            > MSET a 1 b 2         < OK     ~ MSET a 1 b 2       ! set a    ! set b
            > MSET a 3 a 4         < OK     ~ MSET a 3 a 4       ! set a    ! set a
            > GET a                < "4"
            > MSET a 1 b           < ERR wrong number of arguments for 'mset' command
            > SET b x PX 5         < OK     ~ SET b x PXAT 5     ! set b    ! expire b
            @ 6ms
            > MSET a 1 b 2         < OK     ~ DEL b  ~ MSET a 1 b 2   ! set a  ! expired b  ! set b
            "#,
        );
    }

    #[test]
    fn msetnx() {
        check(
            r#"
            > MSETNX a 1 b 2       < 1      ~ MSETNX a 1 b 2     ! set a    ! set b
            > MSETNX c 1 b 2       < 0
            > GET c                < nil
            > MSETNX c 1 c 2       < 1      ~ MSETNX c 1 c 2     ! set c    ! set c
            > MSETNX d 1 e         < ERR wrong number of arguments for 'msetnx' command
            "#,
        );
    }
}
