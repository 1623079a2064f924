//! BITCOUNT: how many bits of a string, or of a part of it, are set.
//!
//! ```text
//! BITCOUNT key [start end [BYTE | BIT]]
//! ```
//!
//! Arguments are judged before the key is looked at.

use super::{Unit, bits_between, unit};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::Text;
use ds::bits;

pub(crate) fn bitcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let range = match args.remaining() {
        0 => None,
        2 => Some((args.int()?, args.int()?, Unit::Byte)),
        3 => Some((args.int()?, args.int()?, unit(args)?)),
        _ => return Err(CommandError::Syntax),
    };
    let Some(text) = ctx.keys.read::<Text>(key)? else {
        ctx.reply.int(0);
        return Ok(());
    };
    let mut digits = [0; ds::int::MAX_DIGITS];
    let bytes = text.as_bytes(&mut digits);
    let count = match range {
        None => bits::count_ones(bytes),
        // Two ends in the wrong order that both count from behind are refused before they are cut off.
        Some((start, end, _)) if start < 0 && end < 0 && start > end => 0,
        Some((start, end, unit)) => bits_between(start, end, unit, bytes.len())
            .map_or(0, |(first, last)| bits::count_ones_between(bytes, first, last)),
    };
    ctx.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn bitcount() {
        check(
            r#"
            > BITCOUNT k                 < 0
            > SET k foobar               < OK     ~ SET k foobar    ! set k
            > BITCOUNT k                 < 26
            > BITCOUNT k 0 0             < 4
            > BITCOUNT k -2 -1           < 7
            > BITCOUNT k -1 -2           < 0
            > BITCOUNT k -99 -100        < 0
            > BITCOUNT k -100 -99        < 4
            > BITCOUNT k 5 30 BIT        < 17
            > BITCOUNT k 1 1 byte        < 6
            > BITCOUNT k 100 200         < 0
            "#,
        );
    }

    /// Redis issues 11734 and 12394: arguments first, whether or not the key exists.
    #[test]
    fn arguments_come_before_the_key() {
        check(
            r#"
            > BITCOUNT none 0            < ERR syntax error
            > BITCOUNT none 0 x          < ERR value is not an integer or out of range
            > BITCOUNT none x 1 bat      < ERR value is not an integer or out of range
            > BITCOUNT none 0 1 bat      < ERR syntax error
            > BITCOUNT none x 1 BIT 1    < ERR syntax error
            "#,
        );
    }
}
