//! One machine: a process, its disk, its clocks, and whether they run.
//!
//! ```text
//!            start              pause
//!   Dead ────────────▶ Running ◀─────▶ Paused
//!     ▲ ▲                │  │  resume    │
//!     │ └──── killed ────┘  └─ power cut ┴──▶ Off ── start ──▶ Running
//! ```
//!
//! Killed: the process is gone, the kernel closes its connections, the page cache stays. Power cut: all
//! memory is gone, connections vanish without a word, the disk decides what it kept. Paused: the kernel
//! goes on receiving, the process hears of it when it resumes.

use crate::clock::{Clock, Now};
use crate::disk::{Completion, Disk};
use crate::network::SocketId;
use crate::network::tcp::Notice;
use crate::process::{ConnId, HostId, Life, Process};
use crate::random::{Seed, Stream};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No power.
    Off,
    /// The machine is up, the process is not.
    Dead,
    Running,
    Paused,
}

/// What a process is started with.
#[derive(Clone, Copy, Debug)]
pub struct Boot {
    pub host: HostId,
    pub life: Life,
    pub now: Now,
    /// A seed of its own for each life.
    pub seed: u64,
}

/// Makes the process of a host, at its first start and at each one after.
pub type Spawn = Box<dyn FnMut(Boot, &Disk) -> Box<dyn Process>>;

/// Something that waits for a paused process.
#[derive(Debug)]
pub enum Parked {
    Notice(Notice),
    Disk(Completion),
}

pub struct Host {
    pub name: String,
    pub clock: Clock,
    /// The clock after each change to it, and since when.
    clocks: Vec<(u64, Clock)>,
    pub disk: Disk,
    pub state: State,
    pub life: Life,
    pub process: Option<Box<dyn Process>>,
    /// Whether others may connect to it.
    pub listens: bool,
    pub sockets: BTreeMap<ConnId, SocketId>,
    pub parked: Vec<Parked>,
    /// The world time of the wake-up that counts.
    pub armed_at: Option<u64>,
    /// Wake-ups at one and the same world time.
    pub spinning: u32,
    pub stream: Stream,
    spawn: Spawn,
}

impl Host {
    pub fn new(seed: Seed, name: &str, skew_ppm: i32, listens: bool, spawn: Spawn) -> Host {
        Host {
            name: name.to_owned(),
            clock: Clock::new(0, skew_ppm),
            clocks: vec![(0, Clock::new(0, skew_ppm))],
            disk: Disk::new(seed.stream(&format!("disk {name}"))),
            state: State::Off,
            life: 0,
            process: None,
            listens,
            sockets: BTreeMap::new(),
            parked: Vec::new(),
            armed_at: None,
            spinning: 0,
            stream: seed.stream(&format!("host {name}")),
            spawn,
        }
    }

    /// Starts the next life of the process.
    pub fn start(&mut self, at: u64, id: HostId) {
        assert!(matches!(self.state, State::Off | State::Dead), "{} is already running", self.name);
        if self.state == State::Off {
            self.change_clock(at, |clock| clock.reboot(at));
        }
        self.life += 1;
        let boot = Boot { host: id, life: self.life, now: self.clock.now(at), seed: self.stream.bits() };
        self.process = Some((self.spawn)(boot, &self.disk));
        self.state = State::Running;
    }

    /// Changes the clock and remembers that it did.
    pub fn change_clock(&mut self, at: u64, change: impl FnOnce(&mut Clock)) {
        change(&mut self.clock);
        self.clocks.push((at, self.clock.clone()));
    }

    /// The least and the greatest reading of the wall clock between two world times.
    pub fn wall_range(&self, from: u64, to: u64) -> (u64, u64) {
        assert!(from <= to, "a range of time from {from} to {to}");
        let ends = self.clocks.iter().skip(1).map(|&(at, _)| at).chain([u64::MAX]);
        let during = self.clocks.iter().zip(ends).filter(|&(&(begin, _), end)| begin <= to && from <= end);
        let readings = during.flat_map(|((begin, clock), end)| {
            [clock.now(from.max(*begin)).wall_us, clock.now(to.min(end)).wall_us]
        });
        readings.fold((u64::MAX, 0), |(least, most), reading| (least.min(reading), most.max(reading)))
    }

    /// Ends the process, in whatever way.
    pub fn stop(&mut self, state: State) {
        self.process = None;
        self.sockets.clear();
        self.parked.clear();
        self.armed_at = None;
        self.state = state;
    }
}
