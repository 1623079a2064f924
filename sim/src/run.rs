//! Carries out a plan: builds the world, injects the faults, heals, waits, judges.
//!
//! A run has three parts, after TigerBeetle's: with faults until `heal`; then every fault is lifted and
//! every host is up, and the world must come to rest within `settle`; then the checks look at what clients
//! saw and at what the servers hold. A panic anywhere in a server is a failure of class `crash`.

use crate::check::{self, Check, Evidence};
use crate::client::{Client, Script};
use crate::fault::Undo;
use crate::history::History;
use crate::host::{Boot, Host, Spawn, State};
use crate::plan::{Doing, NodePlan, Plan};
use crate::process::{HostId, Process};
use crate::random::Seed;
use crate::world::{Line, World};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Makes the server of a plan's node at each of its starts. `names` are the hosts of the world in order,
/// so that a server can find an address in its configuration.
pub type Make = dyn Fn(&NodePlan, &[String], Boot, &crate::disk::Disk) -> Box<dyn Process>;

/// How often checks that watch the running world look at it.
const SAMPLE_US: u64 = 500_000;

/// One thing that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name of the check, or `crash`. Shrinking keeps it.
    pub class: String,
    /// For a person to read.
    pub what: String,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    pub failure: Option<Failure>,
    /// Over every byte sent and stored; 0 after a crash.
    pub digest: u64,
    /// Events delivered.
    pub delivered: u64,
    pub simulated_us: u64,
    /// Requests sent, and replies got.
    pub requests: usize,
    pub replies: usize,
    /// Empty unless asked for.
    pub trace: Vec<Line>,
}

/// Runs a plan, keeping a trace if asked to.
pub fn run(plan: &Plan, make: &Rc<Make>, trace: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let run = AssertUnwindSafe(|| carry_out(plan, make, trace, &mut outcome));
    if let Err(panic) = quietly(|| catch_unwind(run)) {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let what = what.unwrap_or_else(|| "a panic without words".into());
        outcome.failure = Some(Failure { class: "crash".into(), what });
    }
    outcome
}

/// Runs a plan twice and demands the same digest.
pub fn run_twice(plan: &Plan, make: &Rc<Make>) -> Outcome {
    let first = run(plan, make, false);
    let second = run(plan, make, false);
    if first.failure.is_none() && (first.digest, first.delivered) != (second.digest, second.delivered) {
        let what = format!("digests {:016x} and {:016x} of one plan", first.digest, second.digest);
        return Outcome { failure: Some(Failure { class: "nondeterminism".into(), what }), ..first };
    }
    first
}

/// Keeps panics that are about to be caught from being printed. The hook is set once and looks at a flag of
/// its thread, so tests that run beside each other keep theirs.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    thread_local!(static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = work();
    QUIET.set(before);
    result
}

/// The hosts of a plan: its nodes, then its clients.
fn build(plan: &Plan, make: &Rc<Make>) -> World {
    let seed = Seed(plan.seed);
    let names: Vec<String> = plan
        .nodes
        .iter()
        .map(|n| n.name.clone())
        .chain(plan.clients.iter().map(|c| c.name.clone()))
        .collect();
    let mut hosts = Vec::new();
    for node in &plan.nodes {
        let (make, plan, names) = (Rc::clone(make), node.clone(), names.clone());
        let spawn: Spawn = Box::new(move |boot, disk| make(&plan, &names, boot, disk));
        hosts.push(Host::new(seed, &node.name, node.skew_ppm, true, spawn));
    }
    for client in &plan.clients {
        let to = plan.nodes.iter().position(|node| node.name == client.to);
        let batches = plan.steps.iter().filter_map(|step| match &step.doing {
            Doing::Send { client: name, commands } if *name == client.name => {
                Some((step.at_us, commands.clone()))
            }
            _ => None,
        });
        let script = Rc::new(Script {
            to: HostId(to.unwrap_or(0) as u16),
            timeout_us: client.timeout_us,
            resp3: client.resp3,
            // A client whose server a shrunk plan has dropped has nobody to talk to.
            batches: if to.is_some() { batches.collect() } else { Vec::new() },
        });
        let spawn: Spawn = Box::new(move |boot, _| Box::new(Client::new(Rc::clone(&script), boot)));
        hosts.push(Host::new(seed, &client.name, 0, false, spawn));
    }
    World::new(seed, plan.weather.clone(), hosts)
}

const HEAL: u32 = u32::MAX;
const SAMPLE: u32 = u32::MAX - 1;

/// A fault with its end still to come.
struct Faults<'a> {
    plan: &'a Plan,
    undo: Vec<Undo>,
    healed: bool,
}

impl Faults<'_> {
    /// Step `n` begins under token `2n` and ends under `2n + 1`.
    fn call(&mut self, world: &mut World, token: u32) {
        let index = (token / 2) as usize;
        let Doing::Fault { fault, for_us } = &self.plan.steps[index].doing else {
            unreachable!("only faults are scheduled")
        };
        if self.healed {
            return;
        }
        if token.is_multiple_of(2) {
            self.undo[index] = fault.begin(world);
            if fault.kind().lasts() {
                world.call_at(world.now() + for_us, token + 1);
            }
        } else {
            std::mem::replace(&mut self.undo[index], Undo::Nothing).carry_out(world);
        }
    }

    fn heal(&mut self, world: &mut World) {
        self.healed = true;
        for undo in std::mem::take(&mut self.undo) {
            undo.carry_out(world);
        }
        start_all(world);
    }
}

