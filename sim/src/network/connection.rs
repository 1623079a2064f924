//! The state of one connection: two ends, and from each end a pipe to the other.

use crate::process::{ConnId, HostId, Life};
use std::collections::VecDeque;

/// One end of one connection. The generation keeps a timer for a connection long gone from touching the
/// one that took its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId {
    pub(super) index: u32,
    pub(super) generation: u32,
    /// 0 for the end that connected, 1 for the one that accepted.
    pub(super) side: u8,
}

impl SocketId {
    /// The other end.
    pub fn peer(self) -> SocketId {
        SocketId { side: 1 - self.side, ..self }
    }
}

/// How far an end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndState {
    /// The handshake is not done.
    Opening,
    /// The process may read and write.
    Open,
    /// The process has closed it or was told that it broke. The kernel may still be sending.
    Closed,
    /// The machine lost all memory of it, or its kernel gave up.
    Forgotten,
}

/// What travels on the wire.
#[derive(Debug)]
pub enum Payload {
    Bytes(Vec<u8>),
    Fin,
    Reset,
}

#[derive(Debug)]
pub struct Segment {
    /// World time of arrival.
    pub at: u64,
    pub payload: Payload,
}

/// Whether the end of the stream has been asked for and sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fin {
    #[default]
    No,
    /// To be sent when the backlog is empty.
    Queued,
    Sent,
}

/// Bytes on their way from one end.
#[derive(Debug, Default)]
pub struct Pipe {
    /// Taken from the process, not on the wire.
    pub backlog: VecDeque<u8>,
    pub fin: Fin,
    /// On the wire, in order of arrival.
    pub wire: VecDeque<Segment>,
    /// Payload bytes on the wire.
    pub wire_bytes: usize,
    /// Bytes that arrived but whose acknowledgement was lost.
    pub unacknowledged: usize,
    /// A message was lost and waits to be repeated; nothing is sent meanwhile.
    pub stalled: bool,
    /// The pause before the next repetition, and since when there has been no progress.
    pub pause_us: u64,
    pub stuck_since: Option<u64>,
    /// No segment may arrive before this one did.
    pub last_arrival: u64,
    /// The process was refused space and wants to hear when there is some.
    pub wants_space: bool,
}

impl Pipe {
    /// Bytes that fill the send buffer.
    pub fn held(&self) -> usize {
        self.backlog.len() + self.wire_bytes + self.unacknowledged
    }
}

/// One end of a connection.
#[derive(Debug)]
pub struct End {
    pub host: HostId,
    pub life: Life,
    /// What the process calls it.
    pub conn: ConnId,
    pub state: EndState,
    pub out: Pipe,
    /// Arrived, not read.
    pub inbox: VecDeque<u8>,
    /// For each read of the process: how many bytes it has read in all, and the number of that read among
    /// all reads of the run.
    pub reads: Vec<(u64, u64)>,
    /// The other side's end of stream has arrived.
    pub fin_arrived: bool,
    /// The process has been told so.
    pub eof_told: bool,
    pub reading: bool,
    pub read_scheduled: bool,
}

impl End {
    pub fn new(host: HostId, life: Life, conn: ConnId, state: EndState) -> End {
        End {
            host,
            life,
            conn,
            state,
            out: Pipe::default(),
            inbox: VecDeque::new(),
            reads: Vec::new(),
            fin_arrived: false,
            eof_told: false,
            reading: true,
            read_scheduled: false,
        }
    }

    /// Whether the process still holds it.
    pub fn held_by_process(&self) -> bool {
        matches!(self.state, EndState::Opening | EndState::Open)
    }
}

/// Both ends, `[connected, accepted]`.
#[derive(Debug)]
pub struct Connection {
    pub ends: [End; 2],
    /// When the connecting side began.
    pub began: u64,
    /// The accepting side has answered the handshake.
    pub accepted: bool,
}
