//! LINDEX: the element with an index; negative ones count from the back.

use super::{List, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn lindex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    // The key is looked at before the index is read.
    let Some(list) = ctx.keys.read::<List>(args.key()?)? else {
        ctx.reply.null();
        return Ok(());
    };
    let index = args.int()?;
    match list.index(index).and_then(|index| list.get(index)) {
        Some(item) => reply_item(&mut ctx.reply, item),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lindex() {
        check(
            r#"
            > LINDEX l x                      < nil
            > RPUSH l a 1 b                   < 3     ~ RPUSH l a 1 b     ! rpush l
            > LINDEX l 0                      < "a"
            > LINDEX l 1                      < "1"
            > LINDEX l -1                     < "b"
            > LINDEX l -3                     < "a"
            > LINDEX l 3                      < nil
            > LINDEX l -4                     < nil
            > LINDEX l 4294967296             < nil   # known bug 15407
            > LINDEX l -9223372036854775808   < nil
            > LINDEX l x                      < ERR value is not an integer or out of range
            > SET s x                         < OK    ~ SET s x           ! set s
            > LINDEX s x                      < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
