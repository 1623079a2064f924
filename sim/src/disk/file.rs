//! One file: its cached contents, its contents on the platter, and the writes between them.

use super::SECTOR;
use crate::random::Stream;

#[derive(Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

#[derive(Debug, Default)]
pub struct File {
    cached: Vec<u8>,
    platter: Vec<u8>,
    /// Since the last sync, oldest first.
    unsynced: Vec<Change>,
}

fn write_at(contents: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[offset..end].copy_from_slice(bytes);
}

impl File {
    pub fn len(&self) -> usize {
        self.cached.len()
    }

    pub fn read(&self, offset: usize, len: usize) -> &[u8] {
        let from = offset.min(self.cached.len());
        let to = offset.saturating_add(len).min(self.cached.len());
        &self.cached[from..to]
    }

    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        write_at(&mut self.cached, offset, bytes);
        self.unsynced.push(Change::Write { offset, bytes: bytes.to_vec() });
    }

    pub fn truncate(&mut self, len: usize) {
        self.cached.resize(len, 0);
        self.unsynced.push(Change::Truncate { len });
    }

    /// Brings what was written since the last sync to the platter, and no more: what an earlier, failed
    /// sync dropped stays in the cache alone.
    pub fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            match change {
                Change::Write { offset, bytes } => write_at(&mut self.platter, offset, &bytes),
                Change::Truncate { len } => self.platter.resize(len, 0),
            }
        }
    }

    /// The kernel marks pages clean after a failed sync, though it did not write them.
    pub fn forget_unsynced(&mut self) {
        self.unsynced.clear();
    }

    /// Keeps of each unsynced write the sectors that chance lets through.
    pub fn crash(&mut self, stream: &mut Stream) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Truncate { len } => {
                    if stream.chance(500_000) {
                        self.platter.resize(len, 0);
                    }
                }
                Change::Write { offset, bytes } => self.crash_write(offset, &bytes, stream),
            }
        }
        self.cached.clone_from(&self.platter);
    }

    fn crash_write(&mut self, offset: usize, bytes: &[u8], stream: &mut Stream) {
        let mut done = 0;
        while done < bytes.len() {
            let at = offset + done;
            let step = (SECTOR - at % SECTOR).min(bytes.len() - done);
            if stream.chance(500_000) {
                write_at(&mut self.platter, at, &bytes[done..done + step]);
            }
            done += step;
        }
    }
}
