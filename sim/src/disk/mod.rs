//! The disk of one host: what the process believes it wrote, and what the platter holds.
//!
//! ```text
//!   write ─▶ page cache ─ sync(file) ─▶ platter
//!   create, rename, remove ─▶ cached directory ─ sync(directory) ─▶ directory on the platter
//! ```
//!
//! What may fail, and what is promised against it:
//!
//! - *Power loss.* Of the writes to a file since its last successful sync, each sector (512 bytes) survives
//!   or not, independently and whatever the order of writing; a sector never holds half of a write. A
//!   file's length is that of some prefix of its writes or of its truncations, and what lies between its
//!   surviving sectors reads as zeros. Of the changes to the directory since its last sync, a prefix
//!   survives (file systems keep a journal of them): so a renamed file may carry its old name, or its new
//!   name and unsynced contents.
//! - *Death of the process.* Nothing is lost: the page cache belongs to the kernel.
//! - *Full disk.* A write is cut short at some byte or takes nothing; what it did take stays.
//! - *I/O error.* A write or sync fails. After a failed sync, unsynced writes may never reach the platter,
//!   though reading still shows them, and the next sync succeeds without them.
//! - *Slow disk.* Every answer takes longer. Requests of one host are answered in order.
//!
//! What does not fail here: a sector that a sync covered does not rot, and no write lands in another
//! file. No promise of the server's covers those yet, so injecting them would only redden runs.
//!
//! What must never happen: a completion without its request, or two; a synced byte that a crash changes.

mod file;

use crate::random::Stream;
use file::File;
use std::collections::BTreeMap;

/// Bytes that reach the platter together or not at all.
pub const SECTOR: usize = 512;

/// Names a request in its completion; chosen by the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub op: Op,
}

/// Files live in one directory and are named by their paths in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes at an offset, creating the file; a gap before it reads as zeros.
    Write {
        file: String,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// Writes at the end.
    Append {
        file: String,
        bytes: Vec<u8>,
    },
    /// Cuts or extends to a length, creating the file.
    Truncate {
        file: String,
        len: u64,
    },
    /// At most `len` bytes from an offset.
    Read {
        file: String,
        offset: u64,
        len: u64,
    },
    Sync {
        file: String,
    },
    SyncDir,
    Rename {
        from: String,
        to: String,
    },
    Remove {
        file: String,
    },
    /// Puts a whole file in the place of another: write, sync, rename, sync the directory.
    Replace {
        file: String,
        bytes: Vec<u8>,
    },
    List,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub id: RequestId,
    pub outcome: Result<Answer, Trouble>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Bytes(Vec<u8>),
    Names(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    NotFound,
    /// The first `written` bytes of a write were taken.
    Full {
        written: u64,
    },
    Io,
}

/// What goes wrong while it goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ailments {
    pub full: bool,
    /// Writes and syncs that fail, per million.
    pub error_ppm: u32,
    /// Added to every answer, in microseconds.
    pub slow_by_us: u64,
}

#[derive(Clone, Debug)]
enum DirOp {
    Create { name: String, inode: u64 },
    Rename { from: String, to: String },
    Remove { name: String },
}

fn apply(directory: &mut BTreeMap<String, u64>, op: &DirOp) {
    match op {
        DirOp::Create { name, inode } => {
            directory.insert(name.clone(), *inode);
        }
        DirOp::Rename { from, to } => {
            if let Some(inode) = directory.remove(from) {
                directory.insert(to.clone(), inode);
            }
        }
        DirOp::Remove { name } => {
            directory.remove(name);
        }
    }
}

/// One disk with one directory.
pub struct Disk {
    stream: Stream,
    pub ailments: Ailments,
    inodes: BTreeMap<u64, File>,
    next_inode: u64,
    /// The directory as the process sees it, as the platter holds it, and what lies between.
    cached: BTreeMap<String, u64>,
    platter: BTreeMap<String, u64>,
    unsynced: Vec<DirOp>,
    /// When the last answer is due; the next comes no earlier.
    busy_until: u64,
}

impl Disk {
    pub fn new(stream: Stream) -> Disk {
        Disk {
            stream,
            ailments: Ailments::default(),
            inodes: BTreeMap::new(),
            next_inode: 1,
            cached: BTreeMap::new(),
            platter: BTreeMap::new(),
            unsynced: Vec::new(),
            busy_until: 0,
        }
    }

