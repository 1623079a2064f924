//! The node, its driver and the server.

pub mod resp;
