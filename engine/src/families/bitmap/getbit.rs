//! GETBIT: what a bit is; 0 beyond the end and without the key.

use super::bit_offset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::Text;

pub(crate) fn getbit(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let offset = bit_offset(ctx, args.bytes()?)?;
    let mut digits = [0; ds::int::MAX_DIGITS];
    let text = ctx.keys.read::<Text>(key)?;
    let bit = text.is_some_and(|text| ds::bits::get(text.as_bytes(&mut digits), offset));
    ctx.reply.flag(bit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn getbit() {
        check(
            r#"
            > GETBIT k 0             < 0
            > SET k 1                < OK     ~ SET k 1    ! set k
            > GETBIT k 2             < 1
            > GETBIT k 8             < 0
            > GETBIT k 4294967295    < 0
            > GETBIT k 4294967296    < ERR bit offset is not an integer or out of range
            > GETBIT k 1x            < ERR bit offset is not an integer or out of range
            "#,
        );
    }
}
