//! INCREX: add within bounds and set the time to live, in one step.
//!
//! ```text
//! INCREX key [BYINT n | BYFLOAT x] [LBOUND low] [UBOUND high] [SATURATE]
//!     [EX s | PX ms | EXAT s | PXAT ms | PERSIST] [ENX]
//! ```
//! Answers the new value and what was added. A sum out of bounds changes nothing, neither value nor time to
//! live, and adds 0; with SATURATE it becomes the bound. ENX sets a time to live only where there is none.
//! Propagates as SET of the result.

use super::incr::{read_integer, store_integer};
use super::incrbyfloat::read_float;
use super::set::propagate;
use super::timing::Timing;
use super::value::new_plain_text;
use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::generic::expire::{has_passed, remove_as_expired};
use crate::keyspace::Lookup;
use crate::time::Millis;
use ds::int::{MAX_DIGITS, format_i64};
use ds::long_double::LongDouble;
use ds::table::SetExpiry;
use std::cmp::Ordering;

#[derive(Default)]
struct Options<'a> {
    by_int: Option<&'a [u8]>,
    by_float: Option<&'a [u8]>,
    low: Option<&'a [u8]>,
    high: Option<&'a [u8]>,
    saturate: bool,
    only_new_expiry: bool,
    timing: Timing<'a>,
}

/// What became of the sum.
struct Sum<N> {
    value: N,
    added: N,
    /// It was out of bounds, and the key stays as it is.
    declined: bool,
}

pub(crate) fn increx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let o = options(args)?;
    if o.by_float.is_some() { by_float(ctx, key, &o) } else { by_int(ctx, key, &o) }
}

/// Unlike SET, it takes no option twice.
fn options<'a>(args: &mut Args<'a>) -> Result<Options<'a>, CommandError> {
    let mut o = Options::default();
    while let Some(option) = args.next() {
        let is = |token: &str| option.eq_ignore_ascii_case(token.as_bytes());
        let number = match () {
            () if is("byint") => Some(&mut o.by_int),
            () if is("byfloat") => Some(&mut o.by_float),
            () if is("lbound") => Some(&mut o.low),
            () if is("ubound") => Some(&mut o.high),
            () => None,
        };
        let fresh = match number {
            Some(number) => number.replace(args.bytes()?).is_none(),
            None if is("saturate") => !std::mem::replace(&mut o.saturate, true),
            None if is("enx") => !std::mem::replace(&mut o.only_new_expiry, true),
            None => o.timing == Timing::Unsaid && o.timing.take(option, args)? && o.timing != Timing::Keep,
        };
        if !fresh {
            return Err(CommandError::Syntax);
        }
    }
    if o.by_int.is_some() && o.by_float.is_some() || o.only_new_expiry && o.timing == Timing::Persist {
        return Err(CommandError::Syntax);
    }
    if o.only_new_expiry && o.timing == Timing::Unsaid {
        return Err(CommandError::err("ENX flag requires an expiration"));
    }
    Ok(o)
}

fn by_int(ctx: &mut Ctx, key: &[u8], o: &Options) -> Result<(), CommandError> {
    let number = |word: Option<&[u8]>, name: &str, default: i64| match word {
        Some(word) => parse_int(word)
            .map_err(|_| CommandError::err(format_args!("{name} is not an integer or out of range"))),
        None => Ok(default),
    };
    let by = number(o.by_int, "Increment", 1)?;
    let (low, high) = (number(o.low, "LBOUND", i64::MIN)?, number(o.high, "UBOUND", i64::MAX)?);
    if low > high {
        return Err(crossed_bounds());
    }
    let deadline = o.timing.deadline(ctx.now_ms(), "increx")?;
    let old = read_integer(&mut ctx.keys, key)?.unwrap_or(0);
    let sum = add_int(old, by, (low, high), o.saturate)?;
    if !sum.declined {
        let mut digits = [0; MAX_DIGITS];
        let text = format_i64(&mut digits, sum.value);
        settle(ctx, key, o, deadline, "incrby", text, |ctx, expiry| {
            store_integer(&mut ctx.keys, key, sum.value, expiry);
        });
    }
    ctx.reply.array(2);
    ctx.reply.int(sum.value);
    ctx.reply.int(sum.added);
    Ok(())
}

