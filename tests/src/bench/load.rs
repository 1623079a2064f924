//! A load on one thread: many connections in a closed loop over epoll, each with a batch of requests under
//! way and the next sent when the last reply of the batch is in. Every reply's latency is kept.

use super::LOAD_CORE;
use ds::histogram::Histogram;
use rustix::event::epoll;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What is sent. Keys are `key:` and twelve digits: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Random keys below the number.
    Get {
        keys: u64,
    },
    Set {
        keys: u64,
        size: usize,
    },
    Incr {
        keys: u64,
    },
    /// Ten keys at once.
    Mset {
        keys: u64,
        size: usize,
    },
    /// Each key once, in order, from `from` on; `until` is absolute milliseconds of expiry.
    Fill {
        from: u64,
        value: Value,
        until: Option<u64>,
    },
}

/// The value of a filled key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer of eight digits, different for every key.
    Integer,
    /// So many bytes.
    Bytes(usize),
}

/// When a load ends.
#[derive(Clone, Copy)]
pub enum End<'a> {
    After(Duration),
    Requests(u64),
    /// When this says so; asked between batches.
    When(&'a dyn Fn() -> bool),
}

/// How a load runs.
pub struct Load<'a> {
    pub port: u16,
    pub connections: usize,
    pub pipeline: usize,
    pub work: Work,
    pub end: End<'a>,
}

/// What came of it.
pub struct Outcome {
    pub requests: u64,
    pub elapsed: Duration,
    /// In nanoseconds.
    pub latencies: Histogram,
}

impl Outcome {
    /// The latency that this share (0 to 1) of all requests kept to, in microseconds.
    pub fn quantile_us(&self, share: f64) -> f64 {
        self.latencies.quantile(share) as f64 / 1000.0
    }

    /// The longest latency, in microseconds.
    pub fn max_us(&self) -> f64 {
        self.latencies.max() as f64 / 1000.0
    }
}

struct Lane {
    stream: TcpStream,
    sent_at: Instant,
    outgoing: Vec<u8>,
    written: usize,
    incoming: Vec<u8>,
    awaited: usize,
}

impl Load<'_> {
    /// Runs it on this thread, which is pinned to the load's core for good.
    ///
    /// # Errors
    /// A connection breaks or the server answers with an error.
    pub fn run(&self) -> Result<Outcome, String> {
        let mut cores = CpuSet::new();
        cores.set(LOAD_CORE);
        let _ = sched_setaffinity(None, &cores); // a machine of one core has no other to offer
        self.drive().map_err(|error| format!("load: {error}"))
    }

    fn drive(&self) -> std::io::Result<Outcome> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut lanes = Vec::new();
        for index in 0..self.connections {
            let stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll::add(&poll, &stream, epoll::EventData::new_u64(index as u64), epoll::EventFlags::IN)?;
            lanes.push(Lane::new(stream));
        }
        let mut writer = Writer::new(self.work);
        let mut latencies = Histogram::default();
        let started = Instant::now();
        let (mut issued, mut done) = (0, 0);
        for lane in &mut lanes {
            issued += self.refill(lane, &mut writer, issued)?;
        }
        let mut events = Vec::with_capacity(self.connections);
        let mut waiting = 0;
        while done < issued {
            events.clear();
            let patience = rustix::time::Timespec { tv_sec: 20, tv_nsec: 0 };
            epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&patience))?;
            if events.is_empty() {
                return Err(std::io::Error::new(ErrorKind::TimedOut, "no reply for 20 s"));
            }
            waiting += 1;
            let over = self.is_over(started, waiting);
            for event in &events {
                let lane = &mut lanes[event.data.u64() as usize];
                let now = Instant::now();
                let replies = lane.read()?;
                let nanos = now.duration_since(lane.sent_at).as_nanos() as u64;
                latencies.record(nanos, replies as u64);
                done += replies as u64;
                if lane.awaited == 0 && !over {
                    issued += self.refill(lane, &mut writer, issued)?;
                }
            }
        }
        Ok(Outcome { requests: done, elapsed: started.elapsed(), latencies })
    }

    fn is_over(&self, started: Instant, rounds: u64) -> bool {
        match self.end {
            End::After(duration) => rounds.is_multiple_of(16) && started.elapsed() >= duration,
            End::Requests(_) => false,
            End::When(over) => over(),
        }
    }

    fn refill(&self, lane: &mut Lane, writer: &mut Writer, issued: u64) -> std::io::Result<u64> {
        let left = match self.end {
            End::Requests(wanted) => (wanted.saturating_sub(issued)).min(self.pipeline as u64) as usize,
            _ => self.pipeline,
        };
        lane.outgoing.clear();
        lane.written = 0;
        (0..left).for_each(|_| writer.request(&mut lane.outgoing));
        lane.awaited = left;
        lane.sent_at = Instant::now();
        lane.write()?;
        Ok(left as u64)
    }
}

impl Lane {
    fn new(stream: TcpStream) -> Lane {
        let (outgoing, incoming) = (Vec::with_capacity(1 << 14), Vec::with_capacity(1 << 16));
        Lane { stream, sent_at: Instant::now(), outgoing, written: 0, incoming, awaited: 0 }
    }

