//! HDEL: remove fields of a hash; the last one takes the key along. Answers how many there were.

use super::Hash;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn hdel(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit_existing(key, |hash: &mut Hash, _| {
        let mut gone = 0;
        while let Some(field) = args.next() {
            gone += i64::from(hash.remove(field));
        }
        Ok(if gone > 0 { Edit::Changed(gone) } else { Edit::Kept(0) })
    })?;
    ctx.reply.int(edited.as_ref().map_or(0, |edited| edited.result));
    if let Some(edited) = edited.filter(|edited| edited.changed) {
        ctx.notify(Class::Hash, "hdel", key);
        if edited.removed {
            ctx.notify(Class::Generic, "del", key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hdel() {
        check(
            r#"
            > HDEL h a            < 0
            > HSET h a 1 b 2 c 3  < 3       ~ HSET h a 1 b 2 c 3  ! hset h
            > HDEL h x            < 0
            > HDEL h a a x b      < 2       ~ HDEL h a a x b      ! hdel h
            > HDEL h c            < 1       ~ HDEL h c            ! hdel h    ! del h
            > EXISTS h            < 0
            > SET s x             < OK      ~ SET s x             ! set s
            > HDEL s a            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
