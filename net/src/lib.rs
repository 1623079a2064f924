//! The node, its driver and the server.

pub mod config;
pub mod resp;
