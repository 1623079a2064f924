//! MULTI: from here on commands are queued, until EXEC or DISCARD.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn multi(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    if ctx.session.multi.is_some() {
        return Err(CommandError::err("MULTI calls can not be nested"));
    }
    ctx.session.multi = Some(Box::default());
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn multi() {
        check(
            r#"
            > MULTI             < OK
            > MULTI             < ERR MULTI calls can not be nested
            > SET k 1           < QUEUED
            > INCR k            < QUEUED
            > GET k             < QUEUED
            > EXEC              < [OK 2 "2"]    ~ SET k 1   ~ INCR k     ! set k   ! incrby k
            > EXEC              < ERR EXEC without MULTI
            "#,
        );
    }

    #[test]
    fn a_refused_command_spoils_the_queue() {
        check(
            r#"
            > MULTI             < OK
            > SET k 1           < QUEUED
            > GET               < ERR wrong number of arguments for 'get' command
            > EXEC              < EXECABORT Transaction discarded because of previous errors.
            > GET k             < nil
            > MULTI             < OK
            > CLIENT nosuch     < ERR unknown subcommand 'nosuch'. Try CLIENT HELP.
            > EXEC              < EXECABORT Transaction discarded because of previous errors.
            > MULTI             < OK
            > COMMAND nosuch    < ERR unknown subcommand 'nosuch'. Try COMMAND HELP.
            > EXEC              < EXECABORT Transaction discarded because of previous errors.
            > MULTI             < OK
            > PING              < QUEUED
            > EXEC now  < EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
            "#,
        );
    }

    #[test]
    fn a_command_that_fails_stops_nobody() {
        check(
            r#"
            > MULTI             < OK
            > SET k x           < QUEUED
            > INCR k            < QUEUED
            > APPEND k y        < QUEUED
            > EXEC < [OK ERR value is not an integer or out of range 2] ~ SET k x ~ APPEND k y ! set k ! append k
            "#,
        );
    }
}
