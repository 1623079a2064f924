//! The driver's host on madsim: its scheduler, clock and sockets, and the simulator's own disk (madsim's loses
//! nothing).

use super::server::Shared;
use super::stream::{Stall, Stream, Weather};
use crate::disk::{Request, RequestId};
use crate::random::Seed;
use crate::server::{disk_op, disk_result};
use ::madsim::net::TcpStream;
use ::madsim::runtime::{Handle, NodeHandle};
use ::madsim::task::{NodeId, spawn_local};
use ::madsim::time::{Duration, TimeHandle, sleep};
use engine::time::Now;
use engine::timing::Still;
use net::driver::Host;
use net::node::{DiskDone, DiskError, DiskRequest, LogLevel, Vitals};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

/// madsim, for one life of one server.
pub struct MadHost {
    node: NodeId,
    /// Where tasks run that a server in a standstill cannot stop.
    clerk: NodeHandle,
    shared: Arc<Shared>,
    weather: Weather,
    /// Chance for this life, and how many connections drew theirs from it.
    seed: Seed,
    streams: Cell<u64>,
    stall: Stall,
    /// Called when `port` or `bind` changed.
    on_listen: RefCell<Option<Box<dyn Fn()>>>,
}

impl MadHost {
    pub fn new(node: NodeId, clerk: NodeHandle, shared: Arc<Shared>, weather: Weather, seed: Seed) -> Self {
        let (streams, stall, on_listen) = (Cell::default(), Stall::default(), RefCell::default());
        MadHost { node, clerk, shared, weather, seed, streams, stall, on_listen }
    }

    /// What to do when `port` or `bind` changed.
    pub fn on_listen(&self, listen: impl Fn() + 'static) {
        *self.on_listen.borrow_mut() = Some(Box::new(listen));
    }

    /// A connection of this server.
    pub fn stream(&self, tcp: TcpStream) -> Stream {
        let number = self.streams.replace(self.streams.get() + 1);
        let chance = self.seed.stream(&format!("socket {number}"));
        Stream::new(tcp, self.weather, chance, self.stall.clone())
    }
}

/// Microseconds since the simulation began.
pub fn mono_us() -> u64 {
    TimeHandle::current().elapsed().as_micros() as u64
}

impl Host for MadHost {
    type Stream = Stream;
    /// Simulated time stands still while something runs.
    type Watch = Still;

    fn now(&self) -> Now {
        let wall = TimeHandle::current().now_time().duration_since(UNIX_EPOCH);
        let wall_us = wall.expect("a simulation takes place after 1970").as_micros() as i64;
        Now { wall_us, mono_us: mono_us() }
    }

    fn start(&self) -> (Now, Still) {
        (self.now(), Still)
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }

    async fn sleep_until(&self, until_us: u64) {
        sleep(Duration::from_micros(until_us.saturating_sub(mono_us()))).await;
    }

    async fn yield_now(&self) {
        ::madsim::task::yield_now().await;
    }

    async fn connect(&self, host: String, port: u16) -> io::Result<(Stream, String)> {
        let stream = self.stream(TcpStream::connect((host.as_str(), port)).await?);
        let local = stream.local_address();
        Ok((stream, local))
    }

    async fn disk(&self, request: DiskRequest) -> Result<DiskDone, DiskError> {
        // The driver makes one request at a time and knows them by its own tickets.
        let request = Request { id: RequestId(0), op: disk_op(request) };
        let (due, completion) = self.shared.disk().submit(mono_us(), request);
        self.sleep_until(due).await;
        disk_result(completion)
    }

    fn log(&self, level: LogLevel, text: &str) {
        self.shared.log(format!("{} {level:?} {text}", mono_us()));
    }

    fn stall(&self, microseconds: u64) {
        // The running task goes on to its next await; its sockets are dead to it meanwhile. All others stand.
        self.stall.store(mono_us() + microseconds, Ordering::Relaxed);
        let (handle, node) = (Handle::current(), self.node);
        handle.pause(node);
        self.clerk.spawn(async move {
            sleep(Duration::from_micros(microseconds)).await;
            handle.resume(node);
        });
    }

    fn reconfigure(&self, directive: &'static str, _value: &str) -> Result<(), String> {
        match directive {
            // A simulated machine has all its ports, so this cannot fail.
            "port" | "bind" => self.on_listen.borrow().iter().for_each(|listen| listen()),
            // There are no dead peers to find out about, and the trace keeps every level.
            "tcp-keepalive" | "loglevel" => {}
            other => unreachable!("the host has no directive {other}"),
        }
        Ok(())
    }

    fn vitals(&self) -> Option<Vitals> {
        // A simulated process has no memory or CPU time of its own to measure.
        None
    }

    fn release_memory(&self) {}

    fn exit(&self, code: i32) {
        self.shared.exited(code);
        Handle::current().kill(self.node);
    }
}
