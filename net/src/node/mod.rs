//! The server without an operating system: a value that is told what happened and says what to do.
//!
//! ```text
//!   host ── handle(now, Event) ──▶ Node ── poll() ──▶ Action ── host
//!                                   │
//!          client::input ─▶ Engine ─▶ Effects ─▶ route ─▶ replication, subscribers, ...
//! ```
//!
//! The host's contract: after every `handle`, call `poll` until it returns `None`; call `handle` with
//! `Event::Tick` when `deadline` has passed; report what became of every action that says so. Time never
//! runs backwards in `Now::mono_us`.
//!
//! What must never happen: a node that asks for the time, for chance or for a file by itself; two runs of
//! the same events that differ in one byte.

mod cron;
pub mod event;
mod lifecycle;
mod route;

pub use event::{Action, ConnId, DiskDone, DiskError, DiskRequest, Event, LogLevel, Peer, Signal, Vitals};

use crate::client::{Client, Clients, input::Batch};
use crate::config::Config;
use crate::replication::Replication;
use engine::engine::Engine;
use engine::session::Session;
use engine::time::Now;
use std::collections::VecDeque;

/// Counters that INFO shows and CONFIG RESETSTAT clears.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub connections_received: u64,
    pub connections_rejected: u64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    pub output_limit_disconnections: u64,
    pub query_limit_disconnections: u64,
    pub idle_disconnections: u64,
    pub full_syncs: u64,
    pub partial_syncs_accepted: u64,
    pub partial_syncs_refused: u64,
    pub replication_received_bytes: u64,
    pub replication_sent_bytes: u64,
}

/// The server.
pub struct Node {
    pub engine: Engine,
    pub config: Config,
    pub clients: Clients,
    pub replication: Replication,
    pub stats: Stats,
    pub vitals: Vitals,
    /// Forty hexadecimal digits, new at every start.
    pub run_id: String,
    /// The path of the configuration file, for INFO and CONFIG REWRITE; empty without one.
    pub config_path: String,
    pub started: Now,
    /// Changes since the last save, INFO rdb_changes_since_last_save.
    pub changes: u64,
    pub last_save_s: i64,
    next_client_id: u64,
    next_outgoing: u32,
    actions: VecDeque<Action>,
    pub(crate) batch: Batch,
    /// Empty output buffers for the next client that has something to say.
    pub(crate) spare: Vec<Vec<u8>>,
    cron: cron::Cron,
    lifecycle: lifecycle::Lifecycle,
    /// The latest time any event brought.
    now: Now,
}

