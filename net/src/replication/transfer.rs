//! The snapshot that replicas are being sent: made once, sent to each at its own pace.
//!
//! ```text
//!   keyspace snapshot ─▶ stream ─▶ replica, replica, ...
//!                          └ never more than AHEAD bytes beyond the slowest, but for pre-images
//! ```
//!
//! A replica that can find the end by a mark gets the bytes as they are made (`$EOF:mark`). One that cannot
//! needs the length first, so the whole payload is kept until it is known; see `SPOOL_MAX`.

use super::offsets::ReplOffset;
use super::stream::Stream;
use crate::node::Node;
use engine::keyspace::{Keyspace, Progress};
use engine::persist::rdb::Writer;
use engine::time::Now;

/// The producer rests while so many bytes wait for the slowest reader.
const AHEAD: u64 = 1024 * 1024;

/// Entries and bytes of one slice of production: a fraction of a millisecond.
const SLICE_KEYS: usize = 256;
const SLICE_BYTES: usize = 128 * 1024;

/// The largest payload kept for replicas that need its length first.
pub(super) const SPOOL_MAX: u64 = 256 * 1024 * 1024;

/// How a payload says where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Forty characters announced before it and repeated behind it.
    Mark(String),
    /// Its length before it.
    Length,
}

#[derive(Debug)]
pub(super) struct Transfer {
    pub framing: Framing,
    stream: Stream,
    finished: bool,
}

impl Node {
    /// What stands before the first key of a snapshot: who made it, and of which place in the stream.
    pub(crate) fn snapshot_header(&self, now: Now) -> Writer {
        let mut writer = Writer::new(self.config.rdbcompression);
        writer.magic();
        writer.aux("redis-ver", engine::engine::REDIS_VERSION.as_bytes());
        writer.aux("redis-bits", b"64");
        writer.aux("ctime", now.wall_s().to_string().as_bytes());
        writer.aux("used-mem", self.vitals.used_memory.to_string().as_bytes());
        let replication = &self.replication;
        if replication.backlog.is_some() || replication.link.is_some() {
            let db = match &replication.link {
                // Whoever goes on from here reads our primary's bytes, which do not say again in which
                // database they are.
                Some(link) => link.selected_db(),
                None => replication.selected.unwrap_or(0),
            };
            writer.aux("repl-stream-db", db.to_string().as_bytes());
            writer.aux("repl-id", replication.id.as_bytes());
            writer.aux("repl-offset", replication.offset.to_string().as_bytes());
        }
        writer.aux("aof-base", b"0");
        writer
    }
}

impl Transfer {
    /// A transfer of a snapshot that the keyspace has just begun.
    pub fn new(framing: Framing) -> Transfer {
        let mut stream = Stream::new(ReplOffset(0));
        if let Framing::Mark(mark) = &framing {
            stream.append(format!("$EOF:{mark}\r\n").as_bytes());
        }
        Transfer { framing, stream, finished: false }
    }

    /// Makes the next slice, if the readers want one; `slowest` is the place of the one furthest behind. True when
    /// there is more to make at once.
    pub fn produce(&mut self, keyspace: &mut Keyspace, slowest: ReplOffset) -> bool {
        if self.finished {
            return false;
        }
        self.stream.give_up(slowest);
        if self.framing != Framing::Length && self.stream.len() >= AHEAD {
            // Pre-images do not wait: what was changed is dropped only once it has been written.
            let bytes = keyspace.take_snapshot();
            self.stream.append(&bytes);
            return false;
        }
        let (bytes, progress) = keyspace.advance_snapshot(SLICE_KEYS, SLICE_BYTES);
        self.stream.append(&bytes);
        if progress == Progress::Finished {
            self.finished = true;
            if let Framing::Mark(mark) = &self.framing {
                self.stream.append(mark.as_bytes());
            }
        }
        !self.finished
    }

    /// All bytes have been made.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Some of the bytes behind a reader's place; empty when there are none at the moment.
    pub fn at(&self, place: ReplOffset) -> &[u8] {
        if self.framing == Framing::Length && !self.finished {
            return &[];
        }
        self.stream.at(place)
    }

    /// Whether a reader at this place has everything.
    pub fn is_done(&self, place: ReplOffset) -> bool {
        self.finished && place == self.stream.end()
    }

    pub fn end(&self) -> ReplOffset {
        self.stream.end()
    }

    pub fn memory(&self) -> usize {
        self.stream.memory()
    }
}
