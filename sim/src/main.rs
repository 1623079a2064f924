//! The simulator's command line: run, replay, shrink, explain, soak, scenarios.
//!
//! `cargo sim run --scenario clients-one-node --seed 7` expands the seed to a plan and runs it. On failure
//! the plan, with its failure class, is written to a file, which `shrink`, `replay` and `explain` take.
#![forbid(unsafe_code)]

use clap::{Args, Parser, Subcommand};
use sim::plan::Plan;
use sim::run::{Make, Outcome, run, run_twice};
use sim::scenario::{Scenario, names};
use sim::server::Server;
use sim::shrink::shrink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[derive(Parser)]
#[command(name = "sim", about = "Runs servers, clients, networks, disks and clocks from a seed.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one seed, or several, of a scenario
    Run(Run),
    /// Run a plan file twice; fails as the plan fails, or when the runs differ
    Replay { plan: PathBuf },
    /// Make a failing plan smaller
    Shrink {
        plan: PathBuf,
        /// Where to write the result; beside the plan by default
        #[arg(long)]
        out: Option<PathBuf>,
        /// How many runs to spend
        #[arg(long, default_value_t = 3000)]
        runs: usize,
    },
    /// Print one line per event of a plan
    Explain {
        plan: PathBuf,
        /// Only lines of these hosts
        #[arg(long)]
        host: Vec<String>,
    },
    /// Run seed after seed of every scenario for a time
    Soak {
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        #[arg(long, default_value_t = 0)]
        from: u64,
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// List the scenarios
    Scenarios,
    /// Prove the checkers: every planted bug must be caught
    #[cfg(feature = "planted")]
    Planted,
}

#[derive(Args)]
struct Run {
    #[arg(long)]
    scenario: String,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds, counting up
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Every so many seeds, run one twice and compare the digests
    #[arg(long, default_value_t = 10)]
    twice_every: u64,
    /// Write the plan even if it passes
    #[arg(long)]
    keep: bool,
    /// Where to write plans
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

/// What a command came to, or a sentence on why it could not be done.
type Done = Result<ExitCode, String>;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run_seeds(&options),
        Command::Replay { plan } => replay(&plan),
        Command::Shrink { plan, out, runs } => shrink_plan(&plan, out, runs),
        Command::Explain { plan, host } => explain(&plan, &host),
        Command::Soak { seconds, from, out } => soak(seconds, from, &out),
        Command::Scenarios => scenarios(),
        #[cfg(feature = "planted")]
        Command::Planted => planted(),
    };
    done.unwrap_or_else(|trouble| {
        eprintln!("sim: {trouble}");
        ExitCode::from(2)
    })
}

/// The real server on every node.
fn servers() -> Rc<Make> {
    Rc::new(|plan, names, boot, _| Box::new(Server::new(plan, names, boot)))
}

fn load(path: &Path) -> Result<Plan, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.parse().map_err(|bad| format!("{}: {bad}", path.display()))
}

