//! A primary's snapshot on its way in: framing around an RDB file, taken in any pieces.
//!
//! ```text
//!   "\n"*  "$EOF:" mark CRLF  RDB  mark          "\n"*  "$" length CRLF  RDB
//! ```
//!
//! An RDB says itself where it ends, so the mark is only compared, never searched for.

use engine::keyspace::Keyspace;
use engine::persist::load::{Expired, LoadProgress, Loader};
use engine::time::Now;

const MARK_LEN: usize = 40;
/// The longest header line that makes sense, in bytes.
const HEADER_MAX: usize = 128;

#[derive(Debug)]
pub(super) struct Payload {
    stage: Stage,
    pub loader: Loader,
    /// Bytes of the RDB so far.
    pub read: u64,
    /// Its announced length; none with a mark.
    pub total: Option<u64>,
}

#[derive(Debug)]
enum Stage {
    Header(Vec<u8>),
    /// Within the RDB.
    File(End),
    /// Behind it, comparing the mark.
    Mark {
        mark: Vec<u8>,
        seen: usize,
    },
}

#[derive(Clone, Debug)]
enum End {
    Mark(Vec<u8>),
    Length,
}

/// What came of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More are needed.
    More,
    /// The header is there: the keyspace must be emptied before the next call. So many bytes were used.
    Begins(usize),
    /// The payload is over; so many of the bytes were its own.
    Ends(usize),
}

impl Payload {
    pub fn new() -> Payload {
        Payload { stage: Stage::Header(Vec::new()), loader: Loader::new(Expired::Keep), read: 0, total: None }
    }

    /// Takes the next bytes in.
    ///
    /// # Errors
    ///
    /// What is wrong with them, in words for the log. Nothing more may follow.
    pub fn push(&mut self, keyspace: &mut Keyspace, now: Now, bytes: &[u8]) -> Result<Step, String> {
        match &mut self.stage {
            Stage::Header(line) => {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    line.extend_from_slice(bytes);
                    return if line.len() > HEADER_MAX { Err(bad_header(line)) } else { Ok(Step::More) };
                };
                line.extend_from_slice(&bytes[..end]);
                if line.is_empty() || line == b"\r" {
                    line.clear();
                    // A sign of life while the snapshot is being made.
                    return Ok(self.push(keyspace, now, &bytes[end + 1..])?.after(end + 1));
                }
                self.stage = Stage::File(self.header()?);
                Ok(Step::Begins(end + 1))
            }
            Stage::File(end) => {
                let end = end.clone();
                self.file(keyspace, now, bytes, end)
            }
            Stage::Mark { mark, seen } => {
                let len = bytes.len().min(mark.len() - *seen);
                if bytes[..len] != mark[*seen..*seen + len] {
                    return Err("the payload does not end in its announced mark".to_string());
                }
                *seen += len;
                Ok(if *seen == mark.len() { Step::Ends(len) } else { Step::More })
            }
        }
    }

    /// Whether the header has been read, so that the keyspace is this payload's.
    pub fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Header(_))
    }

    fn header(&mut self) -> Result<End, String> {
        let Stage::Header(line) = &self.stage else { unreachable!("the header is read once") };
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(mark) = text.strip_prefix(b"$EOF:") {
            return if mark.len() == MARK_LEN { Ok(End::Mark(mark.to_vec())) } else { Err(bad_header(text)) };
        }
        let length = text.strip_prefix(b"$").and_then(ds::int::parse_i64).and_then(|n| u64::try_from(n).ok());
        self.total = Some(length.ok_or_else(|| bad_header(text))?);
        Ok(End::Length)
    }

    fn file(&mut self, keyspace: &mut Keyspace, now: Now, bytes: &[u8], end: End) -> Result<Step, String> {
        let most = self.total.map_or(bytes.len(), |total| {
            bytes.len().min(usize::try_from(total - self.read).unwrap_or(usize::MAX))
        });
        let progress = self.loader.push(keyspace, now, &bytes[..most]).map_err(|error| error.to_string())?;
        self.read += most as u64;
        let (LoadProgress::Done, rest) = (progress, self.loader.rest().len()) else {
            return match self.total {
                Some(total) if self.read == total => {
                    Err(format!("the payload is shorter than it should be: {total} bytes"))
                }
                _ => Ok(Step::More),
            };
        };
        match end {
            End::Length if rest > 0 || Some(self.read) != self.total => {
                Err("there are bytes behind the end of the payload's RDB".to_string())
            }
            End::Length => Ok(Step::Ends(most)),
            End::Mark(mark) => {
                self.read -= rest as u64;
                self.stage = Stage::Mark { mark, seen: 0 };
                let used = bytes.len() - rest;
                Ok(self.push(keyspace, now, &bytes[used..])?.after(used))
            }
        }
    }
}

