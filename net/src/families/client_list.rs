//! CLIENT LIST and INFO: a line of fields for each connection.

use super::Call;
use crate::client::{Client, Role};
use crate::node::ConnId;
use ds::int::parse_i64;
use engine::error::CommandError;
use engine::families::connection::shown;
use engine::pubsub::Space;
use engine::reply::Protocol;
use std::fmt::Write;

/// Output up to this counts as the client's fixed buffer (`obl`), what is beyond as its list (`omem`), so that tools
/// which watch one of the two find what they look for.
const FIXED_BUFFER: usize = 16 * 1024;

pub(super) fn info(call: &mut Call<'_>) -> Result<(), CommandError> {
    let now_us = call.now.mono_us;
    let mut text = line(call.client(), now_us);
    text.push('\n');
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub(super) fn list(call: &mut Call<'_>) -> Result<(), CommandError> {
    let wanted: Vec<ConnId> = if call.args.remaining() == 0 {
        by_age(call, |_| true)
    } else if call.args.remaining() == 2 && call.args.take("TYPE") {
        let role = role(call.args.bytes()?)?;
        call.args.end()?;
        by_age(call, |client| client.role == role)
    } else if call.args.take("ID") && call.args.remaining() > 0 {
        by_id(call)?
    } else {
        return Err(CommandError::Syntax);
    };
    let mut text = String::new();
    for conn in wanted {
        let client = call.node.clients.get(conn).expect("it was just found");
        text.push_str(&line(client, call.now.mono_us));
        text.push('\n');
    }
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn by_age(call: &Call<'_>, wanted: impl Fn(&Client) -> bool) -> Vec<ConnId> {
    let mut found: Vec<&Client> = call.node.clients.iter().filter(|client| wanted(client)).collect();
    found.sort_by_key(|client| client.session.id);
    found.into_iter().map(|client| client.conn).collect()
}

/// In the order they were asked for; who is not there is left out.
fn by_id(call: &mut Call<'_>) -> Result<Vec<ConnId>, CommandError> {
    let mut found = Vec::new();
    while let Some(word) = call.args.next() {
        let id = parse_i64(word).ok_or(CommandError::Custom("ERR Invalid client ID".into()))?;
        let client = u64::try_from(id).ok().and_then(|id| call.node.clients.by_id(id));
        found.extend(client.map(|client| client.conn));
    }
    Ok(found)
}

/// A client type by name.
pub(super) fn role(word: &[u8]) -> Result<Role, CommandError> {
    Ok(match word.to_ascii_lowercase().as_slice() {
        b"normal" => Role::Normal,
        b"slave" | b"replica" => Role::Replica,
        b"pubsub" => Role::Pubsub,
        b"master" => Role::Primary,
        _ => {
            return Err(CommandError::quoting("Unknown client type '", word, "'"));
        }
    })
}

/// The fields in Redis's order. What this server has no counterpart for is 0: a request's arguments lie in
/// the read buffer (`argv-mem`).
pub(crate) fn line(client: &Client, now_us: u64) -> String {
    let seconds = |since: u64| now_us.saturating_sub(since) / 1_000_000;
    let text = |bytes: &[u8]| String::from_utf8_lossy(shown(bytes)).into_owned();
    let listens = |space| client.session.subscriptions.as_ref().map_or(0, |own| own.len(space));
    let waiting = client.output.len();
    let fixed = waiting.min(FIXED_BUFFER);
    let listed = waiting - fixed;
    let pending = client.pending.len();
    let mut line = String::with_capacity(400);
    let to_memory = "a string takes it";
    write!(
        line,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} watch={} ",
        client.session.id,
        client.peer.address,
        client.peer.local_address,
        client.conn.0 & 0xffff,
        text(&client.session.name),
        seconds(client.created_us),
        seconds(client.last_interaction_us),
        flags(client),
        client.session.db,
        listens(Space::Channels),
        listens(Space::Patterns),
        listens(Space::Shards),
        client.session.multi.as_ref().map_or(-1, |queue| queue.len() as i64),
        client.session.watched.len(),
    )
    .expect(to_memory);
    write!(
        line,
        "qbuf={} qbuf-free={} argv-mem=0 multi-mem={} rbs={} rbp={} obl={fixed} oll={} omem={listed} tot-mem={} ",
        pending,
        client.pending.capacity() - pending,
        client.session.multi.as_ref().map_or(0, |queue| queue.memory()),
        client.output.memory(),
        client.output.memory(),
        listed.div_ceil(FIXED_BUFFER),
        client.memory(),
    )
    .expect(to_memory);
    write!(
        line,
        "events={} cmd={} user=default redir=-1 resp={} lib-name={} lib-ver={} io-thread=0",
        if waiting > 0 { "rw" } else { "r" },
        client.last_command.map_or("NULL", |command| command.full_name),
        if client.session.protocol == Protocol::Resp3 { 3 } else { 2 },
        text(&client.library_name),
        text(&client.library_version),
    )
    .expect(to_memory);
    line
}

fn flags(client: &Client) -> String {
    let role = match client.role {
        Role::Normal => None,
        Role::Replica => Some('S'),
        Role::Primary => Some('M'),
        Role::Pubsub => Some('P'),
    };
    let all = [
        (client.session.multi.is_some(), 'x'),
        (client.suspended.is_some(), 'b'),
        (client.closing || client.session.quit, 'c'),
        (client.peer.unix, 'U'),
        (client.no_evict, 'e'),
        (client.session.no_touch, 'T'),
    ];
    let set = all.iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| *letter);
    let letters: String = role.into_iter().chain(set).collect();
    if letters.is_empty() { "N".into() } else { letters }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::node::Peer;
    use crate::testing::Harness;

    #[test]
    fn fields_in_order() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.advance(2_500);
        server.check(conn, "> SELECT 3 < OK\n> CLIENT SETNAME me < OK");
        let line = server.ask(conn, "CLIENT INFO");
        let names: Vec<&str> =
            line.trim_matches('"').split(' ').map(|field| field.split('=').next().unwrap_or("")).collect();
        assert_eq!(
            names.join(" "),
            "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem \
             rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread"
        );
        assert!(line.contains(" name=me age=2 idle=0 flags=N db=3 "), "{line}");
        assert!(line.ends_with("io-thread=0\\n\""), "{line}");
    }

    #[test]
    fn selections() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        let unix = Peer {
            address: "/run/rewind.sock:0".into(),
            local_address: "/run/rewind.sock:0".into(),
            loopback: true,
            unix: true,
        };
        let other = server.client_from(unix);
        server.check(
            conn,
            r#"
            > CLIENT LIST TYPE replica      < ""
            > CLIENT LIST TYPE master       < ""
            > CLIENT LIST ID 99 0 -1        < ""
            > CLIENT LIST ID                < ERR syntax error
            > CLIENT LIST ID x              < ERR Invalid client ID
            > CLIENT LIST TYPE              < ERR syntax error
            > CLIENT LIST TYPE what         < ERR Unknown client type 'what'
            > CLIENT LIST TYPE normal x     < ERR syntax error
            > CLIENT LIST what              < ERR syntax error
            "#,
        );
        let list = server.ask(conn, "CLIENT LIST ID 2 1");
        let lines: Vec<&str> = list.trim_matches('"').split_terminator("\\n").collect();
        assert_eq!(lines.len(), 2, "{list}");
        assert!(lines[0].starts_with("id=2 addr=/run/rewind.sock:0 laddr=/run/rewind.sock:0 "), "{list}");
        assert!(lines[0].contains(" flags=U ") && lines[0].contains(" cmd=NULL "), "{list}");
        server.hang_up(other);
        assert_eq!(server.ask(conn, "CLIENT LIST TYPE normal").matches("id=").count(), 1);
    }

    #[test]
    fn what_a_slow_reader_has_waiting() {
        let mut server = Harness::new(Config::default());
        let (conn, slow) = (server.client(), server.client());
        server.check(conn, &format!("> SET k {} < OK", "x".repeat(20_000)));
        server.set_deaf(slow, true);
        server.command(slow, "GET k");
        let line = server.ask(conn, "CLIENT LIST ID 2");
        assert!(line.contains(" obl=16384 oll=1 omem=3626 ") && line.contains(" events=rw "), "{line}");
    }
}
