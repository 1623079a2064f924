//! The way from the command line to the point where clients can be served.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::config::load::LoadError;
use crate::config::{Config, Id, Value};

use super::args::{self, Configured, Task};
use super::daemon::{self, Side, Supervisor};
use super::listen::{self, ListenError, UnixSocket};
use super::{REDIS_VERSION, VERSION, limits, log, reason};

/// A server that listens and has yet to serve.
#[derive(Debug)]
pub struct Started {
    pub config: Config,
    /// The configuration file's absolute path, if there is one.
    pub file: Option<PathBuf>,
    /// Nonblocking, ready for a runtime.
    pub tcp: Vec<TcpListener>,
    pub unix: Option<UnixSocket>,
    supervisor: Supervisor,
    pidfile: Option<PathBuf>,
}

/// Why there is no server: leave with this status. Everything has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave(pub u8);

/// Starts a server. `args` are all arguments, with the program's name.
pub fn start(args: &[OsString]) -> Result<Started, Leave> {
    log::install();
    let configured = match args::read(args.get(1..).unwrap_or_default()) {
        Task::Print(text) => {
            print!("{text}");
            return Err(Leave(0));
        }
        Task::Refuse(text) => return Err(refuse(&text)),
        Task::Serve(configured) => *configured,
    };
    let Configured { loaded, file, stdin } = configured;
    let mut config = loaded.config.clone();
    let origin = std::env::current_dir().unwrap_or_default();
    enter_directory(&mut config).map_err(|reason| refuse(&loaded.dir_error(reason).to_string()))?;
    open_log(&config).map_err(|reason| refuse(&LoadError::Whole(reason.into()).to_string()))?;
    // What is wrong so far was said here, where someone can read it; the process in the background begins anew
    // where this one did.
    if config.daemonize {
        match daemon::daemonize(args, &origin, &stdin) {
            Ok(Side::Server) => {}
            Ok(Side::Launcher) => return Err(Leave(0)),
            Err(error) => return Err(refuse(&format!("Can't go into the background: {}\n", reason(&error)))),
        }
    }
    disable_huge_pages(&config);
    let supervisor = Supervisor::find(config.supervised);
    say_hello(file.is_some() || args.len() > 1);
    log::set_role(if config.replicaof.is_some() { log::Role::Replica } else { log::Role::Primary });
    let clients = limits::adjust(config.maxclients).map_err(abort)?;
    config.put(Id::Maxclients, Value::Integer(clients.into()));
    check_writable(&config).map_err(abort)?;
    let pidfile = daemon::pidfile(&config);
    if let Some(path) = &pidfile {
        daemon::write_pidfile(path);
    }
    say_mode(&config);
    let (tcp, unix) = listen(&config).inspect_err(|_| {
        if let Some(path) = &pidfile {
            daemon::remove_pidfile(path);
        }
    })?;
    log::notice("Server initialized");
    Ok(Started { config, file, tcp, unix, supervisor, pidfile })
}

impl Started {
    /// Says that clients are served from now on.
    /// `tcp` says whether there are listeners, which have been taken out by then.
    pub fn ready(&self, tcp: bool) {
        if tcp {
            log::notice("Ready to accept connections tcp");
        }
        if self.unix.is_some() {
            log::notice("Ready to accept connections unix");
        }
        self.supervisor.ready();
    }

    /// Takes away what the server has left on the machine, and says goodbye: the last step of an orderly end.
    pub fn finish(self) {
        self.supervisor.stopping();
        if let Some(path) = &self.pidfile {
            daemon::remove_pidfile(path);
        }
        if let Some(unix) = &self.unix {
            unix.remove();
        }
        log::warning("Rewind is now ready to exit, bye bye...");
    }
}

fn refuse(text: &str) -> Leave {
    eprint!("{text}");
    Leave(1)
}

fn abort(sentence: String) -> Leave {
    log::warning(&sentence);
    Leave(1)
}

