//! The replicas that this node feeds.
//!
//! ```text
//!              PSYNC, the backlog reaches: +CONTINUE
//!   client ───────────────────────────────────────────────────────▶ Online ◀───┐
//!      │ PSYNC otherwise                                                       │ first REPLCONF ACK
//!      └─▶ Waiting ── a snapshot begins: +FULLRESYNC ─▶ Payload ── all sent ─▶ Settling
//! ```
//!
//! While a replica is in `Payload` and `Settling` the stream goes on; its place in it is kept, and so is the
//! stream from there on. Bytes behind the payload wait for the first acknowledgement, since a replica that
//! looks for the end mark must not find them in its buffer. A replica that knows nothing of
//! acknowledgements (SYNC without REPLCONF) goes online at once.

use super::backlog::Backlog;
use super::offsets::ReplOffset;
use super::transfer::{Framing, SPOOL_MAX, Transfer};
use crate::client::Role;
use crate::config::ClientClass;
use crate::node::{ConnId, LogLevel, Node};
use engine::planted::{self, Bug};
use engine::time::Now;
use std::collections::BTreeMap;

/// What a replica said of itself by REPLCONF before it asked for data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    pub port: u16,
    pub address: Option<String>,
    /// It finds the end of a payload by a mark.
    pub eof: bool,
    /// It takes another name for the stream with +CONTINUE.
    pub psync2: bool,
    /// It wants the payload and nothing behind it.
    pub rdb_only: bool,
}

/// What a replica asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// PSYNC: to go on from this place of the stream of this name.
    Continue { id: String, place: Option<ReplOffset> },
    /// SYNC: everything, in the oldest form of the protocol.
    Everything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// For a snapshot to begin, since then.
    Waiting {
        since_us: u64,
    },
    /// It is being sent the payload and is at this place of it.
    Payload {
        place: ReplOffset,
    },
    /// It has been sent all of the payload.
    Settling,
    Online,
}

#[derive(Debug)]
pub(super) struct Replica {
    pub announced: Announced,
    pub phase: Phase,
    /// How much of the stream it has been sent, or is to be sent once it has the payload.
    pub place: ReplOffset,
    pub acked: ReplOffset,
    /// When it last acknowledged.
    pub acked_us: u64,
    /// When it last acknowledged, or took bytes.
    active_us: u64,
    /// It asked by PSYNC, so it acknowledges.
    acknowledges: bool,
    /// The batch that made it a replica has not ended; its replies are still due.
    pub fresh: bool,
}

/// All replicas, and what they are being sent.
#[derive(Debug, Default)]
pub(super) struct Feeding {
    pub replicas: BTreeMap<ConnId, Replica>,
    announced: BTreeMap<ConnId, Announced>,
    pub transfer: Option<Transfer>,
    last_ping_us: u64,
    /// Since when there has been no replica at all.
    lonely_since_us: Option<u64>,
}

impl Feeding {
    /// The place in the stream of the replica that is furthest behind.
    pub fn slowest(&self) -> Option<ReplOffset> {
        let places =
            self.replicas.values().filter(|r| !matches!(r.phase, Phase::Waiting { .. })).map(|r| r.place);
        places.min()
    }

    /// The place in the payload of the replica that is furthest behind.
    fn slowest_in_payload(&self) -> Option<ReplOffset> {
        let place = |replica: &Replica| match replica.phase {
            Phase::Payload { place } => Some(place),
            _ => None,
        };
        self.replicas.values().filter_map(place).min()
    }

    /// What a replica is to be sent next.
    pub fn output<'a>(&'a self, conn: ConnId, backlog: Option<&'a Backlog>) -> &'a [u8] {
        let Some(replica) = self.replicas.get(&conn) else { return &[] };
        match (replica.phase, &self.transfer, backlog) {
            (Phase::Payload { place }, Some(transfer), _) => transfer.at(place),
            (Phase::Online, _, Some(backlog)) => backlog.at(replica.place),
            _ => &[],
        }
    }

