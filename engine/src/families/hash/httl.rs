//! HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME: when fields go, from now on or as a moment.
//!
//! ```text
//! HTTL key FIELDS numfields field [field ...]
//! ```
//! Answers for each field: the time, -1 if it has none, -2 if there is no such field. Seconds are rounded up.

use super::field_list::{NoNumber, field_list};
use super::seen::read;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::time::Millis;

pub(crate) fn httl(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, |time, now| seconds(time - now.0))
}

pub(crate) fn hpttl(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, |time, now| time - now.0)
}

pub(crate) fn hexpiretime(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, |time, _| seconds(time))
}

pub(crate) fn hpexpiretime(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, |time, _| time)
}

fn seconds(ms: i64) -> i64 {
    ms.saturating_add(999).div_euclid(1000)
}

fn run(ctx: &mut Ctx, args: &mut Args, show: fn(i64, Millis) -> i64) -> Result<(), CommandError> {
    let (key, now) = (args.key()?, ctx.now_ms());
    // Another type is told of before any mistake in the arguments.
    let hash = read(&mut ctx.keys, key)?;
    field_list(args, NoNumber::Number)?;
    ctx.reply.array(args.remaining());
    while let Some(field) = args.next() {
        let time = hash.and_then(|hash| hash.time(field));
        ctx.reply.int(match time {
            None => -2,
            Some(None) => -1,
            Some(Some(time)) => show(time, now),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn times() {
        check(
            r#"
            @ 200ms
            > HSET h a 1 b 2 c 3               < 3       ~ HSET h a 1 b 2 c 3             ! hset h
            > HPEXPIREAT h 1900 FIELDS 2 a b   < [1 1]   ~ HPEXPIREAT h 1900 FIELDS 2 a b ! hexpire h
            > HTTL h FIELDS 4 a c x a          < [2 -1 -2 2]
            > HPTTL h FIELDS 3 a c x           < [1700 -1 -2]
            > HEXPIRETIME h FIELDS 3 a c x     < [2 -1 -2]
            > HPEXPIRETIME h FIELDS 3 a c x    < [1900 -1 -2]
            @ 1900ms
            > HPTTL h FIELDS 1 a               < [0]
            @ 1901ms
            > HPTTL h FIELDS 1 a               < [-2]
            > HLEN h                           < 3
            > HTTL n FIELDS 2 a b              < [-2 -2]
            "#,
        );
    }

    /// Valkey 4300: whatever stands in the place of FIELDS is a mistake.
    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                      < OK    ~ SET s x   ! set s
            > HTTL s FIELDZ 0 a            < WRONGTYPE Operation against a key holding the wrong kind of value
            > HTTL n FIELDZ 1 a            < ERR Mandatory argument FIELDS is missing or not at the right position
            > HPTTL n a FIELDS 1           < ERR Mandatory argument FIELDS is missing or not at the right position
            > HEXPIRETIME n FIELDS 0 a     < ERR Number of fields must be a positive integer
            > HPEXPIRETIME n FIELDS x a    < ERR Number of fields must be a positive integer
            > HTTL n FIELDS 2 a            < ERR The `numfields` parameter must match the number of arguments
            > HTTL n FIELDS 1 a b          < ERR The `numfields` parameter must match the number of arguments
            > HTTL n FIELDS 99999999999 a  < ERR The `numfields` parameter must match the number of arguments
            > HTTL n FIELDS 1              < ERR wrong number of arguments for 'httl' command
            "#,
        );
    }
}
