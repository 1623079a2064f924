//! BITOP: combine strings bit by bit and store the result.
//!
//! ```text
//! BITOP AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE  destination key [key ...]
//! ```
//!
//! All sources are looked up first, which settles expiry and types; then all of them are looked at together and the
//! result is put together in one go. It is never taken for a number.

use crate::args::{Args, Argv};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::value::new_edited_text;
use crate::keyspace::{Keys, Typed};
use ds::bits::{self, Operation};
use ds::table::SetExpiry;

/// Where the sources begin in the request.
const SOURCES: usize = 3;

pub(crate) fn bitop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let operation = operation(args.bytes()?, args.argv().len() - SOURCES)?;
    let destination = args.key()?;
    let sources = args.argv();
    for key in sources.iter().skip(SOURCES) {
        ctx.keys.read::<Text>(key)?;
    }
    let mut result = combine(&ctx.keys, operation, sources);
    ctx.reply.int(result.len() as i64);
    if result.is_empty() {
        if ctx.keys.remove(destination) {
            ctx.notify(Class::Generic, "del", destination);
        }
        return Ok(());
    }
    ctx.keys.put(destination, new_edited_text(destination.len(), &mut result), SetExpiry::Clear);
    ctx.notify(Class::String, "set", destination);
    Ok(())
}

fn operation(word: &[u8], sources: usize) -> Result<Operation, CommandError> {
    use Operation::*;
    let named = [
        ("AND", And),
        ("OR", Or),
        ("XOR", Xor),
        ("NOT", Not),
        ("DIFF", Diff),
        ("DIFF1", Diff1),
        ("ANDOR", AndOr),
        ("ONE", One),
    ];
    let found = named.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    let (name, operation) = found.ok_or(CommandError::Syntax)?;
    match operation {
        Not if sources != 1 => Err(CommandError::err("BITOP NOT must be called with a single source key.")),
        Diff | Diff1 | AndOr if sources < 2 => {
            Err(CommandError::err(format_args!("BITOP {name} must be called with at least two source keys.")))
        }
        _ => Ok(operation),
    }
}

fn combine(keys: &Keys, operation: Operation, request: Argv<'_>) -> Vec<u8> {
    let texts: Vec<_> = request.iter().skip(SOURCES).map(|key| keys.look_again(key)).collect();
    let mut digits = vec![[0; ds::int::MAX_DIGITS]; texts.len()];
    let sources: Vec<&[u8]> = texts
        .iter()
        .zip(&mut digits)
        .map(|(view, digits)| match view {
            Some(view) => Text::view(*view).expect("all are strings").as_bytes(digits),
            None => b"",
        })
        .collect();
    bits::combine(operation, &sources)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn bitop() {
        check(
            r#"
            > SET a "\xff\x0f\x01"     < OK     ~ SET a \xff\x0f\x01      ! set a
            > SET b "\xf0\xff"         < OK     ~ SET b \xf0\xff          ! set b
            > BITOP AND d a b          < 3      ~ BITOP AND d a b         ! set d
            > GET d                    < "\xf0\x0f\x00"
            > BITOP or d a b none      < 3      ~ BITOP or d a b none     ! set d
            > GET d                    < "\xff\xff\x01"
            > BITOP XOR a a b          < 3      ~ BITOP XOR a a b         ! set a
            > GET a                    < "\x0f\xf0\x01"
            > BITOP NOT d a            < 3      ~ BITOP NOT d a           ! set d
            > GET d                    < "\xf0\x0f\xfe"
            "#,
        );
    }

    #[test]
    fn the_younger_operations() {
        check(
            r#"
            > MSET x "\xf0" y "\xcc" z "\xaa"   < OK    ~ MSET x \xf0 y \xcc z \xaa    ! set x   ! set y   ! set z
            > BITOP DIFF d x y z       < 1      ~ BITOP DIFF d x y z      ! set d
            > GET d                    < "\x10"
            > BITOP DIFF1 d x y z      < 1      ~ BITOP DIFF1 d x y z     ! set d
            > GET d                    < "\x0e"
            > BITOP ANDOR d x y z      < 1      ~ BITOP ANDOR d x y z     ! set d
            > GET d                    < "\xe0"
            > BITOP ONE d x y z        < 1      ~ BITOP ONE d x y z       ! set d
            > GET d                    < "\x16"
            > BITOP DIFF d none y      < 1      ~ BITOP DIFF d none y     ! set d
            > GET d                    < "\x00"
            > BITOP ONE d y            < 1      ~ BITOP ONE d y           ! set d
            > GET d                    < "\xcc"
            > BITOP diff d y           < ERR BITOP DIFF must be called with at least two source keys.
            > BITOP DIFF1 d y          < ERR BITOP DIFF1 must be called with at least two source keys.
            > BITOP ANDOR d y          < ERR BITOP ANDOR must be called with at least two source keys.
            "#,
        );
    }

    /// The destination's own content, type and time to live do not matter.
    #[test]
    fn an_empty_result_removes_the_destination() {
        check(
            r#"
            > SET n 123 PX 100         < OK     ~ SET n 123 PXAT 100      ! set n    ! expire n
            > BITOP OR n n             < 3      ~ BITOP OR n n            ! set n
            > TTL n                    < -1
            > GET n                    < "123"
            > OBJECT ENCODING n        < "raw"
            > BITOP OR n none          < 0      ~ BITOP OR n none         ! del n
            > BITOP OR n none          < 0
            > BITOP NOT n a b          < ERR BITOP NOT must be called with a single source key.
            > BITOP NAND n a b         < ERR syntax error
            "#,
        );
    }
}
