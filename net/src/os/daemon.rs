//! Life in the background: `daemonize`, the pid file, and supervisors.
//!
//! A process with threads cannot simply fork, and forking needs unsafe code. So the server starts itself a second
//! time with the same arguments, in a session of its own and without a terminal, and the first process leaves. An
//! environment variable tells the second which one it is.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::config::{Settings, Supervised};

use super::{log, reason};

/// Set for the process in the background.
const MARK: &str = "REWIND_IN_BACKGROUND";

/// Where the pid goes if a process in the background has no `pidfile`.
const DEFAULT_PIDFILE: &str = "/var/run/redis.pid";

/// Which of the two processes this is.
#[derive(Debug, PartialEq, Eq)]
pub enum Side {
    /// The one to serve.
    Server,
    /// The one that has started the other, and leaves.
    Launcher,
}

/// Goes into the background: starts the process there, in the directory `origin`, and gives it `stdin` again.
/// `args` are all arguments, with the program's name.
pub fn daemonize(args: &[OsString], origin: &Path, stdin: &[u8]) -> std::io::Result<Side> {
    if std::env::var_os(MARK).is_some() {
        rustix::process::setsid()?;
        return Ok(Side::Server);
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg0(&args[0]).args(&args[1..]).env(MARK, "1").current_dir(origin);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().expect("it was piped");
    // A child that does not read has ended, and has said why in its log.
    let _ = input.write_all(stdin);
    Ok(Side::Launcher)
}

/// The pid file of a server, if it has one.
pub fn pidfile(settings: &Settings) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    match &settings.pidfile {
        Some(path) => Some(PathBuf::from(std::ffi::OsStr::from_bytes(path))),
        None if settings.daemonize => Some(DEFAULT_PIDFILE.into()),
        None => None,
    }
}

/// Writes the pid file. A server without one still serves, so failing is only logged.
pub fn write_pidfile(path: &Path) {
    if let Err(error) = std::fs::write(path, format!("{}\n", std::process::id())) {
        log::warning(&format!("Failed to write PID file: {}", reason(&error)));
    }
}

/// Takes the pid file away, as at the end of the server.
pub fn remove_pidfile(path: &Path) {
    log::notice("Removing the pid file.");
    // It may never have been written.
    let _ = std::fs::remove_file(path);
}

/// The supervisor that waits for this server, if any.
#[derive(Debug, PartialEq, Eq)]
pub enum Supervisor {
    None,
    Systemd(OsString),
    Upstart,
}

impl Supervisor {
    /// Finds the supervisor that `supervised` asks for. One that is not there is logged, and the server goes on.
    pub fn find(supervised: Supervised) -> Supervisor {
        let systemd = std::env::var_os("NOTIFY_SOCKET");
        let upstart = std::env::var_os("UPSTART_JOB");
        match (supervised, systemd, upstart) {
            (Supervised::Systemd | Supervised::Auto, Some(socket), _) => Supervisor::Systemd(socket),
            (Supervised::Upstart | Supervised::Auto, _, Some(_)) => Supervisor::Upstart,
            (Supervised::Systemd, None, _) => {
                log::warning("systemd supervision error: NOTIFY_SOCKET not found!");
                Supervisor::None
            }
            (Supervised::Upstart, _, None) => {
                log::warning("upstart supervision requested, but UPSTART_JOB not found!");
                Supervisor::None
            }
            (Supervised::Auto | Supervised::No, ..) => Supervisor::None,
        }
    }

    /// Says that the server is ready. Upstart learns it by the process stopping itself, and lets it go on.
    pub fn ready(&self) {
        match self {
            Supervisor::None => {}
            Supervisor::Systemd(_) => self.notify("STATUS=Ready to accept connections\nREADY=1\n"),
            Supervisor::Upstart => {
                // Nothing can go wrong with a signal to ourselves that is not worse than not being stopped.
                let _ =
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
            }
        }
    }

    /// Says that the server is about to end.
    pub fn stopping(&self) {
        self.notify("STOPPING=1\n");
    }

    fn notify(&self, message: &str) {
        let Supervisor::Systemd(path) = self else { return };
        if let Err(error) = send(path, message) {
            log::warning(&format!("systemd supervision error: {}", reason(&error)));
        }
    }
}

/// Sends a message to systemd's socket; a path that begins with `@` is in Linux's abstract namespace.
fn send(path: &OsString, message: &str) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let mut path = path.as_bytes().to_vec();
    if path.first() == Some(&b'@') {
        path[0] = 0;
    }
    let address = socket2::SockAddr::unix(std::ffi::OsStr::from_bytes(&path))?;
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::DGRAM, None)?;
    socket.send_to(message.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn systemd_is_told() {
        let path = std::env::temp_dir().join(format!("rewind-notify-{}.sock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        let supervisor = Supervisor::Systemd(path.clone().into());
        supervisor.ready();
        let mut message = [0; 100];
        let length = socket.recv(&mut message).unwrap();
        assert!(message[..length].ends_with(b"READY=1\n"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_pid_file_holds_the_pid() {
        let path = std::env::temp_dir().join(format!("rewind-pid-{}", std::process::id()));
        write_pidfile(&path);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        remove_pidfile(&path);
        assert!(!path.exists());
    }

    #[test]
    fn no_pid_file_without_a_reason() {
        let config = crate::config::Config::default();
        assert_eq!(pidfile(&config), None);
    }
}
