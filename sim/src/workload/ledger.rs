//! Writes that nothing ever covers up: each key is written once, and two counters only grow. A change that a
//! replica missed therefore shows for ever, where on a few busy keys the next write would hide it. Keys
//! begin with `l:`. Clients write to whichever server they know; a replica refuses them, until it is promoted.

use super::{Load, Room, argv};
use crate::plan::{ClientPlan, Doing, Step};

pub fn load(room: &Room<'_>) -> Load {
    let mut knobs = room.seed.stream("workload ledger");
    let writes = knobs.log_between(100, 1500);
    let depth = knobs.log_between(1, 8);
    let batches = (writes / (room.clients as u64 * depth.div_ceil(2))).max(1);
    let pause_us = (room.duration_us / batches).max(1);
    let mut load = Load::default();
    for index in 0..room.clients {
        let name = format!("l{}", index + 1);
        let mut stream = room.seed.stream(&format!("client {name}"));
        let (mut at_us, mut number) = (10_000, 0);
        while at_us < room.duration_us {
            let mut commands = Vec::new();
            for _ in 0..stream.between(1, depth) {
                number += 1;
                commands.push(match stream.weighted(&[70, 20, 10]) {
                    0 => argv(["SET", &format!("l:{name}:{number}"), &at_us.to_string()]),
                    1 => argv(["INCR", "l:count"]),
                    _ => argv(["APPEND", &format!("l:{name}"), "x"]),
                });
            }
            load.steps.push(Step { at_us, doing: Doing::Send { client: name.clone(), commands } });
            at_us += stream.between(1, 2 * pause_us);
        }
        let to = room.nodes[index % room.nodes.len()].clone();
        let timeout_us = knobs.log_between(50_000, 2_000_000);
        load.clients.push(ClientPlan { name, to, timeout_us, resp3: false });
    }
    load
}
