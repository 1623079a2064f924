//! Bytes on their way to a client, in order, and the limits that keep a slow reader from eating memory.

use engine::planted::{self, Bug};

/// Output that has not been taken by the socket yet.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    /// How much of `bytes` has been sent.
    sent: usize,
    /// Everything ever sent on this connection.
    total: u64,
    /// `Action::Flush` is on its way to the host.
    pub flush_queued: bool,
    /// Since when the soft limit has been passed, monotonic microseconds.
    pub over_soft_since: Option<u64>,
}

/// An empty buffer above this is given back to the allocator rather than kept for the next reply.
const KEEP: usize = 64 * 1024;

impl Output {
    /// The writer's end: replies are appended here.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The buffer itself, for a batch that writes while the client is borrowed elsewhere. `restore` ends it.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub fn restore(&mut self, bytes: Vec<u8>) {
        debug_assert!(self.bytes.is_empty(), "nothing writes to a buffer that is taken");
        self.bytes = bytes;
    }

    /// What the host sends next.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    pub fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Bytes waiting.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// The socket took `n` bytes. Returns the buffer when it is empty and worth reusing elsewhere.
    pub fn advance(&mut self, n: usize) -> Option<Vec<u8>> {
        assert!(n <= self.len(), "more bytes were sent than there were");
        self.sent += n;
        if planted::on(Bug::SendsByteTwice) && n > 1 && !self.is_empty() {
            self.sent -= 1;
        }
        self.total += n as u64;
        if self.is_empty() {
            self.sent = 0;
            self.bytes.clear();
            let spare = std::mem::take(&mut self.bytes);
            return (spare.capacity() > 0 && spare.capacity() <= KEEP).then_some(spare);
        }
        if self.sent > KEEP && self.sent * 2 > self.bytes.len() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
        None
    }

    /// Forgets what has not been sent: the connection is being cut.
    pub fn discard(&mut self) {
        *self = Output { total: self.total, ..Output::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_order_and_the_buffer_comes_back() {
        let mut output = Output::default();
        output.buffer().extend_from_slice(b"hello world");
        assert_eq!(output.advance(6), None);
        assert_eq!(output.unsent(), b"world");
        output.buffer().extend_from_slice(b"!");
        assert_eq!(output.unsent(), b"world!");
        assert!(output.advance(6).is_some_and(|spare| spare.is_empty()));
        assert!(output.is_empty());
        assert_eq!(output.total(), 12);
    }

    #[test]
    fn a_long_tail_is_moved_to_the_front_before_it_wastes_much() {
        let mut output = Output::default();
        output.buffer().resize(1 << 20, b'x');
        let _ = output.advance((1 << 20) - 10);
        assert_eq!(output.len(), 10);
        assert_eq!(output.sent, 0);
    }
}
