//! SETNX: store text under a key that does not exist yet.

use super::set::store;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;
use ds::table::SetExpiry;

pub(crate) fn setnx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, text) = (args.key()?, args.bytes()?);
    let missing = !ctx.keys.exists(key, Lookup::Write);
    if missing {
        store(&mut ctx.keys, key, text, SetExpiry::Clear);
    }
    ctx.reply.flag(missing);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn setnx() {
        check(
            r#"
            > SETNX k v          < 1     ~ SETNX k v           ! set k
            > SETNX k w          < 0
            > SET k v PX 5       < OK    ~ SET k v PXAT 5      ! set k     ! expire k
            @ 6ms
            > SETNX k w          < 1     ~ DEL k  ~ SETNX k w  ! expired k ! set k
            "#,
        );
    }
}