    /// Carries out a request at world time `at` and says when its completion is to be delivered.
    pub fn submit(&mut self, at: u64, request: Request) -> (u64, Completion) {
        let cost = match &request.op {
            Op::Sync { .. } | Op::SyncDir => 2000,
            Op::Replace { .. } => 5000,
            Op::Write { bytes, .. } | Op::Append { bytes, .. } => 20 + bytes.len() as u64 / 1000,
            Op::Read { len, .. } => 50 + len / 2000,
            _ => 50,
        };
        self.busy_until = self.busy_until.max(at) + cost + self.ailments.slow_by_us;
        let outcome = self.carry_out(request.op);
        (self.busy_until, Completion { id: request.id, outcome })
    }

    fn carry_out(&mut self, op: Op) -> Result<Answer, Trouble> {
        match op {
            Op::Write { file, offset, bytes } => self.write(&file, Some(offset), &bytes),
            Op::Append { file, bytes } => self.write(&file, None, &bytes),
            Op::Truncate { file, len } => {
                self.fail_sometimes()?;
                self.open(&file).truncate(len as usize);
                Ok(Answer::Done)
            }
            Op::Read { file, offset, len } => {
                Ok(Answer::Bytes(self.existing(&file)?.read(offset as usize, len as usize).to_vec()))
            }
            Op::Sync { file } => self.sync(&file),
            Op::SyncDir => {
                self.fail_sometimes()?;
                self.platter = self.cached.clone();
                self.unsynced.clear();
                self.forget_unnamed();
                Ok(Answer::Done)
            }
            Op::Rename { from, to } => {
                self.existing(&from)?;
                self.change(DirOp::Rename { from, to });
                Ok(Answer::Done)
            }
            Op::Remove { file } => {
                self.existing(&file)?;
                self.change(DirOp::Remove { name: file });
                Ok(Answer::Done)
            }
            Op::Replace { file, bytes } => {
                let new = format!("{file}.new");
                self.carry_out(Op::Truncate { file: new.clone(), len: 0 })?;
                self.write(&new, Some(0), &bytes)?;
                self.sync(&new)?;
                self.change(DirOp::Rename { from: new, to: file });
                self.carry_out(Op::SyncDir)
            }
            Op::List => Ok(Answer::Names(self.cached.keys().cloned().collect())),
        }
    }

    fn change(&mut self, op: DirOp) {
        apply(&mut self.cached, &op);
        self.unsynced.push(op);
    }

    fn existing(&mut self, name: &str) -> Result<&mut File, Trouble> {
        let inode = self.cached.get(name).ok_or(Trouble::NotFound)?;
        Ok(self.inodes.get_mut(inode).expect("a name in the directory has an inode"))
    }

    fn open(&mut self, name: &str) -> &mut File {
        if !self.cached.contains_key(name) {
            let inode = self.next_inode;
            self.next_inode += 1;
            self.inodes.insert(inode, File::default());
            self.change(DirOp::Create { name: name.to_owned(), inode });
        }
        self.existing(name).expect("it was created if it was not there")
    }

    fn fail_sometimes(&mut self) -> Result<(), Trouble> {
        if self.stream.chance(self.ailments.error_ppm) { Err(Trouble::Io) } else { Ok(()) }
    }

    fn write(&mut self, name: &str, offset: Option<u64>, bytes: &[u8]) -> Result<Answer, Trouble> {
        self.fail_sometimes()?;
        let taken = match self.ailments.full {
            true => self.stream.between(0, bytes.len() as u64) as usize,
            false => bytes.len(),
        };
        let full = self.ailments.full;
        let file = self.open(name);
        let offset = offset.map_or(file.len(), |offset| offset as usize);
        file.write(offset, &bytes[..taken]);
        if full { Err(Trouble::Full { written: taken as u64 }) } else { Ok(Answer::Done) }
    }

    fn sync(&mut self, name: &str) -> Result<Answer, Trouble> {
        self.existing(name)?;
        if let Err(trouble) = self.fail_sometimes() {
            self.existing(name)?.forget_unsynced();
            return Err(trouble);
        }
        self.existing(name)?.sync();
        Ok(Answer::Done)
    }

    fn forget_unnamed(&mut self) {
        let named: Vec<u64> = self.cached.values().chain(self.platter.values()).copied().collect();
        self.inodes.retain(|inode, _| named.contains(inode));
    }

    /// Power loss: decides from the disk's stream what of the unsynced survives.
    pub fn crash(&mut self) {
        let kept = self.stream.between(0, self.unsynced.len() as u64) as usize;
        for op in &self.unsynced[..kept] {
            apply(&mut self.platter, op);
        }
        self.unsynced.clear();
        self.cached = self.platter.clone();
        self.forget_unnamed();
        for file in self.inodes.values_mut() {
            file.crash(&mut self.stream);
        }
        self.busy_until = 0;
    }