fn save(path: &Path, plan: &Plan) -> Result<(), String> {
    std::fs::write(path, plan.to_string()).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs a plan, prints what is wrong and writes the plan out where something is. True where nothing is.
fn one(mut plan: Plan, twice: bool, out: &Path, totals: &mut Totals) -> Result<bool, String> {
    let make = servers();
    let outcome = if twice { run_twice(&plan, &make) } else { run(&plan, &make, false) };
    totals.add(&outcome, if twice { 2 } else { 1 });
    let Some(failure) = outcome.failure else { return Ok(true) };
    println!("{} seed {}: {}: {}", plan.scenario, plan.seed, failure.class, failure.what);
    let path = out.join(format!("{}-{}.plan", plan.scenario, plan.seed));
    plan.class = Some(failure.class);
    save(&path, &plan)?;
    println!("  plan: {0}   next: cargo sim shrink {0}", path.display());
    Ok(false)
}

#[derive(Default)]
struct Totals {
    runs: u64,
    delivered: u64,
    simulated_us: u64,
    requests: usize,
    replies: usize,
}

impl Totals {
    fn add(&mut self, outcome: &Outcome, times: u64) {
        self.runs += 1;
        self.delivered += outcome.delivered * times;
        self.simulated_us += outcome.simulated_us * times;
        self.requests += outcome.requests;
        self.replies += outcome.replies;
    }

    fn print(&self, began: Instant, failures: u64) {
        let wall = began.elapsed().as_secs_f64();
        let simulated = self.simulated_us as f64 / 1e6;
        println!(
            "{} runs, {failures} failed; {} events, {:.0} per second; {simulated:.0} s simulated, {:.0} per \
             second; {} requests, {} replies; {wall:.1} s",
            self.runs,
            self.delivered,
            self.delivered as f64 / wall,
            simulated / wall,
            self.requests,
            self.replies,
        );
    }
}

fn verdict(failures: u64) -> ExitCode {
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_seeds(options: &Run) -> Done {
    let scenario = Scenario::named(&options.scenario)?;
    let (began, mut totals, mut failures) = (Instant::now(), Totals::default(), 0);
    for seed in options.seed..options.seed.saturating_add(options.seeds) {
        let plan = scenario.plan(seed);
        if options.keep {
            save(&options.out.join(format!("{}-{seed}.plan", scenario.name)), &plan)?;
        }
        let twice = options.twice_every > 0 && seed % options.twice_every == 0;
        failures += u64::from(!one(plan, twice, &options.out, &mut totals)?);
    }
    totals.print(began, failures);
    Ok(verdict(failures))
}

fn soak(seconds: u64, from: u64, out: &Path) -> Done {
    let (began, mut totals, mut failures) = (Instant::now(), Totals::default(), 0);
    let scenarios: Vec<Scenario> = names().map(Scenario::named).collect::<Result<_, _>>()?;
    let mut seed = from;
    while began.elapsed() < Duration::from_secs(seconds) {
        for scenario in &scenarios {
            let twice = seed.is_multiple_of(10);
            failures += u64::from(!one(scenario.plan(seed), twice, out, &mut totals)?);
        }
        seed += 1;
    }
    println!("seeds {from} to {}", seed - 1);
    totals.print(began, failures);
    Ok(verdict(failures))
}

fn replay(path: &Path) -> Done {
    let plan = load(path)?;
    let outcome = run_twice(&plan, &servers());
    println!("digest {:016x}, {} events, {} us", outcome.digest, outcome.delivered, outcome.simulated_us);
    match outcome.failure {
        None => {
            println!("nothing is wrong");
            Ok(ExitCode::SUCCESS)
        }
        Some(failure) => {
            println!("{}: {}", failure.class, failure.what);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn shrink_plan(path: &Path, out: Option<PathBuf>, runs: usize) -> Done {
    let plan = load(path)?;
    let make = servers();
    let twice = plan.class.as_deref() == Some("nondeterminism");
    let class = |plan: &Plan| {
        let outcome = if twice { run_twice(plan, &make) } else { run(plan, &make, false) };
        outcome.failure.map(|failure| failure.class)
    };
    let wanted = class(&plan).ok_or("the plan does not fail, so there is nothing to keep while shrinking")?;
    let before = (plan.steps.len(), plan.commands());
    let mut small = shrink(plan, runs, &mut |plan| class(plan).as_ref() == Some(&wanted));
    small.class = Some(wanted);
    let out = out.unwrap_or_else(|| path.with_extension("small.plan"));
    save(&out, &small)?;
    println!(
        "{} steps and {} commands became {} and {}: {}",
        before.0,
        before.1,
        small.steps.len(),
        small.commands(),
        out.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn explain(path: &Path, hosts: &[String]) -> Done {
    use std::io::Write;
    let plan = load(path)?;
    let outcome = run(&plan, &servers(), true);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let shown = outcome.trace.iter().filter(|line| hosts.is_empty() || hosts.contains(&line.host));
    for line in shown {
        let written = writeln!(out, "{:>14} {:<8} {:<10} {}", line.at, line.host, line.what, line.text);
        if written.is_err() {
            // Whoever was reading has seen enough.
            return Ok(ExitCode::SUCCESS);
        }
    }
    if let Some(failure) = outcome.failure {
        let _ = writeln!(out, "{}: {}", failure.class, failure.what);
    }
    Ok(ExitCode::SUCCESS)
}

fn scenarios() -> Done {
    for name in names() {
        println!("{name:<24} {}", Scenario::named(name)?.about);
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "planted")]
fn planted() -> Done {
    let mut escaped = 0;
    for row in &sim::planted::ROWS {
        match sim::planted::prove(row) {
            Ok((seed, class)) => {
                println!("{:?}: caught by seed {seed} of {} as {class}", row.bug, row.scenario)
            }
            Err(how) => {
                println!("{how}");
                escaped += 1;
            }
        }
    }
    Ok(verdict(escaped))
}
