//! CLIENT PAUSE: for a while no client's requests begin, or none that could change data.
//!
//! ```text
//!   PAUSE ─▶ scope, end ─▶ each client's next request: would the gate refuse it? then it is refused at once
//!                          else the client is postponed: suspended with the request unread ─▶ UNPAUSE, or the end
//! ```
//!
//! Meanwhile the data stand still: nothing expires or is evicted (expired keys are hidden, as on a replica), no
//! PING goes into the replication stream, and a replica leaves its primary's stream where it is from the first
//! request on that changes data. Replicas that we feed are never paused.

use super::{Reason, Role};
use crate::node::{ConnId, Node};
use engine::command::{Command, Flags};
use engine::session::Session;
use std::collections::BTreeSet;

/// Whose requests wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Those that could change data or the replication stream.
    Writes,
    All,
}

/// The pause that is on, if one is.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    scope: Option<Scope>,
    /// Monotonic microseconds.
    until_us: u64,
    postponed: BTreeSet<ConnId>,
}

impl Pause {
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.scope.is_some()
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.scope.map(|_| self.until_us)
    }

    pub(super) fn forget(&mut self, conn: ConnId) {
        self.postponed.remove(&conn);
    }

    /// Whether a pause holds this request back, if the gate lets it pass.
    fn concerns(&self, session: &Session, command: &Command) -> bool {
        match self.scope {
            None => false,
            Some(Scope::All) => true,
            Some(Scope::Writes) => may_write(session, command),
        }
    }
}

/// Whether a request could change data, or what replicas are told. EXEC could if what is queued could; and what could
/// is not even queued.
fn may_write(session: &Session, command: &Command) -> bool {
    let flags = match &session.multi {
        Some(queue) if command.name == "exec" => queue.flags(command.flags),
        _ => command.flags,
    };
    flags.intersects(Flags::WRITE.union(Flags::MAY_REPLICATE))
}

impl Node {
    /// Begins a pause, or makes the one that is on longer or stricter; never shorter or laxer.
    pub(crate) fn pause(&mut self, scope: Scope, until_us: u64) {
        self.pause.until_us = if self.pause.is_on() { self.pause.until_us.max(until_us) } else { until_us };
        self.pause.scope = self.pause.scope.max(Some(scope));
        self.engine.paused = true;
    }

    /// Ends the pause: whoever was postponed goes on.
    pub(crate) fn unpause(&mut self) {
        if self.pause.scope.take().is_none() {
            return;
        }
        self.engine.paused = false;
        for conn in std::mem::take(&mut self.pause.postponed) {
            self.wake(conn);
        }
        // The stream of a primary, if we follow one, may have stopped at a write.
        if let Some(conn) = self.replication.stream_conn() {
            self.run_soon(conn);
        }
    }

    pub(crate) fn end_pause(&mut self) {
        if self.pause.deadline().is_some_and(|until| self.now().mono_us >= until) {
            self.unpause();
        }
    }

    /// Holds a client's next request back if a pause wants that. What the gate refuses is answered all the same.
    pub(super) fn postpone(&mut self, conn: ConnId, command: &'static Command, argc: usize) {
        let Some(client) = self.clients.get(conn) else { return };
        let exempt = client.closing || client.suspended.is_some() || client.role == Role::Replica;
        if !exempt
            && self.pause.concerns(&client.session, command)
            && self.engine.admits(&client.session, command, argc)
        {
            self.pause.postponed.insert(conn);
            self.suspend(conn, Reason::Pause, None);
        }
    }

