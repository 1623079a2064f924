//! The server family: commands about the server as a whole that need nothing but the engine. Those that need
//! configuration, disks or other servers belong to the node and live in `net`.

pub mod command;
pub mod command_docs;
pub mod command_getkeys;
