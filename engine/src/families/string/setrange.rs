//! SETRANGE: overwrite a part of a string, padding with zeros up to the offset.

use super::Text;
use super::edit::{check_length, edit};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;

pub(crate) fn setrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, offset, patch) = (args.key()?, args.int()?, args.bytes()?);
    let offset = u64::try_from(offset).map_err(|_| CommandError::OffsetOutOfRange)?;
    let before = ctx.keys.read_to_write::<Text>(key)?.map_or(0, |text| text.len());
    // Nothing to write changes nothing, however far off: not even a missing key comes into being.
    if patch.is_empty() {
        ctx.reply.int(before as i64);
        return Ok(());
    }
    let end = check_length(ctx, offset + patch.len() as u64)?;
    let (start, len) = (end - patch.len(), end.max(before));
    edit(&mut ctx.keys, key, len, |bytes| bytes[start..end].copy_from_slice(patch));
    ctx.notify(Class::String, "setrange", key);
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn setrange() {
        check(
            r#"
            > SETRANGE k 0 ""     < 0
            > GET k               < nil
            > SETRANGE k 2 ab     < 4     ~ SETRANGE k 2 ab    ! setrange k
            > GET k               < "\x00\x00ab"
            > SETRANGE k 1 x      < 4     ~ SETRANGE k 1 x     ! setrange k
            > SETRANGE k 9 ""     < 4
            > SETRANGE k -1 ""    < ERR offset is out of range
            > SETRANGE k x ""     < ERR value is not an integer or out of range
            > SETRANGE k 536870911 ab < ERR string exceeds maximum allowed size (proto-max-bulk-len)
            > SETRANGE k 9223372036854775807 a < ERR string exceeds maximum allowed size (proto-max-bulk-len)
            > SETRANGE k 9223372036854775807 "" < 4
            "#,
        );
    }
}
