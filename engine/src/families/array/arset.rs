//! ARSET, ARMSET: store elements side by side from an index on, or each under its own. Answer how many places were
//! empty.
//!
//! ```text
//! ARSET key index value [value ...]
//! ARMSET key index value [index value ...]
//! ```

use super::{Array, error, index};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::sparse::MAX_INDEX;

pub(crate) fn arset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let first = index(args)?;
    let more = args.remaining() as u64 - 1;
    if more > MAX_INDEX - first {
        return Err(error("ERR array index overflow"));
    }
    let edited = ctx.keys.edit(key, |array: &mut Array, tools| {
        let mut new = 0;
        for index in first..=first + more {
            new += i64::from(array.set(index, args.bytes()?, tools.forms));
        }
        Ok(Edit::Changed(new))
    })?;
    ctx.notify(Class::Array, "arset", key);
    ctx.reply.int(edited.result);
    Ok(())
}

pub(crate) fn armset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity("armset"));
    }
    let mut pairs = Vec::with_capacity(args.remaining() / 2);
    while args.remaining() > 0 {
        pairs.push((index(args)?, args.bytes()?));
    }
    let edited = ctx.keys.edit(key, |array: &mut Array, tools| {
        let set = |(index, text): &(u64, &[u8])| i64::from(array.set(*index, text, tools.forms));
        Ok(Edit::Changed(pairs.iter().map(set).sum()))
    })?;
    ctx.notify(Class::Array, "armset", key);
    ctx.reply.int(edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arset() {
        check(
            r#"
            > ARSET a 0 x             < 1       ~ ARSET a 0 x          ! arset a
            > ARSET a 0 y             < 0       ~ ARSET a 0 y          ! arset a
            > ARSET a 0 p q r         < 2       ~ ARSET a 0 p q r      ! arset a
            > ARGETRANGE a 0 3        < ["p" "q" "r" nil]
            > ARSET a -1 x            < ERR invalid array index
            > ARSET a 01 x            < ERR invalid array index
            > ARSET a 1.0 x           < ERR invalid array index
            > ARSET a 18446744073709551615 x    < ERR invalid array index
            > ARSET a 18446744073709551614 x y  < ERR array index overflow
            > ARSET a 18446744073709551614 x    < 1     ~ ARSET a 18446744073709551614 x    ! arset a
            > ARLEN a                 < "18446744073709551615"
            > SET s x                 < OK      ~ SET s x              ! set s
            > ARSET s no x            < ERR invalid array index
            > ARSET s 0 x             < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn armset() {
        check(
            r#"
            > ARMSET a 5 x 0 y 5 z    < 2       ~ ARMSET a 5 x 0 y 5 z    ! armset a
            > ARSCAN a 0 9            < [[0 "y"] [5 "z"]]
            > ARMSET a 1              < ERR wrong number of arguments for 'armset' command
            > ARMSET a 1 x 2          < ERR wrong number of arguments for 'armset' command
            > ARMSET a 1 x no y       < ERR invalid array index
            > ARCOUNT a               < 2
            > SET s x                 < OK      ~ SET s x                 ! set s
            > ARMSET s 0 x            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
