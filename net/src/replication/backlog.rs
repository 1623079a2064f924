//! The end of the replication stream, kept so that a replica can go on where it was.
//!
//! All replicas are served out of this one buffer. It keeps the last `repl-backlog-size` bytes, and beyond
//! them what the slowest replica has not been sent; such a replica is cut off by its output limit.

use super::offsets::ReplOffset;
use super::stream::Stream;

#[derive(Debug)]
pub struct Backlog {
    stream: Stream,
    /// `repl-backlog-size`, bytes.
    pub size: u64,
}

impl Backlog {
    /// An empty backlog of a stream that has come to `at`.
    pub fn new(at: ReplOffset, size: u64) -> Backlog {
        Backlog { stream: Stream::new(at), size }
    }

    /// The stream continues; `slowest` is the place of the replica that is furthest behind.
    pub fn append(&mut self, bytes: &[u8], slowest: Option<ReplOffset>) {
        self.stream.append(bytes);
        let end = self.stream.end();
        let place = ReplOffset(end.0.saturating_sub(self.size));
        self.stream.give_up(slowest.map_or(place, |slowest| slowest.min(place)));
    }

    pub fn end(&self) -> ReplOffset {
        self.stream.end()
    }

    pub fn start(&self) -> ReplOffset {
        self.stream.start()
    }

    /// Bytes kept, INFO repl_backlog_histlen.
    pub fn len(&self) -> u64 {
        self.stream.len()
    }

    pub fn memory(&self) -> usize {
        self.stream.memory()
    }

    /// Whether a reader may begin at this place.
    pub fn reaches(&self, place: ReplOffset) -> bool {
        (self.start()..=self.end()).contains(&place)
    }

    /// Some of the bytes behind a place; empty only at the end.
    pub fn at(&self, place: ReplOffset) -> &[u8] {
        self.stream.at(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_size_and_what_the_slowest_replica_needs() {
        let mut backlog = Backlog::new(ReplOffset(10), 100);
        backlog.append(&[0; 60], None);
        assert_eq!((backlog.start(), backlog.len()), (ReplOffset(10), 60));
        backlog.append(&[1; 60], None);
        assert_eq!((backlog.start(), backlog.len()), (ReplOffset(30), 100));
        backlog.append(&[2; 500], Some(ReplOffset(40)));
        assert_eq!((backlog.start(), backlog.end()), (ReplOffset(40), ReplOffset(630)));
        assert!(!backlog.reaches(ReplOffset(39)) && backlog.reaches(ReplOffset(40)));
        assert!(backlog.reaches(ReplOffset(630)) && !backlog.reaches(ReplOffset(631)));
        backlog.append(b"x", Some(ReplOffset(600)));
        assert_eq!(backlog.start(), ReplOffset(531));
    }
}
