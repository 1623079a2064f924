//! Measures servers side by side in one run: each pinned to core 0, the load on core 1.
//!
//! - `load`: 50 connections in a closed loop on one thread, every latency kept.
//! - `process`: what the kernel says a process has used.
//! - `cases`: GET, SET, INCR, MSET at several pipeline depths: ops/s, CPU per operation, latencies.
//! - `memory`: bytes per key. `pauses`: a million keys due at once; growth under load.
//! - `syscalls`: system calls per request, by strace.
//!
//! Absolute figures move with the machine's mood, so servers take turns within every round and only
//! medians of several rounds are printed.

pub mod cases;
pub mod load;
pub mod memory;
pub mod pauses;
pub mod process;
pub mod syscalls;

use crate::server::{Server, free_port};
use std::path::PathBuf;

/// The core of the server under test, and the load's.
pub const SERVER_CORE: usize = 0;
pub const LOAD_CORE: usize = 1;

/// A server that takes part.
#[derive(Clone, Debug)]
pub struct Contender {
    pub name: String,
    pub binary: PathBuf,
    pub arguments: Vec<String>,
}

impl Contender {
    /// Starts it, empty and pinned.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start(&self) -> Result<Server, String> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::start(&self.binary, free_port(18600), Some(SERVER_CORE), &arguments)
    }
}

/// The middle of the values; the mean of the middle two when their number is even.
///
/// # Panics
/// Without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Rows of a table in Markdown; the first column is text, the others are numbers.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut out = line(&head);
    out.push_str(&format!("|---|{}\n", "--:|".repeat(head.len() - 1)));
    rows.iter().for_each(|row| out.push_str(&line(row)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_tables() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_string(), "2");
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]).to_string(), "2.5");
        assert_eq!(table(&["a", "b"], &[vec!["x".into(), "1".into()]]), "| a | b |\n|---|--:|\n| x | 1 |\n");
    }
}
