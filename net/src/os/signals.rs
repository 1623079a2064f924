//! Signals that end the server, as Redis takes them.
//!
//! SIGTERM and SIGINT ask for an orderly end; a second SIGINT does not wait for it. SIGHUP is ignored, so that the
//! end of a terminal is not the end of the server, and SIGPIPE is, by Rust, already.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::log;

/// What asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Sigint,
    Sigterm,
}

/// The signals of this process, from the moment it is made.
pub struct Signals {
    int: Signal,
    term: Signal,
    _hup: Signal,
    asked: bool,
}

impl Signals {
    /// Takes the signals over. Must be called inside a runtime that has I/O enabled.
    pub fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            int: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
            _hup: signal(SignalKind::hangup())?,
            asked: false,
        })
    }

    /// Waits for the next wish to end, and logs it. May be called again while the end is being prepared: a SIGINT
    /// then exits with status 1 on the spot.
    pub async fn next(&mut self) -> Stop {
        let stop = tokio::select! {
            _ = self.int.recv() => Stop::Sigint,
            _ = self.term.recv() => Stop::Sigterm,
        };
        match stop {
            Stop::Sigint if self.asked => {
                log::warning("You insist... exiting now.");
                std::process::exit(1);
            }
            Stop::Sigint => log::warning("Received SIGINT scheduling shutdown..."),
            Stop::Sigterm => log::warning("Received SIGTERM scheduling shutdown..."),
        }
        self.asked = true;
        stop
    }

    /// The end was called off, so that the next SIGINT asks anew.
    pub fn called_off(&mut self) {
        self.asked = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal as Number, getpid, kill_process};

    #[test]
    fn signals_arrive_in_their_order() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let mut signals = Signals::new().unwrap();
            kill_process(getpid(), Number::HUP).unwrap();
            kill_process(getpid(), Number::TERM).unwrap();
            assert_eq!(signals.next().await, Stop::Sigterm);
            signals.called_off();
            kill_process(getpid(), Number::INT).unwrap();
            assert_eq!(signals.next().await, Stop::Sigint);
        });
    }
}
