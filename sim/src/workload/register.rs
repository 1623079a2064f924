//! Several clients read and write a few keys as registers: GET, SET with its conditions, GETSET, SETNX,
//! INCR, DEL, in pipelines of changing depth. Keys begin with `r:`. Values are integers, in some runs now and
//! then long strings that begin with one; each is written once, so that a value read names its write;
//! conditions compare with values planned shortly before, so that they hold about half the time.

use super::{Load, Room, argv};
use crate::plan::{Argv, ClientPlan, Doing, Step};
use crate::random::Stream;

/// The values last planned for a key, across all clients.
type Recent = Vec<Vec<String>>;

pub fn load(room: &Room<'_>) -> Load {
    let mut knobs = room.seed.stream("workload register");
    let keys = knobs.between(1, 5) as usize;
    let depth = knobs.log_between(1, 16);
    // So many commands in all, however they are spread: enough to matter, few enough for many seeds.
    let commands = knobs.log_between(300, 3000);
    let batches = (commands / (room.clients as u64 * depth.div_ceil(2))).max(1);
    let pause_us = (room.duration_us / batches).max(1);
    // Long values fill buffers, which is where connections go wrong.
    let long_ppm = if knobs.chance(400_000) { 200_000 } else { 0 };
    let reads = knobs.between(10, 60) as u32;
    let mut load = Load::default();
    for index in 0..room.clients {
        // A few clients talk to servers that are replicas at first, so that somebody notices a promotion.
        let to = if index % 3 == 2 { knobs.pick(room.nodes) } else { &room.nodes[0] };
        let name = format!("c{}", index + 1);
        let timeout_us = knobs.log_between(20_000, 2_000_000);
        load.clients.push(ClientPlan { name, to: to.clone(), timeout_us, resp3: knobs.chance(300_000) });
    }
    let mut times: Vec<(u64, usize)> = Vec::new();
    for index in 0..room.clients {
        let mut stream = room.seed.stream(&format!("client c{}", index + 1));
        let mut at = 10_000;
        while at < room.duration_us {
            times.push((at, index));
            at += stream.between(1, 2 * pause_us);
        }
    }
    times.sort_unstable();
    let mut stream = room.seed.stream("workload register commands");
    let mut recent: Recent = vec![vec!["0".into()]; keys];
    let mut value = 0;
    for (at_us, index) in times {
        let count = stream.between(1, depth);
        let commands =
            (0..count).map(|_| command(&mut stream, &mut recent, &mut value, reads, long_ppm)).collect();
        let client = load.clients[index].name.clone();
        load.steps.push(Step { at_us, doing: Doing::Send { client, commands } });
    }
    load
}

fn command(stream: &mut Stream, recent: &mut Recent, value: &mut u64, reads: u32, long_ppm: u32) -> Argv {
    let which = stream.below(recent.len() as u64) as usize;
    let key = format!("r:{which}");
    // Far enough apart that increments of one value never make another.
    *value += 1000;
    let mut new = value.to_string();
    if stream.chance(long_ppm) {
        let padding = stream.log_between(1, 4000) as usize;
        new.push_str(&"x".repeat(padding));
    }
    let old = stream.pick(&recent[which]).clone();
    let kind = stream.weighted(&[reads, 20, 4, 4, 10, 8, 6, 10, 4]);
    if matches!(kind, 1..=6) {
        recent[which].push(new.clone());
        if recent[which].len() > 3 {
            recent[which].remove(0);
        }
    }
    match kind {
        0 => argv(["GET", &key]),
        1 => argv(["SET", &key, &new]),
        2 => argv(["SET", &key, &new, "NX"]),
        3 => argv(["SET", &key, &new, "XX", "GET"]),
        4 => argv(["SET", &key, &new, "IFEQ", &old]),
        5 => argv(["GETSET", &key, &new]),
        6 => argv(["SETNX", &key, &new]),
        7 => argv(["INCR", &key]),
        _ => argv(["DEL", &key]),
    }
}