fn start_all(world: &mut World) {
    let ids: Vec<HostId> = world.hosts().map(|(id, _)| id).collect();
    for id in ids {
        match world.host(id).state {
            State::Off | State::Dead => world.start(id),
            State::Paused => world.resume(id),
            State::Running => {}
        }
    }
}

fn carry_out(plan: &Plan, make: &Rc<Make>, trace: bool, outcome: &mut Outcome) {
    let mut checks: Vec<(String, Box<dyn Check>)> =
        plan.checks.iter().map(|name| (name.clone(), check::by_name(name))).collect();
    let mut world = build(plan, make);
    if trace {
        world.keep_trace();
    }
    for (index, step) in plan.steps.iter().enumerate() {
        if matches!(step.doing, Doing::Fault { .. }) {
            world.call_at(step.at_us, 2 * index as u32);
        }
    }
    world.call_at(plan.heal_us, HEAL);
    world.call_at(SAMPLE_US, SAMPLE);
    start_all(&mut world);
    let mut faults = Faults { plan, undo: vec![Undo::Nothing; plan.steps.len()], healed: false };
    let end = plan.heal_us + plan.settle_us;
    let mut failure: Option<Failure> = None;
    let run = AssertUnwindSafe(|| {
        while let Some(token) = world.run_until(end) {
            match token {
                HEAL => faults.heal(&mut world),
                SAMPLE => {
                    world.call_at(world.now() + SAMPLE_US, SAMPLE);
                    for (name, check) in &mut checks {
                        if let Err(what) = check.sample(&world) {
                            failure.get_or_insert(Failure { class: name.clone(), what });
                        }
                    }
                }
                token => faults.call(&mut world, token),
            }
        }
    });
    // The trace and the counts of a run that panicked are wanted too, so the world outlives the panic.
    let panicked = catch_unwind(run).err();
    let notes = world.take_notes();
    outcome.trace = world.take_trace();
    outcome.delivered = world.delivered();
    outcome.simulated_us = world.now();
    if let Some(panic) = panicked {
        std::panic::resume_unwind(panic);
    }
    outcome.digest = world.digest();
    let history = History::new(notes);
    outcome.requests = history.operations.len();
    outcome.replies = history.operations.iter().filter(|op| op.reply().is_some()).count();
    let evidence = Evidence { plan, history: &history, world: &world };
    for (name, check) in &mut checks {
        if failure.is_none()
            && let Err(what) = check.judge(&evidence)
        {
            failure = Some(Failure { class: name.clone(), what });
        }
    }
    outcome.failure = failure;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::shrink::shrink;
    use crate::toy::{Bug, Toy};

    fn toy(bug: Bug) -> Rc<Make> {
        Rc::new(move |_, _, boot, _| Box::new(Toy::new(bug, boot)))
    }

    /// The first failure within so many seeds.
    fn hunt(scenario: &str, bug: Bug, seeds: u64) -> Option<(Plan, Failure)> {
        let scenario = Scenario::named(scenario).unwrap();
        let make = toy(bug);
        (0..seeds).find_map(|seed| {
            let plan = scenario.plan(seed);
            let outcome = run(&plan, &make, false);
            assert!(outcome.requests > 0 || !matches!(bug, Bug::None), "seed {seed} asks nothing");
            outcome.failure.map(|failure| (plan, failure))
        })
    }

    #[test]
    fn a_right_toy_passes_and_runs_repeat() {
        assert_eq!(hunt("clients-one-node", Bug::None, 30).map(|(plan, failure)| (plan.seed, failure)), None);
        let scenario = Scenario::named("clients-one-node").unwrap();
        for seed in 0..10 {
            let outcome = run_twice(&scenario.plan(seed), &toy(Bug::None));
            assert_eq!(outcome.failure, None, "seed {seed}");
            assert!(outcome.replies > 0, "seed {seed}");
        }
    }

    #[test]
    fn each_bug_of_the_toy_is_caught_in_its_class() {
        for (bug, seeds, class) in [
            (Bug::LosesWrites, 5, "linear"),
            (Bug::ReadsOld, 5, "linear"),
            (Bug::AnswersTwice, 5, "resp"),
            (Bug::Garbles, 5, "resp"),
            (Bug::Panics, 5, "crash"),
            (Bug::Hoards, 5, "memory"),
        ] {
            let (_, failure) =
                hunt("clients-one-node", bug, seeds).unwrap_or_else(|| panic!("{bug:?} escaped"));
            let classes = [class, "linear"];
            assert!(classes.contains(&failure.class.as_str()), "{bug:?} was taken for {failure:?}");
        }
        let plan = Scenario::named("quiet-three").unwrap().plan(1);
        let failure = run(&plan, &toy(Bug::Diverges), false).failure.unwrap();
        assert_eq!(failure.class, "converge");
    }

    #[test]
    fn a_failure_shrinks_to_a_few_lines_that_still_show_it() {
        let (plan, failure) = hunt("clients-one-node", Bug::LosesWrites, 5).unwrap();
        let make = toy(Bug::LosesWrites);
        let same = |plan: &Plan| run(plan, &make, false).failure.is_some_and(|f| f.class == failure.class);
        let small = shrink(plan.clone(), 600, &mut |plan| same(plan));
        assert!(same(&small));
        assert!(small.commands() <= 30 && small.commands() < plan.commands() / 5, "{small}");
        assert_eq!(small.faults(), 0, "{small}");
        assert!(same(&small.to_string().parse().unwrap()), "the text fails as the plan did");
    }
}
