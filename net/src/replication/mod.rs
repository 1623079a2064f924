//! Replication: this node's place in a chain of copies.
//!
//! The stream of effects has one name (the replication id) and one measure (the offset, in bytes of it).
//! A primary appends to it, a replica repeats it byte for byte, and whoever holds a name and an offset can
//! go on from there as long as the backlog still reaches back that far.

use crate::client::Client;
use crate::config::Config;
use crate::node::{ConnId, Node};
use engine::args::Argv;
use engine::effect::Interest;
use engine::random::Random;
use engine::time::Now;

/// What a node knows of its own place in replication.
#[derive(Debug)]
pub struct Replication {
    /// The name of the stream: forty hexadecimal digits.
    pub id: String,
    /// Bytes of the stream so far.
    pub offset: u64,
}

impl Replication {
    pub fn new(_config: &Config, random: &mut Random) -> Self {
        let id = String::from_utf8(random.hex40().to_vec()).expect("hexadecimal digits");
        Replication { id, offset: 0 }
    }

    /// Whether bytes of this connection are our primary's stream.
    pub fn reads_link(&self, _conn: ConnId) -> bool {
        false
    }

    /// Adds a request to the stream, if anyone follows it.
    pub fn append(&mut self, _db: u32, _argv: Argv<'_>) {}
}

impl Node {
    pub(crate) fn link_received(&mut self, _now: Now, _conn: ConnId, _bytes: &[u8]) {}

    pub(crate) fn link_connected(&mut self, _now: Now, _conn: ConnId, _local: String) {}

    pub(crate) fn link_failed(&mut self, _now: Now, _conn: ConnId, _reason: &str) {}

    pub(crate) fn connection_ended(&mut self, _now: Now, _client: &Client) {}

    pub(crate) fn feed_replicas(&mut self, _now: Now) {}

    pub(crate) fn replication_beat(&mut self, _now: Now) {}

    /// Which effects anyone waits for at the moment.
    pub(crate) fn interest(&self) -> Interest {
        Interest::default()
    }
}
