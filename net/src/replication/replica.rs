//! Our link to a primary.
//!
//! ```text
//!   Idle ─ retry ─▶ Connecting ─▶ Handshake ─ +CONTINUE ──────────────────▶ Up
//!    ▲                               └─ +FULLRESYNC ─▶ Payload ── loaded ────┘
//!    └──────── the connection ends, times out, or says something impossible ──────────
//! ```
//!
//! What survives a broken link: the stream's name, the place up to which it was applied, and the database it
//! was in. With these the next handshake asks to go on.

use super::backlog::Backlog;
use super::feed::Feed;
use super::handshake::{Answer, Handshake, Introduction};
use super::offsets::ReplOffset;
use super::payload::{Payload, Step};
use crate::client::{Client, Role};
use crate::node::{Action, ConnId, LogLevel, Node, Peer};
use crate::resp::encode_request;
use engine::persist::load::StreamPosition;
use engine::session::{Origin, Session};
use engine::time::Now;

/// Between a failed attempt and the next one, in microseconds.
const RETRY_US: u64 = 1_000_000;
/// The longest line of a handshake, in bytes.
const LINE_MAX: usize = 64 * 1024;
/// Bytes of the stream that are read ahead while it is paused.
const PAUSED_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Link {
    pub host: String,
    pub port: u16,
    state: State,
    /// Bytes of the connection that are no whole line or request yet.
    inbox: Vec<u8>,
    /// The database that the stream was in when it was last read.
    db: u32,
    /// We hold a whole state of the stream, so that a primary could let us go on.
    resumable: bool,
    /// When bytes last arrived.
    pub last_io_us: u64,
    /// Since when the link has not been up; none if it never was.
    pub down_since_us: Option<u64>,
}

#[derive(Debug)]
enum State {
    Idle { retry_at_us: u64 },
    Connecting(ConnId),
    Handshake(ConnId, Handshake),
    Payload { conn: ConnId, payload: Box<Payload>, id: String, offset: ReplOffset },
    Up(ConnId, Box<Feed>),
}

/// What ROLE calls the state of the link.
pub(super) struct Progress {
    pub name: &'static str,
    /// Bytes of the payload so far, and their announced number.
    pub payload: Option<(u64, Option<u64>)>,
}

impl Link {
    /// A link that is to be opened at once. `resumable` says that this node's own stream goes up to where it is.
    pub fn new(host: String, port: u16, db: u32, resumable: bool) -> Link {
        Link {
            host,
            port,
            state: State::Idle { retry_at_us: 0 },
            inbox: Vec::new(),
            db,
            resumable,
            last_io_us: 0,
            down_since_us: None,
        }
    }

    pub fn conn(&self) -> Option<ConnId> {
        match &self.state {
            State::Idle { .. } => None,
            State::Connecting(conn)
            | State::Handshake(conn, _)
            | State::Payload { conn, .. }
            | State::Up(conn, _) => Some(*conn),
        }
    }

    /// Whether the stream is being followed.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up(..))
    }

    /// The database that the stream is in.
    pub fn selected_db(&self) -> u32 {
        match &self.state {
            State::Up(_, feed) => feed.session.db,
            _ => self.db,
        }
    }

    /// Bytes read beyond what was applied.
    pub fn ahead(&self) -> u64 {
        match &self.state {
            State::Up(_, feed) => feed.held_bytes() + self.inbox.len() as u64,
            _ => 0,
        }
    }

    pub fn progress(&self) -> Progress {
        let (name, payload) = match &self.state {
            State::Idle { .. } => ("connect", None),
            State::Connecting(_) => ("connecting", None),
            State::Handshake(..) => ("handshake", None),
            State::Payload { payload, .. } => ("sync", Some((payload.read, payload.total))),
            State::Up(..) => ("connected", None),
        };
        Progress { name, payload }
    }
}

