//! The moves: connect, send, arrive, acknowledge, repeat, close, reset.
//!
//! `Network` never calls a process. Every move writes into an [`Outbox`]: timers for the world's heap and
//! notices for the processes. `SocketId`s in timers name the end whose pipe the timer is about.

use super::connection::{Connection, End, EndState, Fin, Payload, Segment, SocketId};
use super::link::{Fate, Link, Weather};
use super::rule::{Message, Rule};
use crate::process::{ConnId, Gone, HostId, Life};
use crate::random::{Seed, Stream};

/// Something the network wants to be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The first message of the handshake arrives.
    Syn(SocketId),
    /// The connecting end has waited long enough for an answer.
    SynRetry(SocketId),
    /// The answer arrives at the connecting end: accepted, or refused.
    SynAck(SocketId),
    Refusal(SocketId),
    /// The first segment on this end's pipe arrives at the other.
    Arrive(SocketId),
    /// A message from this end was lost; repeat it.
    Retry(SocketId),
    /// The other end has read, and this one hears of it.
    Window(SocketId),
    /// This end's process gets round to reading.
    Read(SocketId),
}

/// Something a process must be told. `life` guards against telling its successor.
#[derive(Clone, Debug)]
pub struct Notice {
    pub host: HostId,
    pub life: Life,
    pub conn: ConnId,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Accepted { socket: SocketId, peer: HostId },
    Connected { socket: SocketId, life: Life },
    ConnectFailed(Gone),
    Readable(SocketId),
    Writable,
    Closed(Gone),
}

/// What a move leads to.
#[derive(Debug, Default)]
pub struct Outbox {
    pub timers: Vec<(u64, Timer)>,
    pub notices: Vec<Notice>,
    /// Accepted connections that the accepting process no longer holds.
    pub ended: Vec<Ended>,
}

/// How much of a connection a server ever read. A request behind that was never executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The connecting side and its name for the connection.
    pub client: HostId,
    pub conn: ConnId,
    /// For each read: bytes read so far, and its number among all reads of the run.
    pub reads: Vec<(u64, u64)>,
}

/// What the network knows of a machine.
#[derive(Clone, Copy, Debug, Default)]
struct Presence {
    powered: bool,
    /// The life of the process that listens there.
    listening: Option<Life>,
    next_conn: u64,
}

/// A part of the inbox, or what follows it.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    Bytes,
    Eof,
    Nothing,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    connection: Option<Connection>,
}

/// All links, rules and connections.
pub struct Network {
    weather: Weather,
    hosts: Vec<Presence>,
    /// By `from * hosts + to`.
    links: Vec<Link>,
    rules: Vec<(u32, Rule)>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Reads so far, of all processes.
    reads: u64,
}

impl Network {
    /// A network between the named hosts, numbered in that order, none of which is powered yet.
    pub fn new(seed: Seed, names: &[String], weather: Weather) -> Network {
        let link = |from: &String, to: &String| Link::new(seed.stream(&format!("link {from}>{to}")));
        let links = names.iter().flat_map(|from| names.iter().map(move |to| link(from, to))).collect();
        let hosts = vec![Presence::default(); names.len()];
        Network { weather, hosts, links, rules: Vec::new(), slots: Vec::new(), free: Vec::new(), reads: 0 }
    }

    pub fn set_powered(&mut self, host: HostId, powered: bool) {
        self.hosts[host.0 as usize].powered = powered;
    }

    pub fn set_listening(&mut self, host: HostId, life: Option<Life>) {
        let presence = &mut self.hosts[host.0 as usize];
        presence.listening = life;
        presence.next_conn = 0;
    }

    /// Installs a rule under a number that [`Network::remove_rule`] takes back.
    pub fn add_rule(&mut self, number: u32, rule: Rule) {
        self.rules.push((number, rule));
    }

    pub fn remove_rule(&mut self, number: u32) {
        self.rules.retain(|&(n, _)| n != number);
    }

    /// How many connections are in the table.
    pub fn connections(&self) -> usize {
        self.slots.iter().filter(|slot| slot.connection.is_some()).count()
    }

