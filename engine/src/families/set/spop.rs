//! SPOP: take members out of a set by chance, one or as many as are asked for.
//!
//! ```text
//! SPOP key [count]
//! ```
//! Propagates as SREM of the members that it was, or as DEL when it was all of them.

use super::{Set, reply_member};
use crate::args::{Args, OwnedArgv};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Collection, Edit};

/// Members that one SREM names.
const NAMED_AT_ONCE: usize = 1024;

pub(crate) fn spop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.remaining() == 0 {
        return pop_one(ctx, key);
    }
    if args.remaining() > 1 {
        return Err(CommandError::Syntax);
    }
    let count = args.int().ok().and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(CommandError::MustBePositive)?;
    match ctx.keys.read_to_write::<Set>(key)?.map(|set| set.len()) {
        None => ctx.reply.set(0),
        Some(_) if count == 0 => ctx.reply.set(0),
        Some(len) if count >= len => pop_all(ctx, key)?,
        Some(_) => pop_some(ctx, key, count)?,
    }
    Ok(())
}

fn pop_one(ctx: &mut Ctx, key: &[u8]) -> Result<(), CommandError> {
    let popped = ctx.keys.edit_existing(key, |set: &mut Set, tools| {
        Ok(Edit::Changed(set.pop(tools.random).expect("a set under a key has members")))
    })?;
    let Some(popped) = popped else {
        ctx.reply.null();
        return Ok(());
    };
    ctx.reply.bulk(&popped.result);
    ctx.notify(Class::Set, "spop", key);
    ctx.propagate(&[b"SREM", key, &popped.result]);
    if popped.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    Ok(())
}

fn pop_all(ctx: &mut Ctx, key: &[u8]) -> Result<(), CommandError> {
    let Ctx { keys, reply, .. } = ctx;
    if let Some(set) = keys.read_to_write::<Set>(key)? {
        reply.set(set.len());
        set.iter().for_each(|item| reply_member(reply, item));
    }
    ctx.keys.remove(key);
    ctx.notify(Class::Set, "spop", key);
    ctx.notify(Class::Generic, "del", key);
    ctx.propagate(&[b"DEL", key]);
    Ok(())
}

fn pop_some(ctx: &mut Ctx, key: &[u8], count: usize) -> Result<(), CommandError> {
    ctx.notify(Class::Set, "spop", key);
    let mut popped: Vec<OwnedArgv> = Vec::new();
    let mut named = NAMED_AT_ONCE;
    let Ctx { keys, reply, .. } = ctx;
    reply.set(count);
    let edited = keys.edit_existing(key, |set: &mut Set, tools| {
        let rest = set.pop_many(count, tools.random, tools.forms, |member| {
            reply.bulk(member);
            if named == NAMED_AT_ONCE {
                popped.push([b"SREM", key].into_iter().collect());
                named = 0;
            }
            popped.last_mut().expect("one was begun").push(member);
            named += 1;
        });
        Ok(Edit::Changed(rest))
    })?;
    let rest = edited.and_then(|edited| edited.result);
    ctx.keys.space.retire(rest.map(Collection::into_value));
    let db = ctx.keys.db;
    popped.iter().for_each(|removal| ctx.effects().propagate_as_is(db, removal.borrow()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn one() {
        check(
            r#"
            > SPOP s              < nil
            > SADD s a            < 1                 ~ SADD s a          ! sadd s
            > SPOP s              < "a"               ~ SREM s a          ! spop s   ! del s
            > EXISTS s            < 0
            > SADD s 12           < 1                 ~ SADD s 12         ! sadd s
            > SPOP s              < "12"              ~ SREM s 12         ! spop s   ! del s
            > SET t x             < OK                ~ SET t x           ! set t
            > SPOP t              < WRONGTYPE Operation against a key holding the wrong kind of value
            > SPOP t x            < ERR value is out of range, must be positive
            > SPOP t 1 2          < ERR syntax error
            "#,
        );
    }

    #[test]
    fn several() {
        check_with(
            &mut Engine::new(16, 1),
            r#"
            > SPOP s 3            < []
            > SADD s a b c        < 3                 ~ SADD s a b c      ! sadd s
            > SPOP s 0            < []
            > SPOP s -1           < ERR value is out of range, must be positive
            > SPOP s 2            < ["a" "c"]         ~ SREM s a c        ! spop s
            > SPOP s 9223372036854775807   < ["b"]    ~ DEL s             ! spop s   ! del s
            > SADD s 1 2 3 4      < 4                 ~ SADD s 1 2 3 4    ! sadd s
            > SPOP s 4            < ["1" "2" "3" "4"] ~ DEL s             ! spop s   ! del s
            > SET t x             < OK                ~ SET t x           ! set t
            > SPOP t 0            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
