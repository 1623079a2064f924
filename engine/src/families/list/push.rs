//! LPUSH, RPUSH, LPUSHX and RPUSHX: add elements at an end of a list, one after the other; those with an X only if
//! there
//! is a list. Answer its length.

use super::{List, pushed};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::quicklist::End;

pub(crate) fn lpush(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    push(ctx, args, End::Front)
}

pub(crate) fn rpush(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    push(ctx, args, End::Back)
}

pub(crate) fn lpushx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    push_existing(ctx, args, End::Front)
}

pub(crate) fn rpushx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    push_existing(ctx, args, End::Back)
}

fn push(ctx: &mut Ctx, args: &mut Args, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit(key, |list: &mut List, tools| {
        list.push(end, args.rest(), tools.forms);
        Ok(Edit::Changed(list.borrow().len()))
    })?;
    ctx.reply.int(edited.result as i64);
    pushed(ctx, end, key);
    Ok(())
}

fn push_existing(ctx: &mut Ctx, args: &mut Args, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        list.push(end, args.rest(), tools.forms);
        Ok(Edit::Changed(list.borrow().len()))
    })?;
    match edited {
        Some(edited) => {
            ctx.reply.int(edited.result as i64);
            pushed(ctx, end, key);
        }
        None => ctx.reply.int(0),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn push_at_both_ends() {
        check(
            r#"
            > RPUSH l a b         < 2        ~ RPUSH l a b       ! rpush l
            > LPUSH l 1 2         < 4        ~ LPUSH l 1 2       ! lpush l
            > LRANGE l 0 -1       < ["2" "1" "a" "b"]
            > LPUSHX l x y        < 6        ~ LPUSHX l x y      ! lpush l
            > RPUSHX l 007        < 7        ~ RPUSHX l 007      ! rpush l
            > LRANGE l 0 -1       < ["y" "x" "2" "1" "a" "b" "007"]
            > LPUSHX absent a     < 0
            > RPUSHX absent a     < 0
            > EXISTS absent       < 0
            > LPUSH l             < ERR wrong number of arguments for 'lpush' command
            > SET s x             < OK       ~ SET s x           ! set s
            > RPUSH s a           < WRONGTYPE Operation against a key holding the wrong kind of value
            > RPUSHX s a          < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
