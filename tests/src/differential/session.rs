//! One sequence of commands on a fresh connection to each of two emptied servers.

use super::compare::{self, Rule};
use super::{Difference, Sequence};
use crate::live::Connection;
use crate::reply::Reply;
use crate::run::{Heard, encode};
use std::collections::BTreeSet;

/// The two servers.
pub struct Pair {
    pub subject: String,
    pub reference: String,
}

struct Session {
    subject: Connection,
    reference: Connection,
    /// What a transaction has queued: each reply within that of EXEC is judged by the rule of its own command.
    queued: Vec<Vec<Vec<u8>>>,
}

impl Pair {
    /// Plays the sequence until the first difference.
    ///
    /// # Errors
    /// A server cannot be reached: it has gone, or takes no connections.
    pub fn play(&self, sequence: &Sequence, resp: u8) -> Result<Option<Difference>, String> {
        let mut session = Session {
            subject: prepare(&self.subject, resp)?,
            reference: prepare(&self.reference, resp)?,
            queued: Vec::new(),
        };
        for (index, command) in sequence.iter().enumerate() {
            let (subject, reference) = session.ask(command);
            let same = match (&subject, &reference) {
                (Heard::Reply(ours), Heard::Reply(theirs)) => {
                    let rule = compare::rule(command);
                    (compare::same(rule, ours, theirs) || session.transactions_agree(command, ours, theirs))
                        && (rule != Rule::Scan || session.scans_agree(command, ours, theirs))
                }
                _ => subject == reference,
            };
            if !same {
                let name = String::from_utf8_lossy(command.first().map_or(b"", |name| name)).to_lowercase();
                return Ok(Some(Difference {
                    sequence: sequence[..=index].to_vec(),
                    resp,
                    class: format!("{name}: {} for {}", kind(&subject), kind(&reference)),
                    subject: show(&subject),
                    reference: show(&reference),
                }));
            }
            if subject == Heard::Closed {
                break;
            }
            let queued = session.note_queued(command, &subject);
            if let (Heard::Reply(ours), Heard::Reply(theirs)) = (&subject, &reference) {
                session.balance(command, queued, ours, theirs);
            }
        }
        Ok(None)
    }
}

fn prepare(address: &str, resp: u8) -> Result<Connection, String> {
    let mut connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
    connection.ask(&["FLUSHALL"])?;
    connection.ask(&["HELLO", &resp.to_string()])?;
    Ok(connection)
}

impl Session {
    /// Remembers what a transaction queues, and hands it out with whatever is answered otherwise.
    fn note_queued(&mut self, command: &[Vec<u8>], heard: &Heard) -> Vec<Vec<Vec<u8>>> {
        match heard {
            Heard::Reply(Reply::Simple(text)) if text == b"QUEUED" => self.queued.push(command.to_vec()),
            // A refused command leaves the queue as it was.
            Heard::Reply(Reply::Error(_)) => {}
            _ => return std::mem::take(&mut self.queued),
        }
        Vec::new()
    }

    /// What one server popped by chance the other parts with too; what a transaction popped, once it has run.
    fn balance(&mut self, command: &[Vec<u8>], queued: Vec<Vec<Vec<u8>>>, ours: &Reply, theirs: &Reply) {
        if let (Rule::Popped, Some(key)) = (compare::rule(command), command.get(1))
            && *ours != Reply::Simple(b"QUEUED".to_vec())
        {
            self.part_with(key, ours, theirs);
        }
        if let (Reply::Array(ours), Reply::Array(theirs)) = (ours, theirs)
            && ours.len() == queued.len()
            && theirs.len() == queued.len()
        {
            for (command, (ours, theirs)) in queued.iter().zip(ours.iter().zip(theirs)) {
                self.balance(command, Vec::new(), ours, theirs);
            }
        }
    }

    /// Whether the replies of EXEC are the same, each under the rule of the command that it answers.
    fn transactions_agree(&self, command: &[Vec<u8>], ours: &Reply, theirs: &Reply) -> bool {
        let (Reply::Array(ours), Reply::Array(theirs)) = (ours, theirs) else { return false };
        let lengths = [ours.len(), theirs.len()];
        command.first().is_some_and(|name| name.eq_ignore_ascii_case(b"exec"))
            && lengths == [self.queued.len(); 2]
            && self
                .queued
                .iter()
                .zip(ours.iter().zip(theirs))
                .all(|(queued, (ours, theirs))| compare::same(compare::rule(queued), ours, theirs))
    }

    fn ask(&mut self, command: &[Vec<u8>]) -> (Heard, Heard) {
        let bytes = encode(command);
        self.subject.send(&bytes);
        self.reference.send(&bytes);
        (self.subject.receive(), self.reference.receive())
    }

    /// Takes from each set what the other server popped, so that both hold the same again.
    fn part_with(&mut self, key: &[u8], ours: &Reply, theirs: &Reply) {
        let remove = |connection: &mut Connection, popped: &Reply| {
            let members = popped.elements().unwrap_or(std::slice::from_ref(popped));
            let mut command = vec![b"SREM".to_vec(), key.to_vec()];
            command.extend(members.iter().filter_map(Reply::text).map(<[u8]>::to_vec));
            if command.len() > 2 {
                connection.send(&encode(&command));
                connection.receive();
            }
        };
        remove(&mut self.subject, theirs);
        remove(&mut self.reference, ours);
    }

    /// Takes a scan to its end on both sides and compares all that came.
    fn scans_agree(&mut self, command: &[Vec<u8>], ours: &Reply, theirs: &Reply) -> bool {
        // SCAN names its cursor first, its kin the key before it.
        let cursor = if command[0].eq_ignore_ascii_case(b"scan") { 1 } else { 2 };
        let (head, options) =
            (&command[..cursor.min(command.len())], command.get(cursor + 1..).unwrap_or_default());
        // From a cursor in the middle there is no telling what is left: only whole iterations compare.
        let whole = command.get(cursor).is_some_and(|cursor| cursor == b"0");
        let ours = finish(&mut self.subject, head, options, ours);
        let theirs = finish(&mut self.reference, head, options, theirs);
        !whole || ours == theirs
    }
}

/// Everything that a scan returns from this page on; `None` when it goes wrong or finds no end.
fn finish(
    connection: &mut Connection,
    head: &[Vec<u8>],
    options: &[Vec<u8>],
    page: &Reply,
) -> Option<BTreeSet<Reply>> {
    let mut found = BTreeSet::new();
    let mut page = page.clone();
    for _ in 0..10_000 {
        let [cursor, keys] = page.elements()? else { return None };
        found.extend(keys.elements()?.iter().cloned());
        let cursor = cursor.text()?.to_vec();
        if cursor == b"0" {
            return Some(found);
        }
        let next = [head, &[cursor], options].concat();
        connection.send(&encode(&next));
        let Heard::Reply(reply) = connection.receive() else { return None };
        page = reply;
    }
    None
}

fn kind(heard: &Heard) -> String {
    match heard {
        Heard::Reply(reply) => compare::kind(reply),
        Heard::Closed => "closed".into(),
        Heard::Silence => "silence".into(),
        Heard::Malformed(_) => "no RESP".into(),
    }
}

fn show(heard: &Heard) -> String {
    match heard {
        Heard::Reply(reply) => reply.pretty(100),
        Heard::Closed => "(closed)".into(),
        Heard::Silence => "(no reply)".into(),
        Heard::Malformed(what) => format!("({what})"),
    }
}
