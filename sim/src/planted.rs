//! Proof of the checkers: each planted bug must be caught within a stated number of seeds, in a stated class.
//!
//! The bugs are in `engine/src/planted.rs` and, one line each, where they belong in engine and net. They
//! exist only with the feature `planted`: `cargo sim-planted` builds with it and runs the whole list.

use crate::run::{Make, run};
use crate::scenario::Scenario;
use crate::server::Server;
use engine::planted::{Bug, plant};
use std::rc::Rc;

/// A bug and what must become of it.
pub struct Row {
    pub bug: Bug,
    pub scenario: &'static str,
    /// At most so many seeds, from 0 on, pass before one fails.
    pub seeds: u64,
    /// What it may be taken for.
    pub classes: &'static [&'static str],
}

pub const ROWS: [Row; Bug::ALL.len()] = [
    row(Bug::SetKeepsExpiry, "expiry-one-node", 5, &["expiry"]),
    row(Bug::ExpiresEarly, "expiry-one-node", 5, &["expiry"]),
    row(Bug::IfeqAlwaysHolds, "clients-one-node", 5, &["linear"]),
    row(Bug::LosesLoneByte, "clients-one-node", 40, &["resp", "linear"]),
    row(Bug::SendsByteTwice, "clients-one-node", 40, &["resp", "linear"]),
    row(Bug::LosesEffect, "partitioned-replicas", 5, &["converge"]),
    row(Bug::ResumesTooLate, "partitioned-replicas", 60, &["converge"]),
    row(Bug::ForgetsWhereOldNameEnds, "primary-two-replicas", 200, &["converge"]),
];

const fn row(bug: Bug, scenario: &'static str, seeds: u64, classes: &'static [&'static str]) -> Row {
    Row { bug, scenario, seeds, classes }
}

/// The seed that caught the bug and the class it failed in, or a sentence on how it escaped.
pub fn prove(row: &Row) -> Result<(u64, String), String> {
    let make: Rc<Make> = Rc::new(|plan, names, boot, _| Box::new(Server::new(plan, names, boot)));
    let scenario = Scenario::named(row.scenario)?;
    plant(Some(row.bug));
    let caught = (0..row.seeds)
        .find_map(|seed| run(&scenario.plan(seed), &make, false).failure.map(|failure| (seed, failure)));
    plant(None);
    let (seed, failure) = caught.ok_or(format!("{:?} escaped {} seeds", row.bug, row.seeds))?;
    if !row.classes.contains(&failure.class.as_str()) {
        return Err(format!("{:?} was taken for {}: {}", row.bug, failure.class, failure.what));
    }
    Ok((seed, failure.class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planted_bug_is_caught() {
        for (row, bug) in ROWS.iter().zip(Bug::ALL) {
            assert_eq!(row.bug, bug, "the list names each bug once, in order");
            prove(row).unwrap();
        }
    }
}
