//! Data structures; knows nothing of Redis.

pub mod big;
pub mod crc16;
pub mod crc64;
pub mod double;
pub mod float_text;
pub mod glob;
pub mod grisu;
pub mod int;
pub mod long_double;
pub mod lzf;
