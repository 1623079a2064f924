//! The bytes of a segment's entries: up to fifteen chunks of 4096, filled one after the other.
//!
//! ```text
//!   offset (u16) = chunk:4 | position:12        full[0] full[1] ... full[closed-1] | tail
//! ```
//!
//! An entry never spans two chunks. Only the tail takes new entries and only the tail may be shorter than a
//! chunk: it grows through sizes that allocators serve without waste. What entries leave behind when they
//! shrink, move or go is dead until the segment is packed anew.

pub(super) const CHUNK: usize = 4096;
/// Four bits of an offset allow one more, but with fifteen what a lookup needs fills whole cache lines.
pub(super) const CHUNKS: usize = 15;

/// Rounds up to a size that common allocators have a class for: four per doubling.
pub(crate) fn size_class(bytes: usize) -> usize {
    bytes.next_multiple_of((bytes.next_power_of_two() / 8).max(16))
}

#[repr(C)]
#[derive(Clone)]
pub(super) struct Heap {
    dead: u32,
    /// Bytes of the tail that are taken.
    used: u16,
    /// Chunks before the tail.
    closed: u8,
    tail: Box<[u8]>,
    full: [Option<Box<[u8; CHUNK]>>; CHUNKS - 1],
}

impl Heap {
    pub fn new() -> Self {
        Heap { full: [const { None }; CHUNKS - 1], tail: Box::default(), dead: 0, used: 0, closed: 0 }
    }

    /// The bytes from `offset` to the end of its chunk.
    #[inline(always)]
    pub fn at(&self, offset: u16) -> &[u8] {
        let (chunk, position) = ((offset >> 12) as usize, offset as usize % CHUNK);
        if chunk == self.closed as usize {
            &self.tail[position..]
        } else {
            &self.full[chunk].as_ref().expect("a chunk before the tail is full")[position..]
        }
    }

    pub fn at_mut(&mut self, offset: u16) -> &mut [u8] {
        let (chunk, position) = ((offset >> 12) as usize, offset as usize % CHUNK);
        if chunk == self.closed as usize {
            &mut self.tail[position..]
        } else {
            &mut self.full[chunk].as_mut().expect("a chunk before the tail is full")[position..]
        }
    }

    /// Whether `len` more bytes fit into the tail chunk.
    pub fn tail_fits(&self, len: usize) -> bool {
        self.used as usize + len <= CHUNK
    }

    /// Whether a chunk may follow the tail.
    pub fn can_open(&self) -> bool {
        (self.closed as usize) < CHUNKS - 1
    }

    /// Takes `len` bytes and returns their offset; `coming` is how many will be asked for in all, so that
    /// the tail grows at once to where it will end. There must be room (`tail_fits` or `can_open`).
    pub fn append(&mut self, len: usize, coming: usize) -> u16 {
        debug_assert!((1..=CHUNK).contains(&len) && coming >= len);
        if !self.tail_fits(len) {
            self.open();
        }
        let end = self.used as usize + len;
        if end > self.tail.len() {
            self.grow_tail(end, self.used as usize + coming);
        }
        let offset = (self.closed as u16) << 12 | self.used;
        self.used = end as u16;
        offset
    }

    /// Closes the tail and starts the next chunk.
    fn open(&mut self) {
        assert!(self.can_open(), "the caller makes room first");
        let mut tail = std::mem::take(&mut self.tail);
        // What does not fit any more into the closing chunk is nobody's, hence not dead either.
        if tail.len() < CHUNK {
            tail = resized(&tail, CHUNK);
        }
        self.full[self.closed as usize] = Some(tail.try_into().expect("a closed chunk has full length"));
        self.closed += 1;
        self.used = 0;
    }

    fn grow_tail(&mut self, needed: usize, wanted: usize) {
        let floor = if self.closed == 0 { 64 } else { 256 };
        let target = size_class(needed.max(wanted).max(floor));
        self.tail = resized(&self.tail, target.min(CHUNK));
    }

    /// Counts bytes that no entry uses any more.
    pub fn bury(&mut self, len: usize) {
        self.dead += len as u32;
    }

    pub fn dead(&self) -> usize {
        self.dead as usize
    }

    /// Bytes from the first entry to the end of the last, dead ones included.
    pub fn extent(&self) -> usize {
        self.closed as usize * CHUNK + self.used as usize
    }

    /// Bytes owned beyond the struct itself.
    #[inline]
    pub fn memory(&self) -> usize {
        self.closed as usize * CHUNK + self.tail.len()
    }

    pub fn address(&self, offset: u16) -> *const u8 {
        self.at(offset).as_ptr()
    }
}

fn resized(bytes: &[u8], len: usize) -> Box<[u8]> {
    let mut copy = Vec::with_capacity(len);
    copy.extend_from_slice(bytes);
    copy.resize(len, 0);
    copy.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_at_most_a_quarter_and_contain_the_chunk() {
        for bytes in 1..10_000 {
            let class = size_class(bytes);
            assert!(class >= bytes && class - bytes <= 15.max(bytes / 4), "{bytes} -> {class}");
            assert_eq!(size_class(class), class);
        }
        assert_eq!(size_class(CHUNK), CHUNK);
    }

    #[test]
    fn appended_bytes_stay_while_the_tail_grows_and_closes() {
        let mut heap = Heap::new();
        let mut written = Vec::new();
        for round in 0usize.. {
            let len = 1 + round * 37 % 900;
            if !heap.tail_fits(len) && !heap.can_open() {
                break;
            }
            let offset = heap.append(len, len);
            heap.at_mut(offset)[..len].fill(round as u8);
            written.push((offset, len, round as u8));
        }
        for (offset, len, byte) in &written {
            assert!(heap.at(*offset)[..*len].iter().all(|b| b == byte), "offset {offset}");
        }
        assert!(heap.extent() > (CHUNKS - 1) * CHUNK);
        assert!(heap.memory() >= heap.extent());
    }

    #[test]
    fn an_announced_end_is_allocated_at_once() {
        let mut heap = Heap::new();
        heap.append(10, 3000);
        assert_eq!(heap.memory(), 3072);
        heap.append(3070, 9000);
        assert_eq!(heap.memory(), CHUNK);
    }
}