    /// Bytes that are kept for a replica and not sent yet.
    fn unsent(&self, conn: ConnId, end: ReplOffset) -> u64 {
        let Some(replica) = self.replicas.get(&conn) else { return 0 };
        let payload = match (replica.phase, &self.transfer) {
            (Phase::Payload { place }, Some(transfer)) => transfer.end().since(place),
            (Phase::Waiting { .. }, _) => return 0,
            _ => 0,
        };
        payload + end.since(replica.place)
    }
}

impl Node {
    /// Remembers what a connection says of itself, in case it becomes a replica.
    pub(crate) fn announce(&mut self, conn: ConnId, note: impl FnOnce(&mut Announced)) {
        let feeding = &mut self.replication.feeding;
        match feeding.replicas.get_mut(&conn) {
            Some(replica) => note(&mut replica.announced),
            None => note(feeding.announced.entry(conn).or_default()),
        }
    }

    /// Whether a snapshot is being taken for replicas.
    pub(crate) fn transfers(&self) -> bool {
        self.replication.feeding.transfer.as_ref().is_some_and(|transfer| !transfer.is_finished())
    }

    /// Something else needs the keyspace: replicas that wait for the rest of a snapshot have to ask anew.
    pub(crate) fn end_transfer(&mut self) {
        if !self.transfers() {
            return;
        }
        let in_payload = |replica: &Replica| matches!(replica.phase, Phase::Payload { .. });
        let replicas = self.replication.feeding.replicas.iter();
        let conns: Vec<ConnId> = replicas.filter(|(_, r)| in_payload(r)).map(|(conn, _)| *conn).collect();
        for conn in conns {
            self.detach(conn);
            self.close_now(conn);
        }
    }

    /// Whether the connection is a replica already.
    pub(crate) fn feeds(&self, conn: ConnId) -> bool {
        self.replication.feeding.replicas.contains_key(&conn)
    }

    /// Makes a connection a replica. Answers the line to be sent at once when it may go on where it was; else it is
    /// answered when the snapshot for it begins.
    pub(crate) fn attach(&mut self, now: Now, conn: ConnId, wish: Wish) -> Option<String> {
        let announced = self.replication.feeding.announced.remove(&conn).unwrap_or_default();
        let name = self.replica_name(conn, &announced);
        self.log(LogLevel::Notice, format!("Replica {name} asks for synchronization"));
        self.begin_backlog();
        if let Some(client) = self.clients.get_mut(conn) {
            client.role = Role::Replica;
        }
        let acknowledges = wish != Wish::Everything;
        let mut replica = Replica {
            announced,
            phase: Phase::Waiting { since_us: now.mono_us },
            place: self.replication.offset,
            acked: ReplOffset(0),
            acked_us: now.mono_us,
            active_us: now.mono_us,
            acknowledges,
            fresh: true,
        };
        let resumed = self.resumes(&wish);
        let answer = resumed.map(|place| {
            self.stats.partial_syncs_accepted += 1;
            let bytes = self.replication.offset.since(place);
            let text = format!(
                "Partial resynchronization request from {name} accepted. Sending {bytes} bytes of backlog starting \
                 from offset {}.",
                place.0 + 1
            );
            self.log(LogLevel::Notice, text);
            (replica.phase, replica.place) = (Phase::Online, place);
            match replica.announced.psync2 {
                true => format!("CONTINUE {}", self.replication.id),
                false => "CONTINUE".to_string(),
            }
        });
        if answer.is_none() {
            self.stats.full_syncs += 1;
        }
        self.replication.feeding.replicas.insert(conn, replica);
        self.replication.feeding.lonely_since_us = None;
        self.flush(conn);
        self.wake_soon();
        answer
    }

