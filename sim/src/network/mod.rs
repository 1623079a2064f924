//! The network: TCP as a process sees it, over links that delay, lose and cut.
//!
//! ```text
//!  process ─ output ─▶ backlog ─ segment ─▶ wire ─ arrival ─▶ inbox ─ read ─▶ process
//!           (send buffer: backlog + wire + unacknowledged)   (receive window: wire + inbox)
//! ```
//!
//! Every segment, every acknowledgement and every step of the handshake is a message, and each message
//! asks the [`link`] and the installed [`rule`]s for a verdict. A lost message is sent again after a
//! pause that doubles; while it is missing, nothing behind it arrives. When the kernel has repeated
//! itself for `give_up_us` it breaks the connection, at its own end only: the other end learns of it when
//! it next sends, as in life.
//!
//! What may fail: any message may be late, be lost or be cut off, in one direction or in both; any
//! connection may be reset; reads may be split and merged at every byte; a machine may vanish with its
//! connections. What must never happen: bytes of one direction that arrive out of order, twice, or with
//! a gap; an end that is told anything after it was told `Closed`.
//!
//! Files: [`link`] weather and delay, [`rule`] faults, [`connection`] the state of both ends, [`tcp`] the
//! moves.

pub mod connection;
pub mod link;
pub mod rule;
#[cfg(test)]
mod stream_test;
pub mod tcp;

pub use connection::SocketId;
pub use link::Weather;
pub use rule::{Effect, Rule};
pub use tcp::{Network, Notice, Outbox, Timer};
