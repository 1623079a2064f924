//! The driver's host in production: tokio on one thread, files of the working directory, the system's clocks.

use super::clock::{OsClock, Watch};
use super::stream::Stream;
use super::{disk, log, reason, socket, vitals};
use crate::config;
use crate::driver::Host;
use crate::node::{DiskDone, DiskError, DiskRequest, LogLevel, Vitals};
use engine::time::Now;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::{Instant, sleep_until};

/// How often the process is measured for INFO, in microseconds.
const VITALS_EVERY_US: u64 = 1_000_000;

/// What to do when `port` or `bind` changed; an error says why it does not work.
type OnListen = Box<dyn Fn(&str) -> Result<(), String>>;

/// Tokio and the operating system. Lives on the thread of its `LocalSet`.
pub struct OsHost {
    clock: OsClock,
    start: Instant,
    measured_us: Cell<Option<u64>>,
    max_clients: u32,
    keepalive_s: Cell<u32>,
    /// Called when `port` or `bind` changed.
    on_listen: RefCell<Option<OnListen>>,
    exits: Exits,
}

/// The node's wish to end the process, for whoever waits for it.
#[derive(Clone, Default)]
pub struct Exits(Rc<(Cell<Option<u8>>, Notify)>);

impl Exits {
    /// Ends with the exit status once the node has asked for the end.
    pub async fn wait(&self) -> u8 {
        loop {
            if let Some(code) = self.0.0.get() {
                return code;
            }
            self.0.1.notified().await;
        }
    }

    fn ask(&self, code: u8) {
        self.0.0.set(Some(code));
        self.0.1.notify_one();
    }
}

impl OsHost {
    /// Must be made within the runtime. `max_clients` is what the file limit allows.
    pub fn new(clock: OsClock, max_clients: u32, keepalive_s: u32) -> Self {
        let start = Instant::now() - Duration::from_micros(clock.read().0.mono_us);
        OsHost {
            clock,
            start,
            measured_us: Cell::new(None),
            max_clients,
            keepalive_s: Cell::new(keepalive_s),
            on_listen: RefCell::new(None),
            exits: Exits::default(),
        }
    }

    /// What to do when `port` or `bind` changed; it hears which.
    pub fn on_listen(&self, listen: impl Fn(&str) -> Result<(), String> + 'static) {
        *self.on_listen.borrow_mut() = Some(Box::new(listen));
    }

    pub fn exits(&self) -> Exits {
        self.exits.clone()
    }

    pub fn keepalive(&self) -> u32 {
        self.keepalive_s.get()
    }
}

impl Host for OsHost {
    type Stream = Stream;
    type Watch = Watch;

    fn now(&self) -> Now {
        self.clock.read().0
    }

    fn start(&self) -> (Now, Watch) {
        self.clock.read()
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }

    async fn sleep_until(&self, mono_us: u64) {
        sleep_until(self.start + Duration::from_micros(mono_us)).await;
    }

    async fn yield_now(&self) {
        tokio::task::yield_now().await;
    }

    async fn connect(&self, host: String, port: u16) -> io::Result<(Stream, String)> {
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        socket::prepare(&stream, self.keepalive_s.get())?;
        let local = stream.local_addr()?.to_string();
        Ok((Stream::Tcp(stream), local))
    }

    async fn disk(&self, request: DiskRequest) -> Result<DiskDone, DiskError> {
        match spawn_blocking(move || disk::carry_out(request)).await {
            Ok(result) => result,
            Err(error) => Err(DiskError::Failed(error.to_string())),
        }
    }

    fn log(&self, level: LogLevel, text: &str) {
        let level = match level {
            LogLevel::Debug => config::LogLevel::Debug,
            LogLevel::Verbose => config::LogLevel::Verbose,
            LogLevel::Notice => config::LogLevel::Notice,
            LogLevel::Warning => config::LogLevel::Warning,
        };
        log::line(level, text);
    }

    fn stall(&self, microseconds: u64) {
        std::thread::sleep(Duration::from_micros(microseconds));
    }

    fn reconfigure(&self, directive: &'static str, value: &str) -> Result<(), String> {
        match directive {
            "port" | "bind" => {
                return self.on_listen.borrow().as_ref().map_or(Ok(()), |listen| listen(directive));
            }
            "tcp-keepalive" => self.keepalive_s.set(value.parse().unwrap_or_default()),
            "loglevel" => log::set_level(level_named(value)),
            "dir" => std::env::set_current_dir(value).map_err(|error| reason(&error))?,
            other => unreachable!("the host has no directive {other}"),
        }
        Ok(())
    }

    fn vitals(&self) -> Option<Vitals> {
        let now = self.clock.read().0.mono_us;
        if self.measured_us.get().is_some_and(|last| now - last < VITALS_EVERY_US) {
            return None;
        }
        self.measured_us.set(Some(now));
        let measured = vitals::Vitals::read();
        Some(Vitals {
            used_memory: measured.used_memory,
            used_memory_peak: measured.used_memory_peak,
            resident: measured.rss,
            total_system_memory: vitals::total_system_memory(),
            cpu_user_s: measured.cpu_user,
            cpu_system_s: measured.cpu_sys,
            max_clients: self.max_clients,
        })
    }

    fn release_memory(&self) {
        super::alloc::release();
    }

    fn exit(&self, code: i32) {
        self.exits.ask(code as u8);
    }
}

fn level_named(name: &str) -> config::LogLevel {
    match name {
        "debug" => config::LogLevel::Debug,
        "verbose" => config::LogLevel::Verbose,
        "notice" => config::LogLevel::Notice,
        "warning" => config::LogLevel::Warning,
        _ => config::LogLevel::Nothing,
    }
}
