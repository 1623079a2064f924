//! CLIENT ID, GETNAME, SETNAME and NO-TOUCH: what a session knows of itself.

use super::printable;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn id(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    ctx.reply.int(ctx.session.id as i64);
    Ok(())
}

pub(crate) fn getname(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    match ctx.session.name.as_slice() {
        b"" => ctx.reply.null(),
        name => ctx.reply.bulk(name),
    }
    Ok(())
}

/// An empty name is no name.
pub(crate) fn setname(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let name = args.bytes()?;
    printable(name, "Client names")?;
    ctx.session.name = name.to_vec();
    ctx.reply.ok();
    Ok(())
}

pub(crate) fn no_touch(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ctx.session.no_touch = on_or_off(args)?;
    ctx.reply.ok();
    Ok(())
}

/// The argument of a switch.
pub fn on_or_off(args: &mut Args<'_>) -> Result<bool, CommandError> {
    let on = args.take("ON");
    if !on && !args.take("OFF") {
        return Err(CommandError::Syntax);
    }
    Ok(on)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn names() {
        check(
            r#"
            > CLIENT ID                < 1
            > CLIENT GETNAME           < nil
            > CLIENT SETNAME me        < OK
            > CLIENT GETNAME           < "me"
            > CLIENT SETNAME "a b"     < ERR Client names cannot contain spaces, newlines or special characters.
            > CLIENT SETNAME "\xff"    < ERR Client names cannot contain spaces, newlines or special characters.
            > CLIENT GETNAME           < "me"
            > CLIENT SETNAME "a\x00 b" < OK
            > CLIENT GETNAME           < "a\x00 b"
            > CLIENT SETNAME ""        < OK
            > CLIENT GETNAME           < nil
            > CLIENT NO-TOUCH on       < OK
            > CLIENT NO-TOUCH OFF      < OK
            > CLIENT NO-TOUCH what     < ERR syntax error
            "#,
        );
    }
}