impl Node {
    /// A server with this configuration. `seed` is all the chance it will ever have.
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        let mut engine = Engine::new(config.databases as usize, seed);
        let run_id = String::from_utf8(engine.random.hex40().to_vec()).expect("hexadecimal digits");
        let replication = Replication::new(&config, &mut engine.random);
        let mut node = Node {
            engine,
            config,
            clients: Clients::default(),
            replication,
            stats: Stats::default(),
            vitals: Vitals::default(),
            run_id,
            config_path: String::new(),
            started: now,
            changes: 0,
            last_save_s: now.wall_s(),
            next_client_id: 1,
            next_outgoing: 0,
            actions: VecDeque::new(),
            batch: Batch::default(),
            spare: Vec::new(),
            cron: cron::Cron::new(now),
            lifecycle: lifecycle::Lifecycle::default(),
            now,
        };
        node.configuration_changed();
        node
    }

    /// Takes one event in.
    pub fn handle(&mut self, now: Now, event: Event<'_>) {
        debug_assert!(now.mono_us >= self.now.mono_us, "monotonic time went back");
        self.now = now;
        match event {
            Event::Received { conn, bytes } => self.received(now, conn, bytes),
            Event::Sent { conn, bytes } => self.sent(conn, bytes),
            Event::Accepted { conn, peer } => self.accepted(now, conn, peer),
            Event::Closed { conn } => self.closed(now, conn),
            Event::Connected { conn, local } => self.link_connected(now, conn, local),
            Event::ConnectFailed { conn, reason } => self.link_failed(now, conn, &reason),
            Event::Disk { ticket, result } => self.disk_done(now, ticket, result),
            Event::Terminate(signal) => self.terminate(now, signal),
            Event::Vitals(vitals) => self.vitals = vitals,
            Event::Tick => self.tick(now),
        }
    }

    /// The next thing to do, if there is one.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When `Event::Tick` is due, in monotonic microseconds.
    pub fn deadline(&self) -> u64 {
        self.cron.deadline()
    }

    /// The time of the latest event.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Bytes to send on a connection, as one slice; there may be more behind it.
    pub fn output(&self, conn: ConnId) -> &[u8] {
        self.clients.get(conn).map_or(&[], |client| client.output.unsent())
    }

    /// Whether the host should read from the connection: no while its output is too far behind.
    pub fn wants_read(&self, conn: ConnId) -> bool {
        self.clients.get(conn).is_some_and(|client| !client.closing && !client.throttled)
    }

    pub fn log(&mut self, level: LogLevel, text: impl Into<String>) {
        self.actions.push_back(Action::Log { level, text: text.into() });
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// A new client id.
    pub(crate) fn client_id(&mut self) -> u64 {
        self.next_client_id += 1;
        self.next_client_id - 1
    }

    /// Asks the host for a connection of our own.
    pub(crate) fn connect(&mut self, host: String, port: u16) -> ConnId {
        self.next_outgoing += 1;
        let conn = ConnId::outgoing(self.next_outgoing);
        self.act(Action::Connect { conn, host, port });
        conn
    }

    fn accepted(&mut self, now: Now, conn: ConnId, peer: Peer) {
        self.stats.connections_received += 1;
        let id = self.client_id();
        let session = Session { local: peer.loopback, ..Session::new(id) };
        let refused = self.refusal(&peer);
        let mut client = Client::new(conn, session, peer, now.mono_us);
        if let Some(text) = refused {
            self.stats.connections_rejected += 1;
            client.output.buffer().extend_from_slice(text);
        }
        let refused = refused.is_some();
        self.clients.insert(client);
        if refused {
            self.close_after_output(conn);
        }
    }

    /// Why a connection is turned away before it said anything.
    fn refusal(&self, peer: &Peer) -> Option<&'static [u8]> {
        if self.clients.accepted() >= self.config.maxclients as usize {
            return Some(b"-ERR max number of clients reached\r\n");
        }
        let protected = self.config.protected_mode && self.config.requirepass.is_none() && !peer.loopback;
        protected.then_some(PROTECTED_MODE)
    }

    fn closed(&mut self, now: Now, conn: ConnId) {
        let Some(client) = self.clients.remove(conn) else { return };
        self.connection_ended(now, &client);
    }

    /// The host sent bytes of `output`.
    fn sent(&mut self, conn: ConnId, bytes: usize) {
        self.stats.sent_bytes += bytes as u64;
        let Some(client) = self.clients.get_mut(conn) else { return };
        if let Some(spare) = client.output.advance(bytes)
            && self.spare.len() < 16
        {
            self.spare.push(spare);
        }
        self.output_shrank(conn);
    }

    /// Sends what is queued and closes; nothing more is read.
    pub(crate) fn close_after_output(&mut self, conn: ConnId) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        if !std::mem::replace(&mut client.closing, true) {
            self.act(Action::Close { conn });
        }
    }

    /// Closes at once; what is queued is dropped.
    pub(crate) fn close_now(&mut self, conn: ConnId) {
        if let Some(client) = self.clients.get_mut(conn) {
            client.output.discard();
        }
        self.close_after_output(conn);
    }

    /// The host has sent everything this connection had; it is told again when there is more.
    pub fn flushed(&mut self, conn: ConnId) {
        if let Some(client) = self.clients.get_mut(conn) {
            client.output.flush_queued = false;
        }
    }

    /// Tells the host that a connection has output, unless it knows.
    pub(crate) fn flush(&mut self, conn: ConnId) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        if !std::mem::replace(&mut client.output.flush_queued, true) {
            self.act(Action::Flush { conn });
        }
    }
}

/// What a stranger hears from an unprotected server.
const PROTECTED_MODE: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is enabled and no \
password is set for the default user. In this mode connections are only accepted from the loopback interface. If you \
want to connect from external computers, you may adopt one of the following solutions: 1) Disable protected mode by \
sending 'CONFIG SET protected-mode no' from the loopback interface, connecting from the same host the server is \
running on; but make sure it cannot be reached from the internet before you do so. Use CONFIG REWRITE to make this \
change permanent. 2) Set protected-mode to 'no' in the configuration file and restart the server. 3) If the server \
was started by hand for testing, restart it with '--protected-mode no'. 4) Set a password for the default user. Only \
one of these is needed for connections from outside to be accepted.\r\n";
