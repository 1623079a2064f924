//! HPERSIST: let fields live as long as their hash.
//!
//! ```text
//! HPERSIST key FIELDS numfields field [field ...]
//! ```
//! Answers for each field: 1 if its time went, -1 if it had none, -2 if there is no such field.

use super::Hash;
use super::field_list::{NoNumber, field_list};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn hpersist(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let reply = &mut ctx.reply;
    // Another type is told of before any mistake in the arguments.
    let edited = ctx.keys.edit_existing(key, |hash: &mut Hash, tools| {
        field_list(args, NoNumber::Number)?;
        reply.array(args.remaining());
        let mut changed = false;
        while let Some(field) = args.next() {
            reply.int(match hash.borrow().get(field) {
                None => -2,
                Some((_, None)) => -1,
                Some((_, Some(time))) if time < tools.removable => -2,
                Some(_) => {
                    hash.set_time(field, None);
                    changed = true;
                    1
                }
            });
        }
        Ok(if changed { Edit::Changed(()) } else { Edit::Kept(()) })
    })?;
    match edited {
        None => {
            field_list(args, NoNumber::Number)?;
            ctx.reply.array(args.remaining());
            args.rest().for_each(|_| ctx.reply.int(-2));
        }
        Some(edited) if edited.changed => ctx.notify(Class::Hash, "hpersist", key),
        Some(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hpersist() {
        check(
            r#"
            > HPERSIST n FIELDS 2 a b          < [-2 -2]
            > HSET h a 1 b 2 c 3               < 3       ~ HSET h a 1 b 2 c 3             ! hset h
            > HPERSIST h FIELDS 2 a x          < [-1 -2]
            > OBJECT ENCODING h                < "listpack"
            > HPEXPIRE h 10 FIELDS 2 a b       < [1 1]   ~ HPEXPIREAT h 10 FIELDS 2 a b   ! hexpire h
            > HPERSIST h FIELDS 4 a c x a      < [1 -1 -2 -1]   ~ HPERSIST h FIELDS 4 a c x a   ! hpersist h
            > HPTTL h FIELDS 2 a b             < [-1 10]
            > HGETALL h                        < ["b" "2" "c" "3" "a" "1"]
            @ 11ms
            > HPERSIST h FIELDS 2 a b          < [-1 -2]
            > HLEN h                           < 3
            "#,
        );
    }

    /// Valkey 3516 and 4300 among others.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                      < OK    ~ SET s x   ! set s
            > HPERSIST s FIELDS 0 a        < WRONGTYPE Operation against a key holding the wrong kind of value
            > HPERSIST n FIELDZ 1 a        < ERR Mandatory argument FIELDS is missing or not at the right position
            > HPERSIST n FIELDS 0 a        < ERR Number of fields must be a positive integer
            > HPERSIST n FIELDS 1 a b      < ERR The `numfields` parameter must match the number of arguments
            > HSET h a 1                   < 1     ~ HSET h a 1   ! hset h
            > HPERSIST h FIELDS 1 a b      < ERR The `numfields` parameter must match the number of arguments
            "#,
        );
    }
}
