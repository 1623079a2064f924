//! Clients that wait for keys: suspended when their command found nothing, served when a key has something for them.
//!
//! ```text
//!   Ran::Waits ─▶ block ─▶ suspended, Reason::Keys        a unit raises Ready ─▶ serve_blocked
//!                                                            for each waiter of the key, oldest first:
//!                                                            its request runs again as a unit of its own
//! ```
//!
//! Serving one may make another key ready (BLMOVE), so it goes on until no key is left. A key that has nothing any
//! more ends
//! the round for its waiters: they would find nothing either.

use super::{ConnId, Node};
use crate::client::Reason;
use engine::args::Argv;
use engine::engine::Ran;
use engine::error::CommandError;
use engine::exec::Wait;
use engine::session::Origin;
use engine::time::Now;

impl Node {
    /// The client's command found nothing: it waits.
    pub(crate) fn block(&mut self, now: Now, conn: ConnId, argv: Argv<'_>, wait: &Wait) {
        let Some(client) = self.clients.get(conn) else { return };
        let (seat, db) = (client.session.seat, client.session.db);
        let deadline_us = wait.timeout_ms.map(|ms| now.mono_us.saturating_add(ms.saturating_mul(1000)));
        self.engine.blocked.add(seat, db, argv, wait);
        self.suspend(conn, Reason::Keys, deadline_us);
        self.engine.effects.interest = self.interest();
    }

    /// Serves those whose keys have something now.
    pub(crate) fn serve_blocked(&mut self, now: Now) {
        while let Some((db, key, seats)) = self.engine.blocked.next_ready() {
            for seat in seats {
                let Some(wait_for) = self.engine.blocked.waiter(seat).map(|waiter| waiter.wait_for()) else {
                    continue;
                };
                if self.engine.has_for(wait_for, db, &key) {
                    self.serve(now, ConnId(seat));
                }
            }
        }
    }

    /// Runs a waiter's request again; it goes on waiting if nothing is there for it.
    fn serve(&mut self, now: Now, conn: ConnId) {
        let Node { clients, engine, .. } = self;
        let Some(client) = clients.get_mut(conn).filter(|client| !client.closing) else { return };
        let Some(waiter) = engine.blocked.waiter(conn.0) else { return };
        let request = waiter.request.clone();
        let mut out = client.output.take();
        let start = out.len();
        let ran = engine.run_again(now, &mut client.session, request.borrow(), &mut out);
        client.output.restore(out);
        if let Ran::Waits(_) = ran {
            return;
        }
        if let Some(suspended) = self.wake(conn)
            && suspended.silent
            && let Some(client) = self.clients.get_mut(conn)
        {
            client.output.buffer().truncate(start);
        }
        self.changes += self.engine.effects.changes();
        self.route(now);
        if let Some(client) = self.clients.get_mut(conn) {
            client.written = self.replication.offset;
        }
        self.flush(conn);
    }

    /// This server follows another one now: nobody may wait for a write that will never come from here.
    pub(crate) fn unblock_all(&mut self) {
        let waiting = |client: &&crate::client::Client| {
            client.session.origin == Origin::Client && client.waits_for() == Some(Reason::Keys)
        };
        let conns: Vec<ConnId> = self.clients.iter().filter(waiting).map(|client| client.conn).collect();
        for conn in conns {
            self.resume(conn, |_| {
                let text =
                    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
                Err(CommandError::Custom(text.into()))
            });
        }
    }
}