    fn link(&mut self, from: HostId, to: HostId) -> &mut Link {
        let index = from.0 as usize * self.hosts.len() + to.0 as usize;
        &mut self.links[index]
    }

    fn message(&mut self, at: u64, from: HostId, to: HostId, len: usize) -> Fate {
        let index = from.0 as usize * self.hosts.len() + to.0 as usize;
        self.links[index].send(at, Message { from, to, len }, &self.weather, &self.rules)
    }

    fn get(&mut self, id: SocketId) -> Option<&mut Connection> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation { slot.connection.as_mut() } else { None }
    }

    fn end(&mut self, id: SocketId) -> Option<&mut End> {
        self.get(id).map(|connection| &mut connection.ends[id.side as usize])
    }

    /// The process no longer holds this end.
    fn let_go(&mut self, id: SocketId, state: EndState, out: &mut Outbox) {
        let Some(connection) = self.get(id) else { return };
        if id.side == 1 && connection.ends[1].held_by_process() {
            let (client, conn) = (connection.ends[0].host, connection.ends[0].conn);
            out.ended.push(Ended { client, conn, reads: std::mem::take(&mut connection.ends[1].reads) });
        }
        connection.ends[id.side as usize].state = state;
    }

    /// The accepted connections that are still held, as if they ended now.
    pub fn held(&self) -> Vec<Ended> {
        let connections = self.slots.iter().filter_map(|slot| slot.connection.as_ref());
        connections
            .filter(|connection| connection.accepted && connection.ends[1].held_by_process())
            .map(|connection| {
                let (client, conn) = (connection.ends[0].host, connection.ends[0].conn);
                Ended { client, conn, reads: connection.ends[1].reads.clone() }
            })
            .collect()
    }

    /// Drops the connection once neither process holds it: nobody can learn anything from it any more.
    fn free_if_unheld(&mut self, id: SocketId) {
        let Some(connection) = self.get(id) else { return };
        let opening = !connection.accepted && connection.ends[0].held_by_process();
        if opening || connection.ends.iter().any(End::held_by_process) {
            return;
        }
        let slot = &mut self.slots[id.index as usize];
        slot.connection = None;
        slot.generation += 1;
        self.free.push(id.index);
    }

    /// Begins a connection from a process to the host's server.
    pub fn connect(
        &mut self,
        at: u64,
        from: (HostId, Life, ConnId),
        to: HostId,
        out: &mut Outbox,
    ) -> SocketId {
        let (host, life, conn) = from;
        // The accepting end is filled in when the first message arrives; until then it is forgotten.
        let ends =
            [End::new(host, life, conn, EndState::Opening), End::new(to, 0, ConnId(0), EndState::Forgotten)];
        let connection = Connection { ends, began: at, accepted: false };
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, connection: None });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        slot.connection = Some(connection);
        let id = SocketId { index, generation: slot.generation, side: 0 };
        self.send_syn(at, id, out);
        id
    }

    fn send_syn(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(connection) = self.get(id) else { return };
        let (from, to) = (connection.ends[0].host, connection.ends[1].host);
        let pipe = &mut connection.ends[0].out;
        pipe.pause_us = if pipe.pause_us == 0 { 1_000_000 } else { pipe.pause_us * 2 };
        let pause = pipe.pause_us;
        if let Fate::Arrives(when) = self.message(at, from, to, 0) {
            out.timers.push((when, Timer::Syn(id)));
        }
        out.timers.push((at + pause, Timer::SynRetry(id)));
    }

    fn syn_arrives(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(connection) = self.get(id) else { return };
        let (from, to) = (connection.ends[0].host, connection.ends[1].host);
        let accepted = connection.accepted;
        let presence = self.hosts[to.0 as usize];
        if !presence.powered {
            return;
        }
        let mut answer = Timer::SynAck(id);
        if !accepted {
            match presence.listening {
                None => answer = Timer::Refusal(id),
                Some(life) => self.accept(id, life, out),
            }
        }
        if let Fate::Arrives(when) = self.message(at, to, from, 0) {
            out.timers.push((when, answer));
        }
    }

    fn accept(&mut self, id: SocketId, life: Life, out: &mut Outbox) {
        let connection = self.get(id).expect("an arriving handshake has a connection");
        let (peer, host) = (connection.ends[0].host, connection.ends[1].host);
        self.hosts[host.0 as usize].next_conn += 1;
        let conn = ConnId(self.hosts[host.0 as usize].next_conn);
        let connection = self.get(id).expect("it is still there");
        connection.ends[1] = End::new(host, life, conn, EndState::Open);
        // What the server sends may not overtake its answer to the handshake.
        connection.ends[1].out.stalled = true;
        connection.accepted = true;
        out.notices.push(Notice { host, life, conn, what: What::Accepted { socket: id.peer(), peer } });
    }

    fn syn_answered(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(connection) = self.get(id) else { return };
        let life = connection.ends[1].life;
        let end = &mut connection.ends[0];
        if end.state != EndState::Opening {
            return;
        }
        end.state = EndState::Open;
        end.out.pause_us = 0;
        let what = What::Connected { socket: id, life };
        out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what });
        connection.ends[1].out.stalled = false;
        self.transmit(at, id.peer(), out);
    }

    fn connect_fails(&mut self, id: SocketId, why: Gone, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        if end.state != EndState::Opening {
            return;
        }
        end.state = EndState::Forgotten;
        let what = What::ConnectFailed(why);
        out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what });
        self.free_if_unheld(id);
    }

    fn syn_retry(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let give_up = self.weather.give_up_us;
        let Some(connection) = self.get(id) else { return };
        if connection.ends[0].state != EndState::Opening {
            return;
        }
        if at - connection.began >= give_up {
            return self.connect_fails(id, Gone::TimedOut, out);
        }
        self.send_syn(at, id, out);
    }

    /// Offers output to the kernel, which takes the first so many bytes.
    pub fn send(&mut self, at: u64, id: SocketId, bytes: &[u8], out: &mut Outbox) -> usize {
        let buffer = self.weather.send_buffer;
        let Some(end) = self.end(id) else { return 0 };
        if end.state != EndState::Open || end.out.fin != Fin::No {
            return 0;
        }
        let taken = bytes.len().min(buffer.saturating_sub(end.out.held()));
        end.out.backlog.extend(&bytes[..taken]);
        end.out.wants_space = taken < bytes.len();
        self.transmit(at, id, out);
        taken
    }

    /// Puts on the wire what the window allows.
    fn transmit(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        loop {
            let (window, most, split) =
                (self.weather.window, self.weather.segment_max, self.weather.split_ppm);
            let Some(connection) = self.get(id) else { return };
            let unread = connection.ends[id.peer().side as usize].inbox.len();
            let to = connection.ends[id.peer().side as usize].host;
            let end = &mut connection.ends[id.side as usize];
            let from = end.host;
            let pipe = &mut end.out;
            if pipe.stalled || end.state == EndState::Forgotten {
                return;
            }
            let room = window.saturating_sub(pipe.wire_bytes + unread);
            let mut len = pipe.backlog.len().min(room).min(most);
            if len == 0 && (pipe.fin != Fin::Queued || !pipe.backlog.is_empty()) {
                return;
            }
            let link = self.link(from, to);
            if len > 1 && link.stream().chance(split) {
                len = link.stream().between(1, len as u64) as usize;
            }
            let fate = self.message(at, from, to, len);
            let pipe = &mut self.end(id).expect("looked at above").out;
            let Fate::Arrives(when) = fate else { return self.stall(at, id, out) };
            let when = when.max(pipe.last_arrival);
            pipe.last_arrival = when;
            let payload = if len > 0 {
                pipe.wire_bytes += len;
                Payload::Bytes(pipe.backlog.drain(..len).collect())
            } else {
                pipe.fin = Fin::Sent;
                Payload::Fin
            };
            pipe.wire.push_back(Segment { at: when, payload });
            out.timers.push((when, Timer::Arrive(id)));
        }
    }

    /// Waits a little longer than last time before anything is sent again.
    fn stall(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let (first, longest) = (self.weather.retry_us, self.weather.give_up_us / 4);
        let pipe = &mut self.end(id).expect("a pipe that stalls has an end").out;
        pipe.stalled = true;
        pipe.stuck_since.get_or_insert(at);
        pipe.pause_us = if pipe.pause_us == 0 { first } else { (pipe.pause_us * 2).min(longest).max(first) };
        out.timers.push((at + pipe.pause_us, Timer::Retry(id)));
    }

    fn arrive(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        // A timer may be left over from a segment that was taken back; the one in front is then younger.
        if end.out.wire.front().is_none_or(|segment| segment.at > at) {
            return;
        }
        let receiver = self.end(id.peer()).expect("a connection has two ends");
        let (to, held) = (receiver.host, receiver.held_by_process());
        if !self.hosts[to.0 as usize].powered {
            self.take_back(id);
            return self.stall(at, id, out);
        }
        let pipe = &mut self.end(id).expect("looked at above").out;
        let segment = pipe.wire.pop_front().expect("looked at above");
        if let Payload::Bytes(bytes) = &segment.payload {
            pipe.wire_bytes -= bytes.len();
        }
        match segment.payload {
            Payload::Reset => self.break_end(id.peer(), Gone::Reset, out),
            Payload::Bytes(bytes) if !held => self.unwanted(at, id, bytes.len(), out),
            Payload::Fin if !held => {}
            Payload::Bytes(bytes) => {
                let receiver = self.end(id.peer()).expect("a connection has two ends");
                receiver.inbox.extend(&bytes);
                self.schedule_read(at, id.peer(), out);
                self.acknowledge(at, id, bytes.len(), out);
            }
            Payload::Fin => {
                self.end(id.peer()).expect("a connection has two ends").fin_arrived = true;
                self.schedule_read(at, id.peer(), out);
            }
        }
    }

    /// A segment was lost at the door: it and all behind it go back to the front of the backlog.
    fn take_back(&mut self, id: SocketId) {
        let pipe = &mut self.end(id).expect("a pipe has an end").out;
        while let Some(segment) = pipe.wire.pop_back() {
            match segment.payload {
                Payload::Bytes(bytes) => {
                    pipe.wire_bytes -= bytes.len();
                    bytes.iter().rev().for_each(|&byte| pipe.backlog.push_front(byte));
                }
                Payload::Fin => pipe.fin = Fin::Queued,
                Payload::Reset => {}
            }
        }
    }

    /// Bytes arrived where nobody wants them: the kernel there answers with a reset.
    fn unwanted(&mut self, at: u64, id: SocketId, len: usize, out: &mut Outbox) {
        self.send_reset(at, id.peer(), out);
        let Some(end) = self.end(id) else { return };
        end.out.unacknowledged += len;
        if !end.out.stalled {
            self.stall(at, id, out);
        }
    }

    fn send_reset(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(connection) = self.get(id) else { return };
        let from = connection.ends[id.side as usize].host;
        let to = connection.ends[id.peer().side as usize].host;
        let Fate::Arrives(when) = self.message(at, from, to, 0) else { return };
        let pipe = &mut self.end(id).expect("looked at above").out;
        let when = when.max(pipe.last_arrival);
        pipe.last_arrival = when;
        pipe.wire.push_back(Segment { at: when, payload: Payload::Reset });
        out.timers.push((when, Timer::Arrive(id)));
    }

    /// Tells the sender that bytes arrived, if the way back is open.
    fn acknowledge(&mut self, at: u64, id: SocketId, len: usize, out: &mut Outbox) {
        let back_is_open = self.rules.is_empty() || {
            let connection = self.get(id).expect("an acknowledged pipe has a connection");
            let from = connection.ends[id.peer().side as usize].host;
            let to = connection.ends[id.side as usize].host;
            self.message(at, from, to, 0) != Fate::Lost
        };
        let pipe = &mut self.end(id).expect("looked at above").out;
        if !back_is_open {
            pipe.unacknowledged += len;
            if !pipe.stalled {
                self.stall(at, id, out);
            }
            return;
        }
        if !pipe.stalled {
            pipe.stuck_since = None;
            pipe.pause_us = 0;
        }
        self.space_freed(id, out);
    }

    fn space_freed(&mut self, id: SocketId, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        if end.out.wants_space && end.state == EndState::Open {
            end.out.wants_space = false;
            out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what: What::Writable });
        }
    }

    /// The pause after a loss is over.
    fn retry(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let give_up = self.weather.give_up_us;
        let Some(end) = self.end(id) else { return };
        if !end.out.stalled || end.state == EndState::Forgotten {
            return;
        }
        if end.out.stuck_since.is_some_and(|since| at - since >= give_up) {
            return self.break_end(id, Gone::TimedOut, out);
        }
        if end.out.unacknowledged > 0 && !self.probe(at, id, out) {
            return;
        }
        if let Some(end) = self.end(id) {
            end.out.stalled = false;
            self.transmit(at, id, out);
        }
    }

    /// Repeats bytes that had arrived, to have them acknowledged. False where that did not succeed.
    fn probe(&mut self, at: u64, id: SocketId, out: &mut Outbox) -> bool {
        let connection = self.get(id).expect("a probed pipe has a connection");
        let receiver = &connection.ends[id.peer().side as usize];
        let (held, to) = (receiver.held_by_process(), receiver.host);
        let from = connection.ends[id.side as usize].host;
        let there = self.message(at, from, to, 0) != Fate::Lost && self.hosts[to.0 as usize].powered;
        let back = there && self.message(at, to, from, 0) != Fate::Lost;
        if !back {
            self.stall(at, id, out);
            return false;
        }
        if !held {
            self.break_end(id, Gone::Reset, out);
            return false;
        }
        let pipe = &mut self.end(id).expect("looked at above").out;
        pipe.unacknowledged = 0;
        pipe.stuck_since = None;
        pipe.pause_us = 0;
        self.space_freed(id, out);
        true
    }

    /// The connection is over for this end, and its process is told.
    fn break_end(&mut self, id: SocketId, why: Gone, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        if end.held_by_process() {
            let what = What::Closed(why);
            out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what });
        }
        end.out.backlog.clear();
        end.out.unacknowledged = 0;
        end.inbox.clear();
        self.let_go(id, EndState::Forgotten, out);
        self.free_if_unheld(id);
    }

    fn schedule_read(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let delay = self.weather.read_delay_us;
        let Some(end) = self.end(id) else { return };
        if !end.reading || end.read_scheduled || end.state != EndState::Open {
            return;
        }
        if delay == 0 {
            let what = What::Readable(id);
            out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what });
            return;
        }
        end.read_scheduled = true;
        let host = end.host;
        let wait = self.link(host, host).stream().between(0, delay);
        out.timers.push((at + wait, Timer::Read(id)));
    }

    fn read_due(&mut self, id: SocketId, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        end.read_scheduled = false;
        if end.reading && end.state == EndState::Open {
            let what = What::Readable(id);
            out.notices.push(Notice { host: end.host, life: end.life, conn: end.conn, what });
        }
    }

    /// Lets the process stop or go on reading.
    pub fn set_reading(&mut self, at: u64, id: SocketId, on: bool, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        end.reading = on;
        if on && (!end.inbox.is_empty() || end.fin_arrived) {
            self.schedule_read(at, id, out);
        }
    }

    /// One read by the process: moves bytes into `into`, which is emptied first.
    pub fn read(&mut self, at: u64, id: SocketId, into: &mut Vec<u8>, out: &mut Outbox) -> Read {
        into.clear();
        let split = self.weather.split_ppm;
        let latency = self.weather.latency_us;
        let Some(end) = self.end(id) else { return Read::Nothing };
        if !end.reading || end.state != EndState::Open {
            return Read::Nothing;
        }
        if end.inbox.is_empty() {
            if end.fin_arrived && !end.eof_told {
                end.eof_told = true;
                return Read::Eof;
            }
            return Read::Nothing;
        }
        let (host, mut len) = (end.host, end.inbox.len());
        if split > 0 {
            let stream: &mut Stream = self.link(host, host).stream();
            if stream.chance(split) {
                len = stream.between(1, len as u64) as usize;
            }
        }
        self.reads += 1;
        let number = self.reads;
        let end = self.end(id).expect("looked at above");
        into.extend(end.inbox.drain(..len));
        if id.side == 1 {
            let before = end.reads.last().map_or(0, |&(bytes, _)| bytes);
            end.reads.push((before + len as u64, number));
        }
        let sender = self.end(id.peer()).expect("a connection has two ends");
        if !sender.out.backlog.is_empty() || sender.out.fin == Fin::Queued {
            out.timers.push((at + latency, Timer::Window(id.peer())));
        }
        Read::Bytes
    }

    /// The process will write no more.
    pub fn shutdown(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        if end.state == EndState::Open && end.out.fin == Fin::No {
            end.out.fin = Fin::Queued;
            self.transmit(at, id, out);
        }
    }

    /// The process is done with it. What the kernel took still leaves, unless something is unread: then
    /// the other side gets a reset, as from a real kernel.
    pub fn close(&mut self, at: u64, id: SocketId, out: &mut Outbox) {
        let Some(end) = self.end(id) else { return };
        if !end.held_by_process() {
            return;
        }
        let abort = !end.inbox.is_empty();
        self.let_go(id, EndState::Closed, out);
        let end = self.end(id).expect("looked at above");
        if abort {
            end.out.backlog.clear();
            self.send_reset(at, id, out);
        } else {
            if end.out.fin == Fin::No {
                end.out.fin = Fin::Queued;
            }
            self.transmit(at, id, out);
        }
        self.free_if_unheld(id);
    }

    fn ids(&self, which: impl Fn(&Connection) -> Option<u8>) -> Vec<SocketId> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter_map(|(index, slot)| {
                let side = which(slot.connection.as_ref()?)?;
                Some(SocketId { index: index as u32, generation: slot.generation, side })
            })
            .collect()
    }

    fn ends_at(&self, host: HostId) -> Vec<SocketId> {
        [0, 1]
            .into_iter()
            .flat_map(|side: u8| {
                self.ids(|c| {
                    (c.ends[side as usize].host == host && c.ends[side as usize].held_by_process())
                        .then_some(side)
                })
            })
            .collect()
    }

    /// The process died and its kernel closes its connections: in good order, or where `stream` says so,
    /// with a reset.
    pub fn process_died(&mut self, at: u64, host: HostId, stream: &mut Stream, out: &mut Outbox) {
        self.set_listening(host, None);
        for id in self.ends_at(host) {
            if stream.chance(500_000) {
                self.let_go(id, EndState::Closed, out);
                self.end(id).expect("listed above").out.backlog.clear();
                self.send_reset(at, id, out);
                self.free_if_unheld(id);
            } else {
                self.close(at, id, out);
            }
        }
    }

    /// The machine lost power: it sends nothing more and remembers nothing. What is on the wire travels on.
    pub fn power_lost(&mut self, host: HostId, out: &mut Outbox) {
        self.set_listening(host, None);
        self.set_powered(host, false);
        for id in self.ends_at(host) {
            self.let_go(id, EndState::Forgotten, out);
            self.end(id).expect("listed above").out.backlog.clear();
            self.free_if_unheld(id);
        }
    }

    /// Something on the way resets every connection between two hosts.
    pub fn reset_between(&mut self, a: HostId, b: HostId, out: &mut Outbox) {
        let both = |c: &Connection| {
            let hosts = (c.ends[0].host, c.ends[1].host);
            (c.accepted && (hosts == (a, b) || hosts == (b, a))).then_some(0)
        };
        for id in self.ids(both) {
            self.break_end(id, Gone::Reset, out);
            self.break_end(id.peer(), Gone::Reset, out);
        }
    }

    /// A timer is due.
    pub fn fire(&mut self, at: u64, timer: Timer, out: &mut Outbox) {
        match timer {
            Timer::Syn(id) => self.syn_arrives(at, id, out),
            Timer::SynRetry(id) => self.syn_retry(at, id, out),
            Timer::SynAck(id) => self.syn_answered(at, id, out),
            Timer::Refusal(id) => self.connect_fails(id, Gone::Refused, out),
            Timer::Arrive(id) => self.arrive(at, id, out),
            Timer::Retry(id) => self.retry(at, id, out),
            Timer::Window(id) => self.transmit(at, id, out),
            Timer::Read(id) => self.read_due(id, out),
        }
    }
}
