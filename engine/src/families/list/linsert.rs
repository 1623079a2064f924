//! LINSERT: add an element before or after the first one that is a given text. Answers the length, -1 without such an
//! element and 0 without a list.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::quicklist::Side;

pub(crate) fn linsert(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let side = if args.take("BEFORE") {
        Side::Before
    } else if args.take("AFTER") {
        Side::After
    } else {
        return Err(CommandError::Syntax);
    };
    let (pivot, text) = (args.bytes()?, args.bytes()?);
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let Some(index) = list.borrow().position(pivot) else { return Ok(Edit::Kept(-1)) };
        list.insert(index, side, text, tools.forms);
        Ok(Edit::Changed(list.borrow().len() as i64))
    })?;
    let Some(edited) = edited else {
        ctx.reply.int(0);
        return Ok(());
    };
    ctx.reply.int(edited.result);
    if edited.changed {
        ctx.notify(Class::List, "linsert", key);
        let db = ctx.keys.db;
        ctx.keys.effects.ready(db, key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn linsert() {
        check(
            r#"
            > LINSERT l BEFORE a x      < 0
            > RPUSH l a 1 a             < 3       ~ RPUSH l a 1 a           ! rpush l
            > LINSERT l before a x      < 4       ~ LINSERT l before a x    ! linsert l
            > LINSERT l AFTER a y       < 5       ~ LINSERT l AFTER a y     ! linsert l
            > LINSERT l AFTER 1 2       < 6       ~ LINSERT l AFTER 1 2     ! linsert l
            > LINSERT l AFTER b x       < -1
            > LRANGE l 0 -1             < ["x" "a" "y" "1" "2" "a"]
            > LINSERT l ASIDE a x       < ERR syntax error
            > LINSERT s ASIDE a x       < ERR syntax error
            > SET s x                   < OK      ~ SET s x                 ! set s
            > LINSERT s AFTER a x       < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
