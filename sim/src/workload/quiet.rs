//! Hardly anything: one client writes one key a second to the primary. For measuring how fast an idle
//! world goes by, and for faults that need a world at rest.

use super::{Load, Room, argv};
use crate::plan::{ClientPlan, Doing, Step};

pub fn load(room: &Room<'_>) -> Load {
    let to = room.nodes[0].clone();
    let clients = vec![ClientPlan { name: "q1".into(), to, timeout_us: 1_000_000, resp3: false }];
    let steps = (1..=room.duration_us / 1_000_000).map(|second| {
        let commands = vec![argv(["SET", "q", &second.to_string()])];
        Step { at_us: second * 1_000_000, doing: Doing::Send { client: "q1".into(), commands } }
    });
    Load { clients, steps: steps.collect() }
}
