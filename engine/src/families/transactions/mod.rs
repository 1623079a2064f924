//! Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH. The queue and the watched keys are in `exec`; queueing itself is
//! the engine's, for any command may be queued.

pub mod discard;
pub mod exec;
pub mod multi;
pub mod watch;
