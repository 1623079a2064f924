//! HGET: the value of one field.

use super::seen::{Look, read};
use super::{due, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    match read(&mut ctx.keys, key)?.map_or(Look::Missing, |hash| hash.look(field)) {
        Look::Found(value) => reply_item(&mut ctx.reply, value),
        Look::Missing => ctx.reply.null(),
        Look::Due => {
            ctx.reply.null();
            due::expire(&mut ctx.keys, key, std::iter::once(field));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hget() {
        check(
            r#"
            > HGET h a                       < nil
            > HSET h a 1 7 x                 < 2     ~ HSET h a 1 7 x               ! hset h
            > HGET h a                       < "1"
            > HGET h 7                       < "x"
            > HGET h b                       < nil
            > SET s x                        < OK    ~ SET s x                      ! set s
            > HGET s a                       < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn a_field_that_is_due_goes_and_the_key_with_the_last() {
        check(
            r#"
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2               ! hset h
            > HPEXPIRE h 10 FIELDS 2 a b     < [1 1] ~ HPEXPIREAT h 10 FIELDS 2 a b ! hexpire h
            @ 10ms
            > HGET h a                       < "1"
            @ 11ms
            > HLEN h                         < 2
            > HGET h a                       < nil   ~ HDEL h a                     ! hexpired h
            > HLEN h                         < 1
            > HGET h b                       < nil   ~ HDEL h b                     ! hexpired h   ! del h
            > EXISTS h                       < 0
            "#,
        );
    }
}
