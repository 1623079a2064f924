//! An operator promotes servers by hand: now and then the primary is changed, and at the end of the run
//! one server is the primary and all others follow it. One client per server, named `op-` and its name.
//!
//! The operator does as Redis's documentation tells operators to: first the new primary is promoted, then
//! the others are pointed at it. It does not wait for answers, and in a partition some never hear it; so it
//! says everything again after the world has healed.

use super::{Load, Room, argv};
use crate::plan::{ClientPlan, Doing, Step};

/// The port every server in the world listens on.
const PORT: &str = "6379";

pub fn load(room: &Room<'_>) -> Load {
    let mut stream = room.seed.stream("workload promote");
    let mut load = Load::default();
    for node in room.nodes {
        let (name, to) = (format!("op-{node}"), node.clone());
        load.clients.push(ClientPlan { name, to, timeout_us: 5_000_000, resp3: false });
    }
    let mut primary = 0;
    let changes = stream.below(4);
    for change in 0..changes {
        let span = room.duration_us / (changes + 1);
        let at_us = span * change + stream.between(span / 4, span);
        primary = stream.below(room.nodes.len() as u64) as usize;
        appoint(&mut load, room, at_us, primary);
    }
    // Once at the time of healing and once more, for those that were not connected yet.
    for later in [1_000_000, 3_000_000, 8_000_000] {
        appoint(&mut load, room, room.duration_us + later, primary);
    }
    load
}

fn appoint(load: &mut Load, room: &Room<'_>, at_us: u64, primary: usize) {
    let leader = &room.nodes[primary];
    let mut tell = |at_us, node: &String, words| {
        let (client, commands) = (format!("op-{node}"), vec![argv(words)]);
        load.steps.push(Step { at_us, doing: Doing::Send { client, commands } });
    };
    tell(at_us, leader, ["REPLICAOF", "NO", "ONE"]);
    for node in room.nodes.iter().filter(|node| *node != leader) {
        tell(at_us + 100_000, node, ["REPLICAOF", leader, PORT]);
    }
}
