//! A client connection as the node sees it: buffers, the parser's state, CLIENT's state.
//!
//! ```text
//!   Event::Received ─▶ input: requests as slices of the read buffer ─▶ Engine (in batches) ─▶ output
//!                        └─ an unfinished request is kept in `pending`        Action::Flush ◀──┘
//! ```
//!
//! A connection at rest owns no buffer. What must never happen: a request run twice or skipped because it
//! arrived in pieces; a reply out of order; a buffer without a bound.

pub mod clients;
pub mod input;
pub mod output;
pub(crate) mod pause;
pub mod suspend;

pub use clients::Clients;
pub use output::Output;
pub use suspend::{Reason, Suspended};

use crate::node::event::{ConnId, Peer};
use crate::replication::ReplOffset;
use crate::resp::Parser;
use engine::command::Command;
use engine::session::Session;

/// CLIENT REPLY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyMode {
    #[default]
    On,
    Off,
    /// The reply of the running command is kept back, and the next one's too (`SKIP` was just run).
    SkipNext,
    /// This command's reply is kept back.
    Skip,
}

/// What a connection is for; limits and CLIENT LIST go by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Normal,
    /// A replica that this node feeds.
    Replica,
    /// Our own link to a primary.
    Primary,
    /// A client in subscriber mode.
    Pubsub,
}

#[derive(Debug)]
pub struct Client {
    pub conn: ConnId,
    pub session: Session,
    pub peer: Peer,
    pub role: Role,
    pub parser: Parser,
    /// Bytes of a request that is not complete yet.
    pub pending: Vec<u8>,
    /// How long `pending` must be before the parser can go on, as far as it knows.
    pub wanted: usize,
    pub output: Output,
    pub reply_mode: ReplyMode,
    /// Close once the output has been sent; nothing more is read.
    pub closing: bool,
    /// Not read from while its output is too far behind.
    pub throttled: bool,
    /// It waits for something; what it sends meanwhile waits with it.
    pub suspended: Option<Suspended>,
    /// What is left of a transaction that stopped for the host.
    pub unfinished: Option<crate::node::Rest>,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    pub library_name: Vec<u8>,
    pub library_version: Vec<u8>,
    pub last_command: Option<&'static Command>,
    /// Monotonic, microseconds.
    pub created_us: u64,
    pub last_interaction_us: u64,
    pub received_bytes: u64,
    pub commands: u64,
    /// The replication offset after the last command of this client that was told to replicas; WAIT asks.
    pub written: ReplOffset,
}

impl Client {
    pub fn new(conn: ConnId, session: Session, peer: Peer, now_us: u64) -> Self {
        Client {
            conn,
            session,
            peer,
            role: Role::Normal,
            parser: Parser::new(),
            pending: Vec::new(),
            wanted: 0,
            output: Output::default(),
            reply_mode: ReplyMode::On,
            closing: false,
            throttled: false,
            suspended: None,
            unfinished: None,
            no_evict: false,
            library_name: Vec::new(),
            library_version: Vec::new(),
            last_command: None,
            created_us: now_us,
            last_interaction_us: now_us,
            received_bytes: 0,
            commands: 0,
            written: ReplOffset(0),
        }
    }

    /// Bytes this connection owns, for CLIENT LIST and the memory checks.
    pub fn memory(&self) -> usize {
        size_of::<Client>() + self.pending.capacity() + self.output.memory() + self.session.memory()
    }
}
