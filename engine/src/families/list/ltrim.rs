//! LTRIM: keep the elements between two indexes, both included, and remove the others. Where there are no others,
//! nothing
//! happened, and nobody hears of it.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn ltrim(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, stop) = (args.key()?, args.int()?, args.int()?);
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let (len, (first, kept)) = (list.borrow().len(), list.borrow().range(start, stop));
        if kept == len {
            return Ok(Edit::Kept(Default::default()));
        }
        // From the back first, so that the front's indexes stay right.
        let behind = list.remove(first + kept, len - first - kept);
        let before = list.remove(0, first);
        list.settle(tools.forms);
        Ok(Edit::Changed([before, behind]))
    })?;
    ctx.reply.ok();
    if let Some(edited) = edited.filter(|edited| edited.changed) {
        edited.result.into_iter().for_each(|removed| ctx.keys.space.retire(removed.into_value()));
        ctx.notify(Class::List, "ltrim", key);
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
    fn ltrim() {
        check(
            r#"
            > LTRIM l 0 1                 < OK
            > RPUSH l a b c d e           < 5     ~ RPUSH l a b c d e   ! rpush l
            > LTRIM l 0 -1                < OK    # known bug 2787: nothing was removed
            > LTRIM l -9 9                < OK
            > LTRIM l 1 3                 < OK    ~ LTRIM l 1 3         ! ltrim l
            > LRANGE l 0 -1               < ["b" "c" "d"]
            > LTRIM l 0 -2                < OK    ~ LTRIM l 0 -2        ! ltrim l
            > LTRIM l -1 100              < OK    ~ LTRIM l -1 100      ! ltrim l
            > LRANGE l 0 -1               < ["c"]
            > LTRIM l 4294967296 -1       < OK    ~ LTRIM l 4294967296 -1   ! ltrim l   ! del l   # known bug 15407
            > EXISTS l                    < 0
            > LTRIM l x 1                 < ERR value is not an integer or out of range
            > SET s x                     < OK    ~ SET s x             ! set s
            > LTRIM s 0 1                 < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
