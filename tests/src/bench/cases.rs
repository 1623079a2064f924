//! Throughput, CPU per operation and latencies of single commands at several pipeline depths.

use super::load::{End, Load, Value, Work};
use super::{Contender, median, process, table};
use crate::server::Server;
use std::time::Duration;

/// How much is measured.
pub struct Size {
    pub keys: u64,
    pub rounds: usize,
    pub seconds: f64,
    /// Only cases whose name contains this.
    pub case: String,
}

/// One run of one server.
struct Sample {
    ops: f64,
    cpu_us: f64,
    quantiles: [f64; 3],
}

const VALUE: usize = 64;

fn works(keys: u64) -> Vec<(&'static str, Work, Vec<usize>)> {
    vec![
        ("GET 64 B", Work::Get { keys }, vec![1, 16, 64]),
        ("SET 64 B", Work::Set { keys, size: VALUE }, vec![1, 16, 64]),
        ("INCR", Work::Incr { keys }, vec![1, 16]),
        ("MSET 10", Work::Mset { keys, size: VALUE }, vec![1, 16]),
    ]
}

/// Runs all cases on all servers in turns and renders the table.
///
/// # Errors
/// A server does not start, ends, or answers with an error.
pub fn run(contenders: &[Contender], size: &Size) -> Result<String, String> {
    let mut servers = Vec::new();
    for contender in contenders {
        let server = contender.start()?;
        fill(&server, size.keys)?;
        servers.push(server);
    }
    let mut rows = Vec::new();
    let wanted = works(size.keys).into_iter().filter(|(name, ..)| name.contains(&size.case));
    for (name, work, pipelines) in wanted {
        for pipeline in pipelines {
            let mut samples: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
            for round in 0..size.rounds {
                // Who goes first changes, so that no server always follows the same other.
                for turn in 0..servers.len() {
                    let index = (round + turn) % servers.len();
                    samples[index].push(sample(&servers[index], work, pipeline, size.seconds)?);
                }
            }
            rows.extend(render(name, pipeline, contenders, &samples));
        }
    }
    Ok(table(&["case", "P", "server", "ops/s", "CPU µs/op", "× best peer", "p50 µs", "p99", "p99.9"], &rows))
}

fn fill(server: &Server, keys: u64) -> Result<(), String> {
    let work = Work::Fill { from: 0, value: Value::Bytes(VALUE), until: None };
    let load = Load { port: server.port, connections: 8, pipeline: 64, work, end: End::Requests(keys) };
    load.run().map(|_| ())
}

fn sample(server: &Server, work: Work, pipeline: usize, seconds: f64) -> Result<Sample, String> {
    let end = End::After(Duration::from_secs_f64(seconds));
    let before = process::cpu_nanos(server.pid())?;
    let outcome = Load { port: server.port, connections: 50, pipeline, work, end }.run()?;
    let cpu = process::cpu_nanos(server.pid())? - before;
    Ok(Sample {
        ops: outcome.requests as f64 / outcome.elapsed.as_secs_f64(),
        cpu_us: cpu as f64 / 1000.0 / outcome.requests as f64,
        quantiles: [0.5, 0.99, 0.999].map(|share| outcome.quantile_us(share)),
    })
}

fn render(
    name: &str,
    pipeline: usize,
    contenders: &[Contender],
    samples: &[Vec<Sample>],
) -> Vec<Vec<String>> {
    let middle = |index: usize, value: &dyn Fn(&Sample) -> f64| {
        median(&samples[index].iter().map(value).collect::<Vec<_>>())
    };
    let cpu = |index| middle(index, &|sample| sample.cpu_us);
    // The first server is ours; the others are the peers it is held against.
    let best_peer = (1..contenders.len()).map(cpu).fold(f64::INFINITY, f64::min);
    (0..contenders.len())
        .map(|index| {
            let ratio =
                if best_peer.is_finite() { format!("{:.2}", cpu(index) / best_peer) } else { "-".into() };
            let quantile = |which: usize| format!("{:.0}", middle(index, &|sample| sample.quantiles[which]));
            vec![
                name.to_owned(),
                pipeline.to_string(),
                contenders[index].name.clone(),
                format!("{:.0}", middle(index, &|sample| sample.ops)),
                format!("{:.3}", cpu(index)),
                ratio,
                quantile(0),
                quantile(1),
                quantile(2),
            ]
        })
        .collect()
}
