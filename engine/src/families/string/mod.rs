//! Strings: bytes, counters and floats under a key.
//!
//! `value.rs` owns the type: an integer lies in its entry in binary, short text lies in its entry as bytes,
//! long text beside it. Commands read through `Text` and store through `value::new_text`; they never
//! choose a form themselves.

pub mod get;
pub mod getex;
pub mod rdb;
pub mod set;
pub mod value;

pub use value::{Text, TextRef};
