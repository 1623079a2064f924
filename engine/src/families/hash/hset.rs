//! HSET: set fields of a hash, creating the hash when it is absent. Answers how many fields are new.
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
    let key = args.key()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity("hset"));
    }
    let edited = ctx.keys.edit(key, |hash: &mut Hash, tools| {
        let mut new = 0;
        while let (Some(field), Some(value)) = (args.next(), args.next()) {
            new += i64::from(hash.set(field, value, tools.forms));
        }
        Ok(Edit::Changed(new))
    })?;
    ctx.notify(Class::Hash, "hset", key);
    ctx.reply.int(edited.result);
    Ok(())
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
            "#,
        );
    }
}