fn add_int(old: i64, by: i64, bounds: (i64, i64), saturate: bool) -> Result<Sum<i64>, CommandError> {
    let sum = i128::from(old) + i128::from(by);
    let bounded = sum.clamp(bounds.0.into(), bounds.1.into());
    if bounded != sum && !saturate {
        return Ok(Sum { value: old, added: 0, declined: true });
    }
    let value = i64::try_from(bounded).expect("the bounds are in range");
    let added =
        value.checked_sub(old).ok_or_else(|| CommandError::err("applied increment would overflow"))?;
    Ok(Sum { value, added, declined: false })
}

fn by_float(ctx: &mut Ctx, key: &[u8], o: &Options) -> Result<(), CommandError> {
    let number = |word: Option<&[u8]>, name: &str, default: LongDouble| match word {
        Some(word) => LongDouble::parse(word)
            .ok_or_else(|| CommandError::err(format_args!("{name} is not a valid float"))),
        None => Ok(default),
    };
    let by = number(o.by_float, "Increment", LongDouble::ZERO)?;
    if by.is_infinite() {
        return Err(CommandError::err("BYFLOAT increment cannot be Infinity"));
    }
    let low = number(o.low, "LBOUND", LongDouble::MAX.negated())?;
    let high = number(o.high, "UBOUND", LongDouble::MAX)?;
    if low.compare(high) == Ordering::Greater {
        return Err(crossed_bounds());
    }
    let deadline = o.timing.deadline(ctx.now_ms(), "increx")?;
    let old = read_float(&mut ctx.keys, key)?.unwrap_or(LongDouble::ZERO);
    if old.is_infinite() {
        return Err(CommandError::err("value cannot be Infinity"));
    }
    let sum = add_float(old, by, (low, high), o.saturate)?;
    let mut text = Vec::with_capacity(32);
    sum.value.write(&mut text);
    if !sum.declined {
        settle(ctx, key, o, deadline, "incrbyfloat", &text, |ctx, expiry| {
            ctx.keys.put(key, new_plain_text(key.len(), &text), expiry);
        });
    }
    let mut added = Vec::with_capacity(32);
    sum.added.write(&mut added);
    ctx.reply.array(2);
    ctx.reply.double_text(&text);
    ctx.reply.double_text(&added);
    Ok(())
}

fn add_float(
    old: LongDouble,
    by: LongDouble,
    (low, high): (LongDouble, LongDouble),
    saturate: bool,
) -> Result<Sum<LongDouble>, CommandError> {
    // Two finite numbers whose sum is infinite lie on the same side of zero.
    let sum = old.checked_add(by).unwrap_or(by.to_infinity());
    let bounded = match () {
        () if sum.compare(low) == Ordering::Less => low,
        () if sum.compare(high) == Ordering::Greater => high,
        () => sum,
    };
    if bounded.compare(sum) != Ordering::Equal && !saturate {
        return Ok(Sum { value: old, added: LongDouble::ZERO, declined: true });
    }
    let added = bounded
        .checked_add(old.negated())
        .ok_or_else(|| CommandError::err("applied increment would be Infinity"))?;
    Ok(Sum { value: bounded, added, declined: false })
}

