//! HELLO: chooses the protocol, may authenticate and name the client, and says who the server is.

use super::auth::authenticate;
use super::printable;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::engine::REDIS_VERSION;
use crate::error::CommandError;
use crate::reply::Protocol;

pub(crate) fn hello(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let protocol = args.next().map(protocol).transpose()?;
    let (mut credentials, mut name) = (None, None);
    while let Some(option) = args.next() {
        if option.eq_ignore_ascii_case(b"auth") && args.remaining() >= 2 {
            credentials = Some((args.bytes()?, args.bytes()?));
        } else if option.eq_ignore_ascii_case(b"setname") && args.remaining() >= 1 {
            let word = args.bytes()?;
            printable(word, "Client names")?;
            name = Some(word);
        } else {
            return Err(CommandError::quoting("Syntax error in HELLO option '", option, "'"));
        }
    }
    if let Some((user, password)) = credentials {
        authenticate(ctx.settings, ctx.session, user, password)?;
    }
    if !ctx.settings.requirepass.is_empty() && !ctx.session.authenticated {
        return Err(CommandError::Custom(UNKNOWN_CALLER.into()));
    }
    if let Some(name) = name {
        ctx.session.name = name.to_vec();
    }
    if let Some(protocol) = protocol {
        ctx.session.protocol = protocol;
        ctx.reply.set_protocol(protocol);
    }
    introduce(ctx);
    Ok(())
}

const UNKNOWN_CALLER: &str = "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
    HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP \
    protocol version at the same time";

fn protocol(word: &[u8]) -> Result<Protocol, CommandError> {
    match ds::int::parse_i64(word) {
        Some(2) => Ok(Protocol::Resp2),
        Some(3) => Ok(Protocol::Resp3),
        Some(_) => Err(CommandError::NoProto),
        None => Err(CommandError::err("Protocol version is not an integer or out of range")),
    }
}

/// The fields in Redis's order. There are no modules.
fn introduce(ctx: &mut Ctx<'_>) {
    let role = if ctx.mode.replica { "replica" } else { "master" };
    let version = match ctx.reply.protocol() {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    let (id, mode) = (ctx.session.id, ctx.settings.server_mode);
    let reply = &mut ctx.reply;
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.int(version);
    reply.bulk(b"id");
    reply.int(id as i64);
    reply.bulk(b"mode");
    reply.bulk(mode.as_bytes());
    reply.bulk(b"role");
    reply.bulk(role.as_bytes());
    reply.bulk(b"modules");
    reply.array(0);
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn the_protocol_switches_within_the_reply() {
        check(
            r#"
            > HELLO      < ["server" "redis" "version" "8.0.6" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
            > HELLO 3    < {"server": "redis", "version": "8.0.6", "proto": 3, "id": 1, "mode": "standalone", "role": "master", "modules": []}
            > CLIENT GETNAME          < nil
            > HELLO 2 SETNAME me      < ["server" "redis" "version" "8.0.6" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
            > CLIENT GETNAME          < "me"
            "#,
        );
    }

    #[test]
    fn complaints() {
        check(
            r#"
            > HELLO 4                 < NOPROTO unsupported protocol version
            > HELLO x                 < ERR Protocol version is not an integer or out of range
            > HELLO 3 what            < ERR Syntax error in HELLO option 'what'
            > HELLO 3 SETNAME         < ERR Syntax error in HELLO option 'SETNAME'
            > HELLO 3 AUTH default    < ERR Syntax error in HELLO option 'AUTH'
            > HELLO 3 AUTH nobody x   < WRONGPASS invalid username-password pair or user is disabled.
            > HELLO 3 SETNAME "a b"   < ERR Client names cannot contain spaces, newlines or special characters.
            > CLIENT GETNAME          < nil
            "#,
        );
    }

    #[test]
    fn a_replica_says_so() {
        let mut engine = Engine::new(1, 1);
        engine.mode.replica = true;
        check_with(
            &mut engine,
            r#"> HELLO   < ["server" "redis" "version" "8.0.6" "proto" 2 "id" 1 "mode" "standalone" "role" "replica" "modules" []]"#,
        );
    }
}
