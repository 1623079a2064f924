//! A connection as the driver sees it: TCP's manners over madsim's channel of bytes.
//!
//! ```text
//!   driver or client ─ poll_write ─▶ window ─▶ segments ─▶ madsim (latency, partitions) ─▶ segments ─▶ poll_read
//!                                      ▲                                                      │
//!                                      └────────────── permission to send more ◀──────────────┘
//! ```
//!
//! madsim's own socket takes any amount, has no half-close and is never reset. This one has a window, so a
//! peer that does not read stops the writer; ends each direction by itself; and is reset by a peer that says
//! so, that died with unread bytes, or whose machine is gone. On top of that comes weather: reads and writes in odd
//! pieces, reads that wait, connections that break. All of it is decided by the stream of chance handed in.
//!
//! What must never happen: more than a window of unread bytes; a byte lost, doubled or out of order in a
//! direction that ended with its end.

use super::segment::Segment;
use crate::random;
use ::madsim::net::TcpStream;
use ::madsim::time::{Duration, Sleep, TimeHandle};
use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that may be on their way or unread in one direction.
pub const WINDOW: usize = 64 * 1024;

/// What a connection's end does to its user. The default is a fine day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Reads and writes carry at most this many bytes, often fewer; 0 for no limit.
    pub piece_max: usize,
    /// Reads that wait, per million, and for how long at most.
    pub wait_ppm: u32,
    pub wait_max_us: u64,
    /// Reads at which the connection breaks, per million.
    pub reset_ppm: u32,
}

/// A process that stands still takes nothing from its sockets and gives them nothing. Microseconds since
/// the start of the simulation until which that is so; shared by all connections of the process.
pub type Stall = Arc<AtomicU64>;

/// How the peer's direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Fin,
    Reset,
}