    /// Where a replica may go on, if it may; says why not otherwise.
    fn resumes(&mut self, wish: &Wish) -> Option<ReplOffset> {
        let Wish::Continue { id, place } = wish else { return None };
        if id == "?" {
            return None;
        }
        if let Some(place) = place.filter(|place| self.replication.continues(id, *place)) {
            let late = planted::on(Bug::ResumesTooLate) && place < self.replication.offset;
            return Some(if late { ReplOffset(place.0 + 1) } else { place });
        }
        self.stats.partial_syncs_refused += 1;
        let known = *id == self.replication.id
            || self.replication.second.as_ref().is_some_and(|(second, _)| second == id);
        let text = match known {
            true => "Unable to partial resync with replica for lack of backlog".to_string(),
            false => format!(
                "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{id}', my \
                 replication IDs are '{}' and '{}')",
                self.replication.id,
                self.replication.second.as_ref().map_or("0".repeat(40), |(id, _)| id.clone())
            ),
        };
        self.log(LogLevel::Notice, text);
        None
    }

    /// The first replica: from here on the stream is kept, under a name that nobody has heard before.
    fn begin_backlog(&mut self) {
        if self.replication.backlog.is_some() {
            return;
        }
        if self.replication.link.is_none() {
            self.replication.rename(&mut self.engine.random);
        }
        self.replication.backlog = Some(Backlog::new(self.replication.offset, self.config.repl_backlog_size));
        self.replication.selected = None;
        self.engine.effects.interest = self.interest();
    }

    /// The output of a replica beyond its own replies.
    pub(crate) fn feed_output(&self, conn: ConnId) -> &[u8] {
        self.replication.feeding.output(conn, self.replication.backlog.as_ref())
    }

    /// Bytes kept for a replica and not sent yet, its own replies aside.
    pub(crate) fn feed_unsent(&self, conn: ConnId) -> u64 {
        self.replication.feeding.unsent(conn, self.replication.offset)
    }

    /// The host sent bytes of `feed_output`.
    pub(crate) fn feed_sent(&mut self, now: Now, conn: ConnId, bytes: usize) {
        self.stats.replication_sent_bytes += bytes as u64;
        let feeding = &mut self.replication.feeding;
        let Some(replica) = feeding.replicas.get_mut(&conn) else { return };
        replica.active_us = now.mono_us;
        match &mut replica.phase {
            Phase::Online => replica.place += bytes as u64,
            Phase::Payload { place } => {
                *place += bytes as u64;
                let place = *place;
                self.produce();
                self.check_payload(now, conn, place);
            }
            Phase::Waiting { .. } | Phase::Settling => {
                unreachable!("such a replica has no output of the feed")
            }
        }
    }

    /// Moves a replica on that has been sent all of the payload.
    fn check_payload(&mut self, now: Now, conn: ConnId, place: ReplOffset) {
        let feeding = &mut self.replication.feeding;
        if !feeding.transfer.as_ref().is_some_and(|transfer| transfer.is_done(place)) {
            return;
        }
        let replica = feeding.replicas.get_mut(&conn).expect("the caller found it");
        let announced = replica.announced.clone();
        // Who counts bytes may be sent more; who looks for a mark must say that it found it.
        replica.phase = if announced.eof { Phase::Settling } else { Phase::Online };
        (replica.active_us, replica.acked_us) = (now.mono_us, now.mono_us);
        let name = self.replica_name(conn, &announced);
        if announced.rdb_only {
            self.log(LogLevel::Notice, format!("RDB transfer with rdb-only replica {name} completed"));
            self.close_after_output(conn);
        } else {
            let text = format!("Synchronization with replica {name} succeeded");
            self.log(LogLevel::Notice, text);
            self.flush(conn);
        }
        self.end_idle_transfer();
    }

    /// Drops the transfer when nobody reads it any more.
    fn end_idle_transfer(&mut self) {
        if self.replication.feeding.slowest_in_payload().is_some() {
            return;
        }
        if let Some(transfer) = self.replication.feeding.transfer.take()
            && !transfer.is_finished()
        {
            self.log(LogLevel::Notice, "Diskless rdb transfer, last replica dropped, killing fork child.");
            self.engine.keyspace.abort_snapshot();
            self.wake_soon();
        }
    }