/// Stores the result, with the time to live that the options ask for, and tells of it.
fn settle(
    ctx: &mut Ctx,
    key: &[u8],
    o: &Options,
    deadline: Option<Millis>,
    event: &'static str,
    text: &[u8],
    store: impl FnOnce(&mut Ctx, SetExpiry),
) {
    let volatile = ctx.keys.expiry(key, Lookup::Silent).flatten().is_some();
    let expiry = match deadline {
        Some(at) if !(o.only_new_expiry && volatile) => SetExpiry::At(at.0),
        None if o.timing == Timing::Persist => SetExpiry::Clear,
        _ => SetExpiry::Keep,
    };
    if let SetExpiry::At(at) = expiry
        && has_passed(ctx, Millis(at))
    {
        if ctx.keys.exists(key, Lookup::Silent) {
            remove_as_expired(ctx, key);
        }
        return;
    }
    store(ctx, expiry);
    ctx.notify(Class::String, event, key);
    match expiry {
        SetExpiry::At(_) => ctx.notify(Class::Generic, "expire", key),
        SetExpiry::Clear if volatile => ctx.notify(Class::Generic, "persist", key),
        _ => {}
    }
    propagate(ctx, key, text, expiry);
}

fn crossed_bounds() -> CommandError {
    CommandError::err("LBOUND can't be greater than UBOUND")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn integers() {
        check(
            r#"
            > INCREX stock                              < [1 1]     ~ SET stock 1 KEEPTTL     ! incrby stock
            > INCREX stock BYINT 41                     < [42 41]   ~ SET stock 42 KEEPTTL    ! incrby stock
            > INCREX stock BYINT 7 UBOUND 45            < [42 0]    # declined: 49 lies above
            > INCREX stock BYINT 3 UBOUND 45            < [45 3]    ~ SET stock 45 KEEPTTL    ! incrby stock
            > INCREX stock BYINT 7 UBOUND 48 SATURATE   < [48 3]    ~ SET stock 48 KEEPTTL    ! incrby stock
            > INCREX stock BYINT -90 LBOUND 20 SATURATE < [20 -28]  ~ SET stock 20 KEEPTTL    ! incrby stock
            > INCREX stock BYINT 2 LBOUND 60 SATURATE   < [60 40]   ~ SET stock 60 KEEPTTL    ! incrby stock
            > INCREX fresh BYINT 2 LBOUND 3             < [0 0]     # and no key is made
            > GET fresh                                 < nil
            > INCREX fresh BYINT 2 LBOUND 3 SATURATE    < [3 3]     ~ SET fresh 3 KEEPTTL     ! incrby fresh
            > SET e -9223372036854775805             < OK        ~ SET e -9223372036854775805   ! set e
            > INCREX e BYINT -6                      < [-9223372036854775805 0]
            > INCREX e BYINT -6 SATURATE  < [-9223372036854775808 -3]  ~ SET e -9223372036854775808 KEEPTTL  ! incrby e
            > INCREX e SATURATE LBOUND 9223372036854775807   < ERR applied increment would overflow
            "#,
        );
    }

    #[test]
    fn floats() {
        check(
            r#"
            > SET t 20.5                             < OK                  ~ SET t 20.5             ! set t
            > INCREX t BYFLOAT 1.125                 < ["21.625" "1.125"]  ~ SET t 21.625 KEEPTTL   ! incrbyfloat t
            > INCREX t BYFLOAT 9 UBOUND 25           < ["21.625" "0"]
            > INCREX t BYFLOAT 9 UBOUND 25 SATURATE  < ["25" "3.375"]      ~ SET t 25 KEEPTTL       ! incrbyfloat t
            > INCREX t BYFLOAT -4 LBOUND 24.75 SATURATE  < ["24.75" "-0.25"]  ~ SET t 24.75 KEEPTTL   ! incrbyfloat t
            > INCREX t                               < ERR value is not an integer or out of range
            > SET t 7                                < OK                  ~ SET t 7                ! set t
            > INCREX t BYFLOAT 3 UBOUND inf          < ["10" "3"]          ~ SET t 10 KEEPTTL       ! incrbyfloat t
            > INCREX t BYFLOAT 3 LBOUND inf UBOUND inf           < ["10" "0"]
            > INCREX t BYFLOAT 3 LBOUND inf UBOUND inf SATURATE  < ERR applied increment would be Infinity
            > INCREX t BYFLOAT 3 LBOUND 2.5 UBOUND 2             < ERR LBOUND can't be greater than UBOUND
            > INCREX t BYFLOAT -inf                  < ERR BYFLOAT increment cannot be Infinity
            > SET t -inf                             < OK                  ~ SET t -inf             ! set t
            > INCREX t BYFLOAT 0.5                   < ERR value cannot be Infinity
            > SET t warm                             < OK                  ~ SET t warm             ! set t
            > INCREX t BYFLOAT 0.5                   < ERR value is not a valid float
            "#,
        );
    }

    #[test]
    fn float_overflow() {
        let (low, high) = (LongDouble::MAX.negated(), LongDouble::MAX);
        let declined = add_float(high, high, (low, high), false).expect("nothing is added");
        assert!(declined.declined && declined.value == high && declined.added == LongDouble::ZERO);
        let saturated = add_float(low, low, (low, high), true).expect("it is at the bound already");
        assert!(!saturated.declined && saturated.value == low);
        assert_eq!(saturated.added.compare(LongDouble::ZERO), Ordering::Equal);
        assert!(add_float(low, high, (high, high), true).is_err(), "twice the largest was added");
    }

    #[test]
    fn times() {
        check(
            r#"
            > INCREX hits EX 30               < [1 1]    ~ SET hits 1 PXAT 30000    ! incrby hits    ! expire hits
            > INCREX hits BYINT 6             < [7 6]    ~ SET hits 7 KEEPTTL       ! incrby hits
            > INCREX hits PX 5 ENX            < [8 1]    ~ SET hits 8 KEEPTTL       ! incrby hits    # it has a time
            > INCREX hits UBOUND 8 EX 1       < [8 0]    # declined: the time stays too
            > INCREX hits PERSIST             < [9 1]    ~ SET hits 9               ! incrby hits    ! persist hits
            > INCREX hits PERSIST             < [10 1]   ~ SET hits 10              ! incrby hits
            > INCREX hits EX 2 ENX            < [11 1]   ~ SET hits 11 PXAT 2000    ! incrby hits    ! expire hits
            @ 2001ms
            > INCREX hits                     < [1 1]    ~ DEL hits  ~ SET hits 1 KEEPTTL  ! expired hits  ! incrby hits
            > INCREX hits BYFLOAT 0.5 PX 999  < ["1.5" "0.5"]  ~ SET hits 1.5 PXAT 3000   ! incrbyfloat hits  ! expire hits
            > SET gone 3                      < OK       ~ SET gone 3               ! set gone
            > INCREX gone EXAT 2              < [4 1]    ~ DEL gone                 ! del gone
            > INCREX gone EXAT 2              < [1 1]    # made and gone at once
            > GET gone                        < nil
            "#,
        );
    }

    #[test]
    fn refusals() {
        check(
            r#"
            > INCREX k FOO                      < ERR syntax error
            > INCREX k BYINT                    < ERR syntax error
            > INCREX k BYINT 1 BYFLOAT 1        < ERR syntax error
            > INCREX k BYINT 1 BYINT 1          < ERR syntax error
            > INCREX k EX 1 EX 2                < ERR syntax error
            > INCREX k EX 1 PERSIST             < ERR syntax error
            > INCREX k PERSIST PERSIST          < ERR syntax error
            > INCREX k KEEPTTL                  < ERR syntax error
            > INCREX k SATURATE SATURATE        < ERR syntax error
            > INCREX k ENX PERSIST              < ERR syntax error
            > INCREX k PERSIST ENX              < ERR syntax error
            > INCREX k ENX                      < ERR ENX flag requires an expiration
            > INCREX k BYINT 1.5                < ERR Increment is not an integer or out of range
            > INCREX k BYFLOAT x                < ERR Increment is not a valid float
            > INCREX k LBOUND x                 < ERR LBOUND is not an integer or out of range
            > INCREX k BYFLOAT 1 UBOUND x       < ERR UBOUND is not a valid float
            > INCREX k LBOUND 2 UBOUND 1        < ERR LBOUND can't be greater than UBOUND
            > INCREX k EX 0                     < ERR invalid expire time in 'increx' command
            "#,
        );
    }
}
