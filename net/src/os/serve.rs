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
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;
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
    (listeners.bind, listeners.port) = (started.config.bind.clone(), started.config.port);
    listeners.accept_from(&driver, tcp)?;
    if let Some(unix) = &started.unix {
        let path = unix.path().to_string_lossy().into_owned();
        let listener = UnixListener::from_std(unix.listener.try_clone()?)?;
        spawn_local(accept_unix(driver.clone(), listener, path));
    }
    spawn_local(watch_signals(driver.clone(), signals));
    let listeners = Rc::new(RefCell::new(listeners));
    let weak = Rc::downgrade(&driver);
    driver.host().on_listen(move |directive| {
        weak.upgrade().map_or(Ok(()), |driver| listen_anew(&driver, &listeners, directive))
    });
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

/// A listening socket that can be closed at once, while the task that accepts from it still exists.
type Listening = Rc<RefCell<Option<TcpListener>>>;

/// The TCP sockets that accept, and where.
#[derive(Default)]
struct Listeners {
    bind: Vec<Vec<u8>>,
    port: u16,
    open: Vec<(Listening, AbortHandle)>,
}

impl Listeners {
    fn accept_from(&mut self, driver: &OsDriver, sockets: Vec<std::net::TcpListener>) -> io::Result<()> {
        for socket in sockets {
            let listening = Rc::new(RefCell::new(Some(TcpListener::from_std(socket)?)));
            let task = spawn_local(accept_tcp(driver.clone(), listening.clone()));
            self.open.push((listening, task.abort_handle()));
        }
        Ok(())
    }

    fn close(&mut self) {
        for (listening, task) in self.open.drain(..) {
            drop(listening.take());
            task.abort();
        }
    }
}

/// `port` or `bind` changed: listens there, or, if that does not work, where it did before.
fn listen_anew(driver: &OsDriver, listeners: &RefCell<Listeners>, directive: &str) -> Result<(), String> {
    let (bind, port, backlog) =
        driver.with_node(|node| (node.config.bind.clone(), node.config.port, node.config.tcp_backlog));
    let listeners = &mut *listeners.borrow_mut();
    let same_port = port == listeners.port;
    if same_port {
        // The new addresses may cover old ones, which must be free then.
        listeners.close();
    }
    let opened = listen::tcp_unless_off(&bind, port, backlog);
    let refusal = match directive {
        "bind" => "Failed to bind to specified addresses.",
        _ => "Unable to listen on this port. Check server logs.",
    };
    let failed = opened.is_err();
    let sockets = match opened {
        Err(_) if !same_port => return Err(refusal.to_owned()),
        Err(_) => listen::tcp_unless_off(&listeners.bind, port, backlog).unwrap_or_default(),
        Ok(sockets) => {
            listeners.close();
            (listeners.bind, listeners.port) = (bind, port);
            sockets
        }
    };
    if let Err(error) = listeners.accept_from(driver, sockets) {
        log::warning(&format!("Unable to listen: {}", super::reason(&error)));
    }
    if failed { Err(refusal.to_owned()) } else { Ok(()) }
}

async fn accept_tcp(driver: OsDriver, listening: Listening) {
    loop {
        let accepted = poll_fn(|context| match &*listening.borrow() {
            Some(listener) => listener.poll_accept(context),
            None => Poll::Pending, // closed, and this task is about to end
        });
        let (stream, peer) = match accepted.await {
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
