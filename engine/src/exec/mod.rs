//! Units of more than one command, and units that wait: the queue of MULTI, the keys of WATCH, the clients of BLPOP.
//!
//! ```text
//!   MULTI ─▶ Session.multi = Some(queue)          gate refuses ─▶ the queue is spoiled, EXEC aborts
//!   GET.. ─▶ QUEUED                                watched key changes ─▶ EXEC answers null
//!   EXEC  ─▶ Ran::Transaction(queue) ─▶ the node runs each by Engine::run_queued and routes what all of them did
//! ```
//!
//! A transaction is one unit: time stands still in it, its effects are routed once, and it reaches replicas whole.

pub mod blocking;
pub mod transaction;
pub mod watch;

pub use blocking::{Blocked, Wait, WaitFor};
pub use transaction::Transaction;
pub use watch::{Watched, Watches};
