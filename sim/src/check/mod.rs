//! Checkers: each looks at a run and says what is wrong with it. They know nothing of how load and faults
//! were made, only the plan, the history and the world as it ended.
//!
//! A check's name is its failure class, so it says what was violated: `linear`, `converge`, `resp`,
//! `memory`, `expiry`. `replay` is a law of the engine rather than of a run, and is tested where it stands.

pub mod convergence;
pub mod expiry;
pub mod linear;
pub mod memory;
pub mod register;
pub mod replay;
pub mod resp;

use crate::history::History;
use crate::plan::Plan;
use crate::world::World;

/// What a checker may look at after a run.
pub struct Evidence<'a> {
    pub plan: &'a Plan,
    pub history: &'a History,
    pub world: &'a World,
}

/// One thing that must hold. The text of an error is for a person.
pub trait Check {
    /// Looks at the world while it runs, twice a simulated second.
    fn sample(&mut self, _world: &World) -> Result<(), String> {
        Ok(())
    }

    /// Looks at the run after its end.
    fn judge(&mut self, _evidence: &Evidence<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// The names of all checks.
pub const NAMES: [&str; 5] = ["linear", "converge", "resp", "memory", "expiry"];

/// The check of that name. Whoever reads names from outside compares them with [`NAMES`] first.
pub fn by_name(name: &str) -> Box<dyn Check> {
    match name {
        "linear" => Box::new(register::Linear),
        "converge" => Box::new(convergence::Converge),
        "resp" => Box::new(resp::Resp),
        "memory" => Box::new(memory::Memory::default()),
        "expiry" => Box::new(expiry::Expiry),
        _ => panic!("no check is called {name}"),
    }
}
