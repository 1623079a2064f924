//! SMOVE: take a member out of one set and add it to another, in one step. Answers whether it was there.

use super::Set;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Edit, Keys, Lookup, Typed};

pub(crate) fn smove(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to, member) = (args.key()?, args.key()?, args.bytes()?);
    let has_source = ctx.keys.exists(from, Lookup::Write);
    ctx.keys.exists(to, Lookup::Write);
    if !has_source {
        ctx.reply.flag(false);
        return Ok(());
    }
    let found = holds(&mut ctx.keys, from, member)?;
    holds(&mut ctx.keys, to, member)?;
    ctx.reply.flag(found);
    if found && from != to {
        take(ctx, from, member)?;
        add(ctx, to, member)?;
    }
    Ok(())
}

/// Whether the set under a key, if there is one, has the member.
fn holds(keys: &mut Keys<'_>, key: &[u8], member: &[u8]) -> Result<bool, CommandError> {
    let Some(view) = keys.peek(key) else { return Ok(false) };
    Ok(Set::view(view).ok_or(CommandError::WrongType)?.contains(member))
}

fn take(ctx: &mut Ctx, key: &[u8], member: &[u8]) -> Result<(), CommandError> {
    let edited = ctx.keys.edit_existing(key, |set: &mut Set, _| {
        set.remove(member);
        Ok(Edit::Changed(()))
    })?;
    ctx.notify(Class::Set, "srem", key);
    if edited.is_some_and(|edited| edited.removed) {
        ctx.notify(Class::Generic, "del", key);
    }
    Ok(())
}

fn add(ctx: &mut Ctx, key: &[u8], member: &[u8]) -> Result<(), CommandError> {
    let edited = ctx.keys.edit(key, |set: &mut Set, tools| {
        if set.len() == 0 {
            set.expect(member, 1, tools.forms);
        }
        let new = set.add(member, tools.forms);
        Ok(if new { Edit::Changed(()) } else { Edit::Kept(()) })
    })?;
    if edited.changed {
        ctx.notify(Class::Set, "sadd", key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn smove() {
        check(
            r#"
            > SMOVE a b x         < 0
            > SADD a x y 1        < 3                 ~ SADD a x y 1      ! sadd a
            > SMOVE a b z         < 0
            > SMOVE a b 1         < 1                 ~ SMOVE a b 1       ! srem a   ! sadd b
            > OBJECT ENCODING b   < "intset"
            > SMOVE a b x         < 1                 ~ SMOVE a b x       ! srem a   ! sadd b
            > SMEMBERS b          < ["1" "x"]
            > SADD a x            < 1                 ~ SADD a x          ! sadd a
            > SMOVE a b x         < 1                 ~ SMOVE a b x       ! srem a
            > SMOVE a b y         < 1                 ~ SMOVE a b y       ! srem a   ! del a   ! sadd b
            > EXISTS a            < 0
            > SMOVE b b x         < 1
            > SMOVE b b z         < 0
            "#,
        );
    }

    #[test]
    fn other_types_show_once_the_source_is_there() {
        check(
            r#"
            > SET t x             < OK                ~ SET t x           ! set t
            > SMOVE a t x         < 0
            > SADD a x            < 1                 ~ SADD a x          ! sadd a
            > SMOVE a t x         < WRONGTYPE Operation against a key holding the wrong kind of value
            > SMOVE a t z         < WRONGTYPE Operation against a key holding the wrong kind of value
            > SMOVE t a x         < WRONGTYPE Operation against a key holding the wrong kind of value
            > SMOVE t t x         < WRONGTYPE Operation against a key holding the wrong kind of value
            > SCARD a             < 1
            "#,
        );
    }
}
