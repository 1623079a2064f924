//! Runs units of Redis's own test-suite against a server of ours and against real Redis:
//! `cargo run -p conformance --bin upstream -- --server target/release/rewind-server`.
//! Without `--server` only the reference runs. Exit code 1: below `--at-least` percent of what is in scope.
#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use conformance::server::{Server, free_port, peers};
use conformance::upstream::report::{self, Row};
use conformance::upstream::unit::{self, Job, Outcome};
use conformance::upstream::{Mode, read_skips};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// The units whose commands exist so far.
const UNITS: [&str; 10] = [
    "unit/printver",
    "unit/quit",
    "unit/protocol",
    "unit/networking",
    "unit/querybuf",
    "unit/keyspace",
    "unit/scan",
    "unit/expire",
    "unit/type/incr",
    "unit/type/string",
];

/// What DEBUG can do so far.
const DEBUG: [&str; 10] = [
    "sleep",
    "set-active-expire",
    "digest",
    "digest-value",
    "object",
    "change-repl-id",
    "stringmatch-len",
    "error",
    "log",
    "protocol",
];

#[derive(Clone, Copy, ValueEnum)]
enum Modes {
    External,
    Managed,
    Both,
}

#[derive(Parser)]
struct Options {
    /// The server binary to judge.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where peers/install put Redis and its source; PEERS_DIR or ~/.cache/peers by default.
    #[arg(long)]
    peers: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "both")]
    mode: Modes,
    /// Units to run, in place of all that are in scope so far.
    #[arg(long)]
    unit: Vec<String>,
    /// Seconds a unit may take.
    #[arg(long, default_value_t = 150)]
    limit: u64,
    /// Percent of the tests in scope that must pass.
    #[arg(long, default_value_t = 95.0)]
    at_least: f64,
    /// Where the table goes.
    #[arg(long)]
    write: Option<PathBuf>,
    /// First port used.
    #[arg(long, default_value_t = 18300)]
    port: u16,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let peers = options.peers.clone().unwrap_or_else(peers);
    let skips = read_skips(&Path::new(env!("CARGO_MANIFEST_DIR")).join("upstream/skip.tsv"))?;
    let modes: &[Mode] = match options.mode {
        Modes::External => &[Mode::External],
        Modes::Managed => &[Mode::Managed],
        Modes::Both => &[Mode::External, Mode::Managed],
    };
    let units: Vec<String> =
        if options.unit.is_empty() { UNITS.map(str::to_owned).into() } else { options.unit.clone() };
    let reference = peers.join("bin/redis-server");
    let limit = Duration::from_secs(options.limit);
    let mut port = options.port;
    let mut rows = Vec::new();
    for unit in &units {
        for &mode in modes {
            let mut judge = |server: &Path, whose: &str| {
                port = if port > options.port + 600 { options.port } else { port + 110 };
                let job = Job { peers: &peers, server, port, limit, skips: &skips };
                let verdict = unit::run(&job, unit, mode)?;
                println!(
                    "{unit} {} on {whose}: {} passed, {} failed, {} ignored in {} s{}",
                    mode.name(),
                    verdict.count(Outcome::Passed),
                    verdict.count(Outcome::Failed),
                    verdict.count(Outcome::Ignored),
                    verdict.seconds,
                    if verdict.timed_out { ", ended by the time limit" } else { "" }
                );
                if verdict.tests.len() == 1 && !verdict.tail.is_empty() {
                    println!("{}", verdict.tail);
                }
                Ok::<_, String>(verdict)
            };
            let on_reference = judge(&reference, "the reference")?;
            let ours = options.server.as_deref().map(|server| judge(server, "ours")).transpose()?;
            rows.push(Row { unit: unit.clone(), mode, reference: on_reference, ours });
        }
    }
    let judged = options.server.as_deref().unwrap_or(&reference);
    let (known, version) = known_commands(judged, options.port)?;
    let (_, reference_version) = known_commands(&reference, options.port)?;
    let total = report::total(&rows, &known);
    for row in &rows {
        for (name, message) in row.failures(&known) {
            println!("NOT PASSED {} ({}): {name}: {message}", row.unit, row.mode.name());
        }
    }
    if let Some(path) = &options.write {
        let page = report::markdown(&rows, &known, &skips, (&reference_version, &version));
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("{} of {} tests in scope pass: {:.1} %", total.passed, total.in_scope, total.percent());
    // Nothing in scope is no success: the server did not even answer COMMAND.
    Ok(total.in_scope > 0 && total.percent() >= options.at_least)
}

/// Every command and `container|subcommand` a server has, and what it calls itself.
fn known_commands(server: &Path, port: u16) -> Result<(BTreeSet<String>, String), String> {
    let server = Server::start(server, free_port(port), None, &[])?;
    let mut connection = server.connect()?;
    let table = connection.ask(&["COMMAND"])?;
    let mut known = BTreeSet::new();
    let mut add = |row: &conformance::reply::Reply| {
        if let Some(name) = row.elements().and_then(|fields| fields.first()).and_then(|name| name.text()) {
            known.insert(String::from_utf8_lossy(name).to_lowercase());
        }
    };
    for row in table.elements().unwrap_or_default() {
        add(row);
        let subcommands = row.elements().and_then(|fields| fields.get(9)).and_then(|list| list.elements());
        subcommands.unwrap_or_default().iter().for_each(&mut add);
    }
    // DEBUG's subcommands stand in no table; these are the ones that tests may lean on.
    if known.contains("debug") {
        known.extend(DEBUG.map(|subcommand| format!("debug|{subcommand}")));
    }
    let info = connection.ask(&["INFO", "server"])?;
    let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let version = match field("rewind_version:") {
        Some(version) => format!("Rewind {version}"),
        None => format!("Redis {}", field("redis_version:").unwrap_or_default()),
    };
    Ok((known, version))
}
