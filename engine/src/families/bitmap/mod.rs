//! Bitmaps: strings seen as rows of bits, bit 0 being the highest bit of the first byte.
//!
//! There is no type of their own. Bits are read through `string::Text` and written through `string::edit`; the
//! work on them is done by `ds::bits`. What is here beside the commands is the reading of their arguments: offsets
//! of bits, and ranges that are given in bytes or in bits.

pub mod bitcount;
pub mod bitfield;
pub mod bitop;
pub mod bitpos;
pub mod getbit;
pub mod setbit;

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::session::Origin;

const BAD_OFFSET: CommandError =
    CommandError::Custom(std::borrow::Cow::Borrowed("ERR bit offset is not an integer or out of range"));

/// Reads the offset of a bit. Its byte must lie within what a client may store as a string; what our primary or our
/// own file says has been checked by whoever said it first.
fn bit_offset(ctx: &Ctx, word: &[u8]) -> Result<u64, CommandError> {
    check_offset(ctx, ds::int::parse_i64(word))
}

fn check_offset(ctx: &Ctx, offset: Option<i64>) -> Result<u64, CommandError> {
    let offset = offset.and_then(|offset| u64::try_from(offset).ok()).ok_or(BAD_OFFSET)?;
    if ctx.session.origin == Origin::Client && offset / 8 >= ctx.settings.max_bulk_len as u64 {
        return Err(BAD_OFFSET);
    }
    Ok(offset)
}

/// In what the ends of a range are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Byte,
    Bit,
}

/// Steps over BYTE or BIT.
fn unit(args: &mut Args) -> Result<Unit, CommandError> {
    if args.take("bit") {
        Ok(Unit::Bit)
    } else if args.take("byte") {
        Ok(Unit::Byte)
    } else {
        Err(CommandError::Syntax)
    }
}

/// The bits from `start` to `end`, both included and in `unit`s, of a string of `len` bytes. A negative end counts
/// from behind, and what lies outside is cut off. `None` if nothing is left.
fn bits_between(start: i64, end: i64, unit: Unit, len: usize) -> Option<(u64, u64)> {
    let scale = if unit == Unit::Bit { 8 } else { 1 };
    let total = len as i64 * scale;
    let absolute = |at: i64| if at < 0 { (at + total).max(0) } else { at };
    let (start, end) = (absolute(start), absolute(end).min(total - 1));
    if start > end {
        return None;
    }
    let (start, end) = (start as u64, end as u64);
    Some(if unit == Unit::Bit { (start, end) } else { (start * 8, end * 8 + 7) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        fn check(start: i64, end: i64, unit: Unit, expected: Option<(u64, u64)>) {
            assert_eq!(bits_between(start, end, unit, 6), expected, "{start} {end} {unit:?}");
        }
        check(0, -1, Unit::Byte, Some((0, 47)));
        check(1, 1, Unit::Byte, Some((8, 15)));
        check(-2, 99, Unit::Byte, Some((32, 47)));
        check(-99, -100, Unit::Byte, Some((0, 7)));
        check(3, 2, Unit::Byte, None);
        check(6, 9, Unit::Byte, None);
        check(5, 30, Unit::Bit, Some((5, 30)));
        check(-9, -1, Unit::Bit, Some((39, 47)));
        check(48, 99, Unit::Bit, None);
        check(i64::MIN, i64::MAX, Unit::Bit, Some((0, 47)));
        check(i64::MAX, i64::MIN, Unit::Byte, None);
        assert_eq!(bits_between(0, -1, Unit::Byte, 0), None);
        assert_eq!(bits_between(-1, -1, Unit::Bit, 0), None);
    }
}
