//! DELIFEQ: delete a string if it is exactly the given one; Valkey's.

use super::Text;
use super::condition::Condition;
use super::getdel::delete;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn delifeq(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, wanted) = (args.key()?, args.bytes()?);
    let current = ctx.keys.read_to_write::<Text>(key)?;
    let deleted = Condition::Equals(wanted).holds(current.as_ref())? && delete(ctx, key);
    ctx.reply.flag(deleted);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn delifeq() {
        check(
            r#"
            > DELIFEQ k v      < 0
            > SET k 12         < OK     ~ SET k 12    ! set k
            > DELIFEQ k 1      < 0
            > DELIFEQ k 12     < 1      ~ DEL k       ! del k
            "#,
        );
    }
}
