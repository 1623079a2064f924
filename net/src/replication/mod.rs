//! Replication: this node's place in a chain of copies.
//!
//! The stream of effects has one name (the replication id) and one measure (the offset, in bytes of it).
//! A primary appends to it, a replica repeats it byte for byte, and whoever holds a name and an offset can
//! go on from there as long as the backlog still reaches back that far.
//!
//! ```text
//!   units ─▶ effects ─▶ append ─▶ backlog ─▶ each replica at its own place      (we are the primary)
//!   link  ─▶ feed    ─▶ Engine, and the same bytes ─▶ backlog ─▶ our replicas   (we follow one)
//! ```
//!
//! - `offsets`, `stream`, `backlog`: places, bytes with many readers, the end of the stream.
//! - `primary`: the replicas we feed, from PSYNC to acknowledgement. `transfer`: the snapshot that some of
//!   them are being sent.
//! - `replica`: our link to a primary. `handshake`: what is said before the data. `payload`: its snapshot on
//!   the way in. `feed`: its stream on the way in.
//! - `role`, `info`: what clients are told of all this.
//!
//! What must never happen: two different streams under one name and offset; a byte of the stream applied
//! twice, or passed over; a copy of the stream per replica.

mod backlog;
mod feed;
mod handshake;
mod info;
pub mod offsets;
mod payload;
mod primary;
mod replica;
mod role;
mod stream;
mod transfer;
mod wait;

#[cfg(test)]
mod tests;

pub use offsets::ReplOffset;
pub use primary::{Announced, Wish};

use crate::config::Config;
use crate::node::{ConnId, Node};
use backlog::Backlog;
use engine::args::{Argv, OwnedArgv};
use engine::effect::Interest;
use engine::planted::{self, Bug};
use engine::random::Random;
use primary::Feeding;
use replica::Link;

/// What a node knows of its own place in replication.
#[derive(Debug)]
pub struct Replication {
    /// The name of the stream: forty hexadecimal digits.
    pub id: String,
    /// Bytes of the stream so far.
    pub offset: ReplOffset,
    /// The name that the stream had up to a place, before this node was promoted or its primary was.
    second: Option<(String, ReplOffset)>,
    backlog: Option<Backlog>,
    /// The database that the stream is in; none when the next request must say it.
    selected: Option<u32>,
    feeding: Feeding,
    /// Our link to a primary, while we follow one.
    link: Option<Link>,
    /// Clients in WAIT.
    waiting: wait::Waiting,
    /// Reused to encode what is appended.
    scratch: Vec<u8>,
}

impl Replication {
    pub fn new(config: &Config, random: &mut Random) -> Self {
        let link = config.replicaof.clone().map(|(host, port)| {
            // From the configuration we come with nothing that a primary could go on from.
            Link::new(String::from_utf8_lossy(&host).into_owned(), port, 0, false)
        });
        Replication {
            id: fresh_id(random),
            offset: ReplOffset(0),
            second: None,
            backlog: None,
            selected: None,
            feeding: Feeding::default(),
            link,
            waiting: wait::Waiting::default(),
            scratch: Vec::new(),
        }
    }

    /// Whether this node follows a primary.
    pub fn is_replica(&self) -> bool {
        self.link.is_some()
    }

    /// Whether bytes of this connection are our primary's.
    pub fn reads_link(&self, conn: ConnId) -> bool {
        self.link.as_ref().is_some_and(|link| link.conn() == Some(conn))
    }

    /// The connection that our primary's stream comes on, once it does.
    pub(crate) fn stream_conn(&self) -> Option<ConnId> {
        self.link.as_ref().filter(|link| link.is_up()).and_then(Link::conn)
    }

    /// Adds a request of this node's own to the stream, if anyone may ever read it. A replica has no requests of
    /// its own: what it does beyond its primary's stream stays with it.
    pub fn append(&mut self, db: u32, argv: Argv<'_>) {
        self.append_selecting(Some(db), argv);
    }

