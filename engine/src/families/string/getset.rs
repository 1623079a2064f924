//! GETSET: store text under a key and answer what was there.

use super::Text;
use super::set::store;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::table::SetExpiry;

pub(crate) fn getset(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, text) = (args.key()?, args.bytes()?);
    match ctx.keys.read::<Text>(key)? {
        Some(old) => old.reply(&mut ctx.reply),
        None => ctx.reply.null(),
    }
    store(&mut ctx.keys, key, text, SetExpiry::Clear);
    ctx.propagate(&[b"SET", key, text]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn getset() {
        check(
            r#"
            > GETSET k a            < nil    ~ SET k a              ! set k
            > SET k b PX 100        < OK     ~ SET k b PXAT 100     ! set k    ! expire k
            > GETSET k 12           < "b"    ~ SET k 12             ! set k
            @ 200ms
            > GETSET k c            < "12"   ~ SET k c              ! set k
            "#,
        );
    }
}