    /// Whether a request of the primary's stream has to wait.
    pub(crate) fn postpones_stream(&self, session: &Session, command: Option<&Command>) -> bool {
        command.is_some_and(|command| self.pause.concerns(session, command))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn writes_wait_and_reads_do_not() {
        let mut server = Harness::new(Config::default());
        let (boss, writer) = (server.client(), server.client());
        server.check(boss, "> SET k old < OK\n> CLIENT PAUSE 1000 WRITE < OK");
        server.send(writer, b"GET k\r\nSET k new\r\nGET k\r\n");
        assert_eq!(server.read(writer), b"$3\r\nold\r\n");
        server.send(writer, b"PING\r\n");
        assert_eq!(server.read(writer), b"", "what comes behind a write waits with it");
        assert!(server.ask(boss, "INFO clients").contains("blocked_clients:1\\r\\n"));
        assert!(server.ask(boss, "CLIENT LIST ID 2").contains(" flags=b "));
        server.check(boss, "> GET k < \"old\"\n> CLIENT UNPAUSE < OK");
        assert_eq!(server.read(writer), b"+OK\r\n$3\r\nnew\r\n+PONG\r\n");
        assert!(server.ask(boss, "INFO clients").contains("blocked_clients:0\\r\\n"));
    }

    #[test]
    fn a_transaction_waits_as_a_whole_and_a_pause_begins_behind_it() {
        let mut server = Harness::new(Config::default());
        let (boss, reader, writer, late) =
            (server.client(), server.client(), server.client(), server.client());
        server.check(reader, "> MULTI < OK\n> GET k < QUEUED");
        server.check(writer, "> MULTI < OK\n> SET k w < QUEUED");
        server.check(late, "> MULTI < OK");
        server.check(
            boss,
            r#"
            > MULTI                    < OK
            > SET k a                  < QUEUED
            > CLIENT PAUSE 1000 WRITE  < QUEUED
            > SET k b                  < QUEUED
            > EXEC                     < [OK OK OK]
            "#,
        );
        server.check(reader, "> EXEC < [\"b\"]");
        server.send(writer, b"EXEC\r\n");
        server.send(late, b"SET k l\r\n");
        assert_eq!((server.read(writer), server.read(late)), (vec![], vec![]));
        server.check(boss, "> CLIENT UNPAUSE < OK");
        assert_eq!(
            (&*server.read(writer), &*server.read(late)),
            (&b"*1\r\n+OK\r\n"[..], &b"+QUEUED\r\n"[..])
        );
    }

    #[test]
    fn a_pause_ends_at_its_time() {
        let mut server = Harness::new(Config::default());
        let (boss, other) = (server.client(), server.client());
        server.check(boss, "> CLIENT PAUSE 1000 < OK");
        server.send(other, b"PING\r\n");
        server.send(boss, b"CLIENT UNPAUSE\r\n");
        server.advance(999);
        assert_eq!((server.read(other), server.read(boss)), (vec![], vec![]), "nobody is spared");
        server.advance(1);
        assert_eq!((&*server.read(other), &*server.read(boss)), (&b"+PONG\r\n"[..], &b"+OK\r\n"[..]));
    }

    #[test]
    fn a_later_pause_makes_nothing_shorter_or_laxer() {
        for (second, waits_ms) in [("20 WRITE", 200), ("20 ALL", 200), ("300 WRITE", 300)] {
            let mut server = Harness::new(Config::default());
            let conn = server.client();
            server.send(conn, format!("CLIENT PAUSE 200 ALL\r\nCLIENT PAUSE {second}\r\nPING\r\n"));
            let boss = server.client();
            server.node.pause(super::Scope::Writes, server.now().mono_us + 20_000);
            assert_eq!(server.read(conn), b"+OK\r\n", "the second command waits for the end of the first");
            server.advance(199);
            assert_eq!(server.command(boss, "PING"), b"");
            server.advance(waits_ms - 199);
            server.advance(300);
            assert_eq!(server.read(conn), b"+OK\r\n+PONG\r\n");
        }
    }

    #[test]
    fn what_the_gate_refuses_is_refused_at_once() {
        let mut server = Harness::with(&[("requirepass", "secret")]);
        let (boss, stranger) = (server.client(), server.client());
        server.check(boss, "> AUTH secret < OK\n> CLIENT PAUSE 1000 ALL < OK");
        server.check(
            stranger,
            r#"
            > SET             < ERR wrong number of arguments for 'set' command
            > SET k v         < NOAUTH Authentication required.
            > CLIENT NOSUCH   < ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
            > AUTH secret
            > SET
            "#,
        );
    }

    /// Redis 13863: RANDOMKEY looked for ever among keys that had all expired.
    #[test]
    fn keys_stay_while_the_data_stand_still() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > SET a 1 PX 10           < OK
            > SET b 1 PX 10           < OK
            > CLIENT PAUSE 5000 WRITE < OK
            @ 1000ms
            > GET a                   < nil
            > EXISTS a b              < 0
            > RANDOMKEY               < "a"
            > DBSIZE                  < 2
            "#,
        );
        assert_eq!(server.node.engine.keyspace.stats.expired, 0);
        server.check(conn, "> CLIENT UNPAUSE < OK\n> GET a < nil\n> RANDOMKEY < nil\n> DBSIZE < 0");
        assert_eq!(server.node.engine.keyspace.stats.expired, 2);
    }

    /// Redis 14164: a client that was only paused was unblocked.
    #[test]
    fn unblocking_does_not_end_a_pause() {
        let mut server = Harness::new(Config::default());
        let (boss, other) = (server.client(), server.client());
        server.check(boss, "> CLIENT PAUSE 1000 WRITE < OK");
        server.send(other, b"WAIT 1 500\r\nSET k v\r\n");
        server.check(boss, "> CLIENT UNBLOCK 2 < 1\n> CLIENT UNBLOCK 2 < 0\n> CLIENT UNBLOCK 2 ERROR < 0");
        assert_eq!(server.read(other), b":0\r\n");
        server.advance(1000);
        assert_eq!(server.read(other), b"+OK\r\n");
    }

    #[test]
    fn who_hangs_up_while_paused_is_forgotten() {
        let mut server = Harness::new(Config::default());
        let (boss, other) = (server.client(), server.client());
        server.check(boss, "> CLIENT PAUSE 1000 WRITE < OK");
        server.send(other, b"SET k v\r\n");
        server.hang_up(other);
        server.check(boss, "> CLIENT UNPAUSE < OK\n> GET k < nil");
        server.send(boss, b"CLIENT PAUSE 0\r\n");
        assert_eq!(server.read(boss), b"+OK\r\n");
        server.check(boss, "@ 0ms\n> PING < PONG");
    }
}
