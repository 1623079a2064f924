//! CLIENT SETINFO, REPLY and NO-EVICT: what the node keeps about the caller's connection.

use super::Call;
use crate::client::ReplyMode;
use engine::error::CommandError;
use engine::families::connection::{client::on_or_off, printable};

/// An empty value takes the attribute away.
pub(super) fn setinfo(call: &mut Call<'_>) -> Result<(), CommandError> {
    let (attribute, value) = (call.args.bytes()?, call.args.bytes()?);
    let name = String::from_utf8_lossy(attribute);
    let is = |known: &str| attribute.eq_ignore_ascii_case(known.as_bytes());
    if !is("lib-name") && !is("lib-ver") {
        return Err(CommandError::quoting("Unrecognized option '", attribute, "'"));
    }
    printable(value, &name)?;
    let client = call.client();
    let field = if is("lib-name") { &mut client.library_name } else { &mut client.library_version };
    *field = value.to_vec();
    call.reply.ok();
    Ok(())
}

/// Whether the caller's replies reach it. `Node::finish_unit` obeys.
pub(super) fn reply(call: &mut Call<'_>) -> Result<(), CommandError> {
    if call.args.take("ON") {
        call.client().reply_mode = ReplyMode::On;
        call.reply.ok();
    } else if call.args.take("OFF") {
        call.client().reply_mode = ReplyMode::Off;
    } else if call.args.take("SKIP") {
        let client = call.client();
        if client.reply_mode != ReplyMode::Off {
            client.reply_mode = ReplyMode::SkipNext;
        }
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

pub(super) fn no_evict(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.client().no_evict = on_or_off(&mut call.args)?;
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn attributes() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CLIENT SETINFO lib-name mylib     < OK
            > CLIENT SETINFO LIB-VER 1.2.3      < OK
            > CLIENT SETINFO lib-name "my lib"  < ERR lib-name cannot contain spaces, newlines or special characters.
            > CLIENT SETINFO lib-what x         < ERR Unrecognized option 'lib-what'
            > CLIENT SETINFO lib-name           < ERR wrong number of arguments for 'client|setinfo' command
            > CLIENT NO-EVICT on                < OK
            > CLIENT NO-EVICT what              < ERR syntax error
            "#,
        );
        let line = server.ask(conn, "CLIENT INFO");
        assert!(line.contains("flags=e ") && line.contains("lib-name=mylib lib-ver=1.2.3 "), "{line}");
    }

    #[test]
    fn replies_kept_back() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CLIENT REPLY what  < ERR syntax error
            > CLIENT REPLY ON    < OK
            > CLIENT REPLY OFF
            > PING
            > CLIENT REPLY SKIP
            > NOSUCHCOMMAND
            > CLIENT REPLY ON    < OK
            > CLIENT REPLY SKIP
            > PING
            > PING               < PONG
            > CLIENT REPLY SKIP
            > CLIENT REPLY ON    < OK
            "#,
        );
    }
}
