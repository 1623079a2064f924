//! The server family: commands about the server as a whole that need nothing but the engine. Those that need
//! configuration, disks or other servers belong to the node and live in `net`; `debug` is the engine's half of
//! one of them.

pub mod command;
pub mod command_docs;
pub mod command_getkeys;
pub mod dbsize;
pub mod debug;
pub mod flush;
pub mod lolwut;
pub mod memory;
pub mod swapdb;
pub mod time;