/// Enters the working directory and notes its full path. The error is the system's.
fn enter_directory(config: &mut Config) -> Result<(), String> {
    let directory = PathBuf::from(std::ffi::OsStr::from_bytes(&config.dir));
    std::env::set_current_dir(&directory).map_err(|error| reason(&error))?;
    let full = std::env::current_dir().map_err(|error| reason(&error))?;
    config.put(Id::Dir, Value::Text(full.into_os_string().into_vec()));
    Ok(())
}

/// Sends the log where it belongs, if that can be written.
fn open_log(config: &Config) -> Result<(), String> {
    log::set_level(config.loglevel);
    if config.logfile.is_empty() {
        return Ok(());
    }
    let file = PathBuf::from(std::ffi::OsStr::from_bytes(&config.logfile));
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .map_err(|error| format!("Can't open the log file: {}", reason(&error)))?;
    // CONFIG SET dir must not move the log.
    let file = std::path::absolute(&file).map_err(|error| reason(&error))?;
    log::set_file(Some(file));
    Ok(())
}

/// A table that grows touches fresh memory in the middle of a command, and zeroing two megabytes at once is a pause
/// that clients would notice (`disable-thp`). Before anything large is allocated.
fn disable_huge_pages(config: &Config) {
    #[cfg(target_os = "linux")]
    if config.disable_thp
        && let Err(error) = rustix::thread::disable_transparent_huge_pages(true)
    {
        log::warning(&format!("Can't disable transparent huge pages: {}", reason(&error.into())));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = config;
}

/// A server that promises snapshots must be able to write them.
fn check_writable(config: &Config) -> Result<(), String> {
    use rustix::fs::{Access, access};
    if config.save.is_empty() {
        return Ok(());
    }
    access(".", Access::WRITE_OK).map_err(|error| {
        let directory = String::from_utf8_lossy(&config.dir).into_owned();
        let reason = reason(&error.into());
        format!(
            "Can't write snapshots to the directory '{directory}': {reason}. Change dir, or set save \"\"."
        )
    })
}

fn say_hello(configured: bool) {
    let (bits, pid) = (usize::BITS, std::process::id());
    log::notice("oO0OoO0OoO0Oo Rewind is starting oO0OoO0OoO0Oo");
    log::notice(&format!(
        "Rewind version={VERSION}, redis version={REDIS_VERSION}, bits={bits}, pid={pid}, just started"
    ));
    if configured {
        log::notice("Configuration loaded");
    } else {
        log::warning(
            "Warning: no config file specified, using the default config. In order to specify a config file use \
             rewind-server /path/to/redis.conf",
        );
    }
}

/// Says what is served where: in a line, or, if `always-show-logo` asks for it, in a picture, whose pid scripts
/// look for.
fn say_mode(config: &Config) {
    let port = config.port;
    if config.always_show_logo {
        log::raw(&format!(
            "\n      <<  <<   Rewind {VERSION} (Redis {REDIS_VERSION})\n    <<  <<     Running in standalone mode\n  \
             <<  <<       Port: {port}\n    <<  <<     PID: {}\n      <<  <<\n\n",
            std::process::id()
        ));
    } else {
        log::notice(&format!("Running mode=standalone, port={port}."));
    }
}

fn listen(config: &Config) -> Result<(Vec<TcpListener>, Option<UnixSocket>), Leave> {
    let port = config.port;
    let mut tcp = Vec::new();
    if port != 0 {
        listen::check_backlog(config.tcp_backlog);
        tcp = listen::tcp(&config.bind, port, config.tcp_backlog)
            .map_err(|_| abort(format!("Failed listening on port {port} (tcp), aborting.")))?;
    }
    let unix = match &config.unixsocket {
        Some(path) => {
            let socket = listen::unix(path, config.unixsocketperm, config.tcp_backlog);
            Some(socket.map_err(|ListenError(sentence)| abort(sentence))?)
        }
        None => None,
    };
    if tcp.is_empty() && unix.is_none() {
        return Err(abort("Configured to not listen anywhere, exiting.".into()));
    }
    Ok((tcp, unix))
}
