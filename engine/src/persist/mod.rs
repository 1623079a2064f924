//! Persistent forms: bytes to values and back. Codecs only; who reads and writes files is the node's
//! business (`net::durability`), who sends them over a link `net::replication`'s.

pub mod entry;
pub mod load;
pub mod rdb;
