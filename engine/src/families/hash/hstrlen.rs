//! HSTRLEN: how many bytes the value of a field has; 0 without it.

use super::due;
use super::seen::{Look, read};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hstrlen(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let look = read(&mut ctx.keys, key)?.map_or(Look::Missing, |hash| hash.look(field));
    ctx.reply.int(if let Look::Found(value) = look { value.text_len() as i64 } else { 0 });
    if look == Look::Due {
        due::expire(&mut ctx.keys, key, std::iter::once(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hstrlen() {
        check(
            r#"
            > HSTRLEN h a                    < 0
            > HSET h c "" a hello b -123     < 3     ~ HSET h c  a hello b -123     ! hset h
            > HSTRLEN h a                    < 5
            > HSTRLEN h b                    < 4
            > HSTRLEN h c                    < 0
            > HSTRLEN h d                    < 0
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            @ 11ms
            > HSTRLEN h a                    < 0     ~ HDEL h a                     ! hexpired h
            > SET s x                        < OK    ~ SET s x                      ! set s
            > HSTRLEN s a                    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
