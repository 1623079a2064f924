//! A node with a world made of nothing but memory: fake clients, a disk of byte vectors, time that moves when
//! told. For unit tests, and for whoever wants a whole server within one process.
//!
//! ```text
//!   send ─▶ (held while the node does not want to read) ─▶ Node ─▶ actions, all carried out at once ─▶ read
//!   advance ─▶ Event::Tick at every deadline on the way
//! ```
//!
//! What must never happen: an action that is dropped in silence. What the harness cannot do by itself (opening
//! connections, changing listeners) it keeps for the test to look at.

use crate::config::Config;
use crate::config::load::{NoFiles, load};
use crate::node::{
    Action, ConnId, DiskDone, DiskError, DiskRequest, Event, LogLevel, Node, Peer, Signal, Vitals,
};
use engine::time::Now;
use engine::timing::Stopwatch;
use std::collections::BTreeMap;

/// One end of a connection, as the harness plays it.
#[derive(Debug, Default)]
struct Socket {
    /// Sent by the client and not yet taken by the node.
    inbound: Vec<u8>,
    /// Sent by the node and not yet looked at.
    outbound: Vec<u8>,
    /// The client does not read: its output piles up in the node.
    deaf: bool,
    closed: bool,
}

/// A connection that the node asked for and that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub conn: ConnId,
    pub host: String,
    pub port: u16,
}

/// A node and its world.
pub struct Harness {
    pub node: Node,
    now: Now,
    next: u32,
    sockets: BTreeMap<ConnId, Socket>,
    /// The working directory.
    pub disk: BTreeMap<String, Vec<u8>>,
    /// Every disk request fails with this while it is set.
    pub disk_failure: Option<DiskError>,
    /// Disk requests wait for `release_disk` while this is set.
    pub disk_waits: bool,
    waiting: Vec<(u64, DiskRequest)>,
    pub log: Vec<(LogLevel, String)>,
    /// Connections the node wants opened: answer with `connected` or `connect_failed`.
    pub dials: Vec<Dial>,
    /// What `Action::Reconfigure` named, with its values.
    pub reconfigured: Vec<(&'static str, String)>,
    /// The host refuses to reconfigure, and why.
    pub reconfigure_failure: Option<String>,
    /// The code of `Action::Exit`.
    pub exit: Option<i32>,
    /// What the stopwatch says next, in nanoseconds, last first; zero when there is nothing left.
    pub laps_ns: Vec<u64>,
}

/// A stopwatch that a test has set.
struct Laps<'a>(&'a mut Vec<u64>);

impl Stopwatch for Laps<'_> {
    fn lap(&mut self) -> u64 {
        self.0.pop().unwrap_or(0)
    }
}

impl Harness {
    /// A node with seed 1 at an arbitrary moment of 2023.
    pub fn new(config: Config) -> Self {
        Self::seeded(config, 1)
    }

    pub fn seeded(config: Config, seed: u64) -> Self {
        let now = Now { wall_us: 1_700_000_000_000_000, mono_us: 1_000_000 };
        let mut harness = Harness {
            node: Node::new(config, seed, now),
            now,
            next: 0,
            sockets: BTreeMap::new(),
            disk: BTreeMap::new(),
            disk_failure: None,
            disk_waits: false,
            waiting: Vec::new(),
            log: Vec::new(),
            dials: Vec::new(),
            reconfigured: Vec::new(),
            reconfigure_failure: None,
            exit: None,
            laps_ns: Vec::new(),
        };
        harness.settle();
        harness
    }

    /// A server whose configuration file has these lines.
    pub fn with(pairs: &[(&str, &str)]) -> Self {
        let lines: String = pairs.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
        let loaded = load(lines.as_bytes(), &mut NoFiles);
        Harness::new(loaded.expect("the test's settings are valid").config)
    }

    pub fn now(&self) -> Now {
        self.now
    }

    /// A new client from this machine.
    pub fn client(&mut self) -> ConnId {
        let port = 40_000 + self.next;
        self.client_from(Peer {
            address: format!("127.0.0.1:{port}"),
            local_address: "127.0.0.1:6379".into(),
            loopback: true,
            unix: false,
        })
    }

    pub fn client_from(&mut self, peer: Peer) -> ConnId {
        let conn = ConnId(self.next);
        self.next += 1;
        self.sockets.insert(conn, Socket::default());
        self.event(Event::Accepted { conn, peer });
        conn
    }

    /// Sends bytes as a client.
    pub fn send(&mut self, conn: ConnId, bytes: impl AsRef<[u8]>) {
        let socket = self.sockets.get_mut(&conn).expect("the harness knows the connection");
        if socket.closed {
            return;
        }
        socket.inbound.extend_from_slice(bytes.as_ref());
        self.settle();
    }

