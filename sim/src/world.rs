//! The world: one heap of events ordered by (time, sequence), the only clock there is.
//!
//! ```text
//!   heap ─ next event ─▶ network / disk / clock ─ notices ─▶ process.handle
//!     ▲                                                          │
//!     └────────── timers ◀── network, disk, deadline ◀── poll ◀──┘
//! ```
//!
//! Time is in microseconds from 0 and moves only from event to event; processes take no time. Whoever
//! drives the world schedules calls of its own with [`World::call_at`] and gets them back from
//! [`World::run_until`] when they are due: that is how plans inject faults.
//!
//! What must never happen: two events in an order that their (time, sequence) does not give; anything
//! drawn from chance that has no named stream; a process that keeps the world at one instant for ever.

use crate::disk::{Completion, Op};
use crate::history::Observation;
use crate::host::{Host, Parked, State};
use crate::network::tcp::{Notice, Read, What as Heard};
use crate::network::{Network, Outbox, Rule, SocketId, Timer, Weather};
use crate::process::{Action, ConnId, Event, HostId, Life};
use crate::random::Seed;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use xxhash_rust::xxh3::Xxh3;

/// A process that wakes itself so often without time passing is stuck.
const SPIN_MAX: u32 = 10_000;

#[derive(Debug, PartialEq, Eq)]
enum What {
    Net(Timer),
    Wake(HostId),
    Disk(HostId, Life, Completion),
    Call(u32),
    /// A process that stood still goes on.
    Resume(HostId, Life),
}

#[derive(Debug)]
struct Entry {
    at: u64,
    sequence: u64,
    what: What,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

/// One line of the trace that `explain` prints.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: u64,
    pub host: String,
    pub what: &'static str,
    pub text: String,
}

/// What a client saw, when, and which host it runs on.
pub type Note = (u64, HostId, Observation);

/// A client's connection as its server saw it.
#[derive(Clone, Debug)]
pub struct Session {
    /// No request on it was executed after this world time.
    pub held_until: u64,
    /// For each read: bytes read so far, and its number among all reads of the run.
    reads: Vec<(u64, u64)>,
}

impl Session {
    /// The number of the read that completed the request which ends so many bytes into the connection;
    /// `None` if the server never read so far, and therefore never executed it.
    pub fn read_of(&self, ends_at: u64) -> Option<u64> {
        let index = self.reads.partition_point(|&(bytes, _)| bytes < ends_at);
        self.reads.get(index).map(|&(_, number)| number)
    }
}

pub struct World {
    now: u64,
    sequence: u64,
    heap: BinaryHeap<Reverse<Entry>>,
    pub network: Network,
    hosts: Vec<Host>,
    outbox: Outbox,
    pending: VecDeque<Notice>,
    scratch: Vec<u8>,
    notes: Vec<Note>,
    digest: Xxh3,
    delivered: u64,
    rules: u32,
    trace: Option<Vec<Line>>,
    /// The connections of clients that servers have let go of.
    ended: BTreeMap<(HostId, ConnId), Session>,
}

impl World {
    /// A world of these hosts, none of them started.
    pub fn new(seed: Seed, weather: Weather, hosts: Vec<Host>) -> World {
        let names: Vec<String> = hosts.iter().map(|host| host.name.clone()).collect();
        World {
            now: 0,
            sequence: 0,
            heap: BinaryHeap::new(),
            network: Network::new(seed, &names, weather),
            hosts,
            outbox: Outbox::default(),
            pending: VecDeque::new(),
            scratch: Vec::new(),
            notes: Vec::new(),
            digest: Xxh3::new(),
            delivered: 0,
            rules: 0,
            trace: None,
            ended: BTreeMap::new(),
        }
    }

    /// Keeps a line per event from here on.
    pub fn keep_trace(&mut self) {
        self.trace = Some(Vec::new());
    }

