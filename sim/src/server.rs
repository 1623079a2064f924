//! The server's `Node` behind the simulator's seam: what the driver does in production, done here.
//!
//! It translates names (a host's name in a configuration is its address, and every server listens on port
//! 6379), and keeps the node's contract with its host: a closing connection ends when its output has been
//! taken, a connection the node does not want to read is not read, and `Closed` is told exactly once.

use crate::clock::Now;
use crate::disk::{Answer, Completion, Op, Request, RequestId, Trouble};
use crate::host::Boot;
use crate::plan::NodePlan;
use crate::process::{Action, ConnId, Event, HostId, Inspection, Process};
use net::config::load::{NoFiles, load};
use net::node::{self, DiskDone, DiskError, DiskRequest, Node, Peer};
use std::collections::{BTreeSet, VecDeque};

/// What every simulated server is configured with before its plan has its say: there is nobody to protect
/// it from, tests may ask for DEBUG, and nothing is saved behind a plan's back.
pub(crate) const BASE: &str = "protected-mode no\nenable-debug-command yes\nsave \"\"\n";

/// The port every server listens on.
const PORT: u16 = 6379;

pub struct Server {
    node: Node,
    names: Vec<String>,
    me: HostId,
    actions: VecDeque<Action>,
    /// To be closed once their output is taken.
    closing: BTreeSet<node::ConnId>,
    /// Not read at the moment.
    unread: BTreeSet<node::ConnId>,
}

fn outer(conn: node::ConnId) -> ConnId {
    match conn.is_outgoing() {
        true => ConnId(ConnId::OUTGOING | u64::from(conn.0 & !(1 << 31))),
        false => ConnId(u64::from(conn.0)),
    }
}

fn inner(conn: ConnId) -> node::ConnId {
    let number = u32::try_from(conn.0 & !ConnId::OUTGOING).expect("no run makes so many connections");
    if conn.0 & ConnId::OUTGOING != 0 { node::ConnId::outgoing(number) } else { node::ConnId(number) }
}

fn inner_now(now: Now) -> engine::time::Now {
    engine::time::Now { wall_us: now.wall_us as i64, mono_us: now.mono_us }
}

fn address(host: HostId, port: u16) -> String {
    format!("10.0.{}.{}:{port}", host.0 / 250, host.0 % 250 + 1)
}

impl Server {
    /// The server of a plan's node. A configuration that is refused ends the run: the plan is wrong.
    pub fn new(plan: &NodePlan, names: &[String], boot: Boot) -> Server {
        let text = format!("{BASE}{}\n", plan.config.join("\n"));
        let loaded = load(text.as_bytes(), &mut NoFiles);
        let loaded =
            loaded.unwrap_or_else(|error| panic!("the plan's configuration of {}: {error}", plan.name));
        Server {
            node: Node::new(loaded.config, boot.seed, inner_now(boot.now)),
            names: names.to_vec(),
            me: boot.host,
            actions: VecDeque::new(),
            closing: BTreeSet::new(),
            unread: BTreeSet::new(),
        }
    }

    fn tell(&mut self, now: Now, event: node::Event<'_>) {
        self.node.handle(inner_now(now), event);
    }

    fn ended(&mut self, now: Now, conn: node::ConnId) {
        self.closing.remove(&conn);
        self.unread.remove(&conn);
        self.tell(now, node::Event::Closed { conn });
    }

    fn close_if_drained(&mut self, now: Now, conn: node::ConnId) {
        if self.closing.contains(&conn) && self.node.output(conn).is_empty() {
            self.actions.push_back(Action::Close { conn: outer(conn) });
            self.ended(now, conn);
        }
    }

    /// Stops reading where the node wants no more.
    fn gate(&mut self, conn: node::ConnId) {
        if !self.node.wants_read(conn) && self.unread.insert(conn) {
            self.actions.push_back(Action::Read { conn: outer(conn), on: false });
        }
    }

    fn reopen_gates(&mut self) {
        let node = &self.node;
        let wanted: Vec<node::ConnId> =
            self.unread.iter().copied().filter(|&conn| node.wants_read(conn)).collect();
        for conn in wanted {
            self.unread.remove(&conn);
            self.actions.push_back(Action::Read { conn: outer(conn), on: true });
        }
    }

    fn sent(&mut self, now: Now, conn: node::ConnId, bytes: usize) {
        self.tell(now, node::Event::Sent { conn, bytes });
        if self.node.output(conn).is_empty() {
            self.node.flushed(conn);
            self.close_if_drained(now, conn);
        }
    }

    fn connect(&mut self, now: Now, conn: node::ConnId, host: &str, port: u16) {
        let found = self.names.iter().position(|name| name == host);
        match found {
            Some(index) if port == PORT => {
                let to = HostId(index as u16);
                self.actions.push_back(Action::Connect { conn: outer(conn), to });
            }
            _ => {
                let reason = if found.is_some() { "Connection refused" } else { "Name or service not known" };
                self.tell(now, node::Event::ConnectFailed { conn, reason: reason.into() });
            }
        }
    }

