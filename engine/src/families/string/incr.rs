//! INCR, DECR, INCRBY and DECRBY: count in 64 bits.

use super::value::{IntegerBytes, new_integer};
use super::{Text, TextRef};
use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::value::kind;
use crate::keyspace::{Keys, NewValue};
use ds::table::SetExpiry;

pub(crate) fn incr(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    add(ctx, args.key()?, 1)
}

pub(crate) fn decr(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    add(ctx, args.key()?, -1)
}

pub(crate) fn incrby(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, by) = (args.key()?, args.int()?);
    add(ctx, key, by)
}

pub(crate) fn decrby(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, by) = (args.key()?, args.int()?);
    add(ctx, key, by.checked_neg().ok_or(CommandError::DecrementOverflow)?)
}

fn add(ctx: &mut Ctx, key: &[u8], by: i64) -> Result<(), CommandError> {
    let old = read_integer(&mut ctx.keys, key)?.unwrap_or(0);
    let new = old.checked_add(by).ok_or(CommandError::Overflow)?;
    store_integer(&mut ctx.keys, key, new, SetExpiry::Keep);
    ctx.notify(Class::String, "incrby", key);
    ctx.reply.int(new);
    Ok(())
}

/// The integer that a string is, whatever its form; `None` without the key.
pub(super) fn read_integer(keys: &mut Keys, key: &[u8]) -> Result<Option<i64>, CommandError> {
    match keys.read_to_write::<Text>(key)? {
        Some(TextRef::Integer(value)) => Ok(Some(value)),
        Some(TextRef::Bytes(text)) => parse_int(text).map(Some),
        None => Ok(None),
    }
}

/// Stores an integer; where its time to live stays and one of the same width is, it is written over that.
pub(super) fn store_integer(keys: &mut Keys, key: &[u8], value: i64, expiry: SetExpiry) {
    let mut scratch: IntegerBytes = [0; 8];
    let form = new_integer(value, &mut scratch);
    let NewValue::Inline { kind: kind::INTEGER, bytes: digits } = &form else {
        unreachable!("an integer is stored inline")
    };
    let in_place = expiry == SetExpiry::Keep
        && keys.bytes_mut(key, |old, bytes| {
            let fits = old == kind::INTEGER && bytes.len() == digits.len();
            fits.then(|| {
                bytes.copy_from_slice(digits);
                kind::INTEGER
            })
        });
    if !in_place {
        keys.put(key, form, expiry);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn counting() {
        check(
            r#"
            > INCR k           < 1       ~ INCR k          ! incrby k
            > INCRBY k 126     < 127     ~ INCRBY k 126    ! incrby k
            > INCR k           < 128     ~ INCR k          ! incrby k
            > DECR k           < 127     ~ DECR k          ! incrby k
            > DECRBY k 128     < -1      ~ DECRBY k 128    ! incrby k
            > DECRBY k -1      < 0       ~ DECRBY k -1     ! incrby k
            > INCRBY k 9223372036854775807   < 9223372036854775807   ~ INCRBY k 9223372036854775807   ! incrby k
            > INCR k           < ERR increment or decrement would overflow
            > DECRBY k -9223372036854775808  < ERR decrement would overflow
            > INCRBY k x       < ERR value is not an integer or out of range
            > GET k            < "9223372036854775807"
            "#,
        );
    }

    #[test]
    fn only_the_text_of_an_integer_counts() {
        check(
            r#"
            > APPEND k 1       < 1       ~ APPEND k 1      ! append k
            > APPEND k 2       < 2       ~ APPEND k 2      ! append k
            > INCR k           < 13      ~ INCR k          ! incrby k
            > SET k 012        < OK      ~ SET k 012       ! set k
            > INCR k           < ERR value is not an integer or out of range
            > SET k 1.0        < OK      ~ SET k 1.0       ! set k
            > INCR k           < ERR value is not an integer or out of range
            "#,
        );
    }

    #[test]
    fn the_time_to_live_stays() {
        check(
            r#"
            > SET k 1 PX 5     < OK      ~ SET k 1 PXAT 5  ! set k    ! expire k
            > INCR k           < 2       ~ INCR k          ! incrby k
            > INCRBY k 1000    < 1002    ~ INCRBY k 1000   ! incrby k
            @ 6ms
            > INCR k           < 1       ~ DEL k  ~ INCR k ! expired k  ! incrby k
            @ 9ms
            > GET k            < "1"
            "#,
        );
    }
}
