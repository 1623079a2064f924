//! HMGET: the values of several fields.

use super::seen::{Look, read};
use super::{due, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hmget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let fields = args.rest();
    let hash = read(&mut ctx.keys, key)?;
    ctx.reply.array(fields.len());
    let mut some_due = false;
    for field in fields.clone() {
        match hash.map_or(Look::Missing, |hash| hash.look(field)) {
            Look::Found(value) => reply_item(&mut ctx.reply, value),
            Look::Missing => ctx.reply.null(),
            Look::Due => {
                ctx.reply.null();
                some_due = true;
            }
        }
    }
    if some_due {
        due::expire(&mut ctx.keys, key, fields);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hmget() {
        check(
            r#"
            > HMGET h a b                    < [nil nil]
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2               ! hset h
            > HMGET h b x a b                < ["2" nil "1" "2"]
            > SET s x                        < OK    ~ SET s x                      ! set s
            > HMGET s a                      < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn several_that_are_due_raise_one_event() {
        check(
            r#"
            > HSET h a 1 b 2 c 3             < 3     ~ HSET h a 1 b 2 c 3           ! hset h
            > HPEXPIRE h 10 FIELDS 2 a b     < [1 1] ~ HPEXPIREAT h 10 FIELDS 2 a b ! hexpire h
            @ 11ms
            > HMGET h c b a b                < ["3" nil nil nil]   ~ HDEL h b   ~ HDEL h a   ! hexpired h
            > HPEXPIRE h 10 FIELDS 1 c       < [1]   ~ HPEXPIREAT h 21 FIELDS 1 c   ! hexpire h
            @ 22ms
            > HMGET h c                      < [nil]   ~ HDEL h c                   ! hexpired h   ! del h
            "#,
        );
    }
}
