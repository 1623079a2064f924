//! WAIT: clients that go on when enough replicas have what they wrote.
//!
//! A replica acknowledges once a second by itself. So that nobody waits that long, GETACK goes into the stream at
//! the end of every event in which a client began to wait; during CLIENT PAUSE only when that is over.

use super::ReplOffset;
use crate::client::Reason;
use crate::node::{ConnId, Node};
use engine::error::CommandError;
use std::collections::BTreeSet;

const GETACK: &[u8] = b"*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n";

/// Who waits for acknowledgements.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    clients: BTreeSet<ConnId>,
    /// Somebody has begun to wait, and the replicas have not been asked since.
    unasked: bool,
}

impl super::Replication {
    pub(crate) fn forget_waiting(&mut self, conn: ConnId) {
        self.waiting.clients.remove(&conn);
    }
}

impl Node {
    /// Suspends a client until so many replicas have come to `place`.
    pub(crate) fn wait_for_replicas(
        &mut self,
        conn: ConnId,
        wanted: i64,
        place: ReplOffset,
        deadline_us: Option<u64>,
    ) {
        self.suspend(conn, Reason::Replicas { wanted, place }, deadline_us);
        self.replication.waiting.clients.insert(conn);
        self.replication.waiting.unasked = true;
    }

    /// Answers a client that waits with the number of replicas that have come to its place.
    pub(crate) fn answer_wait(&mut self, conn: ConnId, place: ReplOffset) {
        let count = self.replicas_at(place);
        self.resume(conn, |reply| {
            reply.int(count);
            Ok(())
        });
    }

    /// A replica has come further: those for whom that is enough go on.
    pub(super) fn answer_waits(&mut self) {
        let waiting: Vec<ConnId> = self.replication.waiting.clients.iter().copied().collect();
        for conn in waiting {
            let reason = self.clients.get(conn).and_then(|client| client.waits_for());
            let Some(Reason::Replicas { wanted, place }) = reason else {
                unreachable!("the list names those who wait for replicas")
            };
            if self.replicas_at(place) >= wanted {
                self.answer_wait(conn, place);
            }
        }
    }

    /// This node follows a primary from now on: what its clients wrote is no longer its own to vouch for.
    pub(super) fn refuse_waits(&mut self) {
        let text =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
        let waiting: Vec<ConnId> = self.replication.waiting.clients.iter().copied().collect();
        for conn in waiting {
            self.resume(conn, |_| Err(CommandError::Custom(text.into())));
            self.close_after_output(conn);
        }
    }

    /// The end of an event: the replicas are asked how far they are if somebody began to wait for that.
    pub(crate) fn ask_for_acknowledgements(&mut self) {
        if !self.replication.waiting.unasked || self.pause.is_on() {
            return;
        }
        self.replication.waiting.unasked = false;
        if self.replication.backlog.is_some() && self.replication.link.is_none() {
            self.replication.append_bytes(GETACK);
            self.feed_replicas(self.now());
        }
    }
}
