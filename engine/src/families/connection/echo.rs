//! ECHO: the caller's word.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn echo(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    ctx.reply.bulk(args.bytes()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn echo() {
        crate::testing::check("> ECHO \"a\\r\\nb\"   < \"a\\r\\nb\"");
    }
}
