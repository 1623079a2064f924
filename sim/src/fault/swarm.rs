//! The weather and the faults of a run, from its seed.
//!
//! Swarm testing (Groce and others, 2012): each run switches some kinds of fault fully off and draws the
//! rates of the rest, so that runs differ from each other more than they would if every run had a little
//! of everything. Some bugs only show where a certain fault is missing.

use super::atlas::{Tolerance, together};
use super::{Fault, Kind};
use crate::network::Weather;
use crate::plan::{Doing, Step};
use crate::random::{Seed, Stream};

/// Who can be hurt, and when.
pub struct Field<'a> {
    pub servers: &'a [String],
    pub clients: &'a [String],
    pub kinds: &'a [Kind],
    pub checks: &'a [String],
    pub duration_us: u64,
}

/// The ordinary conditions of a run.
pub fn weather(seed: Seed) -> Weather {
    let mut stream = seed.stream("swarm weather");
    let mut on = |ppm| stream.chance(ppm);
    let (jitter, loss, slow_line, split, lazy, small) =
        (on(500_000), on(300_000), on(200_000), on(400_000), on(400_000), on(250_000));
    let latency_us = stream.log_between(20, 20_000);
    Weather {
        latency_us,
        jitter_us: if jitter { stream.log_between(1, latency_us * 4) } else { 0 },
        loss_ppm: if loss { stream.log_between(10, 20_000) as u32 } else { 0 },
        bytes_per_ms: if slow_line { stream.log_between(50, 100_000) } else { 0 },
        segment_max: stream.log_between(64, 64 * 1024) as usize,
        split_ppm: if split { stream.log_between(1_000, 900_000) as u32 } else { 0 },
        read_delay_us: if lazy { stream.log_between(1, 2_000) } else { 0 },
        send_buffer: if small { stream.log_between(64, 8192) } else { 256 * 1024 } as usize,
        window: if small { stream.log_between(64, 8192) } else { 256 * 1024 } as usize,
        retry_us: stream.log_between(5_000, 300_000),
        give_up_us: stream.log_between(1_000_000, 20_000_000),
    }
}

/// The faults of a run, in no order.
pub fn faults(seed: Seed, field: &Field<'_>) -> Vec<Step> {
    let mut knobs = seed.stream("swarm faults");
    let mut steps = Vec::new();
    for &kind in field.kinds {
        // Each kind has a stream of its own, so that switching one off leaves the others as they were.
        let mut stream = seed.stream(&format!("swarm {kind:?}"));
        let off = knobs.chance(400_000);
        let every_us = knobs.log_between(300_000, field.duration_us.max(300_001));
        if !off {
            spread(&mut stream, field, kind, every_us, &mut steps);
        }
    }
    steps
}

fn spread(stream: &mut Stream, field: &Field<'_>, kind: Kind, every_us: u64, steps: &mut Vec<Step>) {
    let most = match together(field.checks, kind) {
        Tolerance::No => return,
        Tolerance::AtOnce(most) => most,
        Tolerance::Yes => usize::MAX,
    };
    let mut ends: Vec<u64> = Vec::new();
    let mut at_us = stream.between(1, 2 * every_us);
    while at_us < field.duration_us {
        let fault = fault(stream, field, kind);
        let left = field.duration_us - at_us;
        let for_us = if kind.lasts() { stream.log_between(1_000, 15_000_000).min(left.max(1)) } else { 0 };
        ends.retain(|&end| end > at_us);
        if ends.len() < most {
            ends.push(at_us + for_us);
            steps.push(Step { at_us, doing: Doing::Fault { fault, for_us } });
        }
        at_us += stream.between(1, 2 * every_us);
    }
}

fn fault(stream: &mut Stream, field: &Field<'_>, kind: Kind) -> Fault {
    // Servers are hurt more often than clients; clients have no clocks or disks worth hurting.
    let everyone: Vec<&String> = field.servers.iter().chain(field.clients).collect();
    let some_client = !field.clients.is_empty() && stream.chance(200_000);
    let anyone = if some_client { stream.pick(field.clients) } else { stream.pick(field.servers) }.clone();
    let server = stream.pick(field.servers).clone();
    let others: Vec<&String> = everyone.into_iter().filter(|name| **name != server).collect();
    let other = (*stream.pick(&others)).clone();
    let (from, to) = if stream.chance(500_000) { (server.clone(), other) } else { (other, server.clone()) };
    let ppm = stream.log_between(1_000, 900_000) as u32;
    let by_us = stream.log_between(1_000, 3_000_000);
    match kind {
        Kind::Kill => Fault::Kill { host: anyone },
        Kind::Power => Fault::Power { host: anyone },
        Kind::Pause => Fault::Pause { host: anyone },
        Kind::Cut => Fault::Cut { from, to },
        Kind::Lossy => Fault::Lossy { from, to, ppm },
        Kind::Slow => Fault::Slow { from, to, by_us },
        Kind::Jitter => Fault::Jitter { from, to, up_to_us: by_us },
        Kind::Reset => Fault::Reset { a: from, b: to },
        Kind::Jump => {
            let by_us = (by_us * 4) as i64;
            Fault::Jump { host: server, by_us: if stream.chance(500_000) { by_us } else { -by_us } }
        }
        Kind::Skew => Fault::Skew { host: server, ppm: stream.between(0, 100_000) as i32 - 50_000 },
        Kind::DiskFull => Fault::DiskFull { host: server },
        Kind::DiskErrors => Fault::DiskErrors { host: server, ppm },
        Kind::DiskSlow => Fault::DiskSlow { host: server, by_us: by_us / 10 + 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn some_runs_lack_a_kind_of_fault_and_all_kinds_turn_up() {
        let (servers, clients) = (["n1".to_owned(), "n2".to_owned()], ["c1".to_owned()]);
        let field = Field {
            servers: &servers,
            clients: &clients,
            kinds: &Kind::ALL,
            checks: &[],
            duration_us: 20_000_000,
        };
        let mut seen = BTreeSet::new();
        let mut sizes = BTreeSet::new();
        for seed in 0..100 {
            let kinds: BTreeSet<Kind> = faults(Seed(seed), &field)
                .iter()
                .map(|step| match &step.doing {
                    Doing::Fault { fault, .. } => fault.kind(),
                    Doing::Send { .. } => panic!("a fault that is none"),
                })
                .collect();
            sizes.insert(kinds.len());
            seen.extend(kinds);
        }
        assert_eq!(seen.len(), Kind::ALL.len(), "{seen:?}");
        assert!(sizes.len() > 4, "{sizes:?}");
    }
}
