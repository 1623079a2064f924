//! DIGEST: the XXH3-64 digest of a string, for conditions on a value without sending it.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn digest(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let mut scratch = Vec::new();
    match ctx.keys.read::<Text>(key)? {
        Some(text) => ctx.reply.bulk(&ds::xxh3::xxh3_hex(text.bytes(&mut scratch))),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn digest() {
        check(
            r#"
            > DIGEST k                  < nil
            > SET k "every failure"     < OK     ~ SET k every failure ! set k
            > DIGEST k                  < "b850e6c3415406d2"
            > SET k 12                  < OK     ~ SET k 12            ! set k
            > SET c w IFDEQ 7d24a70cb8e1c0e4 < nil
            > APPEND c 12               < 2      ~ APPEND c 12         ! append c
            "#,
        );
    }
}
