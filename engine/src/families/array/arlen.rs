//! ARLEN, ARCOUNT: the highest index that is set plus one, and how many are set.

use super::{Array, ArrayRef, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn arlen(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    number(ctx, args, |array| array.len())
}

pub(crate) fn arcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    number(ctx, args, |array| array.count())
}

fn number(ctx: &mut Ctx, args: &mut Args, of: fn(&ArrayRef<'_>) -> u64) -> Result<(), CommandError> {
    let value = ctx.keys.read::<Array>(args.key()?)?.as_ref().map_or(0, of);
    reply_unsigned(&mut ctx.reply, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arlen_and_arcount() {
        check(
            r#"
            > ARLEN a               < 0
            > ARCOUNT a             < 0
            > ARMSET a 0 x 100 y    < 2     ~ ARMSET a 0 x 100 y    ! armset a
            > ARLEN a               < 101
            > ARCOUNT a             < 2
            > ARDEL a 100           < 1     ~ ARDEL a 100           ! ardel a
            > ARLEN a               < 1
            > SET s x               < OK    ~ SET s x               ! set s
            > ARLEN s               < WRONGTYPE Operation against a key holding the wrong kind of value
            > ARCOUNT s             < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
