//! The server: command line, configuration, listeners, and then the node until someone asks for its end.
// The fence around the deterministic crates is open here: this is where the world comes in.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use net::os::{alloc, log, reason, serve, start};
use std::process::ExitCode;
use tokio::task::LocalSet;

#[global_allocator]
static ALLOCATOR: alloc::Counted = alloc::Counted;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let mut started = match start::start(&args) {
        Ok(started) => started,
        Err(start::Leave(status)) => return ExitCode::from(status),
    };
    let served = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| LocalSet::new().block_on(&runtime, serve::serve(&mut started)));
    match served {
        Ok(status) => {
            started.finish();
            ExitCode::from(status)
        }
        Err(error) => {
            log::warning(&format!("The server cannot run: {}", reason(&error)));
            ExitCode::FAILURE
        }
    }
}
