//! CLIENT KILL: ends connections, by address or by filters.

use super::Call;
use super::client_list::role;
use crate::client::{Client, Role};
use crate::node::ConnId;
use ds::int::parse_i64;
use engine::error::CommandError;

/// Which clients to end; a filter that was not given lets everyone pass.
#[derive(Default)]
struct Filter<'a> {
    id: Option<u64>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    role: Option<Role>,
    /// The name of a user; only one exists.
    user: bool,
    /// Seconds.
    max_age: Option<u64>,
    skip_me: bool,
}

pub(super) fn kill(call: &mut Call<'_>) -> Result<(), CommandError> {
    if call.args.remaining() == 1 {
        return by_address(call);
    }
    let filter = filter(call)?;
    let killed = end_all(call, &filter);
    call.reply.int(killed as i64);
    Ok(())
}

/// The old form: one address, and the caller itself is not spared.
fn by_address(call: &mut Call<'_>) -> Result<(), CommandError> {
    let filter = Filter { address: Some(call.args.bytes()?), ..Filter::default() };
    if end_all(call, &filter) == 0 {
        return Err(CommandError::Custom("ERR No such client".into()));
    }
    call.reply.ok();
    Ok(())
}

fn filter<'a>(call: &mut Call<'a>) -> Result<Filter<'a>, CommandError> {
    let mut filter = Filter { skip_me: true, ..Filter::default() };
    let args = &mut call.args;
    while let Some(name) = args.next() {
        let Some(value) = args.next() else { return Err(CommandError::Syntax) };
        match name.to_ascii_lowercase().as_slice() {
            b"id" => {
                let id = parse_i64(value).and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0);
                filter.id = Some(id.ok_or(CommandError::err("client-id should be greater than 0"))?);
            }
            b"maxage" => {
                let age =
                    parse_i64(value).ok_or(CommandError::err("maxage is not an integer or out of range"))?;
                let age = u64::try_from(age).ok().filter(|age| *age > 0);
                filter.max_age = Some(age.ok_or(CommandError::err("maxage should be greater than 0"))?);
            }
            b"type" => filter.role = Some(role(value)?),
            b"addr" => filter.address = Some(value),
            b"laddr" => filter.local_address = Some(value),
            b"user" if value == b"default" => filter.user = true,
            b"user" => {
                return Err(CommandError::quoting("No such user '", value, "'"));
            }
            b"skipme" if value.eq_ignore_ascii_case(b"yes") => filter.skip_me = true,
            b"skipme" if value.eq_ignore_ascii_case(b"no") => filter.skip_me = false,
            _ => return Err(CommandError::Syntax),
        }
    }
    Ok(filter)
}

impl Filter<'_> {
    fn admits(&self, client: &Client, caller: ConnId, now_us: u64) -> bool {
        let age = now_us.saturating_sub(client.created_us) / 1_000_000;
        let same = |wanted: Option<&[u8]>, address: &str| wanted.is_none_or(|w| w == address.as_bytes());
        let spared = client.closing || self.skip_me && client.conn == caller;
        !spared
            && self.id.is_none_or(|id| id == client.session.id)
            && same(self.address, &client.peer.address)
            && same(self.local_address, &client.peer.local_address)
            && self.role.is_none_or(|role| role == client.role)
            && (!self.user || client.role != Role::Primary)
            && self.max_age.is_none_or(|least| age >= least)
    }
}

/// Ends the clients that pass and says how many. The caller, if it is one, hears the reply first.
fn end_all(call: &mut Call<'_>, filter: &Filter<'_>) -> usize {
    let (caller, now_us) = (call.conn, call.now.mono_us);
    let admitted = call.node.clients.iter().filter(|client| filter.admits(client, caller, now_us));
    let condemned: Vec<ConnId> = admitted.map(|client| client.conn).collect();
    for &conn in &condemned {
        if conn == caller {
            call.session().quit = true;
        } else {
            call.node.close_now(conn);
        }
    }
    condemned.len()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn complaints() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CLIENT KILL                        < ERR wrong number of arguments for 'client|kill' command
            > CLIENT KILL 1.1.1.1:1              < ERR No such client
            > CLIENT KILL ID                     < ERR No such client
            > CLIENT KILL ID x                   < ERR client-id should be greater than 0
            > CLIENT KILL ID 0                   < ERR client-id should be greater than 0
            > CLIENT KILL TYPE what              < ERR Unknown client type 'what'
            > CLIENT KILL USER nobody            < ERR No such user 'nobody'
            > CLIENT KILL SKIPME what            < ERR syntax error
            > CLIENT KILL MAXAGE x               < ERR maxage is not an integer or out of range
            > CLIENT KILL MAXAGE 0               < ERR maxage should be greater than 0
            > CLIENT KILL what x                 < ERR syntax error
            > CLIENT KILL ID 1 ADDR              < ERR syntax error
            > CLIENT KILL ID 99 TYPE normal      < 0
            > CLIENT KILL ID 1                   < 0
            "#,
        );
    }

    #[test]
    fn others_die_at_once_and_the_caller_after_its_reply() {
        let mut server = Harness::new(Config::default());
        let conns: Vec<_> = (0..4).map(|_| server.client()).collect();
        server.check(conns[0], "> CLIENT KILL ADDR 127.0.0.1:40001 LADDR 127.0.0.1:6379 < 1");
        assert!(server.is_closed(conns[1]));
        server.check(conns[0], "> CLIENT KILL 127.0.0.1:40002 < OK");
        assert!(server.is_closed(conns[2]) && !server.is_closed(conns[3]));
        server.advance(3_000);
        let young = server.client();
        server.check(conns[0], "> CLIENT KILL MAXAGE 3 < 1");
        assert!(server.is_closed(conns[3]) && !server.is_closed(young));
        server.check(conns[0], "> CLIENT KILL USER default TYPE normal SKIPME no < 2");
        assert!(server.is_closed(young) && server.is_closed(conns[0]));
    }

    #[test]
    fn the_old_form_does_not_spare_the_caller() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(conn, "> CLIENT KILL 127.0.0.1:40000 < OK");
        assert!(server.is_closed(conn));
    }
}
