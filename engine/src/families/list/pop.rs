//! LPOP and RPOP: take elements from an end of a list and answer them: one as a bulk, or with a count an array of up to
//! as many. The last one takes the key along.

use super::{List, popped, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::quicklist::End;

pub(crate) fn lpop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    pop(ctx, args, End::Front)
}

pub(crate) fn rpop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    pop(ctx, args, End::Back)
}

fn pop(ctx: &mut Ctx, args: &mut Args, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(word) = args.next() else {
        if !pop_one(ctx, key, end)? {
            ctx.reply.null();
        }
        return Ok(());
    };
    if args.remaining() > 0 {
        return Err(CommandError::WrongArity(ctx.command.name));
    }
    let count = ds::int::parse_i64(word).and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(CommandError::MustBePositive)?;
    if count == 0 {
        match ctx.keys.read_to_write::<List>(key)? {
            Some(_) => ctx.reply.array(0),
            None => ctx.reply.null_array(),
        }
        return Ok(());
    }
    if pop_many(ctx, key, end, count)?.is_none() {
        ctx.reply.null_array();
    }
    Ok(())
}

/// Pops an element and answers it as a bulk; false, and no answer, without a list.
pub(super) fn pop_one(ctx: &mut Ctx, key: &[u8], end: End) -> Result<bool, CommandError> {
    let reply = &mut ctx.reply;
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let _ = list.pop(end, 1, |item| reply_item(reply, item));
        list.settle(tools.forms);
        Ok(Edit::Changed(()))
    })?;
    let Some(edited) = edited else { return Ok(false) };
    popped(ctx, end, key, edited.removed);
    Ok(true)
}

/// Pops up to `count` elements, at least one, and answers them as an array. Says how many there were; `None`, and no
/// answer, without a list.
pub(super) fn pop_many(
    ctx: &mut Ctx,
    key: &[u8],
    end: End,
    count: usize,
) -> Result<Option<usize>, CommandError> {
    let reply = &mut ctx.reply;
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let count = count.min(list.borrow().len());
        reply.array(count);
        let removed = list.pop(end, count, |item| reply_item(reply, item));
        list.settle(tools.forms);
        Ok(Edit::Changed((count, removed)))
    })?;
    let Some(edited) = edited else { return Ok(None) };
    let (count, removed) = edited.result;
    ctx.keys.space.retire(removed.into_value());
    popped(ctx, end, key, edited.removed);
    Ok(Some(count))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn pop_one_or_many() {
        check(
            r#"
            > LPOP l              < nil
            > LPOP l 2            < nil
            > RPUSH l a b c d e   < 5        ~ RPUSH l a b c d e     ! rpush l
            > LPOP l              < "a"      ~ LPOP l                ! lpop l
            > RPOP l              < "e"      ~ RPOP l                ! rpop l
            > LPOP l 0            < []
            > RPOP l 2            < ["d" "c"]    ~ RPOP l 2          ! rpop l
            > RPOP l 9            < ["b"]    ~ RPOP l 9              ! rpop l    ! del l
            > EXISTS l            < 0
            > LPOP l x            < ERR value is out of range, must be positive
            > LPOP l -1           < ERR value is out of range, must be positive
            > LPOP l 1 2          < ERR wrong number of arguments for 'lpop' command
            > SET s x             < OK       ~ SET s x               ! set s
            > LPOP s              < WRONGTYPE Operation against a key holding the wrong kind of value
            > LPOP s 0            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
