//! The command families. Each is a folder: `mod.rs` says what the family is and holds what its commands
//! share, `value.rs` the type it owns, every other file one command or verb with its tests.
//!
//! `generated.rs` is the command table, written by `cargo regen` from the entries in `spec/`.

pub mod array;
pub mod bitmap;
pub mod connection;
#[rustfmt::skip]
pub mod generated;
pub mod generic;
pub mod hash;
pub mod hll;
pub mod list;
pub mod pubsub;
pub mod server;
pub mod set;
pub mod string;
pub mod transactions;
pub mod zset;