    /// Adds MULTI or EXEC, which belong to no database.
    pub fn append_bracket(&mut self, word: &'static str) {
        let word: OwnedArgv = [word].into_iter().collect();
        self.append_selecting(None, word.borrow());
    }

    fn append_selecting(&mut self, db: Option<u32>, argv: Argv<'_>) {
        if self.backlog.is_none() || self.link.is_some() {
            return;
        }
        if planted::on(Bug::LosesEffect) && self.offset.0 % 16 == 3 {
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if let Some(db) = db
            && self.selected != Some(db)
        {
            encode(&mut scratch, [b"SELECT".as_slice(), db.to_string().as_bytes()].into_iter());
            self.selected = Some(db);
        }
        encode(&mut scratch, argv.iter());
        self.append_bytes(&scratch);
        self.scratch = scratch;
    }

    /// Adds bytes to the stream, whole requests.
    fn append_bytes(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let slowest = self.feeding.slowest();
        if let Some(backlog) = &mut self.backlog {
            backlog.append(bytes, slowest);
        }
    }

    /// Takes another name: what follows is another stream than those who know the old name may expect.
    fn rename(&mut self, random: &mut Random) {
        self.id = fresh_id(random);
        self.second = None;
    }

    /// Takes another name for the same stream, which goes on under it.
    fn succeed(&mut self, id: String) {
        let old = std::mem::replace(&mut self.id, id);
        self.second = Some((old, self.offset));
    }

    /// Whether a reader who knows the stream by this name may go on from this place.
    fn continues(&self, id: &str, place: ReplOffset) -> bool {
        let known = id == self.id
            || self.second.as_ref().is_some_and(|(second, until)| {
                id == second && (place <= *until || planted::on(Bug::ForgetsWhereOldNameEnds))
            });
        known && self.backlog.as_ref().is_some_and(|backlog| backlog.reaches(place))
    }
}

/// A request as it stands in the stream.
fn encode<'a>(out: &mut Vec<u8>, words: impl ExactSizeIterator<Item = &'a [u8]>) {
    let header = |out: &mut Vec<u8>, kind: u8, n: usize| {
        out.push(kind);
        ds::int::write_i64(out, n as i64);
        out.extend_from_slice(b"\r\n");
    };
    header(out, b'*', words.len());
    for word in words {
        header(out, b'$', word.len());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

fn fresh_id(random: &mut Random) -> String {
    String::from_utf8(random.hex40().to_vec()).expect("hexadecimal digits")
}

impl Node {
    /// Which effects anyone waits for at the moment.
    pub(crate) fn interest(&self) -> Interest {
        let replication = &self.replication;
        let propagate = replication.backlog.is_some() && replication.link.is_none();
        let blocked = &self.engine.blocked;
        let changed = !self.engine.watches.is_empty() || blocked.has_groups();
        Interest { propagate, changed, ready: !blocked.is_empty(), notify: self.notified_classes() }
    }

    /// DEBUG CHANGE-REPL-ID: a new name, so that no replica can go on where it was.
    pub(crate) fn change_replication_id(&mut self) {
        self.replication.rename(&mut self.engine.random);
    }

    /// Tells the gate what our place in replication allows.
    pub(crate) fn renew_mode(&mut self) {
        let linked = self.replication.link.as_ref().map(|link| link.is_up());
        let too_few = self.too_few_replicas();
        let disk_failed = self.disk_denies_writes();
        let mode = &mut self.engine.mode;
        mode.replica = linked.is_some();
        mode.read_only = linked.is_some() && self.config.replica_read_only;
        mode.stale = linked == Some(false) && !self.config.replica_serve_stale_data;
        mode.too_few_replicas = too_few;
        mode.disk_failed = disk_failed;
        self.engine.effects.interest = self.interest();
    }
}
