//! The second host: the production driver on madsim's scheduler, clock and sockets.
//!
//! ```text
//!   run(seed, body) ─▶ madsim runtime, one thread
//!                       ├─ machine "n1": Node + net::driver::Driver + MadHost    (server, host)
//!                       ├─ machine "c1": Client ◀─ Stream ─▶ Driver              (client, stream, segment)
//!                       └─ body: starts them, kills, restarts, pauses, cuts links, compares
//! ```
//!
//! The simulator's world drives a `Node` by itself and goes deep; this host is there for what the world leaves
//! out: the driver's tasks, wakers and buffers, with half-closes, split reads and writes, slow readers, resets, and the
//! death and restart of the whole shell, in whatever order a random scheduler runs its tasks.
//!
//! madsim's sockets and disk are too kind, so `stream` gives sockets windows, ends and resets, and the disk is
//! the simulator's. Known limits: a connection whose peer's machine is gone is reset at once even across a
//! partition, and connecting across a partition is refused at once instead of after a time.
//!
//! What must never happen: two runs of a seed that differ in one received byte or in its time.

pub mod client;
pub mod host;
pub mod segment;
pub mod server;
pub mod stream;

pub use client::Client;
pub use server::{Server, ServerPlan};
pub use stream::Weather;

use crate::random::Seed;
use ::madsim::Config;
use ::madsim::net::NetSim;
use ::madsim::runtime::{Handle, NodeHandle, Runtime};
use ::madsim::task::NodeId;
use ::madsim::time::Duration;
use std::future::Future;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use xxhash_rust::xxh3::Xxh3;

/// Simulated seconds after which a run has failed to end.
const TIME_LIMIT_S: u64 = 3600;

/// What the parts of a run have in common.
#[derive(Clone)]
pub struct Cluster {
    pub seed: Seed,
    /// A machine for tasks that act on other machines.
    clerk: NodeHandle,
    received: Arc<Mutex<Xxh3>>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    pub value: T,
    /// Of all bytes that clients received, with the times at which they did.
    pub digest: u64,
    /// Simulated microseconds it took.
    pub end_us: u64,
}

impl Cluster {
    /// The cluster of the calling task's runtime.
    pub fn new(seed: u64) -> Cluster {
        let clerk = Handle::current().create_node().name("clerk").build();
        Cluster { seed: Seed(seed), clerk, received: Arc::default() }
    }

    /// A machine for clients: spawn them on it.
    pub fn machine(&self, name: &str, ip: IpAddr) -> NodeHandle {
        Handle::current().create_node().name(name).ip(ip).build()
    }

    /// Nothing gets from one machine to the other, in either direction. Connections wait.
    pub fn partition(&self, a: NodeId, b: NodeId) {
        let network = NetSim::current();
        network.clog_link(a, b);
        network.clog_link(b, a);
    }

    pub fn heal(&self, a: NodeId, b: NodeId) {
        let network = NetSim::current();
        network.unclog_link(a, b);
        network.unclog_link(b, a);
    }

    /// Enters bytes that a client received in the digest.
    pub fn witness(&self, client: &str, at_us: u64, bytes: &[u8]) {
        let mut received = self.received.lock().expect("nobody panicked with the digest");
        received.update(client.as_bytes());
        received.update(&at_us.to_le_bytes());
        received.update(&(bytes.len() as u64).to_le_bytes());
        received.update(bytes);
    }

    /// The digest so far.
    pub fn digest(&self) -> u64 {
        self.received.lock().expect("nobody panicked with the digest").digest()
    }
}

/// Runs `body` in a simulation of this seed, on a thread of its own: madsim seeds the hash maps of a thread once.
///
/// # Panics
/// As `body` does, after a line that names the seed.
pub fn run<T, F>(seed: u64, body: impl FnOnce(Cluster) -> F + Send + 'static) -> Outcome<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let simulation = move || {
        let mut runtime = Runtime::with_seed_and_config(seed, Config::default());
        runtime.set_time_limit(Duration::from_secs(TIME_LIMIT_S));
        runtime.block_on(async move {
            let cluster = Cluster::new(seed);
            let value = body(cluster.clone()).await;
            Outcome { value, digest: cluster.digest(), end_us: host::mono_us() }
        })
    };
    match std::thread::spawn(simulation).join() {
        Ok(outcome) => outcome,
        Err(panic) => {
            eprintln!("the simulation of seed {seed} failed");
            resume_unwind(panic)
        }
    }
}
