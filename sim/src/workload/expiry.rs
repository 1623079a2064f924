//! Keys with a time to live, each written and read by one client alone. Keys begin with `e:`.

use super::{Load, Room, argv};
use crate::plan::{ClientPlan, Doing, Step};

pub fn load(room: &Room<'_>) -> Load {
    let mut knobs = room.seed.stream("workload expiry");
    let commands = knobs.log_between(200, 2000);
    let pause_us = (room.duration_us * room.clients as u64 / commands).max(1);
    let longest_ms = knobs.log_between(5, 5_000);
    let mut load = Load::default();
    for index in 0..room.clients {
        let name = format!("x{}", index + 1);
        let mut stream = room.seed.stream(&format!("client {name}"));
        let mut at_us = 10_000;
        while at_us < room.duration_us {
            let key = format!("e:{name}:{}", stream.below(4));
            let command = match stream.weighted(&[35, 55, 5, 5]) {
                0 => {
                    let (value, ttl) = (at_us.to_string(), stream.between(1, longest_ms).to_string());
                    argv(["SET", &key, &value, "PX", &ttl])
                }
                1 => argv(["GET", &key]),
                2 => argv(["SET", &key, &at_us.to_string()]),
                _ => argv(["DEL", &key]),
            };
            load.steps
                .push(Step { at_us, doing: Doing::Send { client: name.clone(), commands: vec![command] } });
            at_us += stream.between(1, 2 * pause_us);
        }
        let (to, timeout_us) = (room.nodes[0].clone(), knobs.log_between(50_000, 2_000_000));
        load.clients.push(ClientPlan { name, to, timeout_us, resp3: false });
    }
    load
}