impl Node {
    /// REPLICAOF host port. False when that primary is followed already.
    pub(crate) fn follow(&mut self, now: Now, host: &str, port: u16) -> bool {
        let link = self.replication.link.as_ref();
        if link.is_some_and(|link| link.host.eq_ignore_ascii_case(host) && link.port == port) {
            return false;
        }
        let (db, resumable) = match self.replication.link.take() {
            Some(link) => {
                let kept = (link.selected_db(), link.resumable);
                self.hang_up(link);
                kept
            }
            // What a primary was sent up to now may be the beginning of what the other goes on with.
            None => (self.replication.selected.unwrap_or(0), true),
        };
        self.replication.link = Some(Link::new(host.to_string(), port, db, resumable));
        self.unblock_all();
        // Our replicas have to hear by a handshake of their own under which name the stream goes on.
        self.drop_replicas();
        self.note_primary();
        self.renew_mode();
        self.refuse_waits();
        self.replica_beat(now, false);
        true
    }

    /// Whether this node follows a primary and does not hear it.
    pub(crate) fn link_is_down(&self) -> bool {
        self.replication.link.as_ref().is_some_and(|link| !link.is_up())
    }

    /// REPLICAOF NO ONE. False when this node follows nobody.
    pub(crate) fn promote(&mut self) -> bool {
        let Some(link) = self.replication.link.take() else { return false };
        let resumable = link.resumable;
        self.hang_up(link);
        let id = super::fresh_id(&mut self.engine.random);
        if resumable {
            self.replication.succeed(id);
        } else {
            self.replication.id = id;
            self.replication.second = None;
        }
        // Replicas may be in another database than the next request, and are told.
        self.replication.selected = None;
        self.drop_replicas();
        self.note_primary();
        self.renew_mode();
        self.refuse_waits();
        let (id, offset) = (self.replication.id.clone(), self.replication.offset.0 + 1);
        let second = self.replication.second.as_ref().map_or("none", |(id, _)| id).to_string();
        self.log(
            LogLevel::Notice,
            format!("Setting secondary replication ID to {second}, valid up to offset: {offset}. New replication ID is {id}"),
        );
        true
    }

    /// CONFIG REWRITE and CONFIG GET replicaof show whom we follow.
    fn note_primary(&mut self) {
        let primary = self.replication.link.as_ref().map(|link| (link.host.clone().into_bytes(), link.port));
        let value = crate::config::Value::Primary(primary);
        self.config.put(crate::config::Id::Replicaof, value);
    }

    /// Gives a link up for good.
    fn hang_up(&mut self, mut link: Link) {
        self.end_load(&link);
        let Some(conn) = link.conn() else { return };
        link.state = State::Idle { retry_at_us: 0 };
        if self.clients.get(conn).is_some() {
            self.close_now(conn);
        } else {
            self.act(Action::Close { conn });
        }
    }

    /// A payload that will not be finished leaves no half of a data set behind.
    fn end_load(&mut self, link: &Link) {
        if let State::Payload { payload, .. } = &link.state
            && payload.has_begun()
        {
            self.empty_keyspace();
            self.engine.mode.loading = false;
        }
    }

    pub(crate) fn link_connected(&mut self, now: Now, conn: ConnId, local: String) {
        let Some(link) = &mut self.replication.link else { return };
        if link.conn() != Some(conn) {
            return;
        }
        link.last_io_us = now.mono_us;
        link.inbox.clear();
        let address = format!("{}:{}", link.host, link.port);
        let config = &self.config;
        let introduction = Introduction {
            auth: config.masterauth.clone().map(|password| (config.masteruser.clone(), password)),
            port: if config.replica_announce_port > 0 { config.replica_announce_port } else { config.port },
            address: config.replica_announce_ip.clone(),
            resume: link.resumable.then(|| (self.replication.id.clone(), self.replication.offset)),
        };
        let asked = introduction.resume.clone();
        let (handshake, hello) = Handshake::begin(introduction);
        link.state = State::Handshake(conn, handshake);
        let id = self.client_id();
        let session = Session { origin: Origin::Primary, authenticated: true, ..Session::new(id) };
        let peer = Peer { address, local_address: local, loopback: false, unix: false };
        let mut client = Client::new(conn, session, peer, now.mono_us);
        client.role = Role::Primary;
        client.output.buffer().extend_from_slice(&hello);
        self.clients.insert(client);
        self.log(LogLevel::Notice, "Non blocking connect for SYNC fired the event.");
        if let Some((id, place)) = asked {
            let text = format!("Trying a partial resynchronization (request {id}:{}).", place.0 + 1);
            self.log(LogLevel::Notice, text);
        }
        self.flush(conn);
    }

