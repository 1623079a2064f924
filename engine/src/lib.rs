//! The engine: commands over a keyspace.
