//! Clients that wait: suspended for a reason, perhaps until a deadline, and resumed without anyone asking again
//! and again.
//!
//! ```text
//!   a command is not done yet ─▶ suspend(conn, reason, deadline) ─┬─ what it waits for is there: resume(conn, reply)
//!   a command may not begin yet ─▶ postpone(conn)                 ├─ the deadline passes: `ran_out`
//!                                                                 ├─ CLIENT UNBLOCK: `unblock`
//!      later requests wait, unparsed, in `pending`                └─ the connection ends: `forget_wait`
//!
//!   resume ─▶ the reply is written ─▶ `runnable` ─▶ at the end of the event: what waited in `pending` runs
//! ```
//!
//! Whoever suspends a client knows when to resume it and keeps the list of those who wait for the same thing; a
//! reason says which list that is. A new kind of waiting is a variant of [`Reason`] and an arm in the three
//! `match`es here, which say what its client hears when its time is up, when it is unblocked by hand, and who has
//! to forget it when it is gone.
//!
//! What must never happen: a client that is suspended and that nobody will resume; two replies to one request; a
//! client whose hanging up is noticed only when it is resumed, for it may be handed what it can no longer take.

use super::Client;
use crate::node::{ConnId, Node};
use crate::replication::ReplOffset;
use engine::error::CommandError;
use engine::reply::Reply;
use engine::slowlog::LogEntry;
use engine::timing::Stopwatch;
use std::collections::{BTreeSet, VecDeque};

/// While it waits, a client is read up to so many bytes: enough to notice that it hangs up, however much it had
/// sent ahead within reason.
const READ_AHEAD: usize = 1024 * 1024;

/// What a client waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The host does something for it, see `node::jobs`.
    Host,
    /// The server is paused. Its next request has not begun.
    Pause,
    /// BLPOP and its kin: one of several keys, see `node::waiters`.
    Keys,
    /// WAIT: so many replicas have come to this place of the stream.
    Replicas { wanted: i64, place: ReplOffset },
}

/// The state of a client that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspended {
    pub reason: Reason,
    /// When its time is up, in monotonic microseconds.
    pub deadline_us: Option<u64>,
    /// CLIENT REPLY keeps the reply that is owed from the client.
    pub silent: bool,
    /// What the slow log will say of the command once it is done.
    pub slow: Option<Box<LogEntry>>,
}

/// All who wait with a deadline, and all who may go on.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    deadlines: BTreeSet<(u64, ConnId)>,
    runnable: VecDeque<ConnId>,
}

impl Waits {
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Clients that wait with a deadline.
    pub(crate) fn timed(&self) -> usize {
        self.deadlines.len()
    }
}

impl Client {
    /// Whether bytes of this client are wanted now.
    pub(crate) fn wants_read(&self) -> bool {
        let ahead = self.suspended.is_some() && self.pending.len() >= READ_AHEAD;
        !self.closing && !self.throttled && !ahead
    }

    pub(crate) fn waits_for(&self) -> Option<Reason> {
        self.suspended.as_ref().map(|suspended| suspended.reason)
    }
}

impl Node {
    /// Suspends the client whose command has just run, in place of a reply to it.
    pub(crate) fn suspend(&mut self, conn: ConnId, reason: Reason, deadline_us: Option<u64>) {
        let client = self.clients.get_mut(conn).expect("the caller is connected");
        let before = client.suspended.replace(Suspended { reason, deadline_us, silent: false, slow: None });
        assert!(before.is_none(), "a suspended client runs no commands");
        self.waits.deadlines.extend(deadline_us.map(|at| (at, conn)));
    }

