//! ARDEL, ARDELRANGE: take elements out, by index or by range; the last one takes the key along. Answer how many there
//! were.
//!
//! ```text
//! ARDEL key index [index ...]
//! ARDELRANGE key start end [start end ...]
//! ```

use super::{Array, indexes};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn ardel(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let indexes = indexes(args)?;
    remove(ctx, key, "ardel", indexes.iter().map(|index| (*index, *index)))
}

pub(crate) fn ardelrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity("ardelrange"));
    }
    let indexes = indexes(args)?;
    let ranges = indexes.chunks_exact(2).map(|ends| (ends[0].min(ends[1]), ends[0].max(ends[1])));
    remove(ctx, key, "ardelrange", ranges)
}

fn remove(
    ctx: &mut Ctx,
    key: &[u8],
    event: &'static str,
    ranges: impl Iterator<Item = (u64, u64)>,
) -> Result<(), CommandError> {
    let edited = ctx.keys.edit_existing(key, |array: &mut Array, tools| {
        let gone = ranges.map(|(low, high)| array.remove_range(low, high, tools.forms)).sum::<u64>();
        Ok(if gone > 0 { Edit::Changed(gone) } else { Edit::Kept(0) })
    })?;
    ctx.reply.int(edited.as_ref().map_or(0, |edited| edited.result as i64));
    if let Some(edited) = edited.filter(|edited| edited.changed) {
        ctx.notify(Class::Array, event, key);
        if edited.removed {
            ctx.notify(Class::Generic, "del", key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn ardel() {
        check(
            r#"
            > ARDEL a 0               < 0
            > ARSET a 0 p q r s       < 4     ~ ARSET a 0 p q r s     ! arset a
            > ARDEL a 9               < 0
            > ARDEL a 1 9 1 2         < 2     ~ ARDEL a 1 9 1 2       ! ardel a
            > ARSCAN a 0 9            < [[0 "p"] [3 "s"]]
            > ARDEL a 0 no            < ERR invalid array index
            > ARDEL a 0 3             < 2     ~ ARDEL a 0 3           ! ardel a    ! del a
            > EXISTS a                < 0
            > SET s x                 < OK    ~ SET s x               ! set s
            > ARDEL s 0               < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn ardelrange() {
        check(
            r#"
            > ARDELRANGE a 0 1        < 0
            > ARSET a 0 p q r s t u   < 6     ~ ARSET a 0 p q r s t u    ! arset a
            > ARDELRANGE a 10 20      < 0
            > ARDELRANGE a 3 1 2 4    < 4     ~ ARDELRANGE a 3 1 2 4     ! ardelrange a
            > ARSCAN a 0 9            < [[0 "p"] [5 "u"]]
            > ARDELRANGE a 0 1 2      < ERR wrong number of arguments for 'ardelrange' command
            > ARDELRANGE a 0 +        < ERR invalid array index
            > ARDELRANGE a 0 18446744073709551614 < 2 ~ ARDELRANGE a 0 18446744073709551614 ! ardelrange a ! del a
            > EXISTS a                < 0
            > SET s x                 < OK    ~ SET s x                  ! set s
            > ARDELRANGE s 0 1        < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
