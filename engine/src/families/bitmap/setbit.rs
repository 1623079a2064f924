//! SETBIT: set or clear a bit, answering what it was.

use super::bit_offset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::edit_if;
use ds::bits;

pub(crate) fn setbit(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let offset = bit_offset(ctx, args.bytes()?)?;
    let bit = match args.int() {
        Ok(0) => false,
        Ok(1) => true,
        _ => return Err(CommandError::Custom("ERR bit is not an integer or out of range".into())),
    };
    let len = offset as usize / 8 + 1;
    let before = ctx.keys.read_to_write::<Text>(key)?;
    let mut digits = [0; ds::int::MAX_DIGITS];
    let bytes = before.map_or(&b""[..], |text| text.as_bytes(&mut digits));
    let (old, grows) = (bits::get(bytes, offset), len > bytes.len());
    let changed = grows || old != bit;
    edit_if(&mut ctx.keys, key, len, |bytes| {
        bits::set(bytes, offset, bit);
        changed
    });
    if changed {
        ctx.notify(Class::String, "setbit", key);
    }
    ctx.reply.flag(old);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn setbit() {
        check(
            r#"
            > SETBIT k 1 1       < 0      ~ SETBIT k 1 1     ! setbit k
            > SETBIT k 1 1       < 1
            > SETBIT k 15 0      < 0      ~ SETBIT k 15 0    ! setbit k
            > GET k              < "@\x00"
            > SETBIT k 1 0       < 1      ~ SETBIT k 1 0     ! setbit k
            > SETBIT k 4294967296 2  < ERR bit offset is not an integer or out of range
            > SETBIT k -1 1      < ERR bit offset is not an integer or out of range
            > SETBIT k 1 2       < ERR bit is not an integer or out of range
            > SETBIT k 1 01      < ERR bit is not an integer or out of range
            > STRLEN k           < 2
            "#,
        );
    }

    /// A number and a short text become edited text even when no bit changes; nobody hears of that.
    #[test]
    fn the_form_changes_in_silence() {
        check(
            r#"
            > SET n 12 PX 100    < OK     ~ SET n 12 PXAT 100    ! set n    ! expire n
            > SETBIT n 2 1       < 1
            > OBJECT ENCODING n  < "raw"
            > PTTL n             < 100
            > GET n              < "12"
            > SET t hi           < OK     ~ SET t hi         ! set t
            > SETBIT t 0 0       < 0
            > OBJECT ENCODING t  < "raw"
            > GET t              < "hi"
            > MSET e "" f x      < OK     ~ MSET e  f x      ! set e    ! set f
            > SETBIT e 0 0       < 0      ~ SETBIT e 0 0     ! setbit e
            "#,
        );
    }

    #[test]
    fn a_far_bit_makes_a_long_string() {
        check(
            r#"
            > SETBIT k 8000000 1     < 0      ~ SETBIT k 8000000 1    ! setbit k
            > STRLEN k               < 1000001
            > SETBIT k 0 1           < 0      ~ SETBIT k 0 1          ! setbit k
            > SETBIT k 80000000 1    < 0      ~ SETBIT k 80000000 1   ! setbit k
            > SETBIT k 80000008 1    < 0      ~ SETBIT k 80000008 1   ! setbit k
            > BITCOUNT k             < 4
            > SETBIT k 80000008 1    < 1
            "#,
        );
    }
}
