//! BITPOS: where the first bit is that is set, or clear.
//!
//! ```text
//! BITPOS key bit [start [end [BYTE | BIT]]]
//! ```
//!
//! A string is thought to go on with zeros behind its end, so a clear bit is always found unless `end` says where
//! to stop. Arguments are judged before the key is looked at.

use super::{Unit, bits_between, unit};
use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::Text;
use ds::bits;

pub(crate) fn bitpos(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let bit = match args.int()? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::Custom("ERR The bit argument must be 1 or 0.".into())),
    };
    let (start, end, unit) = range(args)?;
    let Some(text) = ctx.keys.read::<Text>(key)? else {
        ctx.reply.int(if bit { -1 } else { 0 });
        return Ok(());
    };
    let mut digits = [0; ds::int::MAX_DIGITS];
    let bytes = text.as_bytes(&mut digits);
    let position = match bits_between(start, end.unwrap_or(-1), unit, bytes.len()) {
        None => None,
        Some((first, last)) => bits::first_between(bytes, bit, first, last)
            .or_else(|| (!bit && end.is_none()).then_some(bytes.len() as u64 * 8)),
    };
    ctx.reply.int(position.map_or(-1, |at| at as i64));
    Ok(())
}

/// Where to look. A wrong unit is noticed before a wrong end.
fn range(args: &mut Args) -> Result<(i64, Option<i64>, Unit), CommandError> {
    if args.remaining() > 3 {
        return Err(CommandError::Syntax);
    }
    let start = if args.remaining() > 0 { args.int()? } else { 0 };
    let Some(end) = args.next() else { return Ok((start, None, Unit::Byte)) };
    let unit = if args.remaining() > 0 { unit(args)? } else { Unit::Byte };
    Ok((start, Some(parse_int(end)?), unit))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn bitpos() {
        check(
            r#"
            > SET k "\xff\xf0\x00"       < OK     ~ SET k \xff\xf0\x00     ! set k
            > BITPOS k 0                 < 12
            > BITPOS k 1                 < 0
            > BITPOS k 1 2               < -1
            > BITPOS k 1 7 15 BIT        < 7
            > BITPOS k 0 -8 -1 BIT       < 16
            > BITPOS k 1 2 1             < -1
            > BITPOS k 1 -1 -2           < -1
            > BITPOS k 1 -99 -100        < 0
            > SET n 7                    < OK     ~ SET n 7    ! set n
            > BITPOS n 1                 < 2
            "#,
        );
    }

    #[test]
    fn zeros_follow_unless_the_end_is_given() {
        check(
            r#"
            > SET k "\xff\xff"           < OK     ~ SET k \xff\xff     ! set k
            > BITPOS k 0                 < 16
            > BITPOS k 0 1               < 16
            > BITPOS k 0 -1              < 16
            > BITPOS k 0 2               < -1
            > BITPOS k 0 0 -1            < -1
            > BITPOS k 0 2 5 BIT         < -1
            > MSET e "" f x              < OK     ~ MSET e  f x    ! set e    ! set f
            > BITPOS e 0                 < -1
            > BITPOS e 0 0               < -1
            > BITPOS none 0              < 0
            > BITPOS none 1              < -1
            > BITPOS none 0 5 6 BIT      < 0
            "#,
        );
    }

    /// Redis issues 11734 and 12394: arguments first, whether or not the key exists.
    #[test]
    fn arguments_come_before_the_key() {
        check(
            r#"
            > BITPOS none 2 x y z w      < ERR The bit argument must be 1 or 0.
            > BITPOS none x              < ERR value is not an integer or out of range
            > BITPOS none 1 x            < ERR value is not an integer or out of range
            > BITPOS none 1 0 x bat      < ERR syntax error
            > BITPOS none 1 x 0 bat      < ERR value is not an integer or out of range
            > BITPOS none 1 x y z w      < ERR syntax error
            "#,
        );
    }
}
