//! The server without an operating system: a value that is told what happened and says what to do.
//!
//! ```text
//!   host ── handle(now, Event) ──▶ Node ── poll() ──▶ Action ── host
//!                                   │
//!          client::input ─▶ Engine ─▶ Effects ─▶ route ─▶ replication, subscribers, ...
//! ```
//!
//! Time comes with each event: the moment, and a stopwatch for what is measured about the event itself. What the
//! stopwatch says is told to those who ask for it and decides nothing.
//!
//! The host's contract: after every `handle`, call `poll` until it returns `None`; call `handle` with
//! `Event::Tick` when `deadline` has passed; report what became of every action that says so. Time never
//! runs backwards in `Now::mono_us`.
//!
//! What must never happen: a node that asks for the time, for chance or for a file by itself; two runs of
//! the same events that differ in one byte.

mod cron;
pub mod event;
pub(crate) mod jobs;
mod lifecycle;
pub(crate) mod measure;
mod messages;
pub(crate) mod rates;
mod route;
mod transaction;
mod waiters;

pub(crate) use jobs::{Held, Job};
pub use transaction::Rest;

pub use event::{Action, ConnId, DiskDone, DiskError, DiskRequest, Event, LogLevel, Peer, Signal, Vitals};

use crate::client::{Client, Clients, Role, input::Batch, pause::Pause, suspend::Waits};
use crate::config::Config;
use crate::durability::Durability;
use crate::replication::Replication;
use engine::engine::Engine;
use engine::session::Session;
use engine::time::Now;
use engine::timing::{Still, Stopwatch};
use std::collections::VecDeque;

/// Counters that INFO shows and CONFIG RESETSTAT clears.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub connections_received: u64,
    pub connections_rejected: u64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// Reads that brought bytes, and writes that took some.
    pub reads: u64,
    pub writes: u64,
    /// Events handled, and the time they took as far as the host measures it.
    pub events: u64,
    pub busy_ns: u64,
    /// The part of it in which commands ran.
    pub commands_ns: u64,
    pub output_limit_disconnections: u64,
    pub query_limit_disconnections: u64,
    pub idle_disconnections: u64,
    pub full_syncs: u64,
    pub partial_syncs_accepted: u64,
    pub partial_syncs_refused: u64,
    pub replication_received_bytes: u64,
    pub replication_sent_bytes: u64,
}

/// What a host says once of itself, for INFO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The operating system: name, release and machine.
    pub os: String,
    pub process_id: u32,
    /// The path of the program.
    pub executable: String,
}