    /// Takes what a client has received so far.
    pub fn read(&mut self, conn: ConnId) -> Vec<u8> {
        self.sockets.get_mut(&conn).map(|socket| std::mem::take(&mut socket.outbound)).unwrap_or_default()
    }

    /// Sends one command, its words separated as in an inline command, and takes the reply's bytes.
    pub fn command(&mut self, conn: ConnId, line: &str) -> Vec<u8> {
        let words = ds::split_args::split_args(line.as_bytes()).expect("balanced quotes");
        self.send(conn, request(&words));
        self.read(conn)
    }

    /// As `command`, with the replies printed as transcripts print them, one after another.
    pub fn ask(&mut self, conn: ConnId, line: &str) -> String {
        let bytes = self.command(conn, line);
        print(&bytes)
    }

    /// Sends each `> command` of the rows and compares what came back with its `< reply`; `@ 10ms` lets time
    /// pass. Panics at the first row that differs.
    pub fn check(&mut self, conn: ConnId, transcript: &str) {
        for (number, line) in transcript.lines().map(str::trim).enumerate() {
            if let Some(pause) = line.strip_prefix("@ ") {
                let ms = pause.strip_suffix("ms").expect("a time in ms");
                self.advance(ms.parse().expect("a number of milliseconds"));
            } else if let Some(row) = line.strip_prefix("> ") {
                let (command, reply) = row.split_once(" < ").unwrap_or((row, ""));
                let seen = self.ask(conn, command.trim());
                assert_eq!(seen, reply.trim(), "row {} of the transcript: {line}", number + 1);
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "no row: {line}");
            }
        }
    }

    /// The client stops reading (or starts again): what the node sends stays with the node.
    pub fn set_deaf(&mut self, conn: ConnId, deaf: bool) {
        self.sockets.get_mut(&conn).expect("the harness knows the connection").deaf = deaf;
        if !deaf {
            self.flush(conn);
        }
        self.settle();
    }

    /// The client hangs up.
    pub fn hang_up(&mut self, conn: ConnId) {
        self.close(conn);
        self.settle();
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self, conn: ConnId) -> bool {
        self.sockets.get(&conn).is_none_or(|socket| socket.closed)
    }

    /// A connection the node asked for stands.
    pub fn connected(&mut self, conn: ConnId, local: &str) {
        self.sockets.insert(conn, Socket::default());
        self.event(Event::Connected { conn, local: local.into() });
    }

    /// A connection the node asked for was refused.
    pub fn connect_failed(&mut self, conn: ConnId, reason: &str) {
        self.event(Event::ConnectFailed { conn, reason: reason.into() });
    }

    pub fn terminate(&mut self, signal: Signal) {
        self.event(Event::Terminate(signal));
    }

    pub fn set_vitals(&mut self, vitals: Vitals) {
        self.event(Event::Vitals(vitals));
    }

    /// Lets time pass, with a tick at each of the node's deadlines on the way.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now.mono_us + ms * 1000;
        while self.node.deadline() <= end {
            let at = self.node.deadline().max(self.now.mono_us);
            self.move_to(at);
            self.event(Event::Tick);
        }
        self.move_to(end);
    }

    /// The wall clock jumps, forwards or back; monotonic time stays.
    pub fn jump_wall_clock(&mut self, ms: i64) {
        self.now.wall_us += ms * 1000;
    }

    /// Answers the disk requests that wait.
    pub fn release_disk(&mut self) {
        self.disk_waits = false;
        for (ticket, request) in std::mem::take(&mut self.waiting) {
            self.answer_disk(ticket, request);
        }
        self.settle();
    }

    fn move_to(&mut self, mono_us: u64) {
        self.now.wall_us += (mono_us - self.now.mono_us) as i64;
        self.now.mono_us = mono_us;
    }

    /// Hands one event over and does all that follows from it.
    pub fn event(&mut self, event: Event<'_>) {
        self.node.handle_timed(self.now, event, &mut Laps(&mut self.laps_ns));
        self.settle();
    }

    /// Carries actions out and delivers bytes until neither is left.
    fn settle(&mut self) {
        loop {
            while let Some(action) = self.node.poll() {
                self.carry_out(action);
            }
            let ready = self.sockets.iter().find(|(conn, socket)| {
                !socket.inbound.is_empty() && !socket.closed && self.node.wants_read(**conn)
            });
            let Some((&conn, _)) = ready else { return };
            let socket = self.sockets.get_mut(&conn).expect("it was just found");
            let bytes = std::mem::take(&mut socket.inbound);
            let event = Event::Received { conn, bytes: &bytes };
            self.node.handle_timed(self.now, event, &mut Laps(&mut self.laps_ns));
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Flush { conn } => self.flush(conn),
            Action::Close { conn } => {
                self.flush(conn);
                self.close(conn);
            }
            Action::Connect { conn, host, port } => self.dials.push(Dial { conn, host, port }),
            Action::Disk { ticket, request } if self.disk_waits => self.waiting.push((ticket, request)),
            Action::Disk { ticket, request } => self.answer_disk(ticket, request),
            Action::Log { level, text } => self.log.push((level, text)),
            Action::Stall { microseconds } => self.move_to(self.now.mono_us + microseconds),
            Action::Reconfigure { ticket, directive, value } => {
                self.reconfigured.push((directive, value));
                let result = self.reconfigure_failure.clone().map_or(Ok(()), Err);
                self.node.handle(self.now, Event::Reconfigured { ticket, result });
            }
            Action::ReleaseMemory => {}
            Action::Exit { code } => self.exit = Some(code),
        }
    }

    fn flush(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        if socket.deaf || socket.closed {
            return;
        }
        loop {
            let bytes = self.node.output(conn).to_vec();
            if bytes.is_empty() {
                return self.node.flushed(conn);
            }
            let socket = self.sockets.get_mut(&conn).expect("sockets are never forgotten");
            socket.outbound.extend_from_slice(&bytes);
            self.node.handle(self.now, Event::Sent { conn, bytes: bytes.len() });
        }
    }

    fn close(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        if !std::mem::replace(&mut socket.closed, true) {
            self.node.handle(self.now, Event::Closed { conn });
        }
    }

    fn answer_disk(&mut self, ticket: u64, request: DiskRequest) {
        let result = match self.disk_failure.clone() {
            Some(error) => Err(error),
            None => self.do_disk(request),
        };
        self.node.handle(self.now, Event::Disk { ticket, result });
    }

    fn do_disk(&mut self, request: DiskRequest) -> Result<DiskDone, DiskError> {
        match request {
            DiskRequest::Create { name } => {
                self.disk.insert(name, Vec::new());
            }
            DiskRequest::Append { name, bytes } => {
                self.disk.get_mut(&name).ok_or(DiskError::NotFound)?.extend_from_slice(&bytes);
            }
            DiskRequest::Sync { .. } | DiskRequest::SyncDirectory => {}
            DiskRequest::Rename { from, to } => {
                let bytes = self.disk.remove(&from).ok_or(DiskError::NotFound)?;
                self.disk.insert(to, bytes);
            }
            DiskRequest::Remove { name } => {
                self.disk.remove(&name).ok_or(DiskError::NotFound)?;
            }
            DiskRequest::Read { name, offset, len } => {
                let file = self.disk.get(&name).ok_or(DiskError::NotFound)?;
                let start = file.len().min(offset as usize);
                let end = file.len().min(start.saturating_add(len));
                return Ok(DiskDone::Bytes(file[start..end].to_vec()));
            }
            DiskRequest::Replace { path, bytes } => {
                self.disk.insert(path, bytes);
            }
        }
        Ok(DiskDone::Done)
    }
}

