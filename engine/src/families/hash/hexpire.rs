//! HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT: give fields of a hash times of their own.
//!
//! ```text
//! HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
//! ```
//! Answers for each field: 1 set, 0 the condition does not hold, 2 gone since the time has passed, -2 no such field.
//! A field that is due and still there counts as there.
//!
//! Propagates as HPEXPIREAT with the fields whose time was set, or as HDEL for each field that went: a replica must
//! not consult its own clock.

use super::Hash;
use super::field_list::{NoNumber, field_list};
use super::timing::field_time;
use crate::args::{Args, ExpiryUnit};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Edit, ExpiryRule};
use crate::time::Millis;
use ds::int::{MAX_DIGITS, format_i64};

pub(crate) fn hexpire(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::Seconds)
}

pub(crate) fn hpexpire(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::Milliseconds)
}

pub(crate) fn hexpireat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::AtSeconds)
}

pub(crate) fn hpexpireat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::AtMilliseconds)
}

/// On what a field's present time must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Always,
    Without,
    With,
    Later,
    Earlier,
}

impl Condition {
    /// Steps over a condition, if one comes next.
    fn take(args: &mut Args) -> Condition {
        let known = [
            ("NX", Condition::Without),
            ("XX", Condition::With),
            ("GT", Condition::Later),
            ("LT", Condition::Earlier),
        ];
        known.into_iter().find(|(token, _)| args.take(token)).map_or(Condition::Always, |(_, found)| found)
    }

    /// Whether `new` may replace `current`. No time counts as later than any.
    fn admits(self, current: Option<i64>, new: i64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Without => current.is_none(),
            Condition::With => current.is_some(),
            Condition::Later => current.is_some_and(|current| new > current),
            Condition::Earlier => current.is_none_or(|current| new < current),
        }
    }
}

/// The arguments behind the key, up to the fields, at which `args` stands then.
struct Options<'a> {
    at: Millis,
    condition: Condition,
    /// The condition as it was given.
    word: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(
        args: &mut Args<'a>,
        unit: ExpiryUnit,
        now: Millis,
        name: &'static str,
    ) -> Result<Self, CommandError> {
        let at = field_time(args, unit, now, name)?;
        let word = args.peek();
        let condition = Condition::take(args);
        field_list(args, NoNumber::Parameter)?;
        Ok(Options { at, condition, word: word.filter(|_| condition != Condition::Always) })
    }
}

const MISSING: i8 = -2;
const REFUSED: i8 = 0;
const SET: i8 = 1;
const GONE: i8 = 2;

fn run(ctx: &mut Ctx, args: &mut Args, unit: ExpiryUnit) -> Result<(), CommandError> {
    let key = args.key()?;
    let (name, now, removes) = (ctx.command.name, ctx.now_ms(), ctx.keys.rule == ExpiryRule::Remove);
    let mut outcomes = Vec::new();
    // Another type is told of before any mistake in the options.
    let edited = ctx.keys.edit_existing(key, |hash: &mut Hash, _| {
        let options = Options::parse(args, unit, now, name)?;
        let reshaped = hash.name_timed();
        let past = removes && options.at <= now;
        outcomes.extend(args.rest().map(|field| apply(hash, field, &options, past)));
        let changed = outcomes.iter().any(|outcome| *outcome > REFUSED);
        Ok(match changed {
            true => Edit::Changed(options),
            false if reshaped => Edit::Reshaped(options),
            false => Edit::Kept(options),
        })
    })?;
    let Some(edited) = edited else {
        Options::parse(args, unit, now, name)?;
        ctx.reply.array(args.remaining());
        args.rest().for_each(|_| ctx.reply.int(MISSING.into()));
        return Ok(());
    };
    if edited.changed {
        tell(ctx, key, args, &edited.result, &outcomes);
    }
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    ctx.reply.array(outcomes.len());
    outcomes.iter().for_each(|outcome| ctx.reply.int((*outcome).into()));
    Ok(())
}

/// What becomes of one field.
fn apply(hash: &mut Hash, field: &[u8], options: &Options, past: bool) -> i8 {
    match hash.borrow().get(field) {
        None => MISSING,
        Some((_, current)) if !options.condition.admits(current, options.at.0) => REFUSED,
        Some(_) if past => {
            hash.remove(field);
            GONE
        }
        Some(_) => {
            hash.set_time(field, Some(options.at.0));
            SET
        }
    }
}