/// The server.
pub struct Node {
    pub engine: Engine,
    pub config: Config,
    pub clients: Clients,
    pub replication: Replication,
    pub durability: Durability,
    pub stats: Stats,
    pub vitals: Vitals,
    /// Bytes of the keyspace when `vitals` were measured.
    keyspace_when_measured: u64,
    pub about: About,
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
    pub(crate) jobs: jobs::Jobs,
    pub(crate) rates: rates::Rates,
    /// When the log was last told of HTTP requests, monotonic.
    pub(crate) http_warned_us: Option<u64>,
    /// For how long the host will stand still once the command at hand is done.
    pub(crate) stalled_us: u64,
    /// Memory in use when the host measured it first.
    pub(crate) startup_memory: u64,
    pub(crate) batch: Batch,
    /// Empty output buffers for the next client that has something to say.
    pub(crate) spare: Vec<Vec<u8>>,
    pub(crate) cron: cron::Cron,
    pub(crate) waits: Waits,
    pub(crate) pause: Pause,
    lifecycle: lifecycle::Lifecycle,
    /// The command at hand is one of a transaction: it must not wait.
    pub(crate) in_transaction: bool,
    pub(crate) messages: messages::Messages,
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
            durability: Durability::new(now),
            stats: Stats::default(),
            vitals: Vitals::default(),
            keyspace_when_measured: 0,
            about: About::default(),
            run_id,
            config_path: String::new(),
            started: now,
            changes: 0,
            last_save_s: now.wall_s(),
            next_client_id: 1,
            next_outgoing: 0,
            actions: VecDeque::new(),
            jobs: jobs::Jobs::default(),
            rates: rates::Rates::new(now.mono_us),
            http_warned_us: None,
            stalled_us: 0,
            startup_memory: 0,
            batch: Batch::default(),
            spare: Vec::new(),
            cron: cron::Cron::new(now),
            waits: Waits::default(),
            pause: Pause::default(),
            lifecycle: lifecycle::Lifecycle::default(),
            in_transaction: false,
            messages: messages::Messages::default(),
            now,
        };
        node.configuration_changed();
        node
    }

    /// Takes one event in, on a host where no time passes meanwhile.
    pub fn handle(&mut self, now: Now, event: Event<'_>) {
        self.handle_timed(now, event, &mut Still);
    }

    /// Takes one event in. `watch` began to run when the event came.
    pub fn handle_timed(&mut self, now: Now, event: Event<'_>, watch: &mut dyn Stopwatch) {
        debug_assert!(now.mono_us >= self.now.mono_us, "monotonic time went back");
        self.now = now;
        self.stats.events += 1;
        match event {
            Event::Received { conn, bytes } => self.received(now, conn, bytes, watch),
            Event::Sent { conn, bytes } => self.sent(conn, bytes),
            Event::Accepted { conn, peer } => self.accepted(now, conn, peer),
            Event::Closed { conn } => self.closed(now, conn),
            Event::Connected { conn, local } => self.link_connected(now, conn, local),
            Event::ConnectFailed { conn, reason } => self.link_failed(now, conn, &reason),
            Event::Disk { ticket, result } => self.disk_done(now, ticket, result),
            Event::Terminate(signal) => self.terminate(now, signal),
            Event::Reconfigured { ticket, result } => self.reconfigured(ticket, result),
            Event::Vitals(vitals) => self.measured(vitals),
            Event::Tick => self.tick(now, watch),
        }
        self.serve_blocked(now);
        self.measure_rest(watch);
        self.run_resumed(watch);
        self.ask_for_acknowledgements();
    }

    /// Bytes in use now: what the host measured last, and how much the keyspace has changed since. Zero as long as
    /// nothing was measured.
    pub fn used_memory(&self) -> u64 {
        let keyspace = self.engine.keyspace.memory() as u64;
        match self.vitals.used_memory {
            0 => 0,
            measured => (measured + keyspace).saturating_sub(self.keyspace_when_measured),
        }
    }

    fn measured(&mut self, vitals: Vitals) {
        self.keyspace_when_measured = self.engine.keyspace.memory() as u64;
        if self.startup_memory == 0 {
            self.startup_memory = vitals.used_memory;
        }
        self.vitals = vitals;
    }

    /// The next thing to do, if there is one.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When `Event::Tick` is due, in monotonic microseconds.
    pub fn deadline(&self) -> u64 {
        let others = [self.waits.next_deadline(), self.pause.deadline()];
        others.into_iter().flatten().fold(self.cron.deadline(), u64::min)
    }

    /// The time of the latest event.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Bytes to send on a connection, as one slice; there may be more behind it. A replica is sent its replies, then
    /// slices of what all replicas share. `Sent` has to tell of a slice before another event comes in.
    pub fn output(&self, conn: ConnId) -> &[u8] {
        let Some(client) = self.clients.get(conn) else { return &[] };
        let own = client.output.unsent();
        if own.is_empty() && client.role == Role::Replica && !client.closing {
            return self.feed_output(conn);
        }
        own
    }

    /// Whether the host should read from the connection: no while its output is too far behind.
    pub fn wants_read(&self, conn: ConnId) -> bool {
        self.clients.get(conn).is_some_and(Client::wants_read)
            && !self.durability.standstill()
            && !(self.link_is_full() && self.replication.reads_link(conn))
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
        // Whoever comes while no password is asked for is let in for good.
        let authenticated = self.config.requirepass.is_none();
        let session = Session { local: peer.loopback, authenticated, seat: conn.0, ..Session::new(id) };
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
        let Some(mut client) = self.clients.remove(conn) else { return };
        if let Some(suspended) = &client.suspended {
            self.forget_wait(conn, suspended);
        }
        self.engine.watches.forget(&mut client.session);
        self.engine.pubsub.leave(&mut client.session);
        self.connection_ended(now, &client);
    }

    /// The host sent bytes of `output`.
    fn sent(&mut self, conn: ConnId, bytes: usize) {
        self.stats.sent_bytes += bytes as u64;
        self.stats.writes += 1;
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.output.is_empty() {
            return self.feed_sent(self.now, conn, bytes);
        }
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
want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable \
protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis \
from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do \
so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by \
editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. \
3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an \
authentication password for the default user. NOTE: You only need to do one of the above things in order for the \
server to start accepting connections from the outside.\r\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Harness;

    fn stranger() -> Peer {
        Peer {
            address: "192.0.2.7:4000".into(),
            local_address: "192.0.2.1:6379".into(),
            loopback: false,
            unix: false,
        }
    }

    #[test]
    fn one_client_too_many_hears_so() {
        let mut server = Harness::with(&[("maxclients", "2")]);
        let (first, second) = (server.client(), server.client());
        let third = server.client();
        assert_eq!(server.read(third), b"-ERR max number of clients reached\r\n");
        assert!(server.is_closed(third) && !server.is_closed(second));
        server.hang_up(first);
        let fourth = server.client();
        assert_eq!(server.ask(fourth, "PING"), "PONG");
        assert_eq!(server.node.stats.connections_rejected, 1);
    }

    #[test]
    fn strangers_are_kept_out_while_there_is_no_password() {
        let mut server = Harness::with(&[]);
        let conn = server.client_from(stranger());
        let text = server.read(conn);
        assert!(text.starts_with(b"-DENIED Redis is running in protected mode") && text.ends_with(b".\r\n"));
        assert!(server.is_closed(conn));
        for settings in [("protected-mode", "no"), ("requirepass", "secret")] {
            let mut server = Harness::with(&[settings]);
            let conn = server.client_from(stranger());
            assert!(server.read(conn).is_empty() && !server.is_closed(conn), "{settings:?}");
        }
    }

    #[test]
    fn who_came_before_the_password_stays() {
        let mut server = Harness::with(&[]);
        let (conn, early) = (server.client(), server.client());
        server.check(conn, "> CONFIG SET requirepass secret < OK");
        server.check(early, "> GET k < nil");
        let late = server.client();
        server.check(late, "> GET k < NOAUTH Authentication required.");
    }
}
