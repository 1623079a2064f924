//! What the driver needs of the world: streams, time, tasks, a disk.

use crate::node::{DiskDone, DiskError, DiskRequest, LogLevel, Peer, Vitals};
use engine::time::Now;
use engine::timing::Stopwatch;
use std::future::Future;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// A connection that was accepted.
pub struct Incoming<S> {
    pub stream: S,
    pub peer: Peer,
}

/// The world a driver lives in. All futures run on one thread.
pub trait Host: 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + 'static;

    type Watch: Stopwatch;

    fn now(&self) -> Now;

    /// The time, and a stopwatch that begins to run with it.
    fn start(&self) -> (Now, Self::Watch);

    /// Runs a future beside the others on this thread.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);

    /// Ends when the monotonic clock reaches `mono_us`.
    fn sleep_until(&self, mono_us: u64) -> impl Future<Output = ()>;

    /// Lets everything run that is ready, input included.
    fn yield_now(&self) -> impl Future<Output = ()>;

    /// Opens a connection; answers the stream and our address on it.
    fn connect(&self, host: String, port: u16) -> impl Future<Output = io::Result<(Self::Stream, String)>>;

    /// Carries out one disk request; the driver makes them one at a time, in order.
    fn disk(&self, request: DiskRequest) -> impl Future<Output = Result<DiskDone, DiskError>>;

    fn log(&self, level: LogLevel, text: &str);

    /// Stands still.
    fn stall(&self, microseconds: u64);

    /// A directive that the host itself lives by has changed. An error says why it cannot be so.
    fn reconfigure(&self, directive: &'static str, value: &str) -> Result<(), String>;

    /// What the host can measure of its process, when it is worth measuring anew.
    fn vitals(&self) -> Option<Vitals>;

    /// Gives memory that is free back to the system.
    fn release_memory(&self);

    /// Ends the process.
    fn exit(&self, code: i32);
}
