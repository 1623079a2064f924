//! Sends the same generated commands to two servers and compares what comes back, byte for byte.
//!
//! ```text
//!  seed ─▶ spec::arbitrary ─▶ sequence ─▶ session: to both, reply by reply ─▶ compare: rules per command
//!            │                                                                  │ difference, of a class
//!            └▶ bytes: the same as a broken stream, everything read to its end  ▼
//!                                                      again (does it happen again?) ─▶ shrink ─▶ transcript
//! ```
//!
//! One class of difference is shown once: the command, and what kind of thing each side said. A difference
//! counts only when it happens again on a fresh run of its sequence, since a key may expire between the two
//! servers' clocks.

pub mod bytes;
pub mod compare;
pub mod session;
pub mod shrink;

use crate::live::Connection;
use crate::reply::Reply;
use crate::words;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use session::Pair;
use spec::arbitrary::{Generator, Knobs};
use spec::schema::{Argument, Entry};
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Commands as sent.
pub type Sequence = Vec<Vec<Vec<u8>>>;

/// Where two servers part.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The last command of the sequence is the one that was answered differently.
    pub sequence: Sequence,
    pub resp: u8,
    pub subject: String,
    pub reference: String,
    /// Two differences of one class have one cause, as far as one can tell from outside.
    pub class: String,
}

impl Difference {
    /// A transcript with both answers to its last command.
    pub fn transcript(&self) -> String {
        let mut text = format!("# {} (RESP{})\n", self.class, self.resp);
        for command in &self.sequence {
            text.push_str(&format!("> {}\n", words::join(command)));
        }
        text + &format!("< {}\n# reference: {}\n", self.subject, self.reference)
    }
}

/// Commands that are not sent: they end, block, hide or take over a server or a connection, or turn a knob
/// that would have to be turned back.
const UNSENT: [&str; 29] = [
    "psubscribe",
    "punsubscribe",
    "ssubscribe",
    "sunsubscribe",
    "unsubscribe",
    "auth",
    "bgrewriteaof",
    "bgsave",
    "blpop",
    "client|kill",
    "client|pause",
    "client|reply",
    "config|rewrite",
    "config|set",
    "debug",
    "failover",
    "hello",
    "monitor",
    "psync",
    "quit",
    "replconf",
    "replicaof",
    "reset",
    "save",
    "shutdown",
    "slaveof",
    "subscribe",
    "sync",
    "wait",
];

/// What to send, and how long.
pub struct Plan {
    pub seed: u64,
    /// Sequences; zero is no limit.
    pub sequences: u64,
    pub duration: Duration,
    /// Commands in a sequence.
    pub length: usize,
    /// Only commands of these families; all when empty.
    pub families: Vec<String>,
    /// Ends after so many classes of difference.
    pub enough: usize,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    pub sequences: u64,
    pub commands: u64,
    pub differences: Vec<Difference>,
}

/// Compares the server at `subject` with the one at `reference`. Both lose their data.
///
/// # Errors
/// A server cannot be reached, or is gone: a crash, with the seed that led to it.
pub fn run(subject: &str, reference: &str, plan: &Plan) -> Result<Outcome, String> {
    let generator = generator(subject, reference, &plan.families)?;
    let pair = Pair { subject: subject.to_owned(), reference: reference.to_owned() };
    let started = Instant::now();
    let mut outcome = Outcome::default();
    let mut classes = BTreeSet::new();
    while (plan.sequences == 0 || outcome.sequences < plan.sequences)
        && started.elapsed() < plan.duration
        && outcome.differences.len() < plan.enough
    {
        let seed = plan.seed.wrapping_add(outcome.sequences);
        outcome.sequences += 1;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let resp = if random.next_u32().is_multiple_of(2) { 2 } else { 3 };
        let found = if random.next_u32().is_multiple_of(8) {
            outcome.commands += plan.length as u64;
            bytes::compare(&pair, &mut random, plan.length)
        } else {
            let sequence: Sequence = sequence(&generator, &mut random, plan.length);
            outcome.commands += sequence.len() as u64;
            commands(&pair, &sequence, resp)
        };
        let found = found.map_err(|what| format!("seed {seed}: {what}"))?;
        if let Some(difference) = found
            && classes.insert(difference.class.clone())
        {
            println!("# seed {seed}\n{}", difference.transcript());
            outcome.differences.push(difference);
        }
    }
    Ok(outcome)
}

