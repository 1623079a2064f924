//! GET: the text of a key.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn get(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    match ctx.keys.read::<Text>(key)? {
        Some(text) => text.reply(&mut ctx.reply),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn get() {
        check(
            r#"
            > GET k          < nil
            > SET k hello    < OK      ~ SET k hello   ! set k
            > GET k          < "hello"
            > SET k 12       < OK      ~ SET k 12      ! set k
            > GET k          < "12"
            > GET            < ERR wrong number of arguments for 'get' command
            "#,
        );
    }
}
