//! What can be done to a world: one enum, its text, and its beginning and end.
//!
//! [`atlas`] says which faults a promise allows, and how many at once; [`swarm`] draws a run's faults from
//! its seed. Faults know nothing of workloads and checks.

pub mod atlas;
pub mod swarm;

use crate::network::{Effect, Rule};
use crate::process::HostId;
use crate::world::World;
use std::fmt;

/// One fault. Most last for a time that the plan gives; those that do not say so in [`Kind::lasts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies and is started again afterwards.
    Kill { host: String },
    /// The machine loses power and is started again afterwards.
    Power { host: String },
    /// The process is stopped and goes on afterwards.
    Pause { host: String },
    /// Nothing gets from one host to the other.
    Cut { from: String, to: String },
    /// Some messages are lost.
    Lossy { from: String, to: String, ppm: u32 },
    /// Every message is late.
    Slow { from: String, to: String, by_us: u64 },
    /// Every message is late by a time of its own.
    Jitter { from: String, to: String, up_to_us: u64 },
    /// All connections between two hosts are reset.
    Reset { a: String, b: String },
    /// The wall clock is set.
    Jump { host: String, by_us: i64 },
    /// The clock runs at another rate.
    Skew { host: String, ppm: i32 },
    /// The disk is full.
    DiskFull { host: String },
    /// The disk fails now and then.
    DiskErrors { host: String, ppm: u32 },
    /// The disk is slow.
    DiskSlow { host: String, by_us: u64 },
}

/// The kinds of fault, as scenarios and the atlas name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Kill,
    Power,
    Pause,
    Cut,
    Lossy,
    Slow,
    Jitter,
    Reset,
    Jump,
    Skew,
    DiskFull,
    DiskErrors,
    DiskSlow,
}

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::Kill,
        Kind::Power,
        Kind::Pause,
        Kind::Cut,
        Kind::Lossy,
        Kind::Slow,
        Kind::Jitter,
        Kind::Reset,
        Kind::Jump,
        Kind::Skew,
        Kind::DiskFull,
        Kind::DiskErrors,
        Kind::DiskSlow,
    ];

    /// Whether it has an end. The others happen at one instant.
    pub fn lasts(self) -> bool {
        !matches!(self, Kind::Reset | Kind::Jump | Kind::Skew)
    }
}

impl Fault {
    pub fn kind(&self) -> Kind {
        match self {
            Fault::Kill { .. } => Kind::Kill,
            Fault::Power { .. } => Kind::Power,
            Fault::Pause { .. } => Kind::Pause,
            Fault::Cut { .. } => Kind::Cut,
            Fault::Lossy { .. } => Kind::Lossy,
            Fault::Slow { .. } => Kind::Slow,
            Fault::Jitter { .. } => Kind::Jitter,
            Fault::Reset { .. } => Kind::Reset,
            Fault::Jump { .. } => Kind::Jump,
            Fault::Skew { .. } => Kind::Skew,
            Fault::DiskFull { .. } => Kind::DiskFull,
            Fault::DiskErrors { .. } => Kind::DiskErrors,
            Fault::DiskSlow { .. } => Kind::DiskSlow,
        }
    }

    /// The hosts it names.
    pub fn hosts(&self) -> Vec<&str> {
        match self {
            Fault::Kill { host }
            | Fault::Power { host }
            | Fault::Pause { host }
            | Fault::Jump { host, .. }
            | Fault::Skew { host, .. }
            | Fault::DiskFull { host }
            | Fault::DiskErrors { host, .. }
            | Fault::DiskSlow { host, .. } => vec![host],
            Fault::Cut { from, to }
            | Fault::Lossy { from, to, .. }
            | Fault::Slow { from, to, .. }
            | Fault::Jitter { from, to, .. } => vec![from, to],
            Fault::Reset { a, b } => vec![a, b],
        }
    }
}

