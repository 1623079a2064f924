//! HSETEX: set fields on a condition, and give them times of their own.
//!
//! ```text
//! HSETEX key [NX | XX] [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
//!        FIELDS numfields field value [field value ...]
//! ```
//! FNX: none of the fields is there; FXX: all of them are. NX and XX ask the same of the key. Answers 1 if the fields
//! were set. Without a time and without KEEPTTL the fields have no times afterwards.
//!
//! Propagates with PXAT, or as HDEL for each field if the time has passed already: then they are set and gone at
//! once.

use super::timing::field_time;
use super::{Hash, due};
use crate::args::{Args, ExpiryUnit};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Edit, ExpiryRule, Lookup, Tools};
use crate::time::Millis;
use ds::int::{MAX_DIGITS, format_i64};
use ds::table::SetExpiry;

/// The arguments behind the key, up to the fields, at which the cursor stands then.
struct Options {
    /// Whether the key must be there, or must not.
    key: Option<bool>,
    /// The same of the fields.
    fields: Option<bool>,
    expiry: SetExpiry,
    /// Which argument names the unit of the time.
    unit_at: usize,
}

impl Options {
    fn parse(args: &mut Args, now: Millis) -> Result<Options, CommandError> {
        let mut o = Options { key: None, fields: None, expiry: SetExpiry::Clear, unit_at: 0 };
        let mut timed = false;
        loop {
            let at = args.position();
            let Some(word) = args.next() else { return Err(CommandError::WrongArity("hsetex")) };
            let is = |token: &str| word.eq_ignore_ascii_case(token.as_bytes());
            if is("fields") {
                if args.remaining() < 3 {
                    return Err(CommandError::WrongArity("hsetex"));
                }
                let number = args.next().and_then(ds::int::parse_i64);
                let number = number.filter(|number| (1..=i32::MAX.into()).contains(number));
                let number = number.ok_or_else(|| CommandError::err("invalid number of fields"))?;
                let fits = args.remaining() as i64 == 2 * number;
                return if fits { Ok(o) } else { Err(CommandError::WrongArity("hsetex")) };
            }
            if is("fnx") || is("fxx") {
                if o.fields.replace(is("fxx")).is_some() {
                    return Err(CommandError::err("Only one of FXX or FNX arguments can be specified"));
                }
            } else if is("nx") || is("xx") {
                if o.key.replace(is("xx")).is_some() {
                    return Err(CommandError::Syntax);
                }
            } else if is("keepttl") || ExpiryUnit::from_token(word).is_some() {
                if std::mem::replace(&mut timed, true) {
                    let text = "Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
                    return Err(CommandError::err(text));
                }
                o.expiry = match ExpiryUnit::from_token(word) {
                    None => SetExpiry::Keep,
                    Some(_) if args.remaining() == 0 => return Err(CommandError::err("missing expire time")),
                    Some(unit) => SetExpiry::At(field_time(args, unit, now, "hsetex")?.0),
                };
                o.unit_at = at;
            } else {
                return Err(CommandError::quoting("unknown argument: ", word, ""));
            }
        }
    }
}

/// Fields and their values, which the cursor stands before.
fn pairs<'a>(args: &Args<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
    let mut rest = args.rest();
    std::iter::from_fn(move || Some((rest.next()?, rest.next()?)))
}

/// What a try to set the fields comes to.
enum Outcome<'a> {
    Set,
    Refused,
    /// This field is due, and has to go before the condition can be judged.
    Due(&'a [u8]),
}

pub(crate) fn hsetex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, now) = (args.key()?, ctx.now_ms());
    let options = Options::parse(args, now)?;
    let mut gone = due::Gone::default();
    let past = matches!(options.expiry, SetExpiry::At(at) if at <= now.0);
    let past = past && ctx.keys.rule == ExpiryRule::Remove;
    let key_fits = options.key.is_none_or(|wanted| ctx.keys.exists(key, Lookup::Silent) == wanted);
    let (set, removed) = loop {
        let edited = ctx.keys.edit(key, |hash: &mut Hash, tools| {
            let outcome = if key_fits { judge(hash, &options, args, tools) } else { Outcome::Refused };
            if !matches!(outcome, Outcome::Set) {
                return Ok(Edit::Kept(outcome));
            }
            // With a time in the past the fields are set all the same, which shows in the hash's name, and then go.
            let expiry = if past { SetExpiry::Clear } else { options.expiry };
            for (field, value) in pairs(args) {
                hash.set_with(field, value, expiry, tools.forms);
            }
            if past {
                for (field, _) in pairs(args) {
                    hash.remove(field);
                }
                hash.name_timed();
            }
            Ok(Edit::Changed(outcome))
        })?;
        match edited.result {
            Outcome::Set => break (true, edited.removed || (past && !ctx.keys.exists(key, Lookup::Silent))),
            Outcome::Refused => break (false, false),
            Outcome::Due(field) => {
                let more = due::take(&mut ctx.keys, key, std::iter::once(field));
                gone = due::Gone { fields: gone.fields + more.fields, key: more.key };
            }
        }
    };
    due::tell(&mut ctx.keys, key, due::Gone { key: gone.key && !set, ..gone });
    if set {
        tell(ctx, key, &options, args, past);
    }
    if removed {
        ctx.notify(Class::Generic, "del", key);
    }
    ctx.reply.flag(set);
    Ok(())
}

