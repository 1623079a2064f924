//! A plan: a seed written out, as a value and as text one can edit.
//!
//! A scenario and a seed make a plan ([`crate::scenario`]); a plan alone decides a run
//! ([`crate::run::run`]): the seed in it still feeds the named streams of links and disks, but every
//! command, every fault and every time stands in the text. So a plan can be cut down, by hand or by
//! [`crate::shrink`], and replayed after the generator has changed. The format is in docs/formats/plan.md.

pub mod text;

use crate::fault::Fault;
use crate::network::Weather;

/// One command's words.
pub type Argv = Vec<Vec<u8>>;

/// A server in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePlan {
    pub name: String,
    /// How much its clock is off, in parts per million.
    pub skew_ppm: i32,
    /// Configuration directives, one per entry, as in a configuration file.
    pub config: Vec<String>,
}

/// A client in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPlan {
    pub name: String,
    /// The server it connects to.
    pub to: String,
    /// How long it waits for a reply before it hangs up.
    pub timeout_us: u64,
    /// Speaks RESP3 if set.
    pub resp3: bool,
}

/// What happens at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A client writes these commands in one go, if it is connected.
    Send { client: String, commands: Vec<Argv> },
    /// A fault begins, and ends after so long.
    Fault { fault: Fault, for_us: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at_us: u64,
    pub doing: Doing,
}

/// Everything a run needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The scenario it was made from; a name, not looked up to replay.
    pub scenario: String,
    pub seed: u64,
    /// The class of the failure it shows, once it has shown one.
    pub class: Option<String>,
    /// The names of the checks to apply.
    pub checks: Vec<String>,
    pub weather: Weather,
    pub nodes: Vec<NodePlan>,
    pub clients: Vec<ClientPlan>,
    /// When the last fault is lifted and every host is up again.
    pub heal_us: u64,
    /// How long the healed world runs on before it is judged.
    pub settle_us: u64,
    /// In order of time.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Brings the steps into order of time, keeping the order of those at one time.
    pub fn sort(&mut self) {
        self.steps.sort_by_key(|step| step.at_us);
    }

    /// How many commands its clients would send.
    pub fn commands(&self) -> usize {
        let count = |step: &Step| match &step.doing {
            Doing::Send { commands, .. } => commands.len(),
            Doing::Fault { .. } => 0,
        };
        self.steps.iter().map(count).sum()
    }

    /// Whether a node's configuration makes it a replica from the start of each of its lives.
    pub fn starts_as_replica(&self, node: &str) -> bool {
        let node = self.nodes.iter().find(|other| other.name == node);
        node.is_some_and(|node| node.config.iter().any(|line| line.starts_with("replicaof ")))
    }

    pub fn faults(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.doing, Doing::Fault { .. })).count()
    }
}
