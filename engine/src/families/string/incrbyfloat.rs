//! INCRBYFLOAT: add in the 80-bit arithmetic that Redis's clients know from x86-64.
//!
//! Propagates as SET with KEEPTTL, so that nobody has to repeat the rounding.

use super::set::propagate;
use super::value::new_plain_text;
use super::{Text, TextRef};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Keys;
use ds::int::{MAX_DIGITS, format_i64};
use ds::long_double::LongDouble;
use ds::table::SetExpiry;

pub(crate) fn incrbyfloat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let old = read_float(&mut ctx.keys, key)?.unwrap_or(LongDouble::ZERO);
    let by = LongDouble::parse(args.bytes()?).ok_or(CommandError::NotFloat)?;
    let new = old.checked_add(by).ok_or(CommandError::NotFinite)?;
    let mut text = Vec::with_capacity(32);
    new.write(&mut text);
    ctx.keys.put(key, new_plain_text(key.len(), &text), SetExpiry::Keep);
    ctx.notify(Class::String, "incrbyfloat", key);
    propagate(ctx, key, &text, SetExpiry::Keep);
    ctx.reply.bulk(&text);
    Ok(())
}

/// The number that a string is, infinities included; `None` without the key.
pub(super) fn read_float(keys: &mut Keys, key: &[u8]) -> Result<Option<LongDouble>, CommandError> {
    let mut digits = [0; MAX_DIGITS];
    let text = match keys.read_to_write::<Text>(key)? {
        Some(TextRef::Integer(value)) => format_i64(&mut digits, value),
        Some(TextRef::Bytes(text)) => text,
        None => return Ok(None),
    };
    LongDouble::parse(text).map(Some).ok_or(CommandError::NotFloat)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn incrbyfloat() {
        check(
            r#"
            > SET k 10                < OK         ~ SET k 10              ! set k
            > INCRBYFLOAT k 1.5       < "11.5"     ~ SET k 11.5 KEEPTTL    ! incrbyfloat k
            > INCRBYFLOAT k -1.5e0    < "10"       ~ SET k 10 KEEPTTL      ! incrbyfloat k
            > INCR k                  < 11         ~ INCR k                ! incrby k
            > INCRBYFLOAT n -0        < "0"        ~ SET n 0 KEEPTTL       ! incrbyfloat n
            > INCRBYFLOAT k inf       < ERR increment would produce NaN or Infinity
            > INCRBYFLOAT k nan       < ERR value is not a valid float
            > INCRBYFLOAT k x         < ERR value is not a valid float
            > SET k inf               < OK         ~ SET k inf             ! set k
            > INCRBYFLOAT k 1         < ERR increment would produce NaN or Infinity
            > SET k " 1"              < OK         ~ SET k  1              ! set k
            > INCRBYFLOAT k 1         < ERR value is not a valid float
            "#,
        );
    }

    #[test]
    fn the_time_to_live_stays() {
        check(
            r#"
            > SET k 1 PX 5            < OK         ~ SET k 1 PXAT 5        ! set k    ! expire k
            > INCRBYFLOAT k 0.5       < "1.5"      ~ SET k 1.5 KEEPTTL     ! incrbyfloat k
            @ 6ms
            > INCRBYFLOAT k 0.5       < "0.5"      ~ DEL k  ~ SET k 0.5 KEEPTTL   ! expired k  ! incrbyfloat k
            "#,
        );
    }
}
