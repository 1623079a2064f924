//! A simulated client: one TCP connection, real RESP, pipelines, a timeout, and patience to reconnect.
//!
//! It writes each batch of its plan at the planned time if it is connected then, whether or not earlier
//! replies have come, and reports what it sees. A batch whose time comes while there is no connection is
//! left out: clients are an open loop, so that a slow server meets the same load as a fast one.
//!
//! What must never happen: a request sent twice, since then an unknown outcome would be two.

use crate::clock::{EPOCH_US, Now};
use crate::history::{Observation, OpNumber};
use crate::host::Boot;
use crate::plan::Argv;
use crate::process::{Action, ConnId, Event, HostId, Inspection, Life, Process};
use net::resp::{Decoded, Decoder, Frame, FrameLimits, encode_request};
use std::collections::VecDeque;
use std::rc::Rc;

/// What a client does, for all its lives.
#[derive(Clone, Debug)]
pub struct Script {
    pub to: HostId,
    pub timeout_us: u64,
    pub resp3: bool,
    /// World time and what is written then, in order.
    pub batches: Vec<(u64, Vec<Argv>)>,
}

/// How long it waits before it connects again.
const RECONNECT_US: u64 = 50_000;

#[derive(Debug)]
enum Link {
    /// Not connected; tries again at this monotonic time.
    Down {
        retry_at: u64,
    },
    Connecting {
        conn: ConnId,
    },
    Up {
        conn: ConnId,
        life: Life,
    },
}

#[derive(Debug)]
struct InFlight {
    op: OpNumber,
    sent_at: u64,
    /// Replies to the client's own greeting are none of the checkers' business.
    silent: bool,
}

pub struct Client {
    script: Rc<Script>,
    /// The next batch.
    next: usize,
    link: Link,
    connections: u64,
    life: Life,
    requests: u64,
    in_flight: VecDeque<InFlight>,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Bytes written to the connection so far.
    written: u64,
    actions: VecDeque<Action>,
    /// World time minus monotonic time.
    offset: u64,
}

impl Client {
    pub fn new(script: Rc<Script>, boot: Boot) -> Client {
        let world = boot.now.wall_us.saturating_sub(EPOCH_US);
        let next = script.batches.partition_point(|&(at, _)| at < world);
        Client {
            script,
            next,
            link: Link::Down { retry_at: boot.now.mono_us },
            connections: 0,
            life: boot.life,
            requests: 0,
            in_flight: VecDeque::new(),
            decoder: Decoder::new(FrameLimits::default()),
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            actions: VecDeque::new(),
            offset: world.saturating_sub(boot.now.mono_us),
        }
    }

    fn observe(&mut self, observation: Observation) {
        self.actions.push_back(Action::Observe(observation));
    }

    fn connect(&mut self) {
        self.connections += 1;
        let conn = ConnId(ConnId::OUTGOING | u64::from(self.life) << 32 | self.connections);
        self.link = Link::Connecting { conn };
        self.actions.push_back(Action::Connect { conn, to: self.script.to });
    }

    /// Forgets the connection: whatever was in flight stays unknown.
    fn drop_link(&mut self, now: Now) {
        while let Some(InFlight { op, silent, .. }) = self.in_flight.pop_front() {
            if !silent {
                self.observe(Observation::Lost { op });
            }
        }
        self.decoder = Decoder::new(FrameLimits::default());
        self.input.clear();
        self.output.clear();
        self.written = 0;
        self.link = Link::Down { retry_at: now.mono_us + RECONNECT_US };
    }

    fn hang_up(&mut self, now: Now) {
        if let Link::Up { conn, .. } | Link::Connecting { conn } = self.link {
            self.actions.push_back(Action::Close { conn });
        }
        self.drop_link(now);
    }

