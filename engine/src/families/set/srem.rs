//! SREM: remove members of a set; the last one takes the key along. Answers how many there were.

use super::Set;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn srem(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit_existing(key, |set: &mut Set, _| {
        let mut gone = 0;
        while let Some(member) = args.next() {
            gone += i64::from(set.remove(member));
        }
        Ok(if gone > 0 { Edit::Changed(gone) } else { Edit::Kept(0) })
    })?;
    ctx.reply.int(edited.as_ref().map_or(0, |edited| edited.result));
    if let Some(edited) = edited.filter(|edited| edited.changed) {
        ctx.notify(Class::Set, "srem", key);
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
    fn srem() {
        check(
            r#"
            > SREM s a            < 0
            > SADD s a 1 b        < 3                 ~ SADD s a 1 b      ! sadd s
            > SREM s x            < 0
            > SREM s 1 1 x a      < 2                 ~ SREM s 1 1 x a    ! srem s
            > SREM s b            < 1                 ~ SREM s b          ! srem s    ! del s
            > EXISTS s            < 0
            > SADD s 1 2          < 2                 ~ SADD s 1 2        ! sadd s
            > SREM s 2 a 02 2     < 1                 ~ SREM s 2 a 02 2   ! srem s
            > SREM s 1            < 1                 ~ SREM s 1          ! srem s    ! del s
            > SET t x             < OK                ~ SET t x           ! set t
            > SREM t a            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