/// One command as a client sends it.
pub fn request(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::resp::encode_request(words, &mut bytes);
    bytes
}

/// Replies as transcripts print them, separated by blanks.
pub fn print(mut bytes: &[u8]) -> String {
    let mut texts = Vec::new();
    while !bytes.is_empty() {
        let (text, rest) = engine::testing::print_frame(bytes);
        texts.push(text);
        bytes = rest;
    }
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_in_and_replies_come_out() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(conn, "> SET k v PX 100 < OK\n> GET k < \"v\"\n@ 101ms\n> GET k < nil");
        server.send(conn, b"GET k\r\nGE");
        assert_eq!(server.read(conn), b"$-1\r\n");
        server.send(conn, b"T k\r\n");
        assert_eq!(server.read(conn), b"$-1\r\n");
        server.hang_up(conn);
        assert!(server.is_closed(conn));
    }

    #[test]
    fn a_deaf_client_gets_its_replies_later() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.set_deaf(conn, true);
        assert_eq!(server.command(conn, "SET k v"), b"");
        assert_eq!(server.node.output(conn), b"+OK\r\n");
        server.set_deaf(conn, false);
        assert_eq!(server.read(conn), b"+OK\r\n");
    }

    #[test]
    fn the_disk_keeps_what_it_is_given() {
        let mut server = Harness::new(Config::default());
        let name = || "file".to_string();
        assert_eq!(server.do_disk(DiskRequest::Sync { name: name() }), Ok(DiskDone::Done));
        let absent = DiskRequest::Append { name: name(), bytes: vec![1] };
        assert_eq!(server.do_disk(absent), Err(DiskError::NotFound));
        let replace = DiskRequest::Replace { path: name(), bytes: b"hello".to_vec() };
        assert_eq!(server.do_disk(replace), Ok(DiskDone::Done));
        let read = DiskRequest::Read { name: name(), offset: 3, len: 9 };
        assert_eq!(server.do_disk(read), Ok(DiskDone::Bytes(b"lo".to_vec())));
    }
}
