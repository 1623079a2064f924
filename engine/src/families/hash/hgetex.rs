//! HGETEX: read fields and set, change or drop their times.
//!
//! ```text
//! HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS numfields field [field ...]
//! ```
//! Propagates as HPEXPIREAT or HPERSIST of all the fields, or as HDEL for each field that went since its time has
//! passed.

use super::field_list::{NoNumber, field_list};
use super::timing::field_time;
use super::{Hash, due, reply_item};
use crate::args::{Args, Argv, ExpiryUnit};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Edit, ExpiryRule};
use crate::time::Millis;
use ds::int::{MAX_DIGITS, format_i64};

/// What becomes of the fields' times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timing {
    Unsaid,
    Persist,
    At(Millis),
}

/// Reads the arguments behind the key, up to the fields.
fn timing(args: &mut Args, now: Millis) -> Result<Timing, CommandError> {
    let timing = if let Some(unit) = args.peek().and_then(ExpiryUnit::from_token) {
        args.next();
        Timing::At(field_time(args, unit, now, "hgetex")?)
    } else if args.take("PERSIST") {
        Timing::Persist
    } else {
        Timing::Unsaid
    };
    Ok(timing)
}

pub(crate) fn hgetex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, now) = (args.key()?, ctx.now_ms());
    // Another type is told of before any mistake in the arguments.
    let may_be_due = ctx.keys.read_to_write::<Hash>(key)?.is_some_and(|hash| hash.next_due().is_some());
    let timing = timing(args, now)?;
    let list = args.position();
    if args.remaining() < 2 {
        return Err(CommandError::WrongArity("hgetex"));
    }
    field_list(args, NoNumber::Number)?;
    if may_be_due {
        let gone = due::take(&mut ctx.keys, key, args.rest());
        due::tell(&mut ctx.keys, key, gone);
    }
    ctx.reply.array(args.remaining());
    let past = matches!(timing, Timing::At(at) if at <= now) && ctx.keys.rule == ExpiryRule::Remove;
    let reply = &mut ctx.reply;
    let mut gone = Vec::new();
    let edited = ctx.keys.edit_existing(key, |hash: &mut Hash, _| {
        let reshaped = timing != Timing::Unsaid && hash.name_timed();
        let mut changed = false;
        for field in args.rest() {
            let Some((value, time)) = hash.borrow().get(field) else {
                reply.null();
                continue;
            };
            reply_item(reply, value);
            changed |= match timing {
                Timing::Unsaid => false,
                Timing::Persist => time.is_some() && hash.set_time(field, None),
                Timing::At(_) if past => {
                    gone.push(field);
                    hash.remove(field)
                }
                Timing::At(at) => hash.set_time(field, Some(at.0)),
            };
        }
        Ok(match changed {
            true => Edit::Changed(()),
            false if reshaped => Edit::Reshaped(()),
            false => Edit::Kept(()),
        })
    })?;
    let Some(edited) = edited else {
        args.rest().for_each(|_| ctx.reply.null());
        return Ok(());
    };
    if edited.changed {
        tell(ctx, key, timing, &gone, args.argv(), list);
    }
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    Ok(())
}

