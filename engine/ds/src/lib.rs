//! Data structures; knows nothing of Redis.

pub mod crc16;
pub mod crc64;
pub mod glob;
pub mod int;
pub mod lzf;