/// Runs one sequence; a difference that happens again is shrunk.
fn commands(pair: &Pair, sequence: &Sequence, resp: u8) -> Result<Option<Difference>, String> {
    let Some(first) = pair.play(sequence, resp)? else { return Ok(None) };
    for _ in 0..2 {
        match pair.play(&first.sequence, resp)? {
            Some(again) if again.class == first.class => {}
            _ => return Ok(None),
        }
    }
    shrink::shrink(first, &mut |sequence| pair.play(sequence, resp)).map(Some)
}

/// A generator of what both servers have and the reference's version understands.
fn generator(subject: &str, reference: &str, families: &[String]) -> Result<Generator, String> {
    let (ours, theirs) = (Table::ask(subject)?, Table::ask(reference)?);
    let mut entries = spec::load();
    for entry in &mut entries {
        forget_newer(&mut entry.arguments, &theirs);
        entry.subcommands.iter_mut().for_each(|row| forget_newer(&mut row.arguments, &theirs));
    }
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    // Nothing may fall due between two sends: expiries lie hours away, or in the past.
    let knobs = Knobs { cold_keys: 20, now_ms, horizon_ms: 1 << 30, ..Knobs::default() };
    let mut generator = Generator::of_family(&entries, "string", knobs);
    for row in entries.iter().flat_map(Entry::rows) {
        let name = row.full_name.to_lowercase();
        let container = name.split('|').next().unwrap_or_default().to_owned();
        let wanted = families.is_empty() || families.contains(&row.family);
        let sent = !UNSENT.contains(&name.as_str()) && !UNSENT.contains(&container.as_str());
        let both = ours.names.contains(&container) && theirs.names.contains(&container);
        let handled = row.home.is_some() && !theirs.is_older_than(&row.since);
        let weight = match row.family.as_str() {
            "string" | "generic" => 10,
            _ if container == "flushall" || container == "flushdb" => 1,
            _ => 2,
        };
        let usable = wanted && sent && both && handled;
        // A row of the string family is there already and must be silenced when it is not usable.
        if usable || row.family == "string" {
            generator.weigh(&entries, &name, if usable { weight } else { 0 });
        }
    }
    Ok(generator)
}

/// Drops the arguments that came after the reference's version.
fn forget_newer(arguments: &mut Vec<Argument>, table: &Table) {
    arguments.retain(|argument| !argument.since.as_deref().is_some_and(|since| table.is_older_than(since)));
    arguments.iter_mut().for_each(|argument| forget_newer(&mut argument.arguments, table));
}

/// The commands and the version of a server.
struct Table {
    names: BTreeSet<String>,
    version: Vec<u32>,
}

impl Table {
    fn ask(address: &str) -> Result<Table, String> {
        let mut connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
        let list = connection.ask(&["COMMAND", "LIST"])?;
        let names = list.elements().ok_or("COMMAND LIST is no list")?.iter().filter_map(Reply::text);
        let names = names.map(|name| String::from_utf8_lossy(name).to_lowercase()).collect();
        let info = connection.ask(&["INFO", "server"])?;
        let info = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("0");
        Ok(Table { names, version: numbers(version) })
    }

    fn is_older_than(&self, since: &str) -> bool {
        self.version < numbers(since)
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.trim().split('.').filter_map(|part| part.parse().ok()).collect()
}

fn sequence(generator: &Generator, random: &mut ChaCha8Rng, length: usize) -> Sequence {
    let sent = |request: &Vec<Vec<u8>>| {
        let word = |at: usize| request.get(at).map(|w| String::from_utf8_lossy(w).to_lowercase());
        let name = word(0).unwrap_or_default();
        let full = format!("{name}|{}", word(1).unwrap_or_default());
        !UNSENT.contains(&name.as_str()) && !UNSENT.contains(&full.as_str()) && !is_endless(&name, request)
    };
    std::iter::repeat_with(|| generator.request(random)).filter(sent).take(length).collect()
}

/// Whether a request is for so many random elements, again and again, that Redis would not come back from it.
fn is_endless(name: &str, request: &[Vec<u8>]) -> bool {
    let count = request.get(2).and_then(|word| std::str::from_utf8(word).ok()?.parse::<i64>().ok());
    (name.ends_with("randfield") || name.ends_with("randmember"))
        && count.is_some_and(|count| count < -100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let table = Table { names: BTreeSet::new(), version: numbers("8.0.6") };
        assert!(table.is_older_than("8.4.0") && table.is_older_than("10.0.0"));
        assert!(!table.is_older_than("8.0.0") && !table.is_older_than("7.4.0"));
    }
}
