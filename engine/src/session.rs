//! `Session`: one client's state as commands see it. Sockets and buffers belong to the node.

use crate::exec::{Transaction, Watched};
use crate::pubsub::Subscriptions;
use crate::reply::Protocol;

/// Where a session's commands come from, which decides what the gate asks of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A connected client.
    #[default]
    Client,
    /// The replication stream of our primary: obeyed without questions, never expires keys by itself.
    Primary,
    /// A file being loaded.
    Loading,
}

#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The client's id, unique over the life of the process.
    pub id: u64,
    /// How the node finds the client's connection.
    pub seat: u32,
    /// The selected database.
    pub db: u32,
    pub protocol: Protocol,
    pub origin: Origin,
    pub authenticated: bool,
    /// The client came over loopback or a unix socket; `enable-debug-command local` asks.
    pub local: bool,
    /// CLIENT NO-TOUCH: reads leave the access clock alone.
    pub no_touch: bool,
    /// CLIENT SETNAME.
    pub name: Vec<u8>,
    /// Between MULTI and EXEC: what is queued.
    pub multi: Option<Box<Transaction>>,
    /// What WATCH watches, until EXEC, DISCARD or UNWATCH; see `exec::watch`.
    pub watched: Vec<Watched>,
    /// What the client listens to, if anything.
    pub subscriptions: Option<Box<Subscriptions>>,
    /// QUIT was answered: the connection ends after its output.
    pub quit: bool,
}

impl Session {
    /// Bytes owned beside the value itself.
    pub fn memory(&self) -> usize {
        let queue = self.multi.as_ref().map_or(0, |queue| queue.memory());
        let subscriptions = self.subscriptions.as_ref().map_or(0, |own| own.memory());
        let watched: usize =
            self.watched.iter().map(|watched| watched.key.len() + size_of::<Watched>()).sum();
        self.name.capacity() + queue + subscriptions + watched
    }

    pub fn new(id: u64) -> Self {
        Session { id, ..Session::default() }
    }
}
