//! HGETDEL: read fields and remove them; the last one takes the key along.
//!
//! ```text
//! HGETDEL key FIELDS numfields field [field ...]
//! ```
//! Propagates as HDEL of all the fields.

use super::field_list::{NoNumber, field_list};
use super::{Hash, due, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn hgetdel(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    // Another type is told of before any mistake in the arguments.
    let may_be_due = ctx.keys.read_to_write::<Hash>(key)?.is_some_and(|hash| hash.next_due().is_some());
    field_list(args, NoNumber::Number)?;
    if may_be_due {
        let gone = due::take(&mut ctx.keys, key, args.rest());
        due::tell(&mut ctx.keys, key, gone);
    }
    let reply = &mut ctx.reply;
    reply.array(args.remaining());
    let edited = ctx.keys.edit_existing(key, |hash: &mut Hash, _| {
        let mut changed = false;
        for field in args.rest() {
            match hash.borrow().get(field) {
                Some((value, _)) => reply_item(reply, value),
                None => reply.null(),
            }
            changed |= hash.remove(field);
        }
        Ok(if changed { Edit::Changed(()) } else { Edit::Kept(()) })
    })?;
    let Some(edited) = edited else {
        args.rest().for_each(|_| ctx.reply.null());
        return Ok(());
    };
    if edited.changed {
        ctx.notify(Class::Hash, "hdel", key);
        let mut words = vec![b"HDEL", key];
        words.extend(args.rest());
        ctx.propagate(&words);
    }
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hgetdel() {
        check(
            r#"
            > HGETDEL h FIELDS 2 a b           < [nil nil]
            > HSET h a 1 b 2 c 3               < 3             ~ HSET h a 1 b 2 c 3   ! hset h
            > HGETDEL h FIELDS 2 a x           < ["1" nil]     ~ HDEL h a x           ! hdel h
            > HGETDEL h FIELDS 1 x             < [nil]
            > HGETDEL h FIELDS 3 b c b         < ["2" "3" nil] ~ HDEL h b c b         ! hdel h   ! del h
            > EXISTS h                         < 0
            "#,
        );
    }

    #[test]
    fn what_is_due_goes_first() {
        check(
            r#"
            > HSET h a 1 b 2 c 3               < 3       ~ HSET h a 1 b 2 c 3             ! hset h
            > HPEXPIRE h 10 FIELDS 2 a b       < [1 1]   ~ HPEXPIREAT h 10 FIELDS 2 a b   ! hexpire h
            @ 11ms
            > HGETDEL h FIELDS 2 a c < [nil "3"] ~ HDEL h a ~ HDEL h a c ! hexpired h ! hdel h
            > HGETDEL h FIELDS 1 b < [nil] ~ HDEL h b ! hexpired h ! del h
            > HSET h a 1                       < 1       ~ HSET h a 1                     ! hset h
            > HPEXPIRE h 10 FIELDS 1 a         < [1]     ~ HPEXPIREAT h 21 FIELDS 1 a     ! hexpire h
            @ 22ms
            > HGETDEL h FIELDS 1 a             < [nil]   ~ HDEL h a                       ! hexpired h   ! del h
            "#,
        );
    }

    /// Valkey 4049: FIELDS must be there, in its place.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                      < OK    ~ SET s x   ! set s
            > HGETDEL s FIELDS 0 a         < WRONGTYPE Operation against a key holding the wrong kind of value
            > HSET h a 1                   < 1     ~ HSET h a 1   ! hset h
            > HGETDEL h FIELDZ 1 a         < ERR Mandatory argument FIELDS is missing or not at the right position
            > HGETDEL h a FIELDS 1         < ERR Mandatory argument FIELDS is missing or not at the right position
            > HGETDEL h FIELDS 0 a         < ERR Number of fields must be a positive integer
            > HGETDEL h FIELDS 2 a         < ERR The `numfields` parameter must match the number of arguments
            > HGETDEL h FIELDS 1 a b       < ERR The `numfields` parameter must match the number of arguments
            > HLEN h                       < 1
            "#,
        );
    }
}
