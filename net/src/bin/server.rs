//! The server: command line, configuration, listeners, and then the node until someone asks for its end.

use std::process::ExitCode;

use net::os::signals::Signals;
use net::os::{alloc, log, start};

#[global_allocator]
static ALLOCATOR: alloc::Counted = alloc::Counted;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let started = match start::start(&args) {
        Ok(started) => started,
        Err(start::Leave(status)) => return ExitCode::from(status),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            log::warning(&format!("Can't start the event loop: {error}"));
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                log::warning(&format!("Can't listen for signals: {error}"));
                return ExitCode::FAILURE;
            }
        };
        started.ready();
        signals.next().await;
        log::notice("User requested shutdown...");
        started.finish();
        ExitCode::SUCCESS
    })
}
