//! DELEX: delete a key, if its value or its value's digest meets a condition.
//!
//! ```text
//! DELEX key [IFEQ text | IFNE text | IFDEQ digest | IFDNE digest]
//! ```
//! Without a condition the key may hold any type. A missing key answers 0 whatever the condition is.

use super::Text;
use super::condition::Condition;
use super::getdel::delete;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn delex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let holds = match (args.next(), args.next(), args.remaining()) {
        (None, ..) => true,
        (Some(option), Some(operand), 0) => {
            let current = ctx
                .keys
                .read_to_write::<Text>(key)
                .map_err(|_| CommandError::err("Key should be of string type if conditions are specified"))?;
            current.is_some() && condition(option, operand)?.holds(current.as_ref())?
        }
        _ => return Err(CommandError::WrongArity("delex")),
    };
    let deleted = holds && delete(ctx, key);
    ctx.reply.flag(deleted);
    Ok(())
}

fn condition<'a>(option: &[u8], operand: &'a [u8]) -> Result<Condition<'a>, CommandError> {
    let comparison = Condition::comparison(option)
        .ok_or_else(|| CommandError::err("Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"))?;
    Ok(comparison(operand))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn delex() {
        check(
            r#"
            > DELEX k                          < 0
            > DELEX k IFNE v                   < 0
            > DELEX k FOO v                    < 0
            > DELEX k IFDEQ short              < 0
            > DELEX k IFEQ                     < ERR wrong number of arguments for 'delex' command
            > DELEX k IFEQ a b                 < ERR wrong number of arguments for 'delex' command
            > SET k tea                      < OK    ~ SET k tea    ! set k
            > DELEX k FOO v                    < ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE
            > DELEX k IFDEQ short              < ERR must be exactly 16 hexadecimal characters
            > DELEX k IFEQ v                   < 0
            > DELEX k IFNE tea               < 0
            > DELEX k IFDEQ 0000000000000000   < 0
            > DELEX k IFDNE b9fbB2c10201d480   < 0
            > DELEX k ifdeq b9fbB2c10201d480   < 1     ~ DEL k          ! del k
            > SET k tea                      < OK    ~ SET k tea    ! set k
            > DELEX k IFNE v                   < 1     ~ DEL k          ! del k
            > SET k tea                      < OK    ~ SET k tea    ! set k
            > DELEX k                          < 1     ~ DEL k          ! del k
            "#,
        );
    }
}