    fn request(&mut self, now: Now, argv: &Argv, silent: bool) {
        let Link::Up { conn, life } = self.link else { unreachable!("requests need a connection") };
        self.requests += 1;
        let op = u64::from(self.life) << 32 | self.requests;
        let before = self.output.len();
        encode_request(argv, &mut self.output);
        self.written += (self.output.len() - before) as u64;
        self.in_flight.push_back(InFlight { op, sent_at: now.mono_us, silent });
        if !silent {
            let (server, ends_at, argv) = (self.script.to, self.written, argv.clone());
            self.observe(Observation::Invoked { op, server, life, conn, ends_at, argv });
        }
    }

    fn due_batches(&mut self, now: Now) {
        let script = Rc::clone(&self.script);
        while let Some((at, batch)) = script.batches.get(self.next) {
            if *at > now.mono_us + self.offset {
                return;
            }
            self.next += 1;
            if let Link::Up { conn, .. } = self.link {
                batch.iter().for_each(|argv| self.request(now, argv, false));
                self.actions.push_back(Action::Flush { conn });
            }
        }
    }

    fn receive(&mut self, now: Now, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        let mut start = 0;
        loop {
            match self.decoder.next(&self.input[start..]) {
                Ok(Decoded::Frame { frame, consumed }) => {
                    start += consumed;
                    self.frame(frame);
                }
                Ok(Decoded::Incomplete { consumed, .. }) => {
                    start += consumed;
                    break;
                }
                Err(error) => {
                    let what = format!("{error:?} in '{}'", self.input.escape_ascii());
                    self.observe(Observation::Garbled { what });
                    return self.hang_up(now);
                }
            }
        }
        self.input.drain(..start);
    }

    fn frame(&mut self, frame: Frame) {
        if matches!(frame, Frame::Push(_)) {
            return self.observe(Observation::Pushed { frame });
        }
        match self.in_flight.pop_front() {
            Some(InFlight { silent: true, .. }) => {}
            Some(InFlight { op, .. }) => self.observe(Observation::Replied { op, frame }),
            None => {
                let what = format!("a reply without a request: {}", frame.print());
                self.observe(Observation::Garbled { what });
            }
        }
    }

    fn tick(&mut self, now: Now) {
        if let Link::Down { retry_at } = self.link
            && retry_at <= now.mono_us
        {
            self.connect();
        }
        let oldest = self.in_flight.front().map(|flight| flight.sent_at);
        if oldest.is_some_and(|sent_at| sent_at + self.script.timeout_us <= now.mono_us) {
            self.hang_up(now);
        }
        self.due_batches(now);
    }
}

impl Process for Client {
    fn handle(&mut self, now: Now, event: Event<'_>) {
        match event {
            Event::Connected { conn, life } => {
                self.link = Link::Up { conn, life };
                if self.script.resp3 {
                    self.request(now, &vec![b"HELLO".to_vec(), b"3".to_vec()], true);
                    self.actions.push_back(Action::Flush { conn });
                }
            }
            Event::Received { bytes, .. } => self.receive(now, bytes),
            Event::Sent { count, .. } => drop(self.output.drain(..count)),
            Event::Eof { .. } => self.hang_up(now),
            Event::Closed { .. } | Event::ConnectFailed { .. } => self.drop_link(now),
            Event::Tick => self.tick(now),
            Event::Accepted { .. } => unreachable!("a client listens nowhere"),
            Event::Disk(_) => unreachable!("a client asks no disk"),
        }
    }

    fn poll(&mut self, _now: Now) -> Option<Action> {
        self.actions.pop_front()
    }

    fn output(&self, conn: ConnId) -> &[u8] {
        match self.link {
            Link::Up { conn: up, .. } if up == conn => &self.output,
            _ => &[],
        }
    }

    fn deadline(&self) -> Option<u64> {
        let retry = if let Link::Down { retry_at } = self.link { Some(retry_at) } else { None };
        let timeout = self.in_flight.front().map(|flight| flight.sent_at + self.script.timeout_us);
        let batch = self.script.batches.get(self.next).map(|&(at, _)| at.saturating_sub(self.offset));
        [retry, timeout, batch].into_iter().flatten().min()
    }

    fn inspect(&self) -> Inspection {
        Inspection::default()
    }
}
