//! What clients saw, put together for the checkers.
//!
//! Clients emit [`Observation`]s as they go; the world stamps them with its own time; [`History`] pairs
//! each request with its reply. A request whose reply never came is *unknown*: it may have been executed,
//! once, at any time after it was sent, or never.

use crate::plan::Argv;
use crate::plan::text::show_command;
use crate::process::{ConnId, HostId, Life};
use crate::world::Note;
use net::resp::Frame;
use std::collections::BTreeMap;
use std::fmt;

/// Numbers the requests of one client.
pub type OpNumber = u64;

/// One thing a client saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It wrote a request to a connection that a server's `life` accepted; `ends_at` bytes into it the
    /// request ends.
    Invoked {
        op: OpNumber,
        server: HostId,
        life: Life,
        conn: ConnId,
        ends_at: u64,
        argv: Argv,
    },
    Replied {
        op: OpNumber,
        frame: Frame,
    },
    /// The connection is gone, or patience was; the reply will never be known.
    Lost {
        op: OpNumber,
    },
    /// A push message of RESP3.
    Pushed {
        frame: Frame,
    },
    /// Bytes that are no RESP, or a reply that no request asked for.
    Garbled {
        what: String,
    },
}

// `Action` compares with `Eq`; a NaN in a reply is the one value that is not equal to itself, and no
// checker compares observations.
impl Eq for Observation {}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Replied { at_us: u64, frame: Frame },
    Unknown,
}

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub client: HostId,
    pub number: OpNumber,
    pub server: HostId,
    pub life: Life,
    pub conn: ConnId,
    pub ends_at: u64,
    pub argv: Argv,
    pub invoked_us: u64,
    pub outcome: Outcome,
}

impl Operation {
    /// The command's name in capitals.
    pub fn name(&self) -> Vec<u8> {
        self.argv[0].to_ascii_uppercase()
    }

    pub fn reply(&self) -> Option<&Frame> {
        match &self.outcome {
            Outcome::Replied { frame, .. } => Some(frame),
            Outcome::Unknown => None,
        }
    }

    /// When the reply was there; the end of time if it never was.
    pub fn completed_us(&self) -> u64 {
        match self.outcome {
            Outcome::Replied { at_us, .. } => at_us,
            Outcome::Unknown => u64::MAX,
        }
    }
}

/// All requests of a run, in order of invocation.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub operations: Vec<Operation>,
    /// When and to whom something came that is no reply.
    pub garbled: Vec<(u64, HostId, String)>,
}

impl History {
    pub fn new(notes: Vec<Note>) -> History {
        let mut history = History::default();
        let mut open: BTreeMap<(HostId, OpNumber), usize> = BTreeMap::new();
        for (at_us, client, observation) in notes {
            match observation {
                Observation::Invoked { op, server, life, conn, ends_at, argv } => {
                    let before = open.insert((client, op), history.operations.len());
                    assert!(before.is_none(), "client {client:?} used the number {op} twice");
                    let (invoked_us, outcome) = (at_us, Outcome::Unknown);
                    let operation = Operation {
                        client,
                        number: op,
                        server,
                        life,
                        conn,
                        ends_at,
                        argv,
                        invoked_us,
                        outcome,
                    };
                    history.operations.push(operation);
                }
                Observation::Replied { op, frame } => {
                    let index = open.remove(&(client, op)).expect("a reply to a request in flight");
                    history.operations[index].outcome = Outcome::Replied { at_us, frame };
                }
                Observation::Lost { op } => {
                    open.remove(&(client, op)).expect("only a request in flight can be lost");
                }
                Observation::Pushed { .. } => {}
                Observation::Garbled { what } => history.garbled.push((at_us, client, what)),
            }
        }
        history
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observation::Invoked { op, argv, .. } => {
                write!(f, "{} asks {}", op & 0xffff_ffff, show_command(argv))
            }
            Observation::Replied { op, frame } => {
                write!(f, "{} is told {}", op & 0xffff_ffff, frame.print().trim_end().replace('\n', " "))
            }
            Observation::Lost { op } => write!(f, "{} is lost", op & 0xffff_ffff),
            Observation::Pushed { frame } => {
                write!(f, "pushed {}", frame.print().trim_end().replace('\n', " "))
            }
            Observation::Garbled { what } => write!(f, "garbled: {what}"),
        }
    }
}
