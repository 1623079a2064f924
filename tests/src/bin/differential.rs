//! Compares two running servers, or two binaries, by generated commands:
//! `cargo run -p conformance --bin differential -- --subject target/release/rewind-server --seconds 60`.
//! Exit code 1: they differ; what was found is printed as transcripts, smallest form.
#![forbid(unsafe_code)]

use clap::Parser;
use conformance::differential::{self, Plan};
use conformance::server::{Server, free_port, peers};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// The server to judge: HOST:PORT, or a binary to start.
    #[arg(long)]
    subject: String,
    /// What it is held against: HOST:PORT or a binary; real Redis from PEERS_DIR when not given.
    #[arg(long)]
    reference: Option<String>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sequences to send; zero is no limit.
    #[arg(long, default_value_t = 0)]
    count: u64,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Commands in a sequence.
    #[arg(long, default_value_t = 60)]
    length: usize,
    /// Only this family of commands; may be repeated.
    #[arg(long)]
    family: Vec<String>,
    /// Ends after so many classes of difference.
    #[arg(long, default_value_t = 20)]
    enough: usize,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<usize, String> {
    let mut started = Vec::new();
    let mut address = |place: &str| -> Result<String, String> {
        if !Path::new(place).is_file() {
            return Ok(place.to_owned());
        }
        let server = Server::start(Path::new(place), free_port(18500), None, &[])?;
        started.push(server);
        Ok(started[started.len() - 1].address())
    };
    let redis = peers().join("bin/redis-server").display().to_string();
    let subject = address(&options.subject)?;
    let reference = address(options.reference.as_ref().unwrap_or(&redis))?;
    let plan = Plan {
        seed: options.seed,
        sequences: options.count,
        duration: Duration::from_secs(options.seconds),
        length: options.length,
        families: options.family.clone(),
        enough: options.enough,
    };
    let outcome = differential::run(&subject, &reference, &plan)?;
    println!(
        "{} sequences of {} commands in all from seed {}: {} classes of difference",
        outcome.sequences,
        outcome.commands,
        options.seed,
        outcome.differences.len()
    );
    Ok(outcome.differences.len())
}