    /// REPLCONF ACK: how far a replica has come.
    pub(crate) fn acknowledged(&mut self, now: Now, conn: ConnId, offset: i64) {
        let Some(replica) = self.replication.feeding.replicas.get_mut(&conn) else { return };
        (replica.active_us, replica.acked_us) = (now.mono_us, now.mono_us);
        // A replica cannot have what was not sent; whoever claims so is not believed.
        let offset = ReplOffset(offset.max(0) as u64).min(self.replication.offset);
        replica.acked = replica.acked.max(offset);
        if replica.phase == Phase::Settling {
            replica.phase = Phase::Online;
            self.flush(conn);
        }
        self.engine.mode.too_few_replicas = self.too_few_replicas();
        self.answer_waits();
    }

    /// Makes the next slice of the snapshot that replicas are being sent. True when there is more to do at once.
    pub(crate) fn produce(&mut self) -> bool {
        let feeding = &mut self.replication.feeding;
        let Some(slowest) = feeding.slowest_in_payload() else { return false };
        let Some(transfer) = &mut feeding.transfer else { return false };
        let before = transfer.end();
        let more = transfer.produce(&mut self.engine.keyspace, slowest);
        let (after, finished, framing) = (transfer.end(), transfer.is_finished(), transfer.framing.clone());
        let readers: Vec<ConnId> = feeding
            .replicas
            .iter()
            .filter(|(_, replica)| matches!(replica.phase, Phase::Payload { .. }))
            .map(|(conn, _)| *conn)
            .collect();
        if framing == Framing::Length && after.0 > SPOOL_MAX {
            let text = "A replica that cannot take a payload of unknown length (REPLCONF capa eof) asked for more data \
                        than is kept in memory for it; it is cut off.";
            self.log(LogLevel::Warning, text);
            readers.into_iter().for_each(|conn| self.close_now(conn));
            return false;
        }
        if before != after {
            for conn in readers {
                if framing == Framing::Length && finished {
                    self.say(conn, &format!("${}\r\n", after.0));
                }
                self.flush(conn);
            }
        }
        more
    }

    /// Says something to a replica outside of payload and stream.
    fn say(&mut self, conn: ConnId, text: &str) {
        if let Some(client) = self.clients.get_mut(conn) {
            client.output.buffer().extend_from_slice(text.as_bytes());
            self.flush(conn);
        }
    }

    /// Tells the host of every replica that has more to be sent, and cuts off those too far behind.
    pub(crate) fn feed_replicas(&mut self, _now: Now) {
        let end = self.replication.offset;
        let feeding = &self.replication.feeding;
        let limit = self.config.client_output_buffer_limit.of(ClientClass::Replica);
        let bound = [limit.soft, limit.hard].into_iter().filter(|bytes| *bytes > 0).min();
        let behind: Vec<(ConnId, bool)> = feeding
            .replicas
            .iter()
            .filter(|(_, replica)| replica.place < end)
            .map(|(conn, _)| (*conn, bound.is_some_and(|bound| feeding.unsent(*conn, end) >= bound)))
            .collect();
        for (conn, too_far) in behind {
            if too_far {
                self.check_output_limit(conn);
            }
            if self.replication.feeding.replicas.get(&conn).is_some_and(|r| r.phase == Phase::Online) {
                self.flush(conn);
            }
        }
    }

    /// The time-driven part of feeding: snapshots begin, pings are sent, the silent are cut off.
    pub(super) fn primary_beat(&mut self, now: Now, new_second: bool) {
        self.begin_transfer(now);
        if !new_second {
            return;
        }
        self.keep_alive(now);
        self.drop_silent(now);
        self.free_backlog(now);
        self.engine.mode.too_few_replicas = self.too_few_replicas();
    }

