//! Measures servers side by side and prints tables for docs/PERFORMANCE.md:
//! `cargo run --release -p conformance --bin bench -- --server target/release/rewind-server [--quick]`.
#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use conformance::bench::cases::Size;
use conformance::bench::{Contender, cases, memory, pauses, syscalls};
use conformance::server::peers;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Cpu,
    Memory,
    Expiry,
    Growth,
    Syscalls,
}

#[derive(Parser)]
struct Options {
    /// Our server's binary; without it the peers are measured alone.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where peers/install put Redis and Valkey; PEERS_DIR or ~/.cache/peers by default.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// What to measure; everything when not given.
    #[arg(long, value_enum)]
    part: Vec<Part>,
    /// Rounds in which the servers take turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds each server is loaded in a round.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Only the single commands whose name contains this.
    #[arg(long, default_value = "")]
    case: String,
    /// Sizes in keys at which memory is measured.
    #[arg(long, default_values_t = [1_000_000, 10_000_000])]
    keys: Vec<u64>,
    /// A tenth of everything, to see that it works.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let peers = options.peers.clone().unwrap_or_else(peers);
    let contender =
        |name: &str, binary: PathBuf| Contender { name: name.to_owned(), binary, arguments: Vec::new() };
    let mut contenders = Vec::new();
    if let Some(server) = &options.server {
        contenders.push(contender("Rewind", server.clone()));
    }
    contenders.push(contender("Redis 8.0", peers.join("bin/redis-server")));
    contenders.push(contender("Valkey 9.1", peers.join("bin/valkey-server")));
    let scale = if options.quick { 10 } else { 1 };
    let wanted = |part| options.part.is_empty() || options.part.contains(&part);
    if wanted(Part::Cpu) {
        let (rounds, seconds) = if options.quick { (1, 0.5) } else { (options.rounds, options.seconds) };
        let size = Size { keys: 1_000_000 / scale, rounds, seconds, case: options.case.clone() };
        println!("## Single commands, {} keys, 50 connections, medians of {rounds}\n", size.keys);
        println!("{}", cases::run(&contenders, &size)?);
    }
    if wanted(Part::Syscalls) {
        println!("## System calls per GET\n\n{}", syscalls::run(&contenders)?);
    }
    if wanted(Part::Memory) {
        let counts: Vec<u64> = options.keys.iter().map(|keys| keys / scale).collect();
        println!("## Bytes per key of 16 bytes\n\n{}", memory::run(&contenders, &counts)?);
    }
    if wanted(Part::Expiry) {
        println!("## Mass expiry\n\n{}", pauses::mass_expiry(&contenders, 1_000_000 / scale)?);
    }
    if wanted(Part::Growth) {
        println!("## Growth\n\n{}", pauses::growth(&contenders, 10_000_000 / scale)?);
    }
    Ok(())
}
