//! LSET: replace the element with an index.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn lset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    // The key is looked at before the index is read.
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let index = list.borrow().index(args.int()?).ok_or(CommandError::IndexOutOfRange)?;
        list.replace(index, args.bytes()?, tools.forms);
        Ok(Edit::Changed(()))
    })?;
    if edited.is_none() {
        return Err(CommandError::NoSuchKey);
    }
    ctx.reply.ok();
    ctx.notify(Class::List, "lset", key);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lset() {
        check(
            r#"
            > LSET l x a                      < ERR no such key
            > RPUSH l a b c                   < 3       ~ RPUSH l a b c     ! rpush l
            > LSET l 1 10                     < OK      ~ LSET l 1 10       ! lset l
            > LSET l -1 z                     < OK      ~ LSET l -1 z       ! lset l
            > LRANGE l 0 -1                   < ["a" "10" "z"]
            > LSET l 3 x                      < ERR index out of range
            > LSET l -4 x                     < ERR index out of range
            > LSET l 4294967296 x             < ERR index out of range    # known bug 15407
            > LSET l -9223372036854775808 x   < ERR index out of range
            > LSET l x x                      < ERR value is not an integer or out of range
            > SET s x                         < OK      ~ SET s x           ! set s
            > LSET s x x                      < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
