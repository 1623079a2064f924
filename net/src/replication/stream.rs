//! Bytes in order with many readers, each at its own place: nothing is copied per reader.
//!
//! ```text
//!            start                     a reader's place            end
//!   [ block | block | block | block | ........^........ | block |   ]
//!       ^ dropped as soon as `start` has passed it                ^ append
//! ```

use super::offsets::ReplOffset;
use std::collections::VecDeque;

/// Bytes in a block: also the most that one look at the stream shows.
const BLOCK: usize = 16 * 1024;

#[derive(Debug)]
pub struct Stream {
    blocks: VecDeque<Vec<u8>>,
    /// The place of the first byte of the first block.
    base: ReplOffset,
    /// What lies before has been given up, though its block may still be there.
    start: ReplOffset,
    end: ReplOffset,
}

impl Stream {
    /// An empty stream at a place.
    pub fn new(at: ReplOffset) -> Stream {
        Stream { blocks: VecDeque::new(), base: at, start: at, end: at }
    }

    pub fn start(&self) -> ReplOffset {
        self.start
    }

    pub fn end(&self) -> ReplOffset {
        self.end
    }

    /// Bytes kept.
    pub fn len(&self) -> u64 {
        self.end.since(self.start)
    }

    pub fn memory(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    pub fn append(&mut self, mut bytes: &[u8]) {
        self.end += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.blocks.back().is_none_or(|block| block.len() == BLOCK) {
                self.blocks.push_back(Vec::with_capacity(BLOCK));
            }
            let block = self.blocks.back_mut().expect("there is one now");
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - block.len()));
            block.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Some of the bytes behind a place; empty only at the end.
    ///
    /// Panics on a place that is not kept.
    pub fn at(&self, place: ReplOffset) -> &[u8] {
        assert!((self.start..=self.end).contains(&place), "{place} is not kept");
        let distance = place.since(self.base) as usize;
        match self.blocks.get(distance / BLOCK) {
            Some(block) => &block[distance % BLOCK..],
            None => &[],
        }
    }

    /// Gives up what lies before a place.
    pub fn give_up(&mut self, place: ReplOffset) {
        self.start = place.clamp(self.start, self.end);
        while self.blocks.front().is_some_and(|block| self.base + block.len() as u64 <= self.start)
            && (self.blocks.len() > 1 || self.blocks[0].len() == BLOCK)
        {
            self.base += BLOCK as u64;
            self.blocks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &Stream, mut place: ReplOffset) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let more = stream.at(place);
            if more.is_empty() {
                return bytes;
            }
            bytes.extend_from_slice(more);
            place += more.len() as u64;
        }
    }

    #[test]
    fn readers_see_the_same_bytes_from_their_own_places() {
        let start = ReplOffset(1_000_003);
        let (mut stream, mut all) = (Stream::new(start), Vec::new());
        for round in 0..50usize {
            let piece: Vec<u8> = (0..round * 97).map(|i| (i + round) as u8).collect();
            stream.append(&piece);
            all.extend_from_slice(&piece);
            assert_eq!(stream.end(), start + all.len() as u64);
            let kept = stream.start().since(start) as usize;
            assert_eq!(read(&stream, stream.start()), all[kept..]);
            if round % 7 == 3 {
                stream.give_up(start + (all.len() / 2) as u64);
                assert_eq!(stream.len() as usize, all.len() - all.len() / 2);
            }
            assert!(stream.memory() <= stream.len() as usize + 2 * BLOCK);
        }
        stream.give_up(stream.end());
        assert_eq!(stream.len(), 0);
        stream.append(b"more");
        assert_eq!(read(&stream, stream.start()), b"more");
    }

    #[test]
    #[should_panic(expected = "is not kept")]
    fn what_was_given_up_cannot_be_read() {
        let mut stream = Stream::new(ReplOffset(0));
        stream.append(b"abc");
        stream.give_up(ReplOffset(2));
        stream.at(ReplOffset(1));
    }
}
