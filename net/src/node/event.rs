//! What a node is told and what it asks for. Both are closed lists: whoever wants to know why a node did
//! something reads its events in order, and nothing else.

use std::fmt;

/// A connection, as the host names it. Hosts use small numbers for connections they accepted and may use
/// one again after its `Closed`; connections the node asked for carry numbers the node chose, with the
/// top bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u32);

impl ConnId {
    const OUTGOING: u32 = 1 << 31;

    /// The `n`th connection that the node itself opened.
    pub fn outgoing(n: u32) -> Self {
        ConnId(n | Self::OUTGOING)
    }

    pub fn is_outgoing(self) -> bool {
        self.0 & Self::OUTGOING != 0
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.is_outgoing() { "out" } else { "in" };
        write!(f, "{side}{}", self.0 & !Self::OUTGOING)
    }
}

/// Who is at the other end of an accepted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `ip:port`, `[v6]:port`, or the path of the unix socket with `:0`, as CLIENT LIST prints it.
    pub address: String,
    /// The same for our end.
    pub local_address: String,
    /// Loopback or a unix socket: protected mode and DEBUG trust it.
    pub loopback: bool,
    pub unix: bool,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A client connected.
    Accepted { conn: ConnId, peer: Peer },
    /// Bytes arrived, in order.
    Received { conn: ConnId, bytes: &'a [u8] },
    /// The host passed this many bytes of `Node::output` on.
    Sent { conn: ConnId, bytes: usize },
    /// The connection ended, by either side or by an error. Its number is free again.
    Closed { conn: ConnId },
    /// A connection asked for by `Action::Connect` stands. `local` is our address on it.
    Connected { conn: ConnId, local: String },
    /// It does not stand, and why.
    ConnectFailed { conn: ConnId, reason: String },
    /// A disk request ended.
    Disk { ticket: u64, result: Result<DiskDone, DiskError> },
    /// The host took a directive over, or could not, and why.
    Reconfigured { ticket: u64, result: Result<(), String> },
    /// The operating system or the operator asks the server to end.
    Terminate(Signal),
    /// What the host measured about its process.
    Vitals(Vitals),
    /// `Node::deadline` has passed.
    Tick,
}

/// Why the host asks for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
}

/// What only the host can measure; INFO shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Bytes the allocator has handed out.
    pub used_memory: u64,
    pub used_memory_peak: u64,
    pub resident: u64,
    pub total_system_memory: u64,
    pub cpu_user_s: f64,
    pub cpu_system_s: f64,
    /// The largest number of clients the file limit allows.
    pub max_clients: u32,
}

/// One thing the host is to do.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// `Node::output` of this connection has bytes to send.
    Flush {
        conn: ConnId,
    },
    /// Close it, once what `Node::output` holds has been offered to the socket. `Closed` follows.
    Close {
        conn: ConnId,
    },
    /// Open a connection; `Connected` or `ConnectFailed` follows.
    Connect {
        conn: ConnId,
        host: String,
        port: u16,
    },
    /// Do this to the working directory; `Event::Disk` with the ticket follows.
    Disk {
        ticket: u64,
        request: DiskRequest,
    },
    Log {
        level: LogLevel,
        text: String,
    },
    /// Do nothing at all for this long (DEBUG SLEEP).
    Stall {
        microseconds: u64,
    },
    /// A listener, a log setting or the working directory changed: apply the named directive.
    /// `Event::Reconfigured` with the ticket follows.
    Reconfigure {
        ticket: u64,
        directive: &'static str,
        value: String,
    },
    /// Give memory that is free back to the system.
    ReleaseMemory,
    /// End the process.
    Exit {
        code: i32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}

/// A request to the disk. Names are relative to the working directory. Requests of one node are carried
/// out in the order they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskRequest {
    /// Make (or empty) a file.
    Create {
        name: String,
    },
    /// Add bytes at the end of a file. Not durable before `Sync`.
    Append {
        name: String,
        bytes: Vec<u8>,
    },
    /// Make a file's bytes durable.
    Sync {
        name: String,
    },
    /// Replace `to` by `from`, in one step. Durable after `SyncDirectory`.
    Rename {
        from: String,
        to: String,
    },
    /// Make names durable.
    SyncDirectory,
    Remove {
        name: String,
    },
    /// Read up to `len` bytes from `offset`; fewer come only at the end of the file.
    Read {
        name: String,
        offset: u64,
        len: usize,
    },
    /// Replace a small file (the configuration) as a whole and durably.
    Replace {
        path: String,
        bytes: Vec<u8>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskDone {
    Done,
    Bytes(Vec<u8>),
}

/// Why a disk request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskError {
    NotFound,
    /// The system's own words.
    Failed(String),
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskError::NotFound => f.write_str("No such file or directory"),
            DiskError::Failed(reason) => f.write_str(reason),
        }
    }
}
