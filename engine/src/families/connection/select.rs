//! SELECT: another database for this client.

use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn select(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let index = parse_int(args.bytes()?)?;
    if i32::try_from(index).is_err() {
        let bounds = "value is out of range, value must between -2147483648 and 2147483647";
        return Err(CommandError::err(bounds));
    }
    let databases = i64::from(ctx.keys.space.databases());
    if !(0..databases).contains(&index) {
        return Err(CommandError::DbIndexOutOfRange);
    }
    ctx.session.db = index as u32;
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn select() {
        check(
            r#"
            > SET k v                    < OK   ~ SET k v    ! set k
            > SELECT 15                  < OK
            > GET k                      < nil
            > SELECT 16                  < ERR DB index is out of range
            > SELECT -1                  < ERR DB index is out of range
            > SELECT x                   < ERR value is not an integer or out of range
            > SELECT 99999999999         < ERR value is out of range, value must between -2147483648 and 2147483647
            > SELECT 0                   < OK
            > GET k                      < "v"
            "#,
        );
    }
}
