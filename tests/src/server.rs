//! Starts a server process on a port of its own and ends it when dropped, whatever happened.

use crate::live::Connection;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server and its scratch folder.
pub struct Server {
    child: Child,
    pub port: u16,
    scratch: PathBuf,
}

/// Where the reference servers are: `PEERS_DIR`, or the place where peers/install puts them by default.
pub fn peers() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/peers");
    std::env::var_os("PEERS_DIR").map_or_else(home, PathBuf::from)
}

/// A port nobody listens on just now, at or after `from`.
///
/// # Panics
/// When a hundred in a row are taken.
pub fn free_port(from: u16) -> u16 {
    (from..from + 100)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap_or_else(|| panic!("no free port from {from} on"))
}

impl Server {
    /// Starts `binary` with persistence off and debug commands on, on one core if asked, and waits until
    /// it answers.
    ///
    /// # Errors
    /// It does not start or does not answer within 20 s.
    pub fn start(binary: &Path, port: u16, core: Option<usize>, more: &[&str]) -> Result<Server, String> {
        let scratch = std::env::temp_dir().join(format!("rewind-judge-{}-{port}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let mut command = match core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(binary);
                pinned
            }
            None => Command::new(binary),
        };
        let log = fs::File::create(scratch.join("log")).map_err(|error| error.to_string())?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        command
            .args(["--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .args(["--enable-debug-command", "yes", "--dir"])
            .arg(&scratch)
            .args(more)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0);
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut server = Server { child, port, scratch };
        server.await_ping()?;
        Ok(server)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// The server does not accept connections.
    pub fn connect(&self) -> Result<Connection, String> {
        Connection::open(&self.address()).map_err(|error| format!("{}: {error}", self.address()))
    }

    /// Whether the process is still there: a crash is a finding of its own.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended, after it was told to; `false` when it has not within ten seconds.
    pub fn wait(&mut self) -> bool {
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if !self.alive() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn await_ping(&mut self) -> Result<(), String> {
        let patience = Instant::now() + Duration::from_secs(20);
        while Instant::now() < patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = fs::read_to_string(self.scratch.join("log")).unwrap_or_default();
                return Err(format!("the server ended at once ({status}):\n{log}"));
            }
            if let Ok(mut connection) = self.connect()
                && connection.ask(&["PING"]).is_ok()
            {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("no answer to PING on port {}", self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group, since a launcher such as strace has the server for a child.
        if let Some(group) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
