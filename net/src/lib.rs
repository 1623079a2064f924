//! The node, its driver and the server.
//!
//! Read in this order: `node` (the server as a value: events in, actions out), `client` (from bytes to
//! replies), `resp` (the protocol), `replication`, `durability`, `families` (commands that belong to the
//! node), `config`, then `driver` (the async shell) and, behind the feature `os`, the real world it runs in.
//!
//! What must never happen outside `os` and `bin`: a clock, a thread, a file, a socket, or chance that was not
//! seeded.

pub mod client;
pub mod config;
pub mod driver;
pub mod durability;
pub mod families;
pub mod node;
#[cfg(feature = "os")]
pub mod os;
pub mod replication;
pub mod resp;
pub mod testing;
