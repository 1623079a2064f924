//! The simulator: servers, clients, links, disks and clocks as one value that a seed decides.
//!
//! ```text
//!  scenario + seed ─▶ Plan ─▶ run ─▶ World (hosts: node or client; network; disks; clocks)
//!      ▲                ▲                     │ history, inspections
//!      │                └── shrink ◀── class ◀┴─ checks
//!  workload × faults × checks, composed by name in scenarios/*.toml
//! ```
//!
//! - `random` names the streams of chance, `clock`, `disk`, `network` are what a host stands on, `host`
//!   puts them together, `world` moves time. `process` is the seam to whatever runs on a host.
//! - `plan`, `scenario`, `fault`, `workload`, `check` make and judge a run, `run` carries it out, `shrink`
//!   makes a failing one smaller. Load, faults and checks are strangers to each other.
//! - `madsim` is the second host: the production driver on simulated sockets.
//! - `story` is a small vocabulary for tests written by hand.
//!
//! What must never happen: a run that its plan does not decide. No clock, thread, file or environment is
//! read outside `main.rs`, and two runs of a plan must agree on every byte sent and stored.
#![forbid(unsafe_code)]

#[cfg(not(madsim))]
compile_error!(
    "the sim crate needs --cfg madsim, which .cargo/config.toml of this repository sets; \
     a RUSTFLAGS variable in the environment replaces that setting, so unset it or add --cfg madsim to it"
);

pub mod check;
pub mod client;
pub mod clock;
pub mod disk;
pub mod fault;
pub mod history;
pub mod host;
pub mod madsim;
pub mod network;
pub mod plan;
#[cfg(feature = "planted")]
pub mod planted;
pub mod process;
pub mod random;
pub mod run;
pub mod scenario;
pub mod server;
pub mod shrink;
pub mod story;
#[cfg(test)]
pub mod toy;
pub mod workload;
pub mod world;