    /// Carries what the node asks for over to the world's actions.
    fn translate(&mut self, now: Now, action: node::Action) {
        let action = match action {
            node::Action::Flush { conn } if self.node.output(conn).is_empty() => {
                return self.node.flushed(conn);
            }
            node::Action::Flush { conn } => Action::Flush { conn: outer(conn) },
            node::Action::Close { conn } => {
                self.closing.insert(conn);
                if self.node.output(conn).is_empty() {
                    return self.close_if_drained(now, conn);
                }
                Action::Flush { conn: outer(conn) }
            }
            node::Action::Connect { conn, host, port } => return self.connect(now, conn, &host, port),
            node::Action::Disk { ticket, request } => {
                Action::Disk(Request { id: RequestId(ticket), op: disk_op(request) })
            }
            node::Action::Log { level, text } => Action::Log(format!("{level:?} {text}")),
            node::Action::Stall { microseconds } => Action::Stall { us: microseconds },
            // The listeners and the log of the world have no settings, so all of them suit.
            node::Action::Reconfigure { ticket, .. } => {
                return self.tell(now, node::Event::Reconfigured { ticket, result: Ok(()) });
            }
            // No simulated machine runs short of memory.
            node::Action::ReleaseMemory => return,
            node::Action::Exit { .. } => Action::Exit,
        };
        self.actions.push_back(action);
    }
}

pub(crate) fn disk_op(request: DiskRequest) -> Op {
    match request {
        DiskRequest::Create { name } => Op::Truncate { file: name, len: 0 },
        DiskRequest::Append { name, bytes } => Op::Append { file: name, bytes },
        DiskRequest::Sync { name } => Op::Sync { file: name },
        DiskRequest::Rename { from, to } => Op::Rename { from, to },
        DiskRequest::SyncDirectory => Op::SyncDir,
        DiskRequest::Remove { name } => Op::Remove { file: name },
        DiskRequest::Read { name, offset, len } => Op::Read { file: name, offset, len: len as u64 },
        DiskRequest::Replace { path, bytes } => Op::Replace { file: path, bytes },
    }
}

pub(crate) fn disk_result(completion: Completion) -> Result<DiskDone, DiskError> {
    match completion.outcome {
        Ok(Answer::Bytes(bytes)) => Ok(DiskDone::Bytes(bytes)),
        Ok(Answer::Done | Answer::Names(_)) => Ok(DiskDone::Done),
        Err(Trouble::NotFound) => Err(DiskError::NotFound),
        Err(Trouble::Full { .. }) => Err(DiskError::Failed("No space left on device".into())),
        Err(Trouble::Io) => Err(DiskError::Failed("Input/output error".into())),
    }
}

impl Process for Server {
    fn handle(&mut self, now: Now, event: Event<'_>) {
        match event {
            Event::Accepted { conn, peer } => {
                let peer = Peer {
                    address: address(peer, 40_000 + (conn.0 % 20_000) as u16),
                    local_address: address(self.me, PORT),
                    loopback: false,
                    unix: false,
                };
                self.tell(now, node::Event::Accepted { conn: inner(conn), peer });
                self.gate(inner(conn));
            }
            Event::Connected { conn, .. } => {
                let local = address(self.me, 40_000 + (conn.0 % 20_000) as u16);
                self.tell(now, node::Event::Connected { conn: inner(conn), local });
            }
            Event::ConnectFailed { conn, why } => {
                self.tell(now, node::Event::ConnectFailed { conn: inner(conn), reason: why.to_string() });
            }
            Event::Received { conn, bytes } => {
                self.tell(now, node::Event::Received { conn: inner(conn), bytes });
                self.gate(inner(conn));
            }
            Event::Sent { conn, count } => self.sent(now, inner(conn), count),
            Event::Eof { conn } => {
                self.actions.push_back(Action::Close { conn });
                self.ended(now, inner(conn));
            }
            Event::Closed { conn, .. } => self.ended(now, inner(conn)),
            Event::Disk(completion) => {
                let ticket = completion.id.0;
                self.tell(now, node::Event::Disk { ticket, result: disk_result(completion) });
            }
            Event::Tick => self.tell(now, node::Event::Tick),
        }
        self.reopen_gates();
    }

    fn poll(&mut self, now: Now) -> Option<Action> {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return Some(action);
            }
            let action = self.node.poll()?;
            self.translate(now, action);
        }
    }

    fn output(&self, conn: ConnId) -> &[u8] {
        self.node.output(inner(conn))
    }

    fn deadline(&self) -> Option<u64> {
        Some(self.node.deadline())
    }

    fn inspect(&self) -> Inspection {
        let buffered_bytes = self.node.clients.iter().map(|client| client.memory()).sum();
        let keys: usize = self.node.engine.keyspace.iter().map(|(_, db)| db.len()).sum();
        let status = format!("{keys} keys, offset {}", self.node.replication.offset);
        Inspection { buffered_bytes, status }
    }

    fn digest(&self) -> Option<String> {
        Some(digest(&self.node))
    }
}

/// The keyspace digest, and with it a hash of all deadlines, which that leaves out.
fn digest(node: &Node) -> String {
    let keyspace = &node.engine.keyspace;
    let mut deadlines = 0;
    for (index, db) in keyspace.iter() {
        for entry in db.table().iter() {
            let Some(expiry) = entry.expiry() else { continue };
            let row = [&index.to_le_bytes()[..], &expiry.to_le_bytes(), entry.key()].concat();
            deadlines ^= xxhash_rust::xxh3::xxh3_64(&row);
        }
    }
    let digest = keyspace.digest();
    let digits = digest.as_bytes().iter().map(|byte| format!("{byte:02x}"));
    format!("{}-{deadlines:016x}", digits.collect::<String>())
}