    /// Begins a snapshot for the replicas that wait, once they have waited for others to join them.
    fn begin_transfer(&mut self, now: Now) {
        if self.replication.feeding.transfer.is_some() || !self.engine.keyspace.snapshot_idle() {
            return;
        }
        let waiting = |replica: &Replica| match replica.phase {
            Phase::Waiting { since_us } => Some((since_us, replica.announced.eof)),
            _ => None,
        };
        let feeding = &self.replication.feeding;
        let Some((since_us, by_mark)) = feeding.replicas.values().filter_map(waiting).min() else { return };
        let delay = self.config.repl_diskless_sync_delay_seconds as u64 * 1_000_000;
        if by_mark && now.mono_us - since_us < delay {
            return;
        }
        let conns: Vec<ConnId> = feeding
            .replicas
            .iter()
            .filter(|(_, replica)| waiting(replica).is_some_and(|(_, eof)| eof == by_mark))
            .map(|(conn, _)| *conn)
            .collect();
        let mark = String::from_utf8(self.engine.random.hex40().to_vec()).expect("hexadecimal digits");
        let framing = if by_mark { Framing::Mark(mark) } else { Framing::Length };
        self.start_transfer(now, framing, conns);
    }

    fn start_transfer(&mut self, now: Now, framing: Framing, conns: Vec<ConnId>) {
        // The stream says anew in which database it goes on, unless it is our primary's.
        self.replication.selected = None;
        let offset = self.replication.offset;
        let writer = self.snapshot_header(now);
        let begun = self.engine.keyspace.begin_snapshot(writer, self.config.rdbchecksum);
        assert!(begun, "the caller saw that no snapshot runs");
        self.log(LogLevel::Notice, "Starting BGSAVE for SYNC with target: replicas sockets");
        let line = format!("+FULLRESYNC {} {offset}\r\n", self.replication.id);
        self.replication.feeding.transfer = Some(Transfer::new(framing));
        for conn in conns {
            let replica = self.replication.feeding.replicas.get_mut(&conn).expect("it was just listed");
            replica.phase = Phase::Payload { place: ReplOffset(0) };
            replica.place = offset;
            replica.active_us = now.mono_us;
            if replica.acknowledges {
                self.say(conn, &line);
            }
        }
        self.produce();
        self.wake_soon();
    }

    /// PING in the stream for those online, an empty line for those who wait.
    fn keep_alive(&mut self, now: Now) {
        let feeding = &mut self.replication.feeding;
        let waiting: Vec<ConnId> = feeding
            .replicas
            .iter()
            .filter(|(_, replica)| matches!(replica.phase, Phase::Waiting { .. }))
            .map(|(conn, _)| *conn)
            .collect();
        let period = self.config.repl_ping_replica_period_seconds as u64 * 1_000_000;
        let due = now.mono_us.saturating_sub(feeding.last_ping_us) >= period;
        if due && !self.pause.is_on() && !feeding.replicas.is_empty() && self.replication.link.is_none() {
            self.replication.feeding.last_ping_us = now.mono_us;
            self.replication.append_bytes(b"*1\r\n$4\r\nPING\r\n");
            self.feed_replicas(now);
        }
        waiting.into_iter().for_each(|conn| self.say(conn, "\n"));
    }

    /// Cuts off replicas that neither acknowledged nor took bytes for `repl-timeout` seconds.
    fn drop_silent(&mut self, now: Now) {
        let timeout = self.config.repl_timeout_seconds as u64 * 1_000_000;
        let silent: Vec<(ConnId, Phase, Announced)> = self
            .replication
            .feeding
            .replicas
            .iter()
            .filter(|(_, replica)| match replica.phase {
                Phase::Waiting { .. } => false,
                Phase::Online => {
                    replica.acknowledges && now.mono_us.saturating_sub(replica.acked_us) > timeout
                }
                _ => now.mono_us.saturating_sub(replica.active_us) > timeout,
            })
            .map(|(conn, replica)| (*conn, replica.phase, replica.announced.clone()))
            .collect();
        for (conn, phase, announced) in silent {
            let what = if phase == Phase::Online { "streaming sync" } else { "full sync" };
            let name = self.replica_name(conn, &announced);
            self.log(LogLevel::Warning, format!("Disconnecting timedout replica ({what}): {name}"));
            self.close_now(conn);
        }
    }

