//! The engine: commands over a keyspace, as a value that is handed time and chance.
//!
//! Read in this order: `engine` (one unit from request to effects), `gate` (the checks before it), `ctx`
//! and `args` and `reply` (what a handler sees), `keyspace` (what it changes), `effect` (who hears of it).
//! `exec` has units of more than one command; `timing`, `slowlog` and `latency` keep what the host measures.
//! `command` and `families/generated.rs` are the table; every other file under `families` is one command
//! or verb.
//!
//! What must never happen here: a clock, a thread, a file, a socket, or chance that was not seeded.

#![forbid(unsafe_code)]

pub mod args;
pub mod command;
pub mod ctx;
pub mod effect;
pub mod engine;
pub mod error;
pub mod exec;
pub mod families;
pub mod gate;
pub mod keyspace;
pub mod latency;
pub mod persist;
pub mod planted;
pub mod pubsub;
pub mod random;
pub mod redact;
pub mod reply;
pub mod session;
pub mod slowlog;
pub mod testing;
pub mod time;
pub mod timing;
