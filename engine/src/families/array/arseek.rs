//! ARSEEK, ARNEXT: move the place where the next element is appended, and tell it.
//!
//! It may be moved to one beyond the last index: then nothing can be appended, and there is no next index to tell.

use super::{Array, INVALID_INDEX, parse_index, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn arseek(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let next = parse_index(args.bytes()?).ok_or(INVALID_INDEX)?;
    let edited = ctx.keys.edit_existing(key, |array: &mut Array, tools| {
        array.set_last_insert(next.checked_sub(1), tools.forms);
        Ok(Edit::Changed(()))
    })?;
    if edited.is_some() {
        ctx.notify(Class::Array, "arseek", key);
    }
    ctx.reply.flag(edited.is_some());
    Ok(())
}

pub(crate) fn arnext(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    match ctx.keys.read::<Array>(args.key()?)?.map_or(Some(0), |array| array.next_insert()) {
        Some(next) => reply_unsigned(&mut ctx.reply, next),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arseek_and_arnext() {
        check(
            r#"
            > ARNEXT a                < 0
            > ARSEEK a 5              < 0
            > EXISTS a                < 0
            > ARINSERT a x            < 0     ~ ARINSERT a x        ! arinsert a
            > ARNEXT a                < 1
            > ARSEEK a 10             < 1     ~ ARSEEK a 10         ! arseek a
            > ARNEXT a                < 10
            > ARINSERT a y            < 10    ~ ARINSERT a y        ! arinsert a
            > ARSEEK a 0              < 1     ~ ARSEEK a 0          ! arseek a
            > ARNEXT a                < 0
            > ARSEEK a 18446744073709551614    < 1    ~ ARSEEK a 18446744073709551614    ! arseek a
            > ARNEXT a                < "18446744073709551614"
            > ARSEEK a 18446744073709551615    < 1    ~ ARSEEK a 18446744073709551615    ! arseek a
            > ARNEXT a                < nil
            > ARINSERT a z            < ERR insert index overflow
            > ARSEEK a -1             < ERR invalid array index
            > ARSEEK a 18446744073709551616    < ERR invalid array index
            > SET s x                 < OK    ~ SET s x             ! set s
            > ARSEEK s x              < ERR invalid array index
            > ARSEEK s 0              < WRONGTYPE Operation against a key holding the wrong kind of value
            > ARNEXT s                < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