    /// Nobody has been interested in the stream for `repl-backlog-ttl`: it is kept no longer, and gets another
    /// name, since it will no longer be counted.
    fn free_backlog(&mut self, now: Now) {
        let feeding = &mut self.replication.feeding;
        if !feeding.replicas.is_empty()
            || self.replication.link.is_some()
            || self.replication.backlog.is_none()
        {
            feeding.lonely_since_us = None;
            return;
        }
        let since = *feeding.lonely_since_us.get_or_insert(now.mono_us);
        let ttl = self.config.repl_backlog_ttl_seconds;
        if ttl > 0 && now.mono_us - since > ttl.saturating_mul(1_000_000) {
            self.replication.backlog = None;
            self.replication.rename(&mut self.engine.random);
            let text = format!("Replication backlog freed after {ttl} seconds without connected replicas.");
            self.log(LogLevel::Notice, text);
            self.engine.effects.interest = self.interest();
        }
    }

    /// `repl-backlog-size` may have changed.
    pub(crate) fn resize_backlog(&mut self) {
        if let Some(backlog) = &mut self.replication.backlog {
            backlog.size = self.config.repl_backlog_size;
        }
    }

    /// Replicas that acknowledged within `min-replicas-max-lag`.
    pub(super) fn good_replicas(&self) -> usize {
        let now_us = self.now().mono_us;
        let lag = self.config.min_replicas_max_lag_seconds as u64 * 1_000_000;
        let good = |replica: &&Replica| {
            replica.phase == Phase::Online && now_us.saturating_sub(replica.acked_us) <= lag
        };
        self.replication.feeding.replicas.values().filter(good).count()
    }

    /// Replicas that have acknowledged the stream up to this place.
    pub(crate) fn replicas_at(&self, place: ReplOffset) -> i64 {
        let there = |replica: &&Replica| replica.phase == Phase::Online && replica.acked >= place;
        self.replication.feeding.replicas.values().filter(there).count() as i64
    }

    /// Whether `min-replicas-to-write` forbids writing.
    pub(super) fn too_few_replicas(&self) -> bool {
        let (wanted, lag) = (self.config.min_replicas_to_write, self.config.min_replicas_max_lag_seconds);
        wanted > 0 && lag > 0 && self.good_replicas() < wanted as usize
    }

    /// Cuts all replicas off: what they follow is no longer what they have.
    pub(super) fn drop_replicas(&mut self) {
        let conns: Vec<ConnId> = self.replication.feeding.replicas.keys().copied().collect();
        for conn in conns {
            self.detach(conn);
            self.close_now(conn);
        }
    }

    /// A connection is no replica any more.
    pub(super) fn detach(&mut self, conn: ConnId) {
        let feeding = &mut self.replication.feeding;
        feeding.announced.remove(&conn);
        let Some(replica) = feeding.replicas.remove(&conn) else { return };
        let name = self.replica_name(conn, &replica.announced);
        self.log(LogLevel::Notice, format!("Connection with replica {name} lost."));
        self.end_idle_transfer();
        self.engine.mode.too_few_replicas = self.too_few_replicas();
    }

    /// After a batch of a replica's requests: one that was answered cannot be told from the stream.
    pub(crate) fn check_replica_reply(&mut self, conn: ConnId) {
        let Some(replica) = self.replication.feeding.replicas.get_mut(&conn) else { return };
        let fresh = std::mem::replace(&mut replica.fresh, false);
        let Some(client) = self.clients.get(conn) else { return };
        if !fresh && !client.output.is_empty() {
            let command = client.last_command.map_or("?", |command| command.full_name);
            let text = format!("Replica generated a reply to command '{command}', disconnecting it");
            self.log(LogLevel::Warning, text);
            self.close_now(conn);
        }
    }

    /// `ip:port` of a replica, as it wants to be known.
    fn replica_name(&self, conn: ConnId, announced: &Announced) -> String {
        format!("{}:{}", self.replica_address(conn, announced), announced.port)
    }

    /// A replica's address: the announced one, or the one it comes from.
    pub(super) fn replica_address(&self, conn: ConnId, announced: &Announced) -> String {
        if let Some(address) = &announced.address {
            return address.clone();
        }
        let peer = self.clients.get(conn).map_or("", |client| client.peer.address.as_str());
        let host = peer.rsplit_once(':').map_or(peer, |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']').to_string()
    }
}