    /// Name and contents of every file, as a process would read them now.
    pub fn contents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.cached.iter().map(|(name, inode)| (name.as_str(), self.inodes[inode].read(0, usize::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    fn disk(seed: u64) -> Disk {
        Disk::new(Seed(seed).stream("disk n1"))
    }

    fn ask(disk: &mut Disk, op: Op) -> Result<Answer, Trouble> {
        disk.submit(0, Request { id: RequestId(1), op }).1.outcome
    }

    fn append(disk: &mut Disk, file: &str, bytes: &[u8]) {
        ask(disk, Op::Append { file: file.into(), bytes: bytes.to_vec() }).unwrap();
    }

    fn sync(disk: &mut Disk, file: &str) {
        ask(disk, Op::Sync { file: file.into() }).unwrap();
    }

    fn read(disk: &mut Disk, file: &str) -> Result<Vec<u8>, Trouble> {
        match ask(disk, Op::Read { file: file.into(), offset: 0, len: 1 << 20 })? {
            Answer::Bytes(bytes) => Ok(bytes),
            other => panic!("a read answered {other:?}"),
        }
    }

    #[test]
    fn what_was_synced_survives_every_crash() {
        for seed in 0..200 {
            let mut disk = disk(seed);
            append(&mut disk, "a", &[7; 3000]);
            sync(&mut disk, "a");
            ask(&mut disk, Op::SyncDir).unwrap();
            append(&mut disk, "a", &[8; 3000]);
            disk.crash();
            assert_eq!(read(&mut disk, "a").unwrap()[..3000], [7; 3000]);
        }
    }

    #[test]
    fn unsynced_sectors_survive_one_by_one() {
        let mut shapes = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut disk = disk(seed);
            append(&mut disk, "a", &[0; 4 * SECTOR]);
            sync(&mut disk, "a");
            ask(&mut disk, Op::SyncDir).unwrap();
            ask(&mut disk, Op::Write { file: "a".into(), offset: 0, bytes: vec![1; 4 * SECTOR] }).unwrap();
            disk.crash();
            let bytes = read(&mut disk, "a").unwrap();
            let sectors: Vec<u8> = bytes.chunks(SECTOR).map(|sector| sector[0]).collect();
            assert!(
                bytes.chunks(SECTOR).all(|sector| sector.iter().all(|&b| b == sector[0])),
                "a torn sector"
            );
            shapes.insert(sectors);
        }
        assert_eq!(shapes.len(), 16, "every combination of four sectors turns up");
    }

    #[test]
    fn a_rename_without_a_synced_directory_may_be_undone() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let mut disk = disk(seed);
            append(&mut disk, "old", b"1");
            sync(&mut disk, "old");
            ask(&mut disk, Op::SyncDir).unwrap();
            append(&mut disk, "new", b"2");
            sync(&mut disk, "new");
            ask(&mut disk, Op::Rename { from: "new".into(), to: "old".into() }).unwrap();
            disk.crash();
            seen.insert(read(&mut disk, "old").unwrap());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [b"1".to_vec(), b"2".to_vec()]);
    }

    #[test]
    fn a_full_disk_takes_a_part() {
        let mut disk = disk(3);
        disk.ailments.full = true;
        let outcome = ask(&mut disk, Op::Append { file: "a".into(), bytes: vec![5; 100] });
        let Err(Trouble::Full { written }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(read(&mut disk, "a").unwrap(), vec![5; written as usize]);
    }

    #[test]
    fn a_failed_sync_loses_what_it_was_for() {
        let mut disk = disk(4);
        append(&mut disk, "a", b"kept");
        sync(&mut disk, "a");
        ask(&mut disk, Op::SyncDir).unwrap();
        append(&mut disk, "a", b"lost");
        disk.ailments.error_ppm = 1_000_000;
        assert_eq!(ask(&mut disk, Op::Sync { file: "a".into() }), Err(Trouble::Io));
        disk.ailments.error_ppm = 0;
        sync(&mut disk, "a");
        assert_eq!(read(&mut disk, "a").unwrap(), b"keptlost", "the page cache still shows it");
        disk.crash();
        assert_eq!(read(&mut disk, "a").unwrap(), b"kept");
    }

    #[test]
    fn answers_come_in_order_and_a_slow_disk_is_slow() {
        let mut disk = disk(5);
        let (first, _) = disk.submit(0, Request { id: RequestId(1), op: Op::SyncDir });
        disk.ailments.slow_by_us = 10_000;
        let (second, _) = disk.submit(0, Request { id: RequestId(2), op: Op::List });
        assert!(second >= first + 10_000);
    }
}
