//! ARGET, ARMGET: the element at an index, or at several.

use super::{Array, index, indexes, reply_position};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn arget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, index) = (args.key()?, index(args)?);
    let element = ctx.keys.read::<Array>(key)?.and_then(|array| array.get(index));
    reply_position(&mut ctx.reply, element);
    Ok(())
}

pub(crate) fn armget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let indexes = indexes(args)?;
    let array = ctx.keys.read::<Array>(key)?;
    ctx.reply.array(indexes.len());
    for index in indexes {
        reply_position(&mut ctx.reply, array.and_then(|array| array.get(index)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arget_and_armget() {
        check(
            r#"
            > ARGET a 0                 < nil
            > ARGET a x                 < ERR invalid array index
            > ARMGET a 0 1              < [nil nil]
            > ARSET a 1 x 12 1.50       < 3         ~ ARSET a 1 x 12 1.50    ! arset a
            > ARGET a 1                 < "x"
            > ARGET a 2                 < "12"
            > ARGET a 3                 < "1.50"
            > ARGET a 0                 < nil
            > ARMGET a 3 0 1 1          < ["1.50" nil "x" "x"]
            > ARMGET a 3 -              < ERR invalid array index
            > SET s x                   < OK        ~ SET s x                ! set s
            > ARGET s no                < ERR invalid array index
            > ARGET s 0                 < WRONGTYPE Operation against a key holding the wrong kind of value
            > ARMGET s 0                < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
