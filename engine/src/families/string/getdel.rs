//! GETDEL: answer a string and delete its key.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;

pub(crate) fn getdel(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    match ctx.keys.read::<Text>(key)? {
        Some(text) => text.reply(&mut ctx.reply),
        None => {
            ctx.reply.null();
            return Ok(());
        }
    }
    delete(ctx, key);
    Ok(())
}

/// Deletes a key; true if it was there. Raises `del` and propagates DEL.
pub(crate) fn delete(ctx: &mut Ctx, key: &[u8]) -> bool {
    let removed = ctx.keys.remove(key);
    if removed {
        ctx.notify(Class::Generic, "del", key);
        ctx.propagate(&[b"DEL", key]);
    }
    removed
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn getdel() {
        check(
            r#"
            > GETDEL k       < nil
            > SET k v        < OK     ~ SET k v    ! set k
            > GETDEL k       < "v"    ~ DEL k      ! del k
            > GETDEL k       < nil
            "#,
        );
    }
}
