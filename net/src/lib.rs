//! The node, its driver and the server.
