//! Workloads: each turns chance into the commands of some clients. They know nothing of faults and checks;
//! what ties a workload to its check is only a prefix of key names, stated in both.

pub mod expiry;
pub mod from_spec;
pub mod ledger;
pub mod promote;
pub mod quiet;
pub mod register;

use crate::plan::{Argv, ClientPlan, Step};
use crate::random::Seed;

/// What a workload is to fill: so much time and these servers, the first of which is the primary.
pub struct Room<'a> {
    pub seed: Seed,
    pub nodes: &'a [String],
    pub clients: usize,
    pub duration_us: u64,
}

/// The clients of a workload and what they do.
#[derive(Debug, Default)]
pub struct Load {
    pub clients: Vec<ClientPlan>,
    pub steps: Vec<Step>,
}

pub const NAMES: [&str; 6] = ["register", "expiry", "ledger", "promote", "quiet", "from-spec"];

/// The load of that name. Whoever reads names from outside compares them with [`NAMES`] first.
pub fn by_name(name: &str, room: &Room<'_>) -> Load {
    match name {
        "register" => register::load(room),
        "expiry" => expiry::load(room),
        "ledger" => ledger::load(room),
        "promote" => promote::load(room),
        "quiet" => quiet::load(room),
        "from-spec" => from_spec::load(room),
        _ => panic!("no workload is called {name}"),
    }
}

/// A command from its words.
fn argv<const N: usize>(words: [&str; N]) -> Argv {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