/// Says what has changed; the fields and their number stand from argument `list` on.
fn tell(ctx: &mut Ctx, key: &[u8], timing: Timing, gone: &[&[u8]], argv: Argv<'_>, list: usize) {
    let mut digits = [0; MAX_DIGITS];
    let mut words = Vec::new();
    match timing {
        Timing::At(_) if !gone.is_empty() => {
            ctx.notify(Class::Hash, "hdel", key);
            ctx.keys.space.stats.expired_fields += gone.len() as u64;
            gone.iter().for_each(|field| ctx.propagate(&[b"HDEL", key, *field]));
            return;
        }
        Timing::At(at) => {
            ctx.notify(Class::Hash, "hexpire", key);
            words.extend([&b"HPEXPIREAT"[..], key, format_i64(&mut digits, at.0)]);
        }
        _ => {
            ctx.notify(Class::Hash, "hpersist", key);
            words.extend([&b"HPERSIST"[..], key]);
        }
    }
    words.extend(argv.iter().skip(list));
    ctx.propagate(&words);
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hgetex() {
        check(
            r#"
            > HGETEX h FIELDS 1 a              < [nil]
            > HGETEX h EX 0 FIELDS 1 a         < [nil]
            > HSET h a 1 b 2 c 3               < 3             ~ HSET h a 1 b 2 c 3               ! hset h
            > HGETEX h FIELDS 3 a b x          < ["1" "2" nil]
            > OBJECT ENCODING h                < "listpack"
            > HGETEX h PERSIST FIELDS 1 a      < ["1"]
            > OBJECT ENCODING h                < "listpackex"
            > HGETEX h EX 10 FIELDS 3 a b x    < ["1" "2" nil] ~ HPEXPIREAT h 10000 FIELDS 3 a b x  ! hexpire h
            > HPTTL h FIELDS 3 a b c           < [10000 10000 -1]
            > HGETEX h persist fields 2 a c    < ["1" "3"]     ~ HPERSIST h fields 2 a c          ! hpersist h
            > HPTTL h FIELDS 3 a b c           < [-1 10000 -1]
            > HGETEX h PXAT 0 FIELDS 2 a c     < ["1" "3"]     ~ HDEL h a   ~ HDEL h c            ! hdel h
            > HGETEX h PX 0 FIELDS 1 b         < ["2"]         ~ HDEL h b                         ! hdel h   ! del h
            > EXISTS h                         < 0
            "#,
        );
    }

    /// Redis 13931: the order of the events.
    #[test]
    fn what_is_due_goes_first() {
        check(
            r#"
            > HSET h a 1 b 2                   < 2       ~ HSET h a 1 b 2                 ! hset h
            > HPEXPIRE h 10 FIELDS 1 a         < [1]     ~ HPEXPIREAT h 10 FIELDS 1 a     ! hexpire h
            @ 11ms
            > HGETEX h PX 10 FIELDS 2 a b < [nil "2"] ~ HDEL h a ~ HPEXPIREAT h 21 FIELDS 2 a b ! hexpired h ! hexpire h
            @ 22ms
            > HGETEX h FIELDS 1 b              < [nil]   ~ HDEL h b                       ! hexpired h   ! del h
            "#,
        );
    }

    /// Redis 8.0.5 reads past the end where the number of fields is missing, 8.6.2 stops a second FIELDS.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                              < OK    ~ SET s x   ! set s
            > HGETEX s EX x FIELDS 1 a             < WRONGTYPE Operation against a key holding the wrong kind of value
            > HGETEX n EX x FOO 1 a                < ERR value is not an integer or out of range
            > HGETEX n EX -1 FOO 1 a               < ERR invalid expire time, must be >= 0
            > HGETEX n PXAT 70368744177664 FOO 1 a < ERR invalid expire time in 'hgetex' command
            > HGETEX n EX FIELDS 1 a               < ERR value is not an integer or out of range
            > HGETEX n EX 10 PERSIST FIELDS 1 a < ERR Mandatory argument FIELDS is missing or not at the right position
            > HGETEX n KEEPTTL FIELDS 1 a < ERR Mandatory argument FIELDS is missing or not at the right position
            > HGETEX n FIELDS 1 a PERSIST          < ERR The `numfields` parameter must match the number of arguments
            > HGETEX n FIELDS 1 a FIELDS 1 a       < ERR The `numfields` parameter must match the number of arguments
            > HGETEX n EX 10 FIELDS 1              < ERR The `numfields` parameter must match the number of arguments
            > HGETEX n EX 10 FIELDS                < ERR wrong number of arguments for 'hgetex' command
            > HGETEX n PERSIST 10 FIELDS < ERR Mandatory argument FIELDS is missing or not at the right position
            > HGETEX n FIELDS 0 a                  < ERR Number of fields must be a positive integer
            "#,
        );
    }
}
