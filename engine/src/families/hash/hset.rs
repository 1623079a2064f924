//! HSET and HMSET: set fields of a hash, creating the hash when it is absent. HSET answers how many fields are new,
//! HMSET says OK. A field that had a time of its own has none afterwards; one that was due counts as there.
//!
//! ```text
//! HSET key field value [field value ...]
//! ```

use super::Hash;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn hset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let new = set(ctx, args)?;
    ctx.reply.int(new);
    Ok(())
}

pub(crate) fn hmset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    set(ctx, args)?;
    ctx.reply.ok();
    Ok(())
}

/// Sets the fields and returns how many are new.
fn set(ctx: &mut Ctx, args: &mut Args) -> Result<i64, CommandError> {
    let key = args.key()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity(ctx.command.name));
    }
    let edited = ctx.keys.edit(key, |hash: &mut Hash, tools| {
        let mut new = 0;
        while let (Some(field), Some(value)) = (args.next(), args.next()) {
            new += i64::from(hash.set(field, value, tools.forms));
        }
        Ok(Edit::Changed(new))
    })?;
    ctx.notify(Class::Hash, "hset", key);
    Ok(edited.result)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hset() {
        check(
            r#"
            > HSET h a 1 b 2      < 2       ~ HSET h a 1 b 2     ! hset h
            > HSET h a 3 c 4      < 1       ~ HSET h a 3 c 4     ! hset h
            > HGET h a            < "3"
            > HSET h a            < ERR wrong number of arguments for 'hset' command
            > HSET h a 1 b        < ERR wrong number of arguments for 'hset' command
            > SET s x             < OK      ~ SET s x            ! set s
            > HSET s a 1          < WRONGTYPE Operation against a key holding the wrong kind of value
            > HSET s a            < ERR wrong number of arguments for 'hset' command
            "#,
        );
    }

    #[test]
    fn hmset() {
        check(
            r#"
            > HMSET h a 1 b 2     < OK      ~ HMSET h a 1 b 2    ! hset h
            > HMSET h a 3         < OK      ~ HMSET h a 3        ! hset h
            > HGETALL h           < ["a" "3" "b" "2"]
            > HMSET h a 1 b       < ERR wrong number of arguments for 'hmset' command
            > SET s x             < OK      ~ SET s x            ! set s
            > HMSET s a 1         < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn a_field_that_is_set_loses_its_time() {
        check(
            r#"
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2                   ! hset h
            > HPEXPIRE h 10 FIELDS 2 a b     < [1 1] ~ HPEXPIREAT h 10 FIELDS 2 a b     ! hexpire h
            > HSET h a 3                     < 0     ~ HSET h a 3                       ! hset h
            > HPTTL h FIELDS 2 a b           < [-1 10]
            @ 11ms
            > HSET h b 4                     < 0     ~ HSET h b 4                       ! hset h
            > HGETALL h                      < ["a" "3" "b" "4"]
            "#,
        );
    }
}
