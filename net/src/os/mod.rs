//! The operating system: the only code that opens files and sockets, reads clocks, and knows it is a process.
//!
//! ```text
//!  argv ─ args ─▶ Config ─ start ─▶ log lines, daemon, limits, pid file, listen ─▶ Started ─▶ node and driver
//!  meanwhile:  signals ask for the end · clock tells the time · vitals and alloc measure · log writes lines
//! ```
//!
//! Only `net/src/bin` uses this module; the node and its driver see it through their traits.
//!
//! What must never happen: a start that fails in silence. Everything that ends the process before it serves says
//! one sentence and leaves with a status other than zero.
// The fence around the deterministic crates is open here: this is where the world comes in.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod alloc;
pub mod args;
pub mod clock;
pub mod daemon;
pub mod disk;
pub mod host;
pub mod limits;
pub mod listen;
pub mod log;
pub mod serve;
pub mod signals;
pub mod socket;
pub mod start;
pub mod stream;
pub mod vitals;

/// The version of Redis whose behaviour is answered.
pub const REDIS_VERSION: &str = "8.0.6";
/// Our own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the system says about an error, without the number that Rust adds.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
