//! ZREM: remove members; the last one takes the key along. Answers how many there were.

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Collection, Edit};

pub(crate) fn zrem(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit_existing(key, |zset: &mut Zset, _| {
        let mut removed = 0;
        while let Some(member) = args.next().filter(|_| !zset.is_empty()) {
            removed += i64::from(zset.remove(member).is_some());
        }
        Ok(if removed > 0 { Edit::Changed(removed) } else { Edit::Kept(0) })
    })?;
    let Some(edited) = edited else {
        ctx.reply.int(0);
        return Ok(());
    };
    if edited.changed {
        ctx.notify(Class::Zset, "zrem", key);
    }
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    ctx.reply.int(edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zrem() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c        < 3    ~ ZADD k 1 a 2 b 3 c       ! zadd k
            > ZREM k x                  < 0
            > ZREM k a x a              < 1    ~ ZREM k a x a             ! zrem k
            > ZREM k b c d              < 2    ~ ZREM k b c d             ! zrem k    ! del k
            > EXISTS k                  < 0
            > ZREM k b                  < 0
            > SET s x                   < OK   ~ SET s x                  ! set s
            > ZREM s b                  < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
