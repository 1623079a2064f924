//! Properties that hold for every command that has an entry, checked on requests made from the entries.
#![forbid(unsafe_code)]

mod entries;
mod replay;
