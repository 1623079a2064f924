//! SADD: add members to a set, creating it when it is absent. Answers how many are new.

use super::Set;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn sadd(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let edited = ctx.keys.edit(key, |set: &mut Set, tools| {
        set.expect(args.peek().expect("the arity promises a member"), args.remaining(), tools.forms);
        let mut new = 0;
        while let Some(member) = args.next() {
            new += i64::from(set.add(member, tools.forms));
        }
        Ok(if new > 0 { Edit::Changed(new) } else { Edit::Kept(0) })
    })?;
    if edited.changed {
        ctx.notify(Class::Set, "sadd", key);
    }
    ctx.reply.int(edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn sadd() {
        check(
            r#"
            > SADD s a b a        < 2                 ~ SADD s a b a      ! sadd s
            > SADD s a            < 0
            > SADD s b c          < 1                 ~ SADD s b c        ! sadd s
            > SMEMBERS s          < ["a" "b" "c"]
            > SET t x             < OK                ~ SET t x           ! set t
            > SADD t a            < WRONGTYPE Operation against a key holding the wrong kind of value
            > SADD s              < ERR wrong number of arguments for 'sadd' command
            "#,
        );
    }

    #[test]
    fn an_expired_set_is_created_anew() {
        check(
            r#"
            > SADD s a            < 1                 ~ SADD s a          ! sadd s
            > PEXPIRE s 10        < 1                 ~ PEXPIREAT s 10    ! expire s
            > SADD s b            < 1                 ~ SADD s b          ! sadd s
            > PTTL s              < 10
            @ 11ms
            > SADD s a            < 1                 ~ DEL s   ~ SADD s a   ! expired s   ! sadd s
            > SMEMBERS s          < ["a"]
            > TTL s               < -1
            "#,
        );
    }

    #[test]
    fn integers_are_kept_in_order_until_something_else_comes() {
        check(
            r#"
            > SADD s 30 -4 7 2000000 7       < 4      ~ SADD s 30 -4 7 2000000 7    ! sadd s
            > SMEMBERS s          < ["-4" "7" "30" "2000000"]
            > OBJECT ENCODING s   < "intset"
            > SADD s 007          < 1                 ~ SADD s 007        ! sadd s
            > OBJECT ENCODING s   < "listpack"
            > SMEMBERS s          < ["-4" "7" "30" "2000000" "007"]
            > SADD s 8            < 1                 ~ SADD s 8          ! sadd s
            > SISMEMBER s 8       < 1
            > SREM s 007          < 1                 ~ SREM s 007        ! srem s
            > OBJECT ENCODING s   < "listpack"
            > SMEMBERS s          < ["-4" "7" "30" "2000000" "8"]
            "#,
        );
    }
}