/// Whether the condition on the fields holds.
fn judge<'a>(hash: &Hash, options: &Options, args: &Args<'a>, tools: &Tools<'_>) -> Outcome<'a> {
    let Some(wanted) = options.fields else { return Outcome::Set };
    for (field, _) in pairs(args) {
        match hash.borrow().get(field) {
            Some((_, Some(time))) if time < tools.removable => return Outcome::Due(field),
            found if found.is_some() != wanted => return Outcome::Refused,
            _ => {}
        }
    }
    Outcome::Set
}

fn tell(ctx: &mut Ctx, key: &[u8], options: &Options, args: &Args, past: bool) {
    ctx.notify(Class::Hash, "hset", key);
    let SetExpiry::At(at) = options.expiry else {
        ctx.keys.effects.propagate_as_is(ctx.keys.db, args.argv());
        return;
    };
    if past {
        ctx.notify(Class::Hash, "hdel", key);
        for (field, _) in pairs(args) {
            ctx.keys.space.stats.expired_fields += 1;
            ctx.propagate(&[b"HDEL", key, field]);
        }
        return;
    }
    ctx.notify(Class::Hash, "hexpire", key);
    let mut digits = [0; MAX_DIGITS];
    let mut words: Vec<&[u8]> = args.argv().iter().collect();
    words[options.unit_at] = b"PXAT";
    words[options.unit_at + 1] = format_i64(&mut digits, at);
    ctx.propagate(&words);
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hsetex() {
        check(
            r#"
            > HSETEX h FIELDS 2 a 1 b 2             < 1   ~ HSETEX h FIELDS 2 a 1 b 2                ! hset h
            > OBJECT ENCODING h                     < "listpack"
            > HSETEX h EX 10 FIELDS 2 b 3 c 4 < 1 ~ HSETEX h PXAT 10000 FIELDS 2 b 3 c 4 ! hset h ! hexpire h
            > OBJECT ENCODING h                     < "listpackex"
            > HGETALL h                             < ["c" "4" "b" "3" "a" "1"]
            > HSETEX h KEEPTTL FIELDS 2 b 5 a 6     < 1   ~ HSETEX h KEEPTTL FIELDS 2 b 5 a 6        ! hset h
            > HPTTL h FIELDS 3 a b c                < [-1 10000 10000]
            > HSETEX h FIELDS 1 b 7                 < 1   ~ HSETEX h FIELDS 1 b 7                    ! hset h
            > HPTTL h FIELDS 3 a b c                < [-1 -1 10000]
            > HSETEX h exat 20 FXX FIELDS 1 a 1 < 1 ~ HSETEX h PXAT 20000 FXX FIELDS 1 a 1 ! hset h ! hexpire h
            "#,
        );
    }

    /// Valkey 2716 and 2998: a condition that does not hold makes no key.
    #[test]
    fn conditions() {
        check(
            r#"
            > HSETEX h FXX FIELDS 1 a 1             < 0
            > EXISTS h                              < 0
            > HSETEX h FNX FIELDS 2 a 1 b 2         < 1   ~ HSETEX h FNX FIELDS 2 a 1 b 2            ! hset h
            > HSETEX h FNX FIELDS 2 c 3 b 4         < 0
            > HSETEX h FXX FIELDS 2 a 3 c 4         < 0
            > HSETEX h FXX FIELDS 2 a 3 b 4         < 1   ~ HSETEX h FXX FIELDS 2 a 3 b 4            ! hset h
            > HSETEX h NX FIELDS 1 c 5              < 0
            > HSETEX h XX FNX FIELDS 1 c 5          < 1   ~ HSETEX h XX FNX FIELDS 1 c 5             ! hset h
            > HSETEX n XX FIELDS 1 a 1              < 0
            > HSETEX n NX FXX FIELDS 1 a 1          < 0
            > EXISTS n                              < 0
            > HSETEX n NX FIELDS 1 a 1              < 1   ~ HSETEX n NX FIELDS 1 a 1                 ! hset n
            "#,
        );
    }

    #[test]
    fn a_time_in_the_past_sets_and_removes() {
        check(
            r#"
            @ 500ms
            > HSETEX n PXAT 1 FIELDS 1 a 1          < 1   ~ HDEL n a              ! hset n   ! hdel n   ! del n
            > EXISTS n                              < 0
            > HSET h a 1 b 2                        < 2   ~ HSET h a 1 b 2        ! hset h
            > HSETEX h EX 0 FXX FIELDS 1 x 1        < 0
            > HSETEX h EX 0 FIELDS 2 a 1 x 1        < 1   ~ HDEL h a  ~ HDEL h x  ! hset h   ! hdel h
            > HSETEX h EX 0 FIELDS 1 b 1            < 1   ~ HDEL h b              ! hset h   ! hdel h   ! del h
            > EXISTS h                              < 0
            "#,
        );
    }

    #[test]
    fn what_is_due_is_not_there() {
        check(
            r#"
            > HSETEX h PX 10 FIELDS 2 a 1 b 2       < 1   ~ HSETEX h PXAT 10 FIELDS 2 a 1 b 2     ! hset h   ! hexpire h
            @ 11ms
            > HSETEX h FXX FIELDS 2 a 3 b 4         < 0   ~ HDEL h a                              ! hexpired h
            > HSETEX h FNX FIELDS 2 a 3 b 4 < 1 ~ HDEL h b ~ HSETEX h FNX FIELDS 2 a 3 b 4 ! hexpired h ! hset h
            > HSETEX n PX 10 FIELDS 1 a 1           < 1   ~ HSETEX n PXAT 21 FIELDS 1 a 1         ! hset n   ! hexpire n
            @ 22ms
            > HSETEX n FXX FIELDS 1 a 1             < 0   ~ HDEL n a                              ! hexpired n   ! del n
            > EXISTS n                              < 0
            "#,
        );
    }

    /// Valkey 3001: what is refused has no effect. Redis 14883: FIELDS comes once.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                                   < OK    ~ SET s x   ! set s
            > HSETEX s EX 0 FIELDS 1 a b < WRONGTYPE Operation against a key holding the wrong kind of value
            > HSETEX s EX x FIELDS 1 a b                < ERR value is not an integer or out of range
            > HSETEX h ZZ EX x FIELDS 1 a b             < ERR unknown argument: ZZ
            > HSETEX h EX x ZZ FIELDS 1 a b             < ERR value is not an integer or out of range
            > HSETEX h EX -1 FIELDS 0 a b               < ERR invalid expire time, must be >= 0
            > HSETEX h EX 70368744178 FIELDS 0 a b      < ERR invalid expire time in 'hsetex' command
            > HSETEX h FNX FXX FIELDS 1 a b             < ERR Only one of FXX or FNX arguments can be specified
            > HSETEX h FNX FNX FIELDS 1 a b             < ERR Only one of FXX or FNX arguments can be specified
            > HSETEX h EX 1 KEEPTTL a b c < ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
            > HSETEX h EX 1 EX 2 FIELDS 1 a b < ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
            > HSETEX h EX 10 PX a b < ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
            > HSETEX h FIELDS 0 a b                     < ERR invalid number of fields
            > HSETEX h FIELDS x EX x                    < ERR invalid number of fields
            > HSETEX h FIELDS 2147483648 a b            < ERR invalid number of fields
            > HSETEX h FIELDS 2 a b c                   < ERR wrong number of arguments for 'hsetex' command
            > HSETEX h FIELDS 1 a b EX 10               < ERR wrong number of arguments for 'hsetex' command
            > HSETEX h FIELDS 1 a b FIELDS 1 c d        < ERR wrong number of arguments for 'hsetex' command
            > HSETEX h KEEPTTL FNX FIELDS x             < ERR wrong number of arguments for 'hsetex' command
            > HSETEX h KEEPTTL FNX FIELDS 1             < ERR wrong number of arguments for 'hsetex' command
            > EXISTS h                                  < 0
            "#,
        );
    }
}
