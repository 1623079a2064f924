//! STRLEN: the length of a string in bytes.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn strlen(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let len = ctx.keys.read::<Text>(key)?.map_or(0, |text| text.len());
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn strlen() {
        check(
            r#"
            > STRLEN k         < 0
            > SET k -120       < OK     ~ SET k -120     ! set k
            > STRLEN k         < 4
            > SET k hello      < OK     ~ SET k hello    ! set k
            > STRLEN k         < 5
            "#,
        );
    }
}
