//! HINCRBY: add to the integer that a field is; a missing field is 0. The field keeps its time.

use super::{Met, edit_field};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::int::{MAX_DIGITS, format_i64};
use ds::packed::Item;
use ds::table::SetExpiry;

pub(crate) fn hincrby(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field, by) = (args.key()?, args.bytes()?, args.int()?);
    let edited = edit_field(ctx, key, field, |hash, tools| {
        let old = match hash.borrow().get(field) {
            Some((_, Some(time))) if time < tools.removable => return Ok(Met::Due),
            Some((Item::Int(value), _)) => value,
            Some(_) => return Err(CommandError::err("hash value is not an integer")),
            None => 0,
        };
        let new = old.checked_add(by).ok_or(CommandError::Overflow)?;
        hash.set_with(field, format_i64(&mut [0; MAX_DIGITS], new), SetExpiry::Keep, tools.forms);
        Ok(Met::Done(Edit::Changed(new)))
    })?;
    ctx.notify(Class::Hash, "hincrby", key);
    ctx.reply.int(edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hincrby() {
        check(
            r#"
            > HINCRBY h a 5                      < 5      ~ HINCRBY h a 5      ! hincrby h
            > HINCRBY h a -7                     < -2     ~ HINCRBY h a -7     ! hincrby h
            > HINCRBY h m 9223372036854775807    < 9223372036854775807   ~ HINCRBY h m 9223372036854775807   ! hincrby h
            > HINCRBY h m 1                      < ERR increment or decrement would overflow
            > HINCRBY h m x                      < ERR value is not an integer or out of range
            > HSET h t x f 1.5 z 007             < 3      ~ HSET h t x f 1.5 z 007   ! hset h
            > HINCRBY h t 1                      < ERR hash value is not an integer
            > HINCRBY h f 1                      < ERR hash value is not an integer
            > HINCRBY h z 1                      < ERR hash value is not an integer
            > SET s x                            < OK     ~ SET s x            ! set s
            > HINCRBY s a x                      < ERR value is not an integer or out of range
            > HINCRBY s a 1                      < WRONGTYPE Operation against a key holding the wrong kind of value
            > EXISTS n                           < 0
            "#,
        );
    }

    /// Valkey 2974 and 3060: the time stays with the field, and a field that is due begins anew, for replicas as
    /// well.
    #[test]
    fn times() {
        check(
            r#"
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2               ! hset h
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            > HINCRBY h a 1                  < 2     ~ HINCRBY h a 1                ! hincrby h
            > HPTTL h FIELDS 1 a             < [10]
            @ 11ms
            > HINCRBY h a 1                  < 1     ~ HDEL h a   ~ HINCRBY h a 1   ! hexpired h   ! hincrby h
            > HPTTL h FIELDS 1 a             < [-1]
            "#,
        );
    }
}
