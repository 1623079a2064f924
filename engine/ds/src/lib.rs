//! Data structures; knows nothing of Redis.

#![deny(unsafe_code)]

pub mod big;
pub mod bits;
pub mod crc16;
pub mod crc64;
pub mod digest;
pub mod double;
pub mod find;
pub mod float_text;
pub mod glob;
pub mod grisu;
pub mod hash;
pub mod histogram;
pub mod hll;
pub mod int;
pub mod ints;
pub mod intset;
pub mod lcs;
pub mod listpack;
pub mod long_double;
pub mod lzf;
pub mod memory_size;
pub mod ordered;
pub mod packed;
pub mod quicklist;
pub mod regex;
pub mod sparse;
pub mod split_args;
pub mod table;
pub mod xxh3;
pub mod ziplist;
