//! HSETNX: set a field unless it is there.

use super::{Met, edit_field};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn hsetnx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field, value) = (args.key()?, args.bytes()?, args.bytes()?);
    let edited = edit_field(ctx, key, field, |hash, tools| {
        Ok(match hash.borrow().get(field) {
            Some((_, Some(time))) if time < tools.removable => Met::Due,
            Some(_) => Met::Done(Edit::Kept(())),
            None => {
                hash.set(field, value, tools.forms);
                Met::Done(Edit::Changed(()))
            }
        })
    })?;
    if edited.changed {
        ctx.notify(Class::Hash, "hset", key);
    }
    ctx.reply.flag(edited.changed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hsetnx() {
        check(
            r#"
            > HSETNX h a 1                   < 1     ~ HSETNX h a 1                 ! hset h
            > HSETNX h a 2                   < 0
            > HSETNX h b 2                   < 1     ~ HSETNX h b 2                 ! hset h
            > HGETALL h                      < ["a" "1" "b" "2"]
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            > HSETNX h a 3                   < 0
            @ 11ms
            > HSETNX h a 3                   < 1     ~ HDEL h a   ~ HSETNX h a 3    ! hexpired h   ! hset h
            > HGETALL h                      < ["b" "2" "a" "3"]
            > HPTTL h FIELDS 1 a             < [-1]
            > SET s x                        < OK    ~ SET s x                      ! set s
            > HSETNX s a 1                   < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn the_only_field_may_be_due() {
        check(
            r#"
            > HSET h a 1                     < 1     ~ HSET h a 1                   ! hset h
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            @ 11ms
            > HSETNX h a 3                   < 1     ~ HDEL h a   ~ HSETNX h a 3    ! hexpired h   ! del h   ! hset h
            "#,
        );
    }
}
