//! Runs units of Redis's own test-suite, in its two modes, and tells what they say about a server.
//!
//! ```text
//!  PEERS_DIR/redis-src ─▶ tree: a scratch tree of links, with the server to be judged as src/redis-server
//!                          │
//!                          ▼  tclsh tests/test_helper.tcl, one process, one port range, one time limit a unit
//!                        unit ─▶ a line per test (upstream/prelude.tcl) ─▶ report: docs/UPSTREAM.md
//! ```
//!
//! Nothing of the suite lies in this repository. It is run on real Redis first: that tells which tests pass
//! here at all, and which commands each test sends. A test is in scope when the judged server has every one
//! of them in its COMMAND table; a test in scope that is never reached counts as failed.

pub mod report;
pub mod tree;
pub mod unit;

use std::path::Path;

/// How the suite meets the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// It connects to a running server.
    External,
    /// It starts, configures, signals and restarts servers itself.
    Managed,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::External => "external",
            Mode::Managed => "managed",
        }
    }
}

/// A row of skip.tsv.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub unit: String,
    /// Both modes when `None`.
    pub mode: Option<Mode>,
    pub test: String,
    pub reason: String,
}

impl Skip {
    pub fn applies(&self, unit: &str, mode: Mode) -> bool {
        self.unit == unit && self.mode.is_none_or(|only| only == mode)
    }
}

/// Reads skip.tsv.
///
/// # Errors
/// A row without a reason or with an unknown mode, by its number.
pub fn read_skips(path: &Path) -> Result<Vec<Skip>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse_skips(&text)
}

fn parse_skips(text: &str) -> Result<Vec<Skip>, String> {
    let rows = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    rows.map(|(index, line)| {
        let fail = |what: &str| format!("skip list, line {}: {what}", index + 1);
        let [unit, mode, test, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(fail("not unit, mode, test, reason"));
        };
        let mode = match mode {
            "both" => None,
            "external" => Some(Mode::External),
            "managed" => Some(Mode::Managed),
            _ => return Err(fail("unknown mode")),
        };
        if reason.trim().is_empty() {
            return Err(fail("a skip needs its reason"));
        }
        Ok(Skip { unit: unit.into(), mode, test: test.into(), reason: reason.into() })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_need_a_reason() {
        let rows = parse_skips("# head\nunit/expire\tmanaged\tA test\tbecause\n").expect("valid");
        assert!(rows[0].applies("unit/expire", Mode::Managed));
        assert!(!rows[0].applies("unit/expire", Mode::External));
        assert!(!rows[0].applies("unit/scan", Mode::Managed));
        for text in ["unit/expire\tboth\tA test\t", "unit/expire\tboth\tA test", "u\twhat\tt\tr"] {
            assert!(parse_skips(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_committed_skip_list_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("upstream/skip.tsv");
        assert!(read_skips(&path).is_ok());
    }
}
