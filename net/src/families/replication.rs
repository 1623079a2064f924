//! The commands of replication: what clients ask of it, and what replicas say.

use super::Call;
use crate::replication::{ReplOffset, Wish};
use engine::args::{Args, parse_int};
use engine::error::CommandError;

/// ROLE.
pub(super) fn role(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.node.reply_role(&mut call.reply);
    Ok(())
}

/// REPLICAOF and SLAVEOF.
pub(super) fn replicaof(call: &mut Call<'_>) -> Result<(), CommandError> {
    let (host, port) = (call.args.bytes()?, call.args.bytes()?);
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        if call.node.promote() {
            call.node.log(crate::node::LogLevel::Notice, "MASTER MODE enabled (user request)");
        }
        call.reply.ok();
        return Ok(());
    }
    if call.node.feeds(call.conn) {
        return Err(CommandError::err("Command is not valid when client is a replica."));
    }
    let port = ds::int::parse_i64(port).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| CommandError::err("Invalid master port"))?;
    let host = String::from_utf8_lossy(host).into_owned();
    if call.node.follow(call.now, &host, port) {
        let text = format!("REPLICAOF {host}:{port} enabled (user request)");
        call.node.log(crate::node::LogLevel::Notice, text);
        call.reply.ok();
    } else {
        call.reply.simple("OK Already connected to specified master");
    }
    Ok(())
}

/// PSYNC id offset.
pub(super) fn psync(call: &mut Call<'_>) -> Result<(), CommandError> {
    let id = String::from_utf8_lossy(call.args.bytes()?).into_owned();
    let place = ReplOffset::wanted(call.args.int()?);
    start(call, Wish::Continue { id, place })
}

/// SYNC, the oldest form.
pub(super) fn sync(call: &mut Call<'_>) -> Result<(), CommandError> {
    start(call, Wish::Everything)
}

fn start(call: &mut Call<'_>, wish: Wish) -> Result<(), CommandError> {
    if call.node.feeds(call.conn) {
        return Ok(());
    }
    if call.node.link_is_down() {
        return Err(CommandError::Custom(
            "NOMASTERLINK Can't SYNC while not connected with my master".into(),
        ));
    }
    if let Some(answer) = call.node.attach(call.now, call.conn, wish) {
        call.reply.simple(&answer);
    }
    Ok(())
}

/// REPLCONF option value...
pub(super) fn replconf(call: &mut Call<'_>) -> Result<(), CommandError> {
    if call.args.remaining() % 2 == 1 {
        return Err(CommandError::Syntax);
    }
    while let (Some(option), Some(value)) = (call.args.next(), call.args.next()) {
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        let (node, conn) = (&mut *call.node, call.conn);
        match () {
            () if is("listening-port") => {
                // Redis takes any number here; one that is no port names no address, as zero does.
                let port = u16::try_from(parse_int(value)?).unwrap_or(0);
                node.announce(conn, |announced| announced.port = port);
            }
            () if is("ip-address") => {
                if value.len() > 255 {
                    let text = "REPLCONF ip-address provided by replica instance is too long";
                    return Err(CommandError::err(format!("{text}: {} bytes", value.len())));
                }
                let address = String::from_utf8_lossy(value).into_owned();
                let address = (!address.is_empty()).then_some(address);
                node.announce(conn, |announced| announced.address = address);
            }
            () if is("capa") => {
                let known = |name: &str| value.eq_ignore_ascii_case(name.as_bytes());
                let (eof, psync2) = (known("eof"), known("psync2"));
                node.announce(conn, |announced| {
                    announced.eof |= eof;
                    announced.psync2 |= psync2;
                });
            }
            () if is("rdb-only") => {
                let error = CommandError::err("value is out of range, value must between 0 and 1");
                let only =
                    Args::int_in(&mut Args::new(call.args.argv(), call.args.position() - 1), 0, 1, error)?;
                node.announce(conn, |announced| announced.rdb_only = only == 1);
            }
            () if is("ack") => {
                // No answer, ever: the stream runs the other way.
                if let Some(offset) = ds::int::parse_i64(value) {
                    node.acknowledged(call.now, conn, offset);
                }
                return Ok(());
            }
            // Heard only in the stream of a primary, which is not read here.
            () if is("getack") => return Ok(()),
            () => {
                return Err(CommandError::quoting("Unrecognized REPLCONF option: ", option, ""));
            }
        }
    }
    call.reply.ok();
    Ok(())
}