    pub fn take_trace(&mut self) -> Vec<Line> {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    /// Events taken off the heap so far.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// A hash of every byte sent and stored so far, with the times and places: two runs of one plan must
    /// agree on it.
    pub fn digest(&self) -> u64 {
        self.digest.digest()
    }

    /// What clients have seen since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// The connections of clients, as their servers saw them.
    pub fn sessions(&self) -> BTreeMap<(HostId, ConnId), Session> {
        let mut sessions = self.ended.clone();
        for held in self.network.held() {
            let session = Session { held_until: u64::MAX >> 1, reads: held.reads };
            sessions.insert((held.client, held.conn), session);
        }
        sessions
    }

    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.0 as usize]
    }

    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts.iter().enumerate().map(|(index, host)| (HostId(index as u16), host))
    }

    pub fn find(&self, name: &str) -> Option<HostId> {
        self.hosts.iter().position(|host| host.name == name).map(|index| HostId(index as u16))
    }

    fn push(&mut self, at: u64, what: What) {
        assert!(at >= self.now, "an event in the past");
        self.sequence += 1;
        self.heap.push(Reverse(Entry { at, sequence: self.sequence, what }));
    }

    /// Has [`World::run_until`] return `token` at this time.
    pub fn call_at(&mut self, at: u64, token: u32) {
        self.push(at, What::Call(token));
    }

    fn line(&mut self, host: HostId, what: &'static str, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let host = self.hosts[host.0 as usize].name.clone();
            trace.push(Line { at: self.now, host, what, text: text() });
        }
    }

    /// Runs up to and including world time `until`. Returns early with the token of a call that is due.
    pub fn run_until(&mut self, until: u64) -> Option<u32> {
        loop {
            match self.heap.peek() {
                Some(Reverse(entry)) if entry.at <= until => {}
                _ => {
                    self.now = self.now.max(until);
                    return None;
                }
            }
            let Reverse(entry) = self.heap.pop().expect("peeked at above");
            self.now = entry.at;
            self.delivered += 1;
            match entry.what {
                What::Call(token) => return Some(token),
                What::Net(timer) => self.network.fire(entry.at, timer, &mut self.outbox),
                What::Wake(host) => self.wake(host),
                What::Resume(host, life) if self.host(host).life == life => self.resume(host),
                What::Resume(..) => {}
                What::Disk(host, life, completion) => self.disk_answers(host, life, completion),
            }
            self.settle();
        }
    }

    /// Moves what the network wants into the heap, and tells processes until none has more to say.
    fn settle(&mut self) {
        loop {
            let timers = std::mem::take(&mut self.outbox.timers);
            for &(at, timer) in &timers {
                self.push(at, What::Net(timer));
            }
            self.outbox.timers = timers;
            self.outbox.timers.clear();
            self.pending.extend(self.outbox.notices.drain(..));
            for ended in self.outbox.ended.drain(..) {
                let session = Session { held_until: self.now, reads: ended.reads };
                self.ended.insert((ended.client, ended.conn), session);
            }
            let Some(notice) = self.pending.pop_front() else { return };
            self.notify(notice);
        }
    }

    fn notify(&mut self, notice: Notice) {
        let id = notice.host;
        let host = &mut self.hosts[id.0 as usize];
        if host.life != notice.life {
            return;
        }
        match host.state {
            State::Running => self.deliver(id, notice),
            State::Paused => host.parked.push(Parked::Notice(notice)),
            State::Off | State::Dead => {}
        }
    }

    fn deliver(&mut self, id: HostId, notice: Notice) {
        let conn = notice.conn;
        match notice.what {
            Heard::Accepted { socket, peer } => {
                self.hosts[id.0 as usize].sockets.insert(conn, socket);
                self.line(id, "accept", || format!("#{} from h{}", conn.0, peer.0));
                self.handle(id, Event::Accepted { conn, peer });
            }
            Heard::Connected { socket: _, life } => {
                self.line(id, "connected", || name_of(conn));
                self.handle(id, Event::Connected { conn, life });
            }
            Heard::ConnectFailed(why) => {
                self.hosts[id.0 as usize].sockets.remove(&conn);
                self.line(id, "refused", || format!("{} {why}", name_of(conn)));
                self.handle(id, Event::ConnectFailed { conn, why });
            }
            Heard::Closed(why) => {
                self.hosts[id.0 as usize].sockets.remove(&conn);
                self.line(id, "closed", || format!("{} {why}", name_of(conn)));
                self.handle(id, Event::Closed { conn, why });
            }
            Heard::Writable => self.flush(id, conn),
            Heard::Readable(socket) => return self.read_all(id, conn, socket),
        }
        self.pump(id);
    }

    /// Reads until there is nothing more, the connection is gone or the process wants no more.
    fn read_all(&mut self, id: HostId, conn: ConnId, socket: SocketId) {
        let mut scratch = std::mem::take(&mut self.scratch);
        loop {
            let read = self.network.read(self.now, socket, &mut scratch, &mut self.outbox);
            match read {
                Read::Nothing => break,
                Read::Eof => {
                    self.line(id, "eof", || name_of(conn));
                    self.handle(id, Event::Eof { conn });
                }
                Read::Bytes => {
                    self.line(id, "receive", || format!("{} {}", name_of(conn), shown(&scratch)));
                    self.handle(id, Event::Received { conn, bytes: &scratch });
                }
            }
            self.pump(id);
            if self.hosts[id.0 as usize].state != State::Running {
                break;
            }
        }
        self.scratch = scratch;
    }

    fn handle(&mut self, id: HostId, event: Event<'_>) {
        let host = &mut self.hosts[id.0 as usize];
        let now = host.clock.now(self.now);
        if let Some(process) = &mut host.process {
            process.handle(now, event);
        }
    }

    /// Does what the process wants until it wants nothing more, then sets its alarm.
    fn pump(&mut self, id: HostId) {
        loop {
            let host = &mut self.hosts[id.0 as usize];
            let now = host.clock.now(self.now);
            let Some(process) = &mut host.process else { return };
            let Some(action) = process.poll(now) else { break };
            self.act(id, action);
        }
        self.arm(id);
    }

    fn act(&mut self, id: HostId, action: Action) {
        let at = self.now;
        match action {
            Action::Flush { conn } => self.flush(id, conn),
            Action::Connect { conn, to } => {
                assert!(
                    conn.0 & ConnId::OUTGOING != 0,
                    "{conn:?} could be mistaken for an accepted connection"
                );
                self.line(id, "connect", || format!("{} to h{}", name_of(conn), to.0));
                let life = self.hosts[id.0 as usize].life;
                let socket = self.network.connect(at, (id, life, conn), to, &mut self.outbox);
                let before = self.hosts[id.0 as usize].sockets.insert(conn, socket);
                assert!(before.is_none(), "{conn:?} is already in use");
            }
            Action::Shutdown { conn } => {
                self.flush(id, conn);
                if let Some(&socket) = self.hosts[id.0 as usize].sockets.get(&conn) {
                    self.network.shutdown(at, socket, &mut self.outbox);
                }
            }
            Action::Close { conn } => {
                self.line(id, "close", || name_of(conn));
                if let Some(socket) = self.hosts[id.0 as usize].sockets.remove(&conn) {
                    self.network.close(at, socket, &mut self.outbox);
                }
            }
            Action::Read { conn, on } => {
                if let Some(&socket) = self.hosts[id.0 as usize].sockets.get(&conn) {
                    self.network.set_reading(at, socket, on, &mut self.outbox);
                }
            }
            Action::Disk(request) => self.submit(id, request),
            Action::Stall { us } => {
                self.pause(id);
                let life = self.hosts[id.0 as usize].life;
                self.push(at + us, What::Resume(id, life));
            }
            Action::Log(text) => self.line(id, "log", || text),
            Action::Observe(observation) => {
                self.line(id, "observe", || observation.to_string());
                self.notes.push((at, id, observation));
            }
            Action::Exit => {
                self.line(id, "exit", String::new);
                self.process_ends(id);
            }
        }
    }

    fn submit(&mut self, id: HostId, request: crate::disk::Request) {
        self.line(id, "disk", || format!("{:?}", request.op));
        if let Op::Write { file, bytes, .. } | Op::Append { file, bytes } = &request.op {
            self.digest.update(&self.now.to_le_bytes());
            self.digest.update(&id.0.to_le_bytes());
            self.digest.update(file.as_bytes());
            self.digest.update(bytes);
        }
        let host = &mut self.hosts[id.0 as usize];
        let life = host.life;
        let (when, completion) = host.disk.submit(self.now, request);
        self.push(when, What::Disk(id, life, completion));
    }

    fn flush(&mut self, id: HostId, conn: ConnId) {
        loop {
            let host = &mut self.hosts[id.0 as usize];
            let (Some(&socket), Some(process)) = (host.sockets.get(&conn), &mut host.process) else { return };
            let output = process.output(conn);
            if output.is_empty() {
                return;
            }
            let count = self.network.send(self.now, socket, output, &mut self.outbox);
            if count == 0 {
                return;
            }
            self.digest.update(&self.now.to_le_bytes());
            self.digest.update(&id.0.to_le_bytes());
            self.digest.update(&conn.0.to_le_bytes());
            self.digest.update(&output[..count]);
            if let Some(trace) = &mut self.trace {
                let text = format!("{} {}", name_of(conn), shown(&output[..count]));
                trace.push(Line { at: self.now, host: host.name.clone(), what: "send", text });
            }
            let now = host.clock.now(self.now);
            process.handle(now, Event::Sent { conn, count });
        }
    }

    /// Sets the alarm to the process's deadline, if that is earlier than the one that is set.
    fn arm(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        let (State::Running, Some(process)) = (host.state, &host.process) else { return };
        let Some(deadline) = process.deadline() else { return };
        let when = host.clock.world_time(self.now, deadline);
        if host.armed_at.is_none_or(|armed| when < armed) {
            host.armed_at = Some(when);
            self.push(when, What::Wake(id));
        }
    }

    fn wake(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        if host.armed_at != Some(self.now) || host.state != State::Running {
            return;
        }
        host.armed_at = None;
        self.tick_if_due(id);
        self.arm(id);
        let host = &mut self.hosts[id.0 as usize];
        host.spinning = if host.armed_at == Some(self.now) { host.spinning + 1 } else { 0 };
        assert!(host.spinning < SPIN_MAX, "{} wakes itself for ever at one instant", host.name);
    }

    fn tick_if_due(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        let now = host.clock.now(self.now);
        let due = host.process.as_ref().and_then(|process| process.deadline());
        if due.is_some_and(|due| due <= now.mono_us) {
            self.handle(id, Event::Tick);
            self.pump(id);
        }
    }

    fn disk_answers(&mut self, id: HostId, life: Life, completion: Completion) {
        let host = &mut self.hosts[id.0 as usize];
        if host.life != life {
            return;
        }
        match host.state {
            State::Running => {
                self.handle(id, Event::Disk(completion));
                self.pump(id);
            }
            State::Paused => host.parked.push(Parked::Disk(completion)),
            State::Off | State::Dead => {}
        }
    }

    /// Starts a host that is off or whose process is dead. Does nothing to one that runs.
    pub fn start(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        if !matches!(host.state, State::Off | State::Dead) {
            return;
        }
        host.start(self.now, id);
        let life = host.life;
        let listening = host.listens.then_some(life);
        self.network.set_powered(id, true);
        self.network.set_listening(id, listening);
        self.line(id, "start", || format!("life {life}"));
        self.pump(id);
        self.settle();
    }

    fn process_ends(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        host.stop(State::Dead);
        self.network.process_died(self.now, id, &mut host.stream, &mut self.outbox);
    }

    /// Ends the process at once; the machine stays up.
    pub fn kill(&mut self, id: HostId) {
        if matches!(self.host(id).state, State::Running | State::Paused) {
            self.line(id, "kill", String::new);
            self.process_ends(id);
            self.settle();
        }
    }

    /// Cuts the power of the machine.
    pub fn power_cut(&mut self, id: HostId) {
        self.line(id, "power cut", String::new);
        let host = &mut self.hosts[id.0 as usize];
        host.stop(State::Off);
        host.disk.crash();
        self.network.power_lost(id, &mut self.outbox);
        self.settle();
    }

    /// Has a process say what it wants now, without an event: for processes that a test's hand moves.
    pub fn poke(&mut self, id: HostId) {
        if self.host(id).state == State::Running {
            self.pump(id);
            self.settle();
        }
    }

    /// Stops the process where it stands.
    pub fn pause(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        if host.state == State::Running {
            host.state = State::Paused;
            self.line(id, "pause", String::new);
        }
    }

    /// Lets a paused process go on: it hears first of all that happened meanwhile.
    pub fn resume(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0 as usize];
        if host.state != State::Paused {
            return;
        }
        host.state = State::Running;
        let life = host.life;
        let parked = std::mem::take(&mut host.parked);
        self.line(id, "resume", || format!("{} events waited", parked.len()));
        for waiting in parked {
            match waiting {
                Parked::Notice(notice) => self.notify(notice),
                Parked::Disk(completion) => self.disk_answers(id, life, completion),
            }
        }
        self.hosts[id.0 as usize].armed_at = None;
        self.tick_if_due(id);
        self.arm(id);
        self.settle();
    }

    /// Installs a rule on the network, removed by [`World::lift`] under the number returned.
    pub fn impose(&mut self, rule: Rule) -> u32 {
        self.rules += 1;
        self.network.add_rule(self.rules, rule);
        self.rules
    }

    pub fn lift(&mut self, rule: u32) {
        self.network.remove_rule(rule);
    }

    /// Resets every connection between two hosts.
    pub fn reset_between(&mut self, a: HostId, b: HostId) {
        self.line(a, "reset", || format!("with h{}", b.0));
        self.network.reset_between(a, b, &mut self.outbox);
        self.settle();
    }

    /// Sets a host's wall clock.
    pub fn jump_clock(&mut self, id: HostId, by_us: i64) {
        self.line(id, "clock", || format!("jumps {by_us} us"));
        let now = self.now;
        self.hosts[id.0 as usize].change_clock(now, |clock| clock.jump(by_us));
    }

    /// Changes the rate of a host's clock.
    pub fn skew_clock(&mut self, id: HostId, ppm: i32) {
        self.line(id, "clock", || format!("skew {ppm} ppm"));
        let host = &mut self.hosts[id.0 as usize];
        let now = self.now;
        host.change_clock(now, |clock| clock.set_skew(now, ppm));
        host.armed_at = None;
        self.arm(id);
    }

    /// The disk of a host, to make it ail.
    pub fn disk(&mut self, id: HostId) -> &mut crate::disk::Disk {
        &mut self.hosts[id.0 as usize].disk
    }
}

/// A connection as the trace shows it: `#3` accepted, `>3` connected by the process itself.
fn name_of(conn: ConnId) -> String {
    match conn.0 & ConnId::OUTGOING {
        0 => format!("#{}", conn.0),
        _ => format!(">{}", conn.0 & !ConnId::OUTGOING),
    }
}

/// Bytes for eyes: printable as they are, the rest escaped, cut after 120.
fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(120)];
    let more = if bytes.len() > head.len() { format!(" ... {} bytes", bytes.len()) } else { String::new() };
    format!("{}{more}", head.escape_ascii())
}