/// Says what has changed; either times were set or fields have gone, for all have the same time.
fn tell(ctx: &mut Ctx, key: &[u8], args: &Args, options: &Options, outcomes: &[i8]) {
    let changed =
        || args.rest().zip(outcomes).filter(|(_, outcome)| **outcome > REFUSED).map(|(field, _)| field);
    if outcomes.contains(&GONE) {
        ctx.notify(Class::Hash, "hdel", key);
        ctx.keys.space.stats.expired_fields += changed().count() as u64;
        changed().for_each(|field| ctx.propagate(&[b"HDEL", key, field]));
        return;
    }
    ctx.notify(Class::Hash, "hexpire", key);
    let (mut time, mut count) = ([0; MAX_DIGITS], [0; MAX_DIGITS]);
    let mut words = vec![b"HPEXPIREAT", key, format_i64(&mut time, options.at.0)];
    words.extend(options.word);
    words.extend([&b"FIELDS"[..], format_i64(&mut count, changed().count() as i64)]);
    words.extend(changed());
    ctx.propagate(&words);
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn the_four_units() {
        check(
            r#"
            @ 500ms
            > HSET h a 1 b 2 c 3 d 4           < 4     ~ HSET h a 1 b 2 c 3 d 4             ! hset h
            > HEXPIRE h 10 FIELDS 1 a          < [1]   ~ HPEXPIREAT h 10500 FIELDS 1 a      ! hexpire h
            > HPEXPIRE h 10 FIELDS 2 b x       < [1 -2] ~ HPEXPIREAT h 510 FIELDS 1 b       ! hexpire h
            > HEXPIREAT h 20 FIELDS 1 c        < [1]   ~ HPEXPIREAT h 20000 FIELDS 1 c      ! hexpire h
            > HPEXPIREAT h 30 FIELDS 1 d       < [2]   ~ HDEL h d                           ! hdel h
            > HPEXPIRETIME h FIELDS 4 a b c d  < [10500 510 20000 -2]
            > HEXPIRE n 10 FIELDS 2 a b        < [-2 -2]
            "#,
        );
    }

    /// Redis 13408 and 13364: a time in the past is heard of as the removal that it is, by subscribers and replicas.
    #[test]
    fn a_time_in_the_past_removes_and_the_last_field_takes_the_key() {
        check(
            r#"
            @ 500ms
            > HSET h a 1 b 2 c 3               < 3         ~ HSET h a 1 b 2 c 3             ! hset h
            > HPEXPIREAT h 500 FIELDS 2 x b    < [-2 2]    ~ HDEL h b                       ! hdel h
            > HEXPIRE h 100 FIELDS 1 a         < [1]       ~ HPEXPIREAT h 100500 FIELDS 1 a ! hexpire h
            > HEXPIRE h 0 NX FIELDS 2 a c      < [0 2]     ~ HDEL h c                       ! hdel h
            > HEXPIRE h 0 FIELDS 2 a a         < [2 -2]    ~ HDEL h a                       ! hdel h   ! del h
            > EXISTS h                         < 0
            "#,
        );
    }

    #[test]
    fn conditions() {
        check(
            r#"
            > HSET h a 1 b 2                   < 2         ~ HSET h a 1 b 2                      ! hset h
            > HPEXPIRE h 100 XX FIELDS 1 a     < [0]
            > HPEXPIRE h 100 GT FIELDS 1 a     < [0]
            > HPEXPIRE h 100 NX FIELDS 1 a     < [1]       ~ HPEXPIREAT h 100 NX FIELDS 1 a      ! hexpire h
            > HPEXPIRE h 100 NX FIELDS 1 a     < [0]
            > HPEXPIRE h 100 gt FIELDS 2 a b   < [0 0]
            > HPEXPIRE h 100 LT FIELDS 2 a b   < [0 1]     ~ HPEXPIREAT h 100 LT FIELDS 1 b      ! hexpire h
            > HPEXPIRE h 200 gt FIELDS 2 b a   < [1 1]     ~ HPEXPIREAT h 200 gt FIELDS 2 b a    ! hexpire h
            > HPEXPIRE h 150 LT FIELDS 1 a     < [1]       ~ HPEXPIREAT h 150 LT FIELDS 1 a      ! hexpire h
            > HPEXPIRE h 160 XX FIELDS 2 a b   < [1 1]     ~ HPEXPIREAT h 160 XX FIELDS 2 a b    ! hexpire h
            "#,
        );
    }

    /// Redis 15021 among others: numbers of fields near the limits of 32 and 64 bits.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                                        < OK    ~ SET s x   ! set s
            > HEXPIRE s x ZZ FIELDS 0 a < WRONGTYPE Operation against a key holding the wrong kind of value
            > HEXPIRE n x FIELDS 1 a                         < ERR value is not an integer or out of range
            > HEXPIRE n -1 FIELDS 1 a                        < ERR invalid expire time, must be >= 0
            > HEXPIRE n 70368744178 FIELDS 1 a               < ERR invalid expire time in 'hexpire' command
            > HPEXPIREAT n 70368744177664 ZZ 1 a             < ERR invalid expire time in 'hpexpireat' command
            > HEXPIRE n 9223372036854775807 FIELDS 1 a       < ERR invalid expire time in 'hexpire' command
            > HEXPIRE n 1 FIELD 1 a < ERR Mandatory argument FIELDS is missing or not at the right position
            > HEXPIRE n 1 NX XX FIELDS 1 a < ERR Mandatory argument FIELDS is missing or not at the right position
            > HEXPIRE n 1 FIELDS 0 a                         < ERR Parameter `numFields` should be greater than 0
            > HEXPIRE n 1 FIELDS x a                         < ERR Parameter `numFields` should be greater than 0
            > HEXPIRE n 1 FIELDS 9223372036854775808 a       < ERR Parameter `numFields` should be greater than 0
            > HEXPIRE n 1 FIELDS 922337203685477580 a < ERR The `numfields` parameter must match the number of arguments
            > HEXPIRE n 1 FIELDS 4294967297 a < ERR The `numfields` parameter must match the number of arguments
            > HEXPIRE n 1 NX FIELDS 1 < ERR The `numfields` parameter must match the number of arguments
            > HEXPIRE n 1 FIELDS 1 a NX < ERR The `numfields` parameter must match the number of arguments
            > HEXPIRE n 1 FIELDS 1                           < ERR wrong number of arguments for 'hexpire' command
            > HEXPIREAT n 70368744177 FIELDS 1 a             < [-2]
            "#,
        );
    }

    #[test]
    fn a_field_that_is_due_may_be_saved() {
        check(
            r#"
            > HSET h a 1                   < 1     ~ HSET h a 1                        ! hset h
            > HPEXPIRE h 10 FIELDS 1 a     < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a        ! hexpire h
            @ 11ms
            > HGETALL h                    < []
            > HPEXPIRE h 10 NX FIELDS 1 a  < [0]
            > HPEXPIRE h 10 FIELDS 1 a     < [1]   ~ HPEXPIREAT h 21 FIELDS 1 a        ! hexpire h
            > HGETALL h                    < ["a" "1"]
            "#,
        );
    }

    #[test]
    fn names() {
        check(
            r#"
            > HSET h a 1 b 2               < 2     ~ HSET h a 1 b 2                    ! hset h
            > OBJECT ENCODING h            < "listpack"
            > HEXPIRE h 10 FIELDS 1 x      < [-2]
            > OBJECT ENCODING h            < "listpackex"
            > HGETALL h                    < ["a" "1" "b" "2"]
            "#,
        );
        let mut engine = Engine::new(1, 1);
        engine.keyspace.forms.hash_max_listpack_value = 3;
        check_with(
            &mut engine,
            r#"
            > HSETEX h EX 1 FIELDS 1 a 1   < 1     ~ HSETEX h PXAT 1000 FIELDS 1 a 1   ! hset h   ! hexpire h
            > OBJECT ENCODING h            < "listpackex"
            > HSET h a long                < 0     ~ HSET h a long                     ! hset h
            > OBJECT ENCODING h            < "hashtable"
            > HEXPIRE h 10 FIELDS 1 x      < [-2]
            > HSET h a 1                   < 0     ~ HSET h a 1                        ! hset h
            > OBJECT ENCODING h            < "hashtable"
            "#,
        );
    }

    #[test]
    fn a_replica_removes_nothing_by_itself() {
        let mut engine = Engine::new(1, 1);
        engine.mode.replica = true;
        check_with(
            &mut engine,
            r#"
            @ 500ms
            > HSET h a 1 b 2               < 2     ~ HSET h a 1 b 2                    ! hset h
            > HPEXPIREAT h 400 FIELDS 1 a  < [1]   ~ HPEXPIREAT h 400 FIELDS 1 a       ! hexpire h
            > HGET h a                     < nil
            > HEXISTS h a                  < 0
            > HMGET h a b                  < [nil "2"]
            > HGETALL h                    < ["b" "2"]
            > HRANDFIELD h 5               < ["b"]
            > HLEN h                       < 2
            "#,
        );
    }
}
