//! SHUTDOWN, SAVE, BGSAVE and LASTSAVE.

use super::Call;
use crate::config::ShutdownOptions;
use engine::error::CommandError;

/// Ends the server. There is no reply when it works.
pub(super) fn shutdown(call: &mut Call<'_>) -> Result<(), CommandError> {
    let mut options = ShutdownOptions::default();
    let mut abort = false;
    while call.args.remaining() > 0 {
        let args = &mut call.args;
        if args.take("NOSAVE") {
            options.nosave = true;
        } else if args.take("SAVE") {
            options.save = true;
        } else if args.take("NOW") {
            options.now = true;
        } else if args.take("FORCE") {
            options.force = true;
        } else if args.take("ABORT") {
            abort = true;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let contradictory = options.save && options.nosave || abort && options != ShutdownOptions::default();
    if contradictory {
        return Err(CommandError::Syntax);
    }
    if abort {
        // A shutdown ends the process without waiting for anyone, so none can be under way here.
        return Err(CommandError::err("No shutdown in progress."));
    }
    call.node.shut_down(call.now, options, Some(call.conn));
    Ok(())
}

/// SAVE: the reply is held until the disk has it all.
pub(super) fn save(call: &mut Call<'_>) -> Result<(), CommandError> {
    let conn = call.conn;
    call.node.save(call.now, |node| node.hold(conn))
}

pub(super) fn bgsave(call: &mut Call<'_>) -> Result<(), CommandError> {
    // Only another kind of child process would have it wait, and there are none.
    call.args.take("SCHEDULE");
    call.args.end()?;
    call.node.background_save(call.now)?;
    call.reply.simple("Background saving started");
    Ok(())
}

pub(super) fn lastsave(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.reply.int(call.node.last_save_s);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn words_that_do_not_go_together() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > SHUTDOWN what            < ERR syntax error
            > SHUTDOWN SAVE NOSAVE     < ERR syntax error
            > SHUTDOWN ABORT NOW       < ERR syntax error
            > SHUTDOWN NOW ABORT       < ERR syntax error
            > SHUTDOWN ABORT           < ERR No shutdown in progress.
            > SHUTDOWN ABORT ABORT     < ERR No shutdown in progress.
            > LASTSAVE                 < 1700000000
            "#,
        );
        assert_eq!(server.exit, None);
        assert_eq!(server.command(conn, "SHUTDOWN NOSAVE"), b"");
        assert_eq!(server.exit, Some(0));
    }
}