    /// Ends the wait of a client with the reply to the command that it waited in. An error is counted as the
    /// command's failure. What it has sent since runs once the event at hand is done with.
    pub(crate) fn resume(
        &mut self,
        conn: ConnId,
        write: impl FnOnce(&mut Reply<'_>) -> Result<(), CommandError>,
    ) {
        let Some(suspended) = self.wake(conn) else { return };
        let client = self.clients.get_mut(conn).expect("it was suspended");
        let (protocol, command) = (client.session.protocol, client.last_command);
        let out = client.output.buffer();
        let start = out.len();
        let mut reply = Reply::new(out, protocol);
        let outcome = write(&mut reply);
        if let Err(error) = &outcome {
            reply.error(error);
        }
        if suspended.silent {
            out.truncate(start);
        }
        if suspended.reason == Reason::Keys
            && let Some(command) = command
        {
            self.engine.stats[command.id.index()].calls += 1;
        }
        if let Err(error) = outcome {
            self.engine.count_error(&error);
            if let Some(command) = command {
                self.engine.stats[command.id.index()].failed += 1;
            }
        }
    }

    /// Ends the wait of a client without a reply.
    pub(crate) fn wake(&mut self, conn: ConnId) -> Option<Suspended> {
        let mut suspended = self.clients.get_mut(conn)?.suspended.take()?;
        self.forget_wait(conn, &suspended);
        if let Some(entry) = suspended.slow.take() {
            self.engine.logs.slow.push(*entry);
        }
        self.run_soon(conn);
        // Whoever stopped reading from it starts again.
        self.flush(conn);
        Some(suspended)
    }

    /// What the client has sent and what waits runs once the event at hand is done with.
    pub(crate) fn run_soon(&mut self, conn: ConnId) {
        self.waits.runnable.push_back(conn);
    }

    /// The end of an event: clients that were resumed go on, and whom they resume in turn.
    pub(crate) fn run_resumed(&mut self, watch: &mut dyn Stopwatch) {
        while let Some(conn) = self.waits.runnable.pop_front() {
            if self.replication.reads_link(conn) {
                self.link_received(self.now(), conn, &[]);
                self.flush(conn);
            } else {
                self.process_pending(self.now(), conn, watch);
            }
        }
    }

    /// A wait has ended, or its client is gone: no list names it any more.
    pub(crate) fn forget_wait(&mut self, conn: ConnId, suspended: &Suspended) {
        if let Some(at) = suspended.deadline_us {
            self.waits.deadlines.remove(&(at, conn));
        }
        match suspended.reason {
            Reason::Host => {}
            Reason::Pause => self.pause.forget(conn),
            Reason::Keys => {
                self.engine.blocked.remove(conn.0);
                self.engine.effects.interest = self.interest();
            }
            Reason::Replicas { .. } => self.replication.forget_waiting(conn),
        }
    }

    /// Tells those whose deadline has passed that their time is up.
    pub(crate) fn end_waits(&mut self) {
        let now_us = self.now().mono_us;
        while let Some(&(at, conn)) = self.waits.deadlines.first() {
            if at > now_us {
                return;
            }
            let reason = self.clients.get(conn).and_then(Client::waits_for);
            self.ran_out(conn, reason.expect("a deadline is that of a suspended client"));
        }
    }

    fn ran_out(&mut self, conn: ConnId, reason: Reason) {
        match reason {
            Reason::Host | Reason::Pause => unreachable!("such a wait has no deadline of its own"),
            Reason::Keys => self.resume(conn, |reply| {
                reply.null_array();
                Ok(())
            }),
            Reason::Replicas { place, .. } => self.answer_wait(conn, place),
        }
    }

    /// CLIENT UNBLOCK: ends a wait as its deadline would, or with an error. False where that cannot be.
    pub(crate) fn unblock(&mut self, conn: ConnId, with_error: bool) -> bool {
        match self.clients.get(conn).and_then(Client::waits_for) {
            None | Some(Reason::Host | Reason::Pause) => return false,
            Some(Reason::Replicas { .. } | Reason::Keys) if with_error => self.resume(conn, |_| {
                Err(CommandError::Custom("UNBLOCKED client unblocked via CLIENT UNBLOCK".into()))
            }),
            Some(reason @ (Reason::Replicas { .. } | Reason::Keys)) => self.ran_out(conn, reason),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::READ_AHEAD;
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn a_deadline_ends_a_wait_on_time() {
        let mut server = Harness::new(Config::default());
        let (late, early) = (server.client(), server.client());
        server.send(late, b"WAIT 1 70\r\nPING\r\n");
        server.send(early, b"WAIT 1 7\r\n");
        server.send(early, b"PING\r\n");
        server.advance(6);
        assert_eq!(server.read(early), b"");
        server.advance(1);
        assert_eq!(server.read(early), b":0\r\n+PONG\r\n");
        server.advance(62);
        assert_eq!(server.read(late), b"");
        server.advance(1);
        assert_eq!(server.read(late), b":0\r\n+PONG\r\n");
    }

    #[test]
    fn unblocked_by_hand() {
        let mut server = Harness::new(Config::default());
        let (boss, other) = (server.client(), server.client());
        server.check(
            boss,
            r#"
            > CLIENT UNBLOCK x        < ERR value is not an integer or out of range
            > CLIENT UNBLOCK x what   < ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
            > CLIENT UNBLOCK -1       < 0
            > CLIENT UNBLOCK 2        < 0
            "#,
        );
        for (how, reply) in [("", &b":0\r\n"[..]), ("timeout", b":0\r\n"), ("ERROR", UNBLOCKED)] {
            server.send(other, b"WAIT 1 0\r\n");
            assert_eq!(server.ask(boss, &format!("CLIENT UNBLOCK 2 {how}")), "1");
            assert_eq!(server.read(other), reply);
        }
        assert_eq!(server.node.engine.errors.iter().last(), Some(("UNBLOCKED", 1)));
    }

    const UNBLOCKED: &[u8] = b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n";

    #[test]
    fn a_reply_that_is_not_wanted_does_not_come_late() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.send(conn, b"CLIENT REPLY SKIP\r\nWAIT 1 10\r\nPING\r\n");
        server.advance(20);
        assert_eq!(server.read(conn), b"+PONG\r\n");
    }

    #[test]
    fn what_is_sent_ahead_is_bounded() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.send(conn, b"WAIT 1 10\r\n");
        let piece = b"PING\r\n".repeat(10_000);
        for _ in 0..40 {
            server.send(conn, &piece);
        }
        let pending = server.node.clients.get(conn).expect("it is connected").pending.len();
        assert!((READ_AHEAD..READ_AHEAD + piece.len()).contains(&pending), "{pending}");
        server.advance(20);
        assert_eq!(server.read(conn).len(), 4 + 400_000 * 7);
    }

    #[test]
    fn who_waits_is_not_idle() {
        let mut server = Harness::with(&[("timeout", "1")]);
        let conn = server.client();
        server.send(conn, b"WAIT 1 5000\r\n");
        server.advance(4_999);
        assert!(!server.is_closed(conn));
        server.hang_up(conn);
        server.advance(10);
        assert_eq!(server.node.waits.timed(), 0);
    }
}
