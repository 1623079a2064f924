//! The seam: what the world asks of a process, be it a server's `Node`, a client or a toy in a test.
//!
//! A process is a value without an operating system. The world hands it an [`Event`] and both clocks,
//! then drains [`Process::poll`] until it is empty, then asks for the [`Process::deadline`] at which it
//! wants an [`Event::Tick`]. Bytes go out in the manner of a socket: the process keeps its own output
//! buffer per connection, says [`Action::Flush`], and learns by [`Event::Sent`] how much the kernel took.
//!
//! What must never happen: a process that learns anything about the world other than by an event.

use crate::clock::Now;
use crate::disk::{Completion, Request};
use std::fmt;

/// A machine in the world, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u16);

/// Which life of a process on its host: 1 after the first start, one more after each restart.
pub type Life = u32;

/// A connection as one process calls it. Ids of accepted connections come from the host and count up from
/// 1; a process that connects chooses ids with [`ConnId::OUTGOING`] set, so the two never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

impl ConnId {
    /// The bit that marks an id chosen by the process itself.
    pub const OUTGOING: u64 = 1 << 63;
}

/// Why a connection is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The other side, or something on the way, sent a reset.
    Reset,
    /// Nothing came back for as long as the kernel cared to repeat itself.
    TimedOut,
    /// Nobody listens there.
    Refused,
}

/// Something that happened to a process.
#[derive(Debug)]
pub enum Event<'a> {
    /// A connection came in.
    Accepted { conn: ConnId, peer: HostId },
    /// A connection asked for by [`Action::Connect`] stands. `life` tells which life of the peer's process
    /// answered; only checkers may look at it, since no real process could know.
    Connected { conn: ConnId, life: Life },
    /// A connection asked for did not come about.
    ConnectFailed { conn: ConnId, why: Gone },
    /// Bytes arrived.
    Received { conn: ConnId, bytes: &'a [u8] },
    /// The kernel took the first `count` bytes of the output of `conn`.
    Sent { conn: ConnId, count: usize },
    /// The other side will send no more. It may still read.
    Eof { conn: ConnId },
    /// The connection broke; its id means nothing from here on.
    Closed { conn: ConnId, why: Gone },
    /// The disk answered.
    Disk(Completion),
    /// The deadline has come.
    Tick,
}

/// Something a process wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// There is output on this connection.
    Flush { conn: ConnId },
    /// Open a connection to that host's server.
    Connect { conn: ConnId, to: HostId },
    /// Send what was taken so far, then nothing more; go on reading.
    Shutdown { conn: ConnId },
    /// Be done with the connection. Bytes already taken by the kernel still leave.
    Close { conn: ConnId },
    /// Stop or go on reading from a connection.
    Read { conn: ConnId, on: bool },
    /// Ask the disk.
    Disk(Request),
    /// Stand still for so long, hearing and saying nothing.
    Stall { us: u64 },
    /// A line for the trace.
    Log(String),
    /// What a client saw, for the checkers.
    Observe(crate::history::Observation),
    /// End the process in good order.
    Exit,
}

/// What a checker may ask a living process from outside, without disturbing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Bytes in buffers that clients and replicas can make grow.
    pub buffered_bytes: usize,
    /// A word or two on role and links, for the trace.
    pub status: String,
}

/// A process as a value.
pub trait Process {
    /// Takes note of something.
    fn handle(&mut self, now: Now, event: Event<'_>);
    /// The next thing it wants done. To be called until it answers `None`, after every `handle`.
    fn poll(&mut self, now: Now) -> Option<Action>;
    /// The output of a connection that the kernel has not taken yet.
    fn output(&self, conn: ConnId) -> &[u8];
    /// The monotonic time, in microseconds, at which it wants a tick.
    fn deadline(&self) -> Option<u64>;
    /// Answers a checker. Cheap, for it is asked again and again while the world runs.
    fn inspect(&self) -> Inspection;
    /// The digest of all keys and values, equal exactly where the data is equal; `None` for a process that
    /// has no data. Visits every key.
    fn digest(&self) -> Option<String> {
        None
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Gone::Reset => "reset",
            Gone::TimedOut => "timed out",
            Gone::Refused => "refused",
        })
    }
}
