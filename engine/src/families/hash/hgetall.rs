//! HGETALL, HKEYS and HVALS: all fields and values, or one of the two. Fields that are due are left out and left
//! alone.

use super::reply_item;
use super::seen::read;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn hgetall(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Some(hash) = read(&mut ctx.keys, args.key()?)? else {
        ctx.reply.map(0);
        return Ok(());
    };
    ctx.reply.map(hash.len());
    for field in hash.iter() {
        reply_item(&mut ctx.reply, field.name);
        reply_item(&mut ctx.reply, field.value);
    }
    Ok(())
}

pub(crate) fn hkeys(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Some(hash) = read(&mut ctx.keys, args.key()?)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    ctx.reply.array(hash.len());
    hash.iter().for_each(|field| reply_item(&mut ctx.reply, field.name));
    Ok(())
}

pub(crate) fn hvals(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Some(hash) = read(&mut ctx.keys, args.key()?)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    ctx.reply.array(hash.len());
    hash.iter().for_each(|field| reply_item(&mut ctx.reply, field.value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn all_of_a_hash() {
        check(
            r#"
            > HGETALL h           < []
            > HKEYS h             < []
            > HVALS h             < []
            > HSET h a 1 b x      < 2       ~ HSET h a 1 b x     ! hset h
            > HGETALL h           < ["a" "1" "b" "x"]
            > HKEYS h             < ["a" "b"]
            > HVALS h             < ["1" "x"]
            > SET s x             < OK      ~ SET s x            ! set s
            > HGETALL s           < WRONGTYPE Operation against a key holding the wrong kind of value
            > HKEYS s             < WRONGTYPE Operation against a key holding the wrong kind of value
            > HVALS s             < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn what_is_due_is_hidden_and_stays() {
        check(
            r#"
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2               ! hset h
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            @ 11ms
            > HGETALL h                      < ["b" "2"]
            > HKEYS h                        < ["b"]
            > HVALS h                        < ["2"]
            > HPEXPIRE h 10 FIELDS 1 b       < [1]   ~ HPEXPIREAT h 21 FIELDS 1 b   ! hexpire h
            @ 22ms
            > HGETALL h                      < []
            > HLEN h                         < 2
            > EXISTS h                       < 1
            "#,
        );
    }
}
