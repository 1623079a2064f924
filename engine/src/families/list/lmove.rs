//! LMOVE and RPOPLPUSH: take an element from an end of a list and add it at an end of another, or of the same. Answer
//! it.

use super::{List, end, popped, pushed, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Edit;
use crate::reply::Reply;
use ds::quicklist::End;
use std::iter::once;

pub(crate) fn lmove(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    let ends = (end(args)?, end(args)?);
    move_or_null(ctx, from, to, ends)
}

pub(crate) fn rpoplpush(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    move_or_null(ctx, from, to, (End::Back, End::Front))
}

fn move_or_null(ctx: &mut Ctx, from: &[u8], to: &[u8], ends: (End, End)) -> Result<(), CommandError> {
    if !move_one(ctx, from, to, ends)? {
        ctx.reply.null();
    }
    Ok(())
}

/// Moves an element and answers it as a bulk; false, and no answer, without a list to take it from.
pub(super) fn move_one(
    ctx: &mut Ctx,
    from: &[u8],
    to: &[u8],
    ends: (End, End),
) -> Result<bool, CommandError> {
    if ctx.keys.read_to_write::<List>(from)?.is_none() {
        return Ok(false);
    }
    ctx.keys.read_to_write::<List>(to)?;
    // The element waits in the reply until it is pushed.
    let reply = &mut ctx.reply;
    let removed = if from == to {
        ctx.keys.edit_existing(from, |list: &mut List, tools| {
            let len = pop(list, ends.0, reply);
            list.push_moved(ends.1, once(last_bulk(reply, len)), tools.forms);
            list.settle(tools.forms);
            Ok(Edit::Changed(()))
        })?;
        false
    } else {
        let edited = ctx.keys.edit_existing(from, |list: &mut List, tools| {
            let len = pop(list, ends.0, reply);
            list.settle(tools.forms);
            Ok(Edit::Changed(len))
        })?;
        let edited = edited.expect("the list is there");
        let text = last_bulk(reply, edited.result);
        ctx.keys.edit(to, |list: &mut List, tools| {
            list.push_moved(ends.1, once(text), tools.forms);
            Ok(Edit::Changed(()))
        })?;
        edited.removed
    };
    pushed(ctx, ends.1, to);
    popped(ctx, ends.0, from, removed);
    Ok(true)
}

/// Pops an element and answers it; says how long it is as text.
fn pop(list: &mut List, end: End, reply: &mut Reply<'_>) -> usize {
    let mut len = 0;
    let _ = list.pop(end, 1, |item| {
        len = item.text_len();
        reply_item(reply, item);
    });
    len
}

/// The text of the bulk that a reply ends in.
fn last_bulk<'r>(reply: &'r Reply<'_>, len: usize) -> &'r [u8] {
    let end = reply.written().len() - 2;
    &reply.written()[end - len..end]
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lmove() {
        check(
            r#"
            > LMOVE a b LEFT RIGHT      < nil
            > RPUSH a 1 2 x             < 3       ~ RPUSH a 1 2 x           ! rpush a
            > LMOVE a b LEFT RIGHT      < "1"     ~ LMOVE a b LEFT RIGHT    ! rpush b   ! lpop a
            > LMOVE a b right left      < "x"     ~ LMOVE a b right left    ! lpush b   ! rpop a
            > LRANGE b 0 -1             < ["x" "1"]
            > LMOVE a b LEFT LEFT       < "2"     ~ LMOVE a b LEFT LEFT     ! lpush b   ! lpop a    ! del a
            > EXISTS a                  < 0
            > LMOVE b b LEFT RIGHT      < "2"     ~ LMOVE b b LEFT RIGHT    ! rpush b   ! lpop b
            > LRANGE b 0 -1             < ["x" "1" "2"]
            > LMOVE b b LEFT LEFT       < "x"     ~ LMOVE b b LEFT LEFT     ! lpush b   ! lpop b
            > LRANGE b 0 -1             < ["x" "1" "2"]
            > LMOVE b b LEFT ASIDE      < ERR syntax error
            > SET s x                   < OK      ~ SET s x                 ! set s
            > LMOVE b s LEFT LEFT       < WRONGTYPE Operation against a key holding the wrong kind of value
            > LMOVE s b LEFT LEFT       < WRONGTYPE Operation against a key holding the wrong kind of value
            > LMOVE absent s LEFT LEFT  < nil
            > LLEN b                    < 3
            "#,
        );
    }

    #[test]
    fn a_single_element_may_go_round() {
        check(
            r#"
            > RPUSH a 1                 < 1       ~ RPUSH a 1               ! rpush a
            > LMOVE a a LEFT RIGHT      < "1"     ~ LMOVE a a LEFT RIGHT    ! rpush a   ! lpop a
            > LRANGE a 0 -1             < ["1"]
            "#,
        );
    }

    #[test]
    fn rpoplpush() {
        check(
            r#"
            > RPOPLPUSH a b             < nil
            > RPUSH a 1 2               < 2       ~ RPUSH a 1 2             ! rpush a
            > RPOPLPUSH a b             < "2"     ~ RPOPLPUSH a b           ! lpush b   ! rpop a
            > RPOPLPUSH a a             < "1"     ~ RPOPLPUSH a a           ! lpush a   ! rpop a
            > RPOPLPUSH a b             < "1"     ~ RPOPLPUSH a b           ! lpush b   ! rpop a    ! del a
            > LRANGE b 0 -1             < ["1" "2"]
            "#,
        );
    }
}
