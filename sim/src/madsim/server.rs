//! A server on a machine of its own: started, killed, paused and started again, with its disk outliving it.

use super::Cluster;
use super::host::MadHost;
use super::stream::Weather;
use crate::disk::{Disk, Op, Request, RequestId};
use crate::random::Seed;
use crate::server::BASE;
use ::madsim::net::TcpListener;
use ::madsim::runtime::{Handle, NodeHandle};
use ::madsim::task::{NodeId, spawn_local};
use net::config::load::{NoFiles, load};
use net::driver::{Driver, Host, Incoming};
use net::node::{Event, Node, Peer, Signal};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// The file a server reads at its start and CONFIG REWRITE writes.
pub const CONFIG_FILE: &str = "rewind.conf";

/// What a server is made of.
#[derive(Clone, Debug)]
pub struct ServerPlan {
    pub name: String,
    pub ip: IpAddr,
    /// Lines of the configuration file.
    pub config: Vec<String>,
    /// What the server's own sockets do to it.
    pub weather: Weather,
}

/// What of a server outlives the process: the disk, and what an observer wrote down.
pub struct Shared {
    disk: Mutex<Disk>,
    log: Mutex<Vec<String>>,
    exit: Mutex<Option<i32>>,
    lives: Mutex<u64>,
    terminate: Notify,
}

impl Shared {
    pub(super) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("nobody panicked with the disk")
    }

    pub(super) fn log(&self, line: String) {
        self.log.lock().expect("nobody panicked with the log").push(line);
    }

    pub(super) fn exited(&self, code: i32) {
        *self.exit.lock().expect("nobody panicked with the code") = Some(code);
    }

    /// Numbers the lives of the process from 1.
    fn live(&self) -> u64 {
        self.exited_none();
        let mut lives = self.lives.lock().expect("nobody panicked with the count");
        *lives += 1;
        *lives
    }

    fn exited_none(&self) {
        *self.exit.lock().expect("nobody panicked with the code") = None;
    }
}

/// A server, running or not.
pub struct Server {
    pub address: SocketAddr,
    id: NodeId,
    handle: Handle,
    shared: Arc<Shared>,
}

impl Server {
    /// Brings up a machine whose only process is the server. It listens a moment later.
    pub fn start(cluster: &Cluster, plan: ServerPlan) -> Server {
        let seed = Seed(cluster.seed.stream(&format!("server {}", plan.name)).bits());
        let shared = Arc::new(Shared {
            disk: Mutex::new(Disk::new(seed.stream("disk"))),
            log: Mutex::default(),
            exit: Mutex::default(),
            lives: Mutex::default(),
            terminate: Notify::new(),
        });
        install(&shared, &plan.config);
        let port = read_config(&shared).port;
        let (name, ip) = (plan.name.clone(), plan.ip);
        let life = Life { plan, seed, clerk: cluster.clerk.clone(), shared: shared.clone() };
        let handle = Handle::current();
        let machine = handle.create_node().name(name).ip(ip).init(move || life.clone().live()).build();
        Server { address: (ip, port).into(), id: machine.id(), handle, shared }
    }

    /// The process dies at this instant. Its kernel closes its sockets, and its disk keeps what was written.
    pub fn kill(&self) {
        self.handle.kill(self.id);
    }

    /// The machine loses power: the disk keeps what was synced, and perhaps more.
    pub fn cut_power(&self) {
        self.handle.kill(self.id);
        self.shared.disk().crash();
    }

    /// A new process on the same machine.
    pub fn restart(&self) {
        assert!(self.handle.is_exit(self.id), "a server that runs is not started");
        self.handle.restart(self.id);
    }

    /// The process stands still (SIGSTOP) until `resume`.
    pub fn pause(&self) {
        self.handle.pause(self.id);
    }

    pub fn resume(&self) {
        self.handle.resume(self.id);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.shared.terminate.notify_one();
    }

    /// The exit status, if the process ended by itself in this life.
    pub fn exit_code(&self) -> Option<i32> {
        *self.shared.exit.lock().expect("nobody panicked with the code")
    }

    pub fn is_down(&self) -> bool {
        self.handle.is_exit(self.id)
    }

    /// Everything the server logged in all its lives: microseconds, level, text.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().expect("nobody panicked with the log").clone()
    }

    /// The machine, for `Cluster::partition`.
    pub fn machine(&self) -> NodeId {
        self.id
    }

    /// The disk, to make it ill.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.shared.disk()
    }
}

/// Puts the configuration file on the disk, for good.
fn install(shared: &Shared, lines: &[String]) {
    let text = format!("{BASE}{}\n", lines.join("\n"));
    let replace = Op::Replace { file: CONFIG_FILE.into(), bytes: text.into_bytes() };
    let (_, completion) = shared.disk().submit(0, Request { id: RequestId(0), op: replace });
    completion.outcome.expect("a new disk is healthy");
}

fn read_config(shared: &Shared) -> net::config::Config {
    let disk = shared.disk();
    let (_, text) = disk.contents().find(|(name, _)| *name == CONFIG_FILE).expect("it is never removed");
    load(text, &mut NoFiles).unwrap_or_else(|error| panic!("the configuration file: {error}")).config
}

/// What each life of the process starts from.
#[derive(Clone)]
struct Life {
    plan: ServerPlan,
    seed: Seed,
    clerk: NodeHandle,
    shared: Arc<Shared>,
}

impl Life {
    /// The process, from its start to its death: what `os::serve` is in production.
    async fn live(self) {
        let number = self.shared.live();
        let seed = Seed(self.seed.stream(&format!("life {number}")).bits());
        let node = ::madsim::plugin::node();
        let host = MadHost::new(node, self.clerk, self.shared.clone(), self.plan.weather, seed);
        let config = read_config(&self.shared);
        let port = config.port;
        let mut value = Node::new(config, seed.stream("node").bits(), host.now());
        value.config_path = CONFIG_FILE.into();
        value.load_at_start(host.now());
        let listen = Rc::new(Notify::new());
        let changed = listen.clone();
        host.on_listen(move || changed.notify_one());
        let driver = Driver::start(host, value);
        spawn_local(watch_signals(driver.clone(), self.shared));
        accept(driver, (self.plan.ip, port).into(), listen).await;
    }
}

async fn watch_signals(driver: Rc<Driver<MadHost>>, shared: Arc<Shared>) {
    loop {
        shared.terminate.notified().await;
        driver.handle(Event::Terminate(Signal::Terminate));
    }
}

/// Accepts for as long as the process lives; elsewhere when the port changes.
async fn accept(driver: Rc<Driver<MadHost>>, mut address: SocketAddr, changed: Rc<Notify>) {
    loop {
        let listener = TcpListener::bind(address).await.expect("a simulated machine has all its ports");
        loop {
            tokio::select! {
                biased;
                () = changed.notified() => break,
                accepted = listener.accept() => {
                    let (tcp, peer) = accepted.expect("a listener that lives accepts");
                    driver.accept(incoming(&driver, tcp, peer));
                }
            }
        }
        address.set_port(driver.with_node(|node| node.config.port));
    }
}

fn incoming(
    driver: &Driver<MadHost>,
    tcp: ::madsim::net::TcpStream,
    peer: SocketAddr,
) -> Incoming<super::stream::Stream> {
    let stream = driver.host().stream(tcp);
    let peer = Peer {
        address: peer.to_string(),
        local_address: stream.local_address(),
        loopback: peer.ip().is_loopback(),
        unix: false,
    };
    Incoming { stream, peer }
}
