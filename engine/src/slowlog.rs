//! The logs of commands that took long, were large, or had large replies: SLOWLOG and COMMANDLOG.
//!
//! An entry keeps the beginning of a request: its first arguments, and of each its first bytes. Words that are
//! secret (see `redact`) are not kept at all.

use crate::args::Argv;
use crate::redact;
use std::collections::VecDeque;

/// What an entry shows in place of a secret.
const REDACTED: &[u8] = b"(redacted)";

/// How much of a request is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Words, the last of which says how many were left out.
    pub words: usize,
    /// Bytes of a word.
    pub bytes: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { words: 32, bytes: 128 }
    }
}

/// One command that was worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Counts up over the life of the process.
    pub id: u64,
    /// Seconds since the epoch.
    pub at_s: i64,
    /// Microseconds, or bytes.
    pub value: u64,
    pub words: Vec<Vec<u8>>,
    pub address: String,
    pub name: Vec<u8>,
}

/// Who sent a request, and when it was done.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub at_s: i64,
    pub address: &'a str,
    pub name: &'a [u8],
}

/// One log, newest entry first.
#[derive(Debug)]
pub struct CommandLog {
    /// The least value that is logged; negative for none.
    pub threshold: i64,
    pub max_len: u64,
    entries: VecDeque<LogEntry>,
    next_id: u64,
}

/// The three logs, by what they measure.
#[derive(Debug)]
pub struct CommandLogs {
    /// In microseconds.
    pub slow: CommandLog,
    /// In bytes.
    pub large_request: CommandLog,
    pub large_reply: CommandLog,
    pub keep: Keep,
    /// Whether a directive's value is secret: CONFIG SET stands in the log too.
    pub secret_directive: fn(&[u8]) -> bool,
}

impl Default for CommandLogs {
    fn default() -> Self {
        let large = || CommandLog::new(1024 * 1024);
        CommandLogs {
            slow: CommandLog::new(10_000),
            large_request: large(),
            large_reply: large(),
            keep: Keep::default(),
            secret_directive: |_| false,
        }
    }
}

impl CommandLogs {
    /// A request as a log keeps it. Its id comes with `push`.
    pub fn entry(&self, value: u64, argv: Argv<'_>, origin: Origin<'_>) -> LogEntry {
        let shown =
            argv.len().min(if argv.len() > self.keep.words { self.keep.words - 1 } else { usize::MAX });
        let mut words: Vec<Vec<u8>> = (0..shown)
            .map(|index| match redact::is_secret(argv, index, self.secret_directive) {
                true => REDACTED.to_vec(),
                false => shortened(&argv[index], self.keep.bytes),
            })
            .collect();
        if shown < argv.len() {
            words.push(format!("... ({} more arguments)", argv.len() - shown).into_bytes());
        }
        let (address, name) = (origin.address.to_owned(), origin.name.to_vec());
        LogEntry { id: 0, at_s: origin.at_s, value, words, address, name }
    }
}

impl CommandLog {
    fn new(threshold: i64) -> Self {
        CommandLog { threshold, max_len: 128, entries: VecDeque::new(), next_id: 0 }
    }

    /// Whether a command of this value is logged.
    #[inline]
    pub fn wants(&self, value: u64) -> bool {
        u64::try_from(self.threshold).is_ok_and(|threshold| value >= threshold) && self.max_len > 0
    }

    pub fn push(&mut self, entry: LogEntry) {
        self.entries.push_front(LogEntry { id: self.next_id, ..entry });
        self.next_id += 1;
        self.entries.truncate(usize::try_from(self.max_len).unwrap_or(usize::MAX));
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// Forgets the entries, and not how many there have been.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

fn shortened(word: &[u8], most: usize) -> Vec<u8> {
    match word.len().checked_sub(most) {
        None | Some(0) => word.to_vec(),
        Some(more) => [&word[..most], format!("... ({more} more bytes)").as_bytes()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgv;

    fn entry(line: &str, value: u64) -> LogEntry {
        let argv: OwnedArgv = line.split(' ').collect();
        let origin = Origin { at_s: 9, address: "127.0.0.1:1", name: b"me" };
        CommandLogs::default().entry(value, argv.borrow(), origin)
    }

    #[test]
    fn long_requests_are_cut() {
        let numbers = |from: u32, to: u32| (from..to).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let kept = |line: &str| {
            entry(line, 0).words.iter().map(|w| w.escape_ascii().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(kept(&numbers(0, 32)).join(" "), numbers(0, 32));
        assert_eq!(kept(&numbers(0, 33)).join(" "), format!("{} ... (2 more arguments)", numbers(0, 31)));
        let long = "A".repeat(129);
        assert_eq!(
            kept(&format!("set {} {long}", &long[1..]))[1..],
            [&long[1..], &format!("{}... (1 more bytes)", &long[1..])]
        );
    }

    #[test]
    fn the_newest_stay() {
        let mut log = CommandLog::new(100);
        assert_eq!([99, 100].map(|value| log.wants(value)), [false, true]);
        log.max_len = 3;
        (0..5).for_each(|value| log.push(entry("get k", value)));
        let seen: Vec<_> = log.iter().map(|entry| (entry.id, entry.value)).collect();
        assert_eq!(seen, [(4, 4), (3, 3), (2, 2)]);
        log.clear();
        log.push(entry("get k", 7));
        assert_eq!(log.iter().next().map(|entry| entry.id), Some(5));
        log.max_len = 0;
        assert!(!log.wants(u64::MAX));
        log.max_len = 1;
        log.threshold = -1;
        assert!(!log.wants(u64::MAX));
    }
}
