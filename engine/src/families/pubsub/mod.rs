//! Publish and subscribe: messages from one client to all who listen at that moment. Who listens is in
//! `crate::pubsub`; the node carries messages to connections.
//!
//! In RESP2 a client that listens to anything may do nothing else, but for a few commands that the gate names: it
//! could
//! not tell a message from a reply. In RESP3 messages are pushes.

pub mod inquire;
pub mod publish;
pub mod subscribe;
