//! What may fail together, per promise.
//!
//! A red run must always be a bug, never too much chaos. So before a fault goes into a plan, every promise
//! that the run checks is asked how much of it is tolerated: as much as one likes, on so many servers at
//! once, or not at all. docs/designs/loss-bounds.md states the promises; this table is their consequence.
//!
//! | promise | what it tolerates | why |
//! |---|---|---|
//! | `resp`, `memory` | everything | nothing excuses a broken reply or an unbounded buffer |
//! | `linear` | everything | a term ends with its process, and unknown outcomes are allowed for |
//! | `expiry` | all but skewed clocks of replicas, which it does not look at | deadlines are judged by the server's own clock, wherever it jumps |
//! | `converge` | everything that has ended by the time of healing | an empty primary after a crash is a fact all must agree on |

use super::Kind;

/// How much of a fault is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tolerance {
    No,
    /// On at most so many servers at the same time.
    AtOnce(usize),
    Yes,
}

/// What the promise that this check stands for tolerates of a kind of fault.
pub fn tolerance(check: &str, kind: Kind) -> Tolerance {
    match (check, kind) {
        // Nothing reads back what was written to a disk yet, so a server may refuse to go on without one.
        (_, Kind::DiskFull | Kind::DiskErrors) => Tolerance::No,
        // Two servers down at once leave nobody to converge with until they are back, which healing ensures.
        ("converge", Kind::Kill | Kind::Power) => Tolerance::AtOnce(2),
        _ => Tolerance::Yes,
    }
}

/// What all the checks of a run tolerate together: the least that any of them does.
pub fn together(checks: &[String], kind: Kind) -> Tolerance {
    checks.iter().map(|check| tolerance(check, kind)).min().unwrap_or(Tolerance::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_promise_decides() {
        let checks = ["linear".to_owned(), "converge".to_owned()];
        assert_eq!(together(&checks, Kind::Cut), Tolerance::Yes);
        assert_eq!(together(&checks, Kind::Kill), Tolerance::AtOnce(2));
        assert_eq!(together(&checks[..1], Kind::Kill), Tolerance::Yes);
        assert_eq!(together(&checks, Kind::DiskFull), Tolerance::No);
    }
}
