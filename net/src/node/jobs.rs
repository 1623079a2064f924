//! Requests to the host that somebody waits for, and replies that are held back meanwhile.
//!
//! ```text
//!   command ─▶ hold(conn) ─▶ Held ─▶ ask_disk(request, Job holding it) ─▶ ... Event::Disk ─▶ answer(held, reply)
//!                │                                                                              │
//!                └─ the client is suspended meanwhile, see `client::suspend` ───────────────────┘
//! ```
//!
//! A `Held` is a promise: exactly one `answer` takes it. A client that is gone by then is no trouble; its id tells
//! it from the next one under the same number.
//!
//! What must never happen: a held client that nobody answers; a reply out of order.

use super::{Action, ConnId, DiskDone, DiskError, DiskRequest, Node};
use crate::client::Reason;
use crate::families::config::{Applying, Rewriting};
use engine::error::CommandError;
use engine::reply::Reply;
use engine::time::Now;
use std::collections::BTreeMap;

/// What goes on when the host has answered.
#[derive(Debug)]
pub(crate) enum Job {
    /// CONFIG REWRITE, after reading and after writing.
    Rewrite(Rewriting),
    /// CONFIG SET of what the host lives by.
    Apply(Box<Applying>),
    /// A step of saving or loading a snapshot.
    Durability { run: u64 },
}

/// The jobs under way, by ticket.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    last: u64,
    waiting: BTreeMap<u64, Job>,
}

/// A client whose reply is owed.
#[derive(Debug)]
#[must_use = "the client waits for its answer"]
pub(crate) struct Held {
    conn: ConnId,
    id: u64,
}

impl Jobs {
    fn add(&mut self, job: Job) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, job);
        self.last
    }
}

impl Node {
    /// Sends a request to the disk; `job` goes on with its result.
    pub(crate) fn ask_disk(&mut self, request: DiskRequest, job: Job) {
        let ticket = self.jobs.add(job);
        self.act(Action::Disk { ticket, request });
    }

    /// Has the host take a directive over; `job` goes on when it did or failed.
    pub(crate) fn ask_reconfigure(&mut self, directive: &'static str, value: String, job: Job) {
        let ticket = self.jobs.add(job);
        self.act(Action::Reconfigure { ticket, directive, value });
    }

    pub(super) fn disk_done(&mut self, now: Now, ticket: u64, result: Result<DiskDone, DiskError>) {
        match self.jobs.waiting.remove(&ticket) {
            Some(Job::Rewrite(rewriting)) => self.rewrite_goes_on(rewriting, result),
            Some(Job::Apply(_)) => unreachable!("the disk has no directives"),
            Some(Job::Durability { run }) => self.durability_disk_done(now, run, result),
            None => unreachable!("the disk answers what it was asked, once"),
        }
    }

    pub(super) fn reconfigured(&mut self, ticket: u64, result: Result<(), String>) {
        match self.jobs.waiting.remove(&ticket) {
            Some(Job::Apply(applying)) => self.apply_goes_on(*applying, result),
            Some(Job::Rewrite(_) | Job::Durability { .. }) => unreachable!("a rewrite asks for files alone"),
            // The host took back what a failed CONFIG SET had changed; nobody waits.
            None => {}
        }
    }

    /// Holds the reply to the command that this client has just sent.
    pub(crate) fn hold(&mut self, conn: ConnId) -> Held {
        self.suspend(conn, Reason::Host, None);
        let client = self.clients.get(conn).expect("it was just suspended");
        Held { conn, id: client.session.id }
    }

    /// Gives a held client its reply, if it is still there.
    pub(crate) fn answer(
        &mut self,
        held: Held,
        write: impl FnOnce(&mut Reply<'_>) -> Result<(), CommandError>,
    ) {
        let Held { conn, id } = held;
        if self.clients.get(conn).is_some_and(|client| client.session.id == id) {
            self.resume(conn, write);
        }
    }
}