    pub(crate) fn link_failed(&mut self, now: Now, conn: ConnId, reason: &str) {
        if self.replication.reads_link(conn) {
            self.log(LogLevel::Warning, format!("Error condition on socket for SYNC: {reason}"));
            self.break_link(now);
        }
    }

    /// The link is over; another one is tried later.
    fn break_link(&mut self, now: Now) {
        let Some(mut link) = self.replication.link.take() else { return };
        self.end_load(&link);
        let conn = link.conn();
        link.db = link.selected_db();
        if link.is_up() {
            link.down_since_us = Some(now.mono_us);
            self.log(LogLevel::Notice, "Connection with master lost.");
        }
        link.inbox = Vec::new();
        link.state = State::Idle { retry_at_us: now.mono_us + RETRY_US };
        self.replication.link = Some(link);
        if let Some(conn) = conn
            && self.clients.get(conn).is_some()
        {
            self.close_now(conn);
        }
        self.renew_mode();
    }

    /// A connection of ours or to us is gone.
    pub(crate) fn connection_ended(&mut self, now: Now, client: &Client) {
        self.detach(client.conn);
        if self.replication.reads_link(client.conn) {
            self.break_link(now);
        }
    }

    pub(crate) fn link_received(&mut self, now: Now, conn: ConnId, bytes: &[u8]) {
        self.stats.replication_received_bytes += bytes.len() as u64;
        let Some(mut link) = self.replication.link.take() else { return };
        if !bytes.is_empty() {
            link.last_io_us = now.mono_us;
        }
        let mut inbox = std::mem::take(&mut link.inbox);
        let mut state = std::mem::replace(&mut link.state, State::Connecting(conn));
        // The stream is this node's to append to only as a replica, which it is for as long as there is a link.
        self.replication.link = Some(link);
        let outcome = if inbox.is_empty() {
            let used = self.read_link(now, &mut state, bytes);
            used.map(|used| bytes[used..].to_vec())
        } else {
            inbox.extend_from_slice(bytes);
            let used = self.read_link(now, &mut state, &inbox);
            used.map(|used| {
                inbox.drain(..used);
                inbox
            })
        };
        let link = self.replication.link.as_mut().expect("reading does not end the link");
        link.state = state;
        match outcome {
            Ok(rest) => link.inbox = rest,
            Err(reason) => {
                self.log(LogLevel::Warning, reason);
                self.break_link(now);
            }
        }
        self.renew_mode();
    }

    /// Whether so much of the stream waits for the end of a pause that no more should be read.
    pub(crate) fn link_is_full(&self) -> bool {
        self.pause.is_on() && self.replication.link.as_ref().is_some_and(|link| link.ahead() > PAUSED_MAX)
    }

