//! Any command there is, made up from the entries in spec: valid, nearly valid and hostile, on hot keys.
//!
//! It knows no command by name but for the few it must leave out: those that change the connection instead
//! of the data would break the rule of one reply to one request. What it is good for: crashes, replies that
//! are no RESP, buffers without bound, replicas that differ.

use super::{Load, Room};
use crate::plan::{ClientPlan, Doing, Step};
use spec::arbitrary::{Generator, Knobs};
use spec::schema::Entry;
use std::sync::OnceLock;

/// Commands on data, of every family that has any.
pub fn generator() -> Generator {
    // Read once: a sweep makes thousands of plans.
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    let mut generator = Generator::new(ENTRIES.get_or_init(spec::load), Knobs::default());
    // A subscription answers a push for every name, and leaves a client of RESP2 with little that it may do.
    let listens = |entry: &Entry| entry.name.ends_with("SUBSCRIBE");
    generator.retain(|entry| !matches!(entry.family.as_str(), "connection" | "server") && !listens(entry));
    generator
}

pub fn load(room: &Room<'_>) -> Load {
    let mut knobs = room.seed.stream("workload from-spec");
    let mut generator = generator();
    generator.knobs.cold_keys = knobs.log_between(1, 1000) as u32;
    generator.knobs.hot_keys = knobs.between(1, 8) as u32;
    let commands = knobs.log_between(200, 2000);
    let depth = knobs.log_between(1, 16);
    let batches = (commands / (room.clients as u64 * depth.div_ceil(2))).max(1);
    let pause_us = (room.duration_us / batches).max(1);
    let mut load = Load::default();
    for index in 0..room.clients {
        let name = format!("s{}", index + 1);
        let mut stream = room.seed.stream(&format!("client {name}"));
        let mut at_us = 10_000;
        while at_us < room.duration_us {
            let commands = (0..stream.between(1, depth)).map(|_| generator.request(stream.rng())).collect();
            load.steps.push(Step { at_us, doing: Doing::Send { client: name.clone(), commands } });
            at_us += stream.between(1, 2 * pause_us);
        }
        let (to, timeout_us) = (knobs.pick(room.nodes).clone(), knobs.log_between(50_000, 2_000_000));
        load.clients.push(ClientPlan { name, to, timeout_us, resp3: knobs.chance(500_000) });
    }
    load
}
