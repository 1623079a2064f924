//! HINCRBYFLOAT: add to the number that a field is, in the 80-bit arithmetic that Redis's clients know from x86-64.
//!
//! Propagates as HSETEX with KEEPTTL, so that nobody has to repeat the rounding and the field's time stays.

use super::{Met, edit_field};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::long_double::LongDouble;
use ds::table::SetExpiry;

pub(crate) fn hincrbyfloat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, field) = (args.key()?, args.bytes()?);
    let by = LongDouble::parse(args.bytes()?).ok_or(CommandError::NotFloat)?;
    if by.is_infinite() {
        return Err(CommandError::err("value is NaN or Infinity"));
    }
    let mut text = Vec::with_capacity(32);
    edit_field(ctx, key, field, |hash, tools| {
        let old = match hash.borrow().get(field) {
            Some((_, Some(time))) if time < tools.removable => return Ok(Met::Due),
            Some((value, _)) => LongDouble::parse(value.text(&mut Default::default()))
                .ok_or_else(|| CommandError::err("hash value is not a float"))?,
            None => LongDouble::ZERO,
        };
        let new = old.checked_add(by).ok_or(CommandError::NotFinite)?;
        text.clear();
        new.write(&mut text);
        hash.set_with(field, &text, SetExpiry::Keep, tools.forms);
        Ok(Met::Done(Edit::Changed(())))
    })?;
    ctx.notify(Class::Hash, "hincrbyfloat", key);
    ctx.propagate(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, &text]);
    ctx.reply.bulk(&text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hincrbyfloat() {
        check(
            r#"
            > HINCRBYFLOAT h a 1.50    < "1.5"   ~ HSETEX h KEEPTTL FIELDS 1 a 1.5    ! hincrbyfloat h
            > HINCRBYFLOAT h a -2      < "-0.5"  ~ HSETEX h KEEPTTL FIELDS 1 a -0.5   ! hincrbyfloat h
            > HINCRBYFLOAT h a 5.0e2   < "499.5" ~ HSETEX h KEEPTTL FIELDS 1 a 499.5  ! hincrbyfloat h
            > HINCRBYFLOAT h n -0      < "0"     ~ HSETEX h KEEPTTL FIELDS 1 n 0      ! hincrbyfloat h
            > HINCRBY h n 1            < 1       ~ HINCRBY h n 1                      ! hincrby h
            > HINCRBYFLOAT h a inf     < ERR value is NaN or Infinity
            > HINCRBYFLOAT h a nan     < ERR value is not a valid float
            > HINCRBYFLOAT h a x       < ERR value is not a valid float
            > HSET h t x i inf         < 2       ~ HSET h t x i inf                   ! hset h
            > HINCRBYFLOAT h t 1       < ERR hash value is not a float
            > HINCRBYFLOAT h i 1       < ERR increment would produce NaN or Infinity
            > SET s x                  < OK      ~ SET s x                            ! set s
            > HINCRBYFLOAT s a x       < ERR value is not a valid float
            > HINCRBYFLOAT s a 1       < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    /// Redis 14224 and its kin: on replicas, too, the time stays with the field.
    #[test]
    fn times() {
        check(
            r#"
            > HSET h a 1 b 2                 < 2     ~ HSET h a 1 b 2               ! hset h
            > HPEXPIRE h 10 FIELDS 1 a       < [1]   ~ HPEXPIREAT h 10 FIELDS 1 a   ! hexpire h
            > HINCRBYFLOAT h a 1             < "2"   ~ HSETEX h KEEPTTL FIELDS 1 a 2   ! hincrbyfloat h
            > HPTTL h FIELDS 1 a             < [10]
            @ 11ms
            > HINCRBYFLOAT h a 1 < "1" ~ HDEL h a ~ HSETEX h KEEPTTL FIELDS 1 a 1 ! hexpired h ! hincrbyfloat h
            > HPTTL h FIELDS 1 a             < [-1]
            "#,
        );
    }
}