    /// Takes what can be taken of `bytes` and answers how many that were.
    fn read_link(&mut self, now: Now, state: &mut State, bytes: &[u8]) -> Result<usize, String> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let used = match state {
                State::Handshake(..) => self.read_line(state, rest)?,
                State::Payload { .. } => self.read_payload(now, state, rest)?,
                State::Up(_, feed) => {
                    let used = self.feed(now, feed, rest).map_err(|error| {
                        format!("Protocol error from master: {error}. The link is opened anew.")
                    })?;
                    return Ok(at + used);
                }
                State::Idle { .. } | State::Connecting(_) => {
                    unreachable!("nothing is read before a handshake")
                }
            };
            at += used;
            if used == 0 {
                return Ok(at);
            }
        }
    }

    fn read_line(&mut self, state: &mut State, bytes: &[u8]) -> Result<usize, String> {
        let State::Handshake(conn, handshake) = state else { unreachable!("the caller looked") };
        let conn = *conn;
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            let too_long = bytes.len() > LINE_MAX;
            return if too_long { Err("Master sends a line without an end".to_string()) } else { Ok(0) };
        };
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        // An empty line is a sign of life while the answer is being made.
        if !line.is_empty() {
            match handshake.line(line) {
                Answer::Wait => {}
                Answer::Say(bytes) => self.send_to_primary(conn, &bytes),
                Answer::Note(text) => self.log(LogLevel::Notice, text),
                Answer::Refused(reason) => return Err(reason),
                Answer::Continue { id } => {
                    self.continue_stream(id);
                    let db = self.replication.link.as_ref().map_or(0, |link| link.db);
                    *state = State::Up(conn, Box::new(Feed::new(db)));
                }
                Answer::Full { id, offset } => {
                    self.log(LogLevel::Notice, format!("Full resync from master: {id}:{offset}"));
                    *state = State::Payload { conn, payload: Box::new(Payload::new()), id, offset };
                }
            }
        }
        Ok(end + 1)
    }

    /// The primary goes on where we were.
    fn continue_stream(&mut self, id: Option<String>) {
        self.log(LogLevel::Notice, "Successful partial resynchronization with master.");
        if let Some(id) = id.filter(|id| *id != self.replication.id) {
            self.log(LogLevel::Notice, format!("Master replication ID changed to {id}"));
            self.replication.succeed(id);
            self.drop_replicas();
        }
        if self.replication.backlog.is_none() {
            let (at, size) = (self.replication.offset, self.config.repl_backlog_size);
            self.replication.backlog = Some(Backlog::new(at, size));
        }
        if let Some(link) = &mut self.replication.link {
            link.down_since_us = None;
        }
    }

    fn read_payload(&mut self, now: Now, state: &mut State, bytes: &[u8]) -> Result<usize, String> {
        let State::Payload { conn, payload, id, offset } = state else { unreachable!("the caller looked") };
        if bytes.is_empty() {
            return Ok(0);
        }
        let step = payload.push(&mut self.engine.keyspace, now, bytes).map_err(|reason| {
            format!("Failed trying to load the MASTER synchronization DB, check server logs: {reason}")
        })?;
        match step {
            Step::More => Ok(bytes.len()),
            Step::Begins(used) => {
                self.log(LogLevel::Notice, "MASTER <-> REPLICA sync: Flushing old data");
                self.begin_load();
                self.log(LogLevel::Notice, "MASTER <-> REPLICA sync: Loading DB in memory");
                Ok(used)
            }
            Step::Ends(used) => {
                let db = payload.loader.position.db.and_then(|db| u32::try_from(db).ok()).unwrap_or(0);
                let keys = payload.loader.keys_loaded;
                let (conn, id, offset) = (*conn, std::mem::take(id), *offset);
                let db = if db < self.engine.keyspace.databases() { db } else { 0 };
                self.finish_sync(id, offset);
                self.log(
                    LogLevel::Notice,
                    format!("MASTER <-> REPLICA sync: Finished with success, {keys} keys loaded"),
                );
                *state = State::Up(conn, Box::new(Feed::new(db)));
                self.send_ack_on(conn);
                Ok(used)
            }
        }
    }

    /// The data set is about to be replaced: it is emptied, and nobody may rely on what we had.
    fn begin_load(&mut self) {
        self.drop_replicas();
        self.replication.backlog = None;
        if let Some(link) = &mut self.replication.link {
            link.resumable = false;
        }
        self.empty_keyspace();
        self.engine.mode.loading = true;
    }

    fn empty_keyspace(&mut self) {
        self.give_up_save();
        self.end_transfer();
        for db in 0..self.engine.keyspace.databases() {
            if self.engine.keyspace.flush(db) > 0 {
                self.engine.effects.replaced(db, 1);
            }
        }
        self.route(self.now());
        self.wake_soon();
    }

    fn finish_sync(&mut self, id: String, offset: ReplOffset) {
        self.engine.mode.loading = false;
        let replication = &mut self.replication;
        (replication.id, replication.offset, replication.second) = (id, offset, None);
        replication.backlog = Some(Backlog::new(offset, self.config.repl_backlog_size));
        if let Some(link) = &mut replication.link {
            link.resumable = true;
            link.down_since_us = None;
        }
    }

    /// A file was loaded that is a moment of a stream: a replica may ask to go on from there.
    pub(crate) fn resume_from_file(&mut self, position: &StreamPosition) {
        let id = position.id.as_ref().and_then(|id| String::from_utf8(id.clone()).ok());
        let offset = position.offset.and_then(|offset| u64::try_from(offset).ok());
        let (Some(link), Some(id), Some(offset)) = (&mut self.replication.link, id, offset) else { return };
        if id.len() != 40 {
            return;
        }
        link.resumable = true;
        link.db = position.db.and_then(|db| u32::try_from(db).ok()).unwrap_or(0);
        (self.replication.id, self.replication.offset) = (id, ReplOffset(offset));
    }

    fn send_to_primary(&mut self, conn: ConnId, bytes: &[u8]) {
        if let Some(client) = self.clients.get_mut(conn).filter(|client| !client.closing) {
            client.output.buffer().extend_from_slice(bytes);
            self.flush(conn);
        }
    }

    /// Tells the primary how far we are.
    pub(super) fn send_ack(&mut self) {
        if let Some(conn) = self.replication.link.as_ref().and_then(Link::conn) {
            self.send_ack_on(conn);
        }
    }

    fn send_ack_on(&mut self, conn: ConnId) {
        let mut out = Vec::new();
        encode_request(&["REPLCONF", "ACK", &self.replication.offset.to_string()], &mut out);
        self.send_to_primary(conn, &out);
    }

    /// The time-driven part of following: connecting, acknowledging, giving up on silence.
    pub(super) fn replica_beat(&mut self, now: Now, new_second: bool) {
        if self.durability.is_loading() {
            return;
        }
        let timeout = self.config.repl_timeout_seconds as u64 * 1_000_000;
        let Some(link) = &mut self.replication.link else { return };
        let silent = now.mono_us.saturating_sub(link.last_io_us) > timeout;
        let text = match &link.state {
            State::Idle { retry_at_us } if now.mono_us >= *retry_at_us => return self.open_link(now),
            State::Connecting(_) | State::Handshake(..) if silent => "Timeout connecting to the MASTER...",
            State::Payload { .. } if silent => {
                "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' \
                 parameter in redis.conf to a larger value."
            }
            State::Up(..) if silent => "MASTER timeout: no data nor PING received...",
            State::Up(..) if new_second => return self.send_ack(),
            _ => return,
        };
        let abandoned = match &link.state {
            State::Connecting(conn) => Some(*conn),
            _ => None,
        };
        self.log(LogLevel::Warning, text);
        self.break_link(now);
        if let Some(conn) = abandoned {
            self.act(Action::Close { conn });
        }
    }

    fn open_link(&mut self, now: Now) {
        let Some(link) = &self.replication.link else { return };
        let (host, port) = (link.host.clone(), link.port);
        self.log(LogLevel::Notice, format!("Connecting to MASTER {host}:{port}"));
        let conn = self.connect(host, port);
        let link = self.replication.link.as_mut().expect("it was just looked at");
        (link.state, link.last_io_us) = (State::Connecting(conn), now.mono_us);
        self.log(LogLevel::Notice, "MASTER <-> REPLICA sync started");
    }

    /// Everything in replication that happens by the clock.
    pub(crate) fn replication_beat(&mut self, now: Now, new_second: bool) {
        self.replica_beat(now, new_second);
        self.primary_beat(now, new_second);
        self.renew_mode();
    }
}