    fn write(&mut self) -> std::io::Result<()> {
        while self.written < self.outgoing.len() {
            match self.stream.write(&self.outgoing[self.written..]) {
                Ok(length) => self.written += length,
                // Only a batch beyond the socket's buffer comes here; the server drains it at once.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is there; how many replies that completed.
    fn read(&mut self) -> std::io::Result<usize> {
        let mut chunk = [0; 1 << 16];
        match self.stream.read(&mut chunk) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => self.incoming.extend_from_slice(&chunk[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(0);
            }
            Err(error) => return Err(error),
        }
        let mut at = 0;
        let mut replies = 0;
        while let Some(next) = skip_reply(&self.incoming, at)? {
            at = next;
            replies += 1;
        }
        self.incoming.drain(..at);
        self.awaited = self.awaited.checked_sub(replies).ok_or(ErrorKind::InvalidData)?;
        Ok(replies)
    }
}

/// Where the reply that starts at `at` ends. Loads send nothing that is answered by an aggregate.
fn skip_reply(bytes: &[u8], at: usize) -> std::io::Result<Option<usize>> {
    let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = &bytes[at..at + end - 1];
    let next = at + end + 1;
    match line[0] {
        b'+' | b':' => Ok(Some(next)),
        b'$' if line[1] == b'-' => Ok(Some(next)),
        b'$' => {
            let length = line[1..].iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            Ok((bytes.len() >= next + length + 2).then_some(next + length + 2))
        }
        _ => Err(std::io::Error::new(ErrorKind::InvalidData, String::from_utf8_lossy(line).into_owned())),
    }
}

/// Writes one request after the other.
struct Writer {
    work: Work,
    random: u64,
    next: u64,
}

impl Writer {
    fn new(work: Work) -> Writer {
        let next = if let Work::Fill { from, .. } = work { from } else { 0 };
        Writer { work, random: 0x9E37_79B9_7F4A_7C15, next }
    }

    fn pick(&mut self, keys: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((u128::from(self.random) * u128::from(keys)) >> 64) as u64
    }

    fn request(&mut self, out: &mut Vec<u8>) {
        match self.work {
            Work::Get { keys } => {
                out.extend_from_slice(b"*2\r\n$3\r\nGET\r\n");
                key(out, self.pick(keys));
            }
            Work::Set { keys, size } => {
                out.extend_from_slice(b"*3\r\n$3\r\nSET\r\n");
                key(out, self.pick(keys));
                filler(out, size);
            }
            Work::Incr { keys } => {
                out.extend_from_slice(b"*2\r\n$4\r\nINCR\r\n");
                key(out, (1 << 36) + self.pick(keys));
            }
            Work::Mset { keys, size } => {
                out.extend_from_slice(b"*21\r\n$4\r\nMSET\r\n");
                for _ in 0..10 {
                    key(out, self.pick(keys));
                    filler(out, size);
                }
            }
            Work::Fill { value, until, .. } => {
                let count = if until.is_some() { 5 } else { 3 };
                out.extend_from_slice(format!("*{count}\r\n$3\r\nSET\r\n").as_bytes());
                key(out, self.next);
                match value {
                    Value::Integer => bulk(out, &digits::<8>(10_000_000 + self.next % 89_999_999)),
                    Value::Bytes(size) => filler(out, size),
                }
                if let Some(until) = until {
                    bulk(out, b"PXAT");
                    bulk(out, until.to_string().as_bytes());
                }
                self.next += 1;
            }
        }
    }
}

fn bulk(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(format!("${}\r\n", text.len()).as_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn digits<const N: usize>(mut number: u64) -> [u8; N] {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    text
}

fn key(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(b"$16\r\nkey:");
    out.extend_from_slice(&digits::<12>(number));
    out.extend_from_slice(b"\r\n");
}

fn filler(out: &mut Vec<u8>, size: usize) {
    out.extend_from_slice(format!("${size}\r\n").as_bytes());
    out.resize(out.len() + size, b'x');
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Reply;

    #[test]
    fn requests_are_well_formed() {
        for work in [
            Work::Get { keys: 10 },
            Work::Set { keys: 10, size: 64 },
            Work::Incr { keys: 10 },
            Work::Mset { keys: 10, size: 3 },
            Work::Fill { from: 7, value: Value::Integer, until: Some(5) },
            Work::Fill { from: 7, value: Value::Bytes(3), until: None },
        ] {
            let mut bytes = Vec::new();
            Writer::new(work).request(&mut bytes);
            let (_, used) = Reply::parse(&bytes).expect("well formed").expect("complete");
            assert_eq!(used, bytes.len(), "{work:?}");
        }
    }

    #[test]
    fn replies_are_counted_at_any_split() {
        let bytes = b"+OK\r\n:12\r\n$3\r\nabc\r\n$-1\r\n$0\r\n\r\n";
        for end in 0..=bytes.len() {
            let (mut at, mut count) = (0, 0);
            while let Some(next) = skip_reply(&bytes[..end], at).expect("no error") {
                at = next;
                count += 1;
            }
            assert_eq!(count == 5, end == bytes.len());
        }
        assert!(skip_reply(b"-ERR x\r\n", 0).is_err());
    }
}
