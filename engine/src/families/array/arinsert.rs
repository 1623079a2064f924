//! ARINSERT: append elements where the last ones ended. Answers the index of the last.

use super::{Array, error, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::sparse::MAX_INDEX;

pub(crate) fn arinsert(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let more = args.remaining() as u64 - 1;
    let edited = ctx.keys.edit(key, |array: &mut Array, tools| {
        let first = array.borrow().next_insert().filter(|first| more <= MAX_INDEX - first);
        let first = first.ok_or_else(|| error("ERR insert index overflow"))?;
        for index in first..=first + more {
            array.set(index, args.bytes()?, tools.forms);
        }
        array.set_last_insert(Some(first + more), tools.forms);
        Ok(Edit::Changed(first + more))
    })?;
    ctx.notify(Class::Array, "arinsert", key);
    reply_unsigned(&mut ctx.reply, edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arinsert() {
        check(
            r#"
            > ARINSERT a x            < 0     ~ ARINSERT a x        ! arinsert a
            > ARINSERT a y z          < 2     ~ ARINSERT a y z      ! arinsert a
            > ARGETRANGE a 0 2        < ["x" "y" "z"]
            > ARSEEK a 18446744073709551613    < 1    ~ ARSEEK a 18446744073709551613    ! arseek a
            > ARINSERT a p q r        < ERR insert index overflow
            > ARCOUNT a               < 3
            > ARINSERT a p q          < "18446744073709551614"    ~ ARINSERT a p q    ! arinsert a
            > ARINSERT a r            < ERR insert index overflow
            > SET s x                 < OK    ~ SET s x             ! set s
            > ARINSERT s x            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    /// Elements that were set elsewhere are no reason to append there.
    #[test]
    fn the_cursor_follows_insertions_alone() {
        check(
            r#"
            > ARSET a 0 p q           < 2     ~ ARSET a 0 p q       ! arset a
            > ARNEXT a                < 0
            > ARINSERT a x            < 0     ~ ARINSERT a x        ! arinsert a
            > ARGETRANGE a 0 1        < ["x" "q"]
            > ARDEL a 0               < 1     ~ ARDEL a 0           ! ardel a
            > ARNEXT a                < 1
            > ARDEL a 1               < 1     ~ ARDEL a 1           ! ardel a    ! del a
            > ARNEXT a                < 0
            "#,
        );
    }
}
