//! QUIT: a last OK, and the connection ends.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn quit(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    ctx.session.quit = true;
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn quit_takes_any_words() {
        crate::testing::check("> QUIT now please   < OK");
    }
}
