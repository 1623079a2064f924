//! HEXISTS: whether a hash has a field.

use super::due;
use super::seen::{Look, read};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hexists(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let look = read(&mut ctx.keys, key)?.map_or(Look::Missing, |hash| hash.look(field));
    ctx.reply.flag(matches!(look, Look::Found(_)));
    if look == Look::Due {
        due::expire(&mut ctx.keys, key, std::iter::once(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hexists() {
        check(
            r#"
            > HEXISTS h a                    < 0
            > HSET h a 1                     < 1     ~ HSET h a 1                   ! hset h
            > HEXISTS h a                    < 1
            > HEXISTS h b                    < 0
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            @ 11ms
            > HEXISTS h a                    < 0     ~ HDEL h a                     ! hexpired h   ! del h
            > SET s x                        < OK    ~ SET s x                      ! set s
            > HEXISTS s a                    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
