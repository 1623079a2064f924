//! ARGETRANGE: all positions of a range, the empty ones too; downwards if the range is given so.

use super::{Array, POSITIONS_MAX, error, index, reply_element};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn argetrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, end) = (args.key()?, index(args)?, index(args)?);
    let positions = start.abs_diff(end) + 1;
    if positions > POSITIONS_MAX {
        return Err(error("ERR range exceeds maximum of 1000000 items"));
    }
    let array = ctx.keys.read::<Array>(key)?;
    ctx.reply.array(positions as usize);
    let mut answered = 0;
    for (index, element) in array.iter().flat_map(|array| array.iter(start, end)) {
        let place = index.abs_diff(start);
        (answered..place).for_each(|_| ctx.reply.null());
        reply_element(&mut ctx.reply, element);
        answered = place + 1;
    }
    (answered..positions).for_each(|_| ctx.reply.null());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn argetrange() {
        check(
            r#"
            > ARGETRANGE a 3 5          < [nil nil nil]
            > ARMSET a 0 x 2 y 3 z      < 3         ~ ARMSET a 0 x 2 y 3 z    ! armset a
            > ARGETRANGE a 0 3          < ["x" nil "y" "z"]
            > ARGETRANGE a 3 0          < ["z" "y" nil "x"]
            > ARGETRANGE a 1 5          < [nil "y" "z" nil nil]
            > ARGETRANGE a 5 1          < [nil nil "z" "y" nil]
            > ARGETRANGE a 1 1          < [nil]
            > ARGETRANGE a 0 0          < ["x"]
            > ARGETRANGE a 0 1000000    < ERR range exceeds maximum of 1000000 items
            > ARGETRANGE a 1000000 0    < ERR range exceeds maximum of 1000000 items
            > ARGETRANGE a 0 18446744073709551614    < ERR range exceeds maximum of 1000000 items
            > ARGETRANGE a 18446744073709551613 18446744073709551614    < [nil nil]
            > ARSET a 18446744073709551614 e    < 1     ~ ARSET a 18446744073709551614 e    ! arset a
            > ARGETRANGE a 18446744073709551613 18446744073709551614    < [nil "e"]
            > ARGETRANGE a - +          < ERR invalid array index
            > ARGETRANGE a 0 -1         < ERR invalid array index
            > SET s x                   < OK        ~ SET s x                 ! set s
            > ARGETRANGE s 0 1          < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
