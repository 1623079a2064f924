//! The running server: listeners, signals and the driver on one thread, until the node asks for the end.

use super::clock::OsClock;
use super::host::{self, OsHost};
use super::listen;
use super::log;
use super::signals::{Signals, Stop};
use super::socket;
use super::start::Started;
use super::stream::Stream;
use crate::driver::{Driver, Host, Incoming};
use crate::node::{About, Event, Node, Peer, Signal};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::{AbortHandle, spawn_local};

type OsDriver = Rc<Driver<OsHost>>;

/// Serves until the end is asked for and returns the exit status. Must run within a `LocalSet`.
///
/// # Errors
/// What the system says if it lets us have no signals or sockets.
pub async fn serve(started: &mut Started) -> io::Result<u8> {
    let signals = Signals::new()?;
    let clock = OsClock::start();
    let host = OsHost::new(clock, started.config.maxclients, started.config.tcp_keepalive_seconds);
    let mut node = Node::new(started.config.clone(), seed(), host.now());
    if let Some(path) = &started.file {
        node.config_path = path.to_string_lossy().into_owned();
    }
    node.about = about();
    node.load_at_start(host.now());
    let exits = host.exits();
    let driver = Driver::start(host, node);
    while !driver.with_node(|node| node.knows_what_to_load()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut listeners = Listeners::default();
    let tcp = std::mem::take(&mut started.tcp);
    let has_tcp = !tcp.is_empty();
    for listener in tcp {
        listeners.add(spawn_local(accept_tcp(driver.clone(), TcpListener::from_std(listener)?)));
    }
    if let Some(unix) = &started.unix {
        let path = unix.path().to_string_lossy().into_owned();
        let listener = UnixListener::from_std(unix.listener.try_clone()?)?;
        spawn_local(accept_unix(driver.clone(), listener, path));
    }
    spawn_local(watch_signals(driver.clone(), signals));
    let listeners = Rc::new(RefCell::new(listeners));
    let weak = Rc::downgrade(&driver);
    driver.host().on_listen(move || weak.upgrade().map_or(Ok(()), |driver| listen_anew(&driver, &listeners)));
    tokio::select! {
        biased;
        code = exits.wait() => return Ok(code),
        () = loaded(&driver) => {}
    }
    started.ready(has_tcp);
    Ok(exits.wait().await)
}

/// Ends when the snapshot that an earlier life of the server left has been loaded. Clients are answered meanwhile.
async fn loaded(driver: &OsDriver) {
    while driver.with_node(|node| node.durability.is_loading()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What INFO tells of the process.
fn about() -> About {
    let system = rustix::system::uname();
    let part = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let executable = std::env::current_exe().unwrap_or_default();
    About {
        os: [system.sysname(), system.release(), system.machine()].map(part).join(" "),
        process_id: std::process::id(),
        executable: executable.to_string_lossy().into_owned(),
    }
}

/// Chance for the whole life of the server.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

/// The tasks that accept TCP connections.
#[derive(Default)]
struct Listeners(Vec<AbortHandle>);

impl Listeners {
    fn add(&mut self, task: tokio::task::JoinHandle<()>) {
        self.0.push(task.abort_handle());
    }
}

/// `port` or `bind` changed: listens there, and only if that works no longer where it did.
fn listen_anew(driver: &OsDriver, listeners: &RefCell<Listeners>) -> Result<(), String> {
    let (bind, port, backlog) =
        driver.with_node(|node| (node.config.bind.clone(), node.config.port, node.config.tcp_backlog));
    let opened = if port == 0 { Ok(Vec::new()) } else { listen::tcp(&bind, port, backlog) };
    let opened = opened.map_err(|_| "Unable to listen on this port. Check server logs.".to_string())?;
    let mut fresh = Listeners::default();
    for listener in opened {
        match TcpListener::from_std(listener) {
            Ok(listener) => fresh.add(spawn_local(accept_tcp(driver.clone(), listener))),
            Err(error) => log::warning(&format!("Unable to listen: {}", super::reason(&error))),
        }
    }
    let old = std::mem::replace(&mut *listeners.borrow_mut(), fresh);
    old.0.iter().for_each(AbortHandle::abort);
    Ok(())
}

async fn accept_tcp(driver: OsDriver, listener: TcpListener) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                back_off(&error).await;
                continue;
            }
        };
        // The peer may have left already; then the first read says so.
        let _ = socket::prepare(&stream, driver.host().keepalive());
        let local_address = stream.local_addr().map_or_else(|_| String::new(), |address| address.to_string());
        let loopback = peer.ip().to_canonical().is_loopback();
        let peer = Peer { address: peer.to_string(), local_address, loopback, unix: false };
        driver.accept(Incoming { stream: Stream::Tcp(stream), peer });
    }
}

async fn accept_unix(driver: OsDriver, listener: UnixListener, path: String) {
    let address = format!("{path}:0");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let peer = Peer {
                    address: address.clone(),
                    local_address: address.clone(),
                    loopback: true,
                    unix: true,
                };
                driver.accept(Incoming { stream: Stream::Unix(stream), peer });
            }
            Err(error) => back_off(&error).await,
        }
    }
}

/// Out of files, most likely: clients that leave make room.
async fn back_off(error: &io::Error) {
    log::warning(&format!("Accepting client connection: accept: {}", super::reason(error)));
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn watch_signals(driver: OsDriver, mut signals: Signals) {
    loop {
        let signal = match signals.next().await {
            Stop::Sigterm => Signal::Terminate,
            Stop::Sigint => Signal::Interrupt,
        };
        driver.handle(Event::Terminate(signal));
    }
}

pub use host::Exits;
