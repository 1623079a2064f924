//! Records the expectations of the transcripts from a live reference server:
//! `cargo run -p conformance --bin record -- --server 127.0.0.1:6379 [--family string]`.
//! With `--check` nothing is written; a difference is printed and ends in exit code 1. That is how a
//! running server of ours, or a new version of the reference, is held against what was recorded.
#![forbid(unsafe_code)]

use clap::Parser;
use conformance::live::Connection;
use conformance::record::{self, Source};
use conformance::server::{Server, free_port, peers};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
struct Options {
    /// HOST:PORT of a running server with debug commands enabled; its data are lost.
    #[arg(long)]
    server: Option<String>,
    /// A server binary to start instead; real Redis from PEERS_DIR when neither is given.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Only this folder of tests/transcripts.
    #[arg(long)]
    family: Option<String>,
    /// Compare instead of writing.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match judge(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(2)
        }
    }
}

fn judge(options: &Options) -> Result<usize, String> {
    let mut started = None;
    let address = match &options.server {
        Some(address) => address.clone(),
        None => {
            let binary = options.binary.clone().unwrap_or_else(|| peers().join("bin/redis-server"));
            started.insert(Server::start(&binary, free_port(18100), None, &[])?).address()
        }
    };
    let version = version(&address)?;
    let (mut played, mut failed) = (0, 0);
    for source in record::sources(options.family.as_deref()) {
        if options.check {
            let (runs, differences) = check(&source, &address, &version)?;
            played += runs;
            failed += differences;
        } else if source.script.written.is_none() {
            source.record(&address, &version)?;
            played += 1;
        }
    }
    let verb = if options.check { "compared" } else { "recorded" };
    println!("{played} transcripts {verb} with {version}, {failed} differ");
    Ok(failed)
}

fn version(address: &str) -> Result<String, String> {
    let mut connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
    let info = connection.ask(&["INFO", "server"])?;
    let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    Ok(match field("rewind_version:") {
        Some(version) => format!("Rewind {version}"),
        None => format!("Redis {}", field("redis_version:").unwrap_or_default()),
    })
}

/// Plays one script in every protocol; how often, and how often it went differently.
fn check(source: &Source, address: &str, version: &str) -> Result<(usize, usize), String> {
    let (mut runs, mut failed) = (0, 0);
    // What ours is known to answer differently is held against it by the tests in process.
    let deviates = source.script.deviates.is_some() && version.starts_with("Rewind");
    let absent = source.script.written.is_some() && !version.starts_with("Rewind");
    if source.script.needs_virtual_time() || deviates || absent {
        return Ok((0, 0));
    }
    for resp in source.protocols() {
        let expected = match source.script.written {
            Some(_) => source.text.clone(),
            None => source.recorded(resp).unwrap_or_default(),
        };
        let heard = source.play_live(address, resp)?;
        runs += 1;
        if heard != expected {
            failed += 1;
            println!("{} in RESP{resp}:", source.path.display());
            print_difference(&expected, &heard);
        }
    }
    Ok((runs, failed))
}

/// The lines that differ, with the command above each.
fn print_difference(expected: &str, heard: &str) {
    let (expected, heard): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), heard.lines().collect());
    let mut sent = "";
    let mut shown = 0;
    for index in 0..expected.len().max(heard.len()) {
        let (want, got) = (expected.get(index).unwrap_or(&""), heard.get(index).unwrap_or(&""));
        if !want.starts_with(['<', ' ']) {
            sent = want;
        }
        if want != got {
            println!("  {sent}\n    expected {want}\n    heard    {got}");
            shown += 1;
        }
        if shown == 20 {
            println!("  ...");
            return;
        }
    }
}