impl Step {
    /// The same, where `used` bytes came before those it speaks of.
    fn after(self, used: usize) -> Step {
        match self {
            Step::More => Step::More,
            Step::Begins(n) => Step::Begins(used + n),
            Step::Ends(n) => Step::Ends(used + n),
        }
    }
}

fn bad_header(line: &[u8]) -> String {
    let shown = &line[..line.len().min(HEADER_MAX)];
    format!("Bad protocol from MASTER, the first byte is not '$' (we received '{}')", shown.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::engine::Engine;
    use engine::persist::rdb::{Attributes, Writer, codes::kind};

    const MARK: &str = "0123456789012345678901234567890123456789";

    fn file() -> Vec<u8> {
        let mut writer = Writer::new(true);
        writer.magic();
        writer.entry(&Attributes::default(), kind::STRING, b"k");
        writer.string(b"value");
        writer.end(true);
        writer.take()
    }

    /// Bytes behind the payload, after it came in pieces of `size`.
    fn taken(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
        let mut engine = Engine::new(2, 1);
        let mut payload = Payload::new();
        let mut at = 0;
        for piece in bytes.chunks(size) {
            let mut piece = piece;
            loop {
                match payload.push(&mut engine.keyspace, Now::default(), piece)? {
                    Step::More => {
                        at += piece.len();
                        break;
                    }
                    Step::Begins(used) => {
                        at += used;
                        piece = &piece[used..];
                    }
                    Step::Ends(used) => {
                        assert_eq!(engine.keyspace.db(0).len(), 1);
                        return Ok(bytes[at + used..].to_vec());
                    }
                }
            }
        }
        Err("unfinished".to_string())
    }

    #[test]
    fn both_framings_end_where_they_should_however_they_are_cut() {
        let file = file();
        let marked = [b"\n\n", format!("$EOF:{MARK}\r\n").as_bytes(), &file, MARK.as_bytes(), b"*1"].concat();
        let counted = [format!("\n${}\r\n", file.len()).as_bytes(), &file, b"*1"].concat();
        for bytes in [marked, counted] {
            for size in 1..bytes.len() + 1 {
                assert_eq!(taken(&bytes, size), Ok(b"*1".to_vec()), "in pieces of {size}");
            }
        }
    }

    #[test]
    fn hostile_payloads_are_told_apart() {
        let file = file();
        let counted = |len: usize, bytes: &[u8]| [format!("${len}\r\n").as_bytes(), bytes].concat();
        let marked = |bytes: &[u8]| [format!("$EOF:{MARK}\r\n").as_bytes(), bytes].concat();
        for (bytes, error) in [
            (b"+OK\r\n".to_vec(), "Bad protocol from MASTER"),
            (b"$-1\r\n".to_vec(), "Bad protocol from MASTER"),
            (b"$EOF:short\r\n".to_vec(), "Bad protocol from MASTER"),
            (vec![b'x'; 1000], "Bad protocol from MASTER"),
            (counted(0, b"*"), "the payload is shorter"),
            (counted(file.len() - 1, &file), "the payload is shorter"),
            (counted(file.len() + 1, &[&file[..], b"x"].concat()), "there are bytes behind"),
            (counted(20, b"GARBAGEGARBAGEGARBAGE"), "no RDB"),
            (marked(&[&file[..], &[b'z'; 40]].concat()), "the payload does not end in"),
            (marked(b"REDIS9999"), "RDB version"),
        ] {
            for size in [1, 7, 10_000] {
                let result = taken(&bytes, size).expect_err("it is refused");
                assert!(result.starts_with(error), "{result:?} for {:?}", bytes.escape_ascii().to_string());
            }
        }
    }
}
