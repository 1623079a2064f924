//! Our server in process: a Node without an operating system, on a clock that only a script moves.

use crate::reply::Reply;
use crate::run::{Backend, Heard};
use crate::script::Time;
use engine::time::Now;
use net::config::load::{NoFiles, load};
use net::node::{Action, ConnId, DiskDone, DiskError, DiskRequest, Event, Node, Peer};
use std::collections::BTreeMap;

/// A Node, its clock and its clients.
pub struct InProcess {
    node: Node,
    now: Now,
    started: Now,
    clients: BTreeMap<String, Client>,
    accepted: u32,
    exited: bool,
}

struct Client {
    conn: ConnId,
    unread: Vec<u8>,
    closed: bool,
}

/// An ordinary day in 2023, so that times in scripts are as far away as they look.
const START_US: i64 = 1_700_000_000_000_000;

impl InProcess {
    /// An empty server whose configuration allows what the reference was recorded with.
    ///
    /// # Panics
    /// When the configuration has no such directives any more.
    pub fn new() -> InProcess {
        let now = Now { wall_us: START_US, mono_us: 1_000_000 };
        let text = b"enable-debug-command yes\nsave \"\"\n";
        let loaded = load(text, &mut NoFiles).expect("directives that exist");
        let node = Node::new(loaded.config, 1, now);
        InProcess { node, now, started: now, clients: BTreeMap::new(), accepted: 0, exited: false }
    }

    fn accept(&mut self, name: &str) -> ConnId {
        self.accepted += 1;
        let conn = ConnId(self.accepted);
        let peer = Peer {
            address: format!("127.0.0.1:{}", 40_000 + self.accepted),
            local_address: "127.0.0.1:6379".into(),
            loopback: true,
            unix: false,
        };
        self.clients.insert(name.to_owned(), Client { conn, unread: Vec::new(), closed: false });
        self.handle(Event::Accepted { conn, peer });
        conn
    }

    fn handle(&mut self, event: Event<'_>) {
        self.node.handle(self.now, event);
        while let Some(action) = self.node.poll() {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Flush { conn } => {
                self.drain(conn);
                self.node.flushed(conn);
            }
            Action::Close { conn } => {
                self.drain(conn);
                if let Some(client) = self.client(conn) {
                    client.closed = true;
                }
                self.node.handle(self.now, Event::Closed { conn });
            }
            Action::Connect { conn, .. } => {
                let reason = "Connection refused".to_owned();
                self.node.handle(self.now, Event::ConnectFailed { conn, reason });
            }
            Action::Disk { ticket, request } => {
                // Scripts keep nothing on disk; whoever reads finds no file.
                let result = match request {
                    DiskRequest::Read { .. } => Err(DiskError::NotFound),
                    _ => Ok(DiskDone::Done),
                };
                self.node.handle(self.now, Event::Disk { ticket, result });
            }
            Action::Stall { microseconds } => self.pass(microseconds),
            Action::Exit { .. } => self.exited = true,
            Action::Reconfigure { ticket, .. } => {
                self.node.handle(self.now, Event::Reconfigured { ticket, result: Ok(()) });
            }
            Action::Log { .. } | Action::ReleaseMemory => {}
        }
    }

    fn drain(&mut self, conn: ConnId) {
        loop {
            let bytes = self.node.output(conn).to_vec();
            if bytes.is_empty() {
                return;
            }
            if let Some(client) = self.client(conn) {
                client.unread.extend_from_slice(&bytes);
            }
            self.node.handle(self.now, Event::Sent { conn, bytes: bytes.len() });
        }
    }

    fn client(&mut self, conn: ConnId) -> Option<&mut Client> {
        self.clients.values_mut().find(|client| client.conn == conn)
    }

    fn pass(&mut self, microseconds: u64) {
        self.now.wall_us += microseconds.cast_signed();
        self.now.mono_us += microseconds;
    }
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for InProcess {
    fn send(&mut self, client: &str, bytes: &[u8]) {
        let conn = match self.clients.get(client) {
            Some(known) => known.conn,
            None => self.accept(client),
        };
        self.handle(Event::Received { conn, bytes });
    }

    fn receive(&mut self, client: &str) -> Heard {
        let exited = self.exited;
        let Some(known) = self.clients.get_mut(client) else { return Heard::Closed };
        match Reply::parse(&known.unread) {
            Ok(Some((reply, length))) => {
                known.unread.drain(..length);
                Heard::Reply(reply)
            }
            Ok(None) if known.closed || exited => {
                self.clients.remove(client);
                Heard::Closed
            }
            Ok(None) => Heard::Silence,
            Err(malformed) => Heard::Malformed(malformed.to_string()),
        }
    }

    fn advance(&mut self, time: Time) -> bool {
        let target = match time {
            Time::By(millis) => self.now.mono_us + millis * 1000,
            Time::At(millis) => self.started.mono_us + millis * 1000,
        };
        while self.node.deadline() <= target {
            let wait = self.node.deadline().saturating_sub(self.now.mono_us);
            self.pass(wait);
            self.handle(Event::Tick);
            assert!(self.node.deadline() > self.now.mono_us, "a deadline that stays would be met for ever");
        }
        self.pass(target.saturating_sub(self.now.mono_us));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::encode;

    #[test]
    fn a_closed_client_is_heard_to_its_end() {
        let mut server = InProcess::new();
        server.send("a", &encode(&[b"GET".to_vec(), b"absent".to_vec()]));
        assert_eq!(server.receive("a"), Heard::Reply(Reply::NullBulk));
        assert_eq!(server.receive("a"), Heard::Silence);
        server.send("a", b"*x\r\n");
        assert!(matches!(server.receive("a"), Heard::Reply(Reply::Error(_))));
        assert_eq!(server.receive("a"), Heard::Closed);
    }
}