/// What the end of a fault must undo.
#[derive(Clone, Copy, Debug)]
pub enum Undo {
    Nothing,
    Start(HostId),
    Resume(HostId),
    Lift(u32),
    /// Makes the disk well.
    Heal(HostId),
}

impl Fault {
    /// Does it. Hosts that the world has not got are left alone: a shrunk plan may have lost them.
    pub fn begin(&self, world: &mut World) -> Undo {
        let found: Option<Vec<HostId>> = self.hosts().iter().map(|name| world.find(name)).collect();
        let Some(hosts) = found else { return Undo::Nothing };
        let host = hosts[0];
        let rule = |effect| Rule::new(hosts[0], hosts[1], effect);
        match *self {
            Fault::Kill { .. } => {
                world.kill(host);
                Undo::Start(host)
            }
            Fault::Power { .. } => {
                world.power_cut(host);
                Undo::Start(host)
            }
            Fault::Pause { .. } => {
                world.pause(host);
                Undo::Resume(host)
            }
            Fault::Cut { .. } => Undo::Lift(world.impose(rule(Effect::Cut))),
            Fault::Lossy { ppm, .. } => Undo::Lift(world.impose(rule(Effect::Lossy { ppm }))),
            Fault::Slow { by_us, .. } => Undo::Lift(world.impose(rule(Effect::Slow { by_us }))),
            Fault::Jitter { up_to_us, .. } => Undo::Lift(world.impose(rule(Effect::Jitter { up_to_us }))),
            Fault::Reset { .. } => {
                world.reset_between(hosts[0], hosts[1]);
                Undo::Nothing
            }
            Fault::Jump { by_us, .. } => {
                world.jump_clock(host, by_us);
                Undo::Nothing
            }
            Fault::Skew { ppm, .. } => {
                world.skew_clock(host, ppm);
                Undo::Nothing
            }
            Fault::DiskFull { .. } => {
                world.disk(host).ailments.full = true;
                Undo::Heal(host)
            }
            Fault::DiskErrors { ppm, .. } => {
                world.disk(host).ailments.error_ppm = ppm;
                Undo::Heal(host)
            }
            Fault::DiskSlow { by_us, .. } => {
                world.disk(host).ailments.slow_by_us = by_us;
                Undo::Heal(host)
            }
        }
    }
}

impl Undo {
    pub fn carry_out(self, world: &mut World) {
        match self {
            Undo::Nothing => {}
            Undo::Start(host) => world.start(host),
            Undo::Resume(host) => world.resume(host),
            Undo::Lift(rule) => world.lift(rule),
            Undo::Heal(host) => world.disk(host).ailments = crate::disk::Ailments::default(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::plan::text::duration;
        match self {
            Fault::Kill { host } => write!(f, "kill {host}"),
            Fault::Power { host } => write!(f, "power {host}"),
            Fault::Pause { host } => write!(f, "pause {host}"),
            Fault::Cut { from, to } => write!(f, "cut {from}>{to}"),
            Fault::Lossy { from, to, ppm } => write!(f, "lossy {from}>{to} {ppm}ppm"),
            Fault::Slow { from, to, by_us } => write!(f, "slow {from}>{to} {}", duration(*by_us)),
            Fault::Jitter { from, to, up_to_us } => write!(f, "jitter {from}>{to} {}", duration(*up_to_us)),
            Fault::Reset { a, b } => write!(f, "reset {a}>{b}"),
            Fault::Jump { host, by_us } => {
                let sign = if *by_us < 0 { "-" } else { "+" };
                write!(f, "jump {host} {sign}{}", duration(by_us.unsigned_abs()))
            }
            Fault::Skew { host, ppm } => write!(f, "skew {host} {ppm}ppm"),
            Fault::DiskFull { host } => write!(f, "disk-full {host}"),
            Fault::DiskErrors { host, ppm } => write!(f, "disk-errors {host} {ppm}ppm"),
            Fault::DiskSlow { host, by_us } => write!(f, "disk-slow {host} {}", duration(*by_us)),
        }
    }
}
