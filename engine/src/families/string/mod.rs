//! Strings: bytes, counters and floats under a key.
//!
//! `value.rs` owns the type: an integer lies in its entry in binary, short text lies in its entry as bytes,
//! long text beside it. Commands read through `Text` and store through `value::new_text`; they never
//! choose a form themselves. Commands that change a part of a text go through `edit`, which copies no more
//! than the form demands. What several commands share in their options is in `condition` and `timing`.

pub mod append;
pub mod condition;
pub mod delex;
pub mod delifeq;
pub mod digest;
pub mod edit;
pub mod get;
pub mod getdel;
pub mod getex;
pub mod getrange;
pub mod getset;
pub mod incr;
pub mod incrbyfloat;
pub mod increx;
pub mod lcs;
pub mod mget;
pub mod mset;
pub mod msetex;
pub mod rdb;
pub mod set;
pub mod setex;
pub mod setnx;
pub mod setrange;
pub mod strlen;
pub mod timing;
pub mod value;

pub use value::{Text, TextRef};