/// One end of a connection. One task owns both of its directions.
pub struct Stream {
    tcp: TcpStream,
    weather: Weather,
    chance: random::Stream,
    stall: Stall,
    /// Bytes of a segment that is not complete.
    partial: Vec<u8>,
    /// Arrived and not read; `read` of it is.
    inbound: Vec<u8>,
    read: usize,
    end: Option<End>,
    /// Bytes the peer still lets us send.
    credit: usize,
    /// Bytes read for which the peer got no new permission yet.
    owed: usize,
    /// Our direction has ended.
    shut: bool,
    /// The wait of a read, and whether the next read has had its wait.
    sleep: Option<Pin<Box<Sleep>>>,
    waited: bool,
    /// Polled while the process stands still.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub fn new(tcp: TcpStream, weather: Weather, chance: random::Stream, stall: Stall) -> Stream {
        Stream {
            tcp,
            weather,
            chance,
            stall,
            partial: Vec::new(),
            inbound: Vec::new(),
            read: 0,
            end: None,
            credit: WINDOW,
            owed: 0,
            shut: false,
            sleep: None,
            waited: false,
            stalled: None,
        }
    }

    pub fn local_address(&self) -> String {
        self.tcp.local_addr().map_or_else(|_| String::new(), |address| address.to_string())
    }

    /// Breaks the connection: the peer loses what it has not read, and so do we.
    pub fn reset(&mut self) {
        if self.end != Some(End::Reset) {
            let _ = self.send(Segment::Reset);
        }
        self.end = Some(End::Reset);
        self.shut = true;
        self.inbound.clear();
        self.read = 0;
    }

    /// Fails if the peer's end is no more; what it sent before may still be on its way.
    fn send(&mut self, segment: Segment<'_>) -> Result<()> {
        let bytes = segment.encode();
        let mut context = Context::from_waker(Waker::noop());
        let mut tcp = Pin::new(&mut self.tcp);
        // madsim takes all that is written, and passes it on when flushed.
        let Poll::Ready(Ok(taken)) = tcp.as_mut().poll_write(&mut context, &bytes) else {
            unreachable!("madsim's write buffer has no limit");
        };
        assert_eq!(taken, bytes.len());
        match tcp.poll_flush(&mut context) {
            Poll::Ready(flushed) => flushed.map_err(|_| ErrorKind::ConnectionReset.into()),
            Poll::Pending => unreachable!("madsim's flush does not wait"),
        }
    }

    fn unread(&self) -> usize {
        self.inbound.len() - self.read
    }

    /// Takes in what has arrived, and wakes the task when more does.
    fn pump(&mut self, cx: &mut Context<'_>) {
        let mut buffer = [0; 16 * 1024];
        while self.end != Some(End::Reset) {
            let mut piece = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.tcp).poll_read(cx, &mut piece) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    self.partial.extend(piece.filled());
                    self.take_segments();
                }
                // The peer's socket is gone. If it did not say goodbye, its machine is gone as well.
                Poll::Ready(_) => {
                    self.end.get_or_insert(End::Reset);
                    return;
                }
            }
        }
    }

    fn take_segments(&mut self) {
        let mut taken = 0;
        while let Some((segment, len)) = Segment::decode(&self.partial[taken..]) {
            taken += len;
            match segment {
                Segment::Data(bytes) => {
                    self.inbound.drain(..std::mem::take(&mut self.read));
                    self.inbound.extend(bytes);
                    assert!(self.inbound.len() <= WINDOW, "the peer sent more than the window");
                }
                Segment::Window(count) => self.credit += count as usize,
                Segment::Fin => self.end = Some(End::Fin),
                Segment::Reset => {
                    self.end = Some(End::Reset);
                    self.inbound.clear();
                    self.read = 0;
                }
            }
        }
        self.partial.drain(..taken);
    }

    /// Pending while the process stands still.
    fn poll_moving(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let time = TimeHandle::current();
        let until = Duration::from_micros(self.stall.load(Ordering::Relaxed));
        if let Some(left) = until.checked_sub(time.elapsed()).filter(|left| !left.is_zero()) {
            self.stalled = Some(Box::pin(time.sleep(left)));
        }
        if let Some(sleep) = &mut self.stalled {
            ready!(sleep.as_mut().poll(cx));
            self.stalled = None;
        }
        Poll::Ready(())
    }

    /// Pending while weather holds a read back. Every read that carries bytes may wait once.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.sleep.is_none() && !self.waited && self.chance.chance(self.weather.wait_ppm) {
            let wait = self.chance.log_between(1, self.weather.wait_max_us.max(1));
            self.sleep = Some(Box::pin(TimeHandle::current().sleep(Duration::from_micros(wait))));
        }
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
            self.waited = true;
        }
        Poll::Ready(())
    }

    /// At most this many of `len` bytes at once.
    fn piece(&mut self, len: usize) -> usize {
        match self.weather.piece_max {
            0 => len,
            max => len.min(self.chance.log_between(1, max as u64) as usize),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_moving(cx));
        this.pump(cx);
        if this.unread() > 0 {
            ready!(this.poll_wait(cx));
            this.waited = false;
            if this.chance.chance(this.weather.reset_ppm) {
                this.reset();
                return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
            }
            let len = this.piece(this.unread().min(buf.remaining()));
            buf.put_slice(&this.inbound[this.read..this.read + len]);
            this.read += len;
            this.owed += len;
            if this.owed >= WINDOW / 2 {
                let owed = std::mem::take(&mut this.owed);
                // A peer that is gone needs no permission.
                let _ = this.send(Segment::Window(owed as u32));
            }
            return Poll::Ready(Ok(()));
        }
        match this.end {
            None => Poll::Pending,
            Some(End::Fin) => Poll::Ready(Ok(())),
            Some(End::Reset) => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_moving(cx));
        if this.credit == 0 {
            this.pump(cx);
        }
        if this.end == Some(End::Reset) {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if this.shut {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        if this.credit == 0 {
            return Poll::Pending;
        }
        let len = this.piece(buf.len().min(this.credit));
        this.send(Segment::Data(&buf[..len]))?;
        this.credit -= len;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.shut, true) {
            let _ = this.send(Segment::Fin);
        }
        Poll::Ready(Ok(()))
    }
}

/// What a kernel does for a socket that is closed, or whose process died: unread bytes make it a reset.
impl Drop for Stream {
    fn drop(&mut self) {
        if self.end == Some(End::Reset) {
            return;
        }
        if self.unread() > 0 {
            let _ = self.send(Segment::Reset);
        } else if !self.shut {
            let _ = self.send(Segment::Fin);
        }
    }
}
