//! Keys whose names begin with `r:` are linearizable registers while their server is a stable primary.
//!
//! What counts as one history is a *term*: one life of one server, from the moment it is a primary until
//! somebody makes it a replica. A life that begins as a primary begins empty, since nothing is persisted
//! yet; a promotion begins with values nobody knows. Servers run requests in the order in which they read
//! them, and the world knows that order: so it is known which requests belong to a term, and in which order
//! to look first.

use super::linear::{Model, Span, Verdict, check};
use super::{Check, Evidence};
use crate::history::Operation;
use crate::plan::text::show_command;
use crate::process::{ConnId, HostId, Life};
use crate::world::Session;
use net::resp::Frame;
use std::collections::{BTreeMap, BTreeSet};

pub const PREFIX: &[u8] = b"r:";

pub struct Linear;

/// Stands for a missing key, and for a value of which nothing is known.
const NIL: u32 = 0;
const UNKNOWN: u32 = 1;

/// What a command does to its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Get,
    /// Sets `value`, if `when` allows it; `get` answers with the old value.
    Set {
        value: u32,
        when: When,
        get: bool,
    },
    /// SETNX answers with a number instead of OK.
    SetNx {
        value: u32,
    },
    Incr,
    Del,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    Absent,
    Present,
    Equal(u32),
}

/// What the reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// No reply; anything goes.
    Nothing,
    Ok,
    Nil,
    Value(u32),
    Number(i64),
    /// The value is not an integer.
    NotAnInteger,
    /// A reply no such command can give.
    Nonsense,
}

/// Numbers for byte strings.
#[derive(Default)]
struct Names {
    by_bytes: BTreeMap<Vec<u8>, u32>,
    bytes: Vec<Vec<u8>>,
}

impl Names {
    fn number(&mut self, bytes: &[u8]) -> u32 {
        if let Some(&number) = self.by_bytes.get(bytes) {
            return number;
        }
        self.bytes.push(bytes.to_vec());
        let number = self.bytes.len() as u32 + 1;
        self.by_bytes.insert(bytes.to_vec(), number);
        number
    }

    fn show(&self, value: u32) -> String {
        match value {
            NIL => "nothing".into(),
            UNKNOWN => "anything".into(),
            value => self.bytes[value as usize - 2].escape_ascii().to_string(),
        }
    }

    /// The integer a value spells, as INCR sees it.
    fn integer(&self, value: u32) -> Option<i64> {
        let text = std::str::from_utf8(&self.bytes[value as usize - 2]).ok()?;
        text.parse().ok().filter(|number: &i64| number.to_string() == text)
    }
}

struct Register {
    names: Names,
    rows: Vec<(Act, Said)>,
}

fn act(argv: &[Vec<u8>], names: &mut Names) -> Option<Act> {
    let words: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
    let name = words[0].to_ascii_uppercase();
    Some(match (name.as_slice(), &words[1..]) {
        (b"GET", [_]) => Act::Get,
        (b"INCR", [_]) => Act::Incr,
        (b"DEL", [_]) => Act::Del,
        (b"SETNX", [_, value]) => Act::SetNx { value: names.number(value) },
        (b"GETSET", [_, value]) => Act::Set { value: names.number(value), when: When::Always, get: true },
        (b"SET", [_, value, options @ ..]) => {
            let value = names.number(value);
            let (options, get) = match options {
                [head @ .., b"GET"] => (head, true),
                _ => (options, false),
            };
            let when = match options {
                [] => When::Always,
                [b"NX"] => When::Absent,
                [b"XX"] => When::Present,
                [b"IFEQ", old] => When::Equal(names.number(old)),
                _ => return None,
            };
            Act::Set { value, when, get }
        }
        _ => return None,
    })
}

/// What a reply says; `None` for an error that means nothing was executed.
fn said(reply: Option<&Frame>, names: &mut Names) -> Option<Said> {
    Some(match reply {
        None => Said::Nothing,
        Some(Frame::Simple(text)) if text == b"OK" => Said::Ok,
        Some(Frame::Null | Frame::NullBulk) => Said::Nil,
        Some(Frame::Bulk(bytes)) => Said::Value(names.number(bytes)),
        Some(Frame::Integer(number)) => Said::Number(*number),
        Some(Frame::Error(text)) if text.starts_with(b"ERR value is not an integer") => Said::NotAnInteger,
        Some(Frame::Error(_)) => return None,
        Some(_) => Said::Nonsense,
    })
}

impl Register {
    /// The value after a conditional set, and whether it was set; `None` where the value leaves it open.
    fn would_set(when: When, before: u32) -> Option<bool> {
        match (when, before) {
            (When::Always, _) => Some(true),
            (_, UNKNOWN) => None,
            (When::Absent, NIL) => Some(true),
            (When::Absent, _) => Some(false),
            (When::Present, before) => Some(before != NIL),
            (When::Equal(old), before) => Some(before == old),
        }
    }

    fn set(&self, value: u32, when: When, get: bool, said: Said, before: u32) -> Option<u32> {
        let would = Register::would_set(when, before);
        if said == Said::Nothing {
            return Some(match would {
                Some(true) => value,
                Some(false) => before,
                None => UNKNOWN,
            });
        }
        if get {
            let old = match said {
                Said::Nil => NIL,
                Said::Value(old) => old,
                _ => return None,
            };
            let fits = before == UNKNOWN || before == old;
            return fits.then(|| if Register::would_set(when, old) == Some(true) { value } else { old });
        }
        match (said, would) {
            (Said::Ok, None | Some(true)) => Some(value),
            (Said::Nil, Some(false)) => Some(before),
            (Said::Nil, None) => Some(if when == When::Present { NIL } else { UNKNOWN }),
            _ => None,
        }
    }

    fn incr(&mut self, said: Said, before: u32) -> Option<u32> {
        if before == UNKNOWN {
            return match said {
                Said::Nothing | Said::NotAnInteger => Some(UNKNOWN),
                Said::Number(new) => Some(self.names.number(new.to_string().as_bytes())),
                _ => None,
            };
        }
        let old = if before == NIL { Some(0) } else { self.names.integer(before) };
        let Some(new) = old.and_then(|old| old.checked_add(1)) else {
            return matches!(said, Said::Nothing | Said::NotAnInteger).then_some(before);
        };
        let fits = said == Said::Nothing || said == Said::Number(new);
        fits.then(|| self.names.number(new.to_string().as_bytes()))
    }
}

impl Model for Register {
    fn apply(&mut self, operation: usize, before: u32) -> Option<u32> {
        let (act, said) = self.rows[operation];
        match act {
            Act::Set { value, when, get } => self.set(value, when, get, said, before),
            Act::Incr => self.incr(said, before),
            Act::Get => match said {
                Said::Nothing => Some(before),
                Said::Nil => (before == NIL || before == UNKNOWN).then_some(NIL),
                Said::Value(seen) => (before == seen || before == UNKNOWN).then_some(seen),
                _ => None,
            },
            Act::SetNx { value } => {
                let as_set = match said {
                    Said::Number(1) => Said::Ok,
                    Said::Number(0) => Said::Nil,
                    Said::Nothing => Said::Nothing,
                    _ => return None,
                };
                self.set(value, When::Absent, false, as_set, before)
            }
            Act::Del => match said {
                Said::Nothing => Some(NIL),
                Said::Number(0) => (before == NIL || before == UNKNOWN).then_some(NIL),
                Said::Number(1) => (before != NIL).then_some(NIL),
                _ => None,
            },
        }
    }
}

/// A time during which one process was a stable primary, in numbers of reads: from its promotion until it
/// was made a replica.
#[derive(Clone, Copy, Debug)]
struct Term {
    from: u64,
    until: u64,
    initial: u32,
}

/// The terms of one life of one server.
fn terms(evidence: &Evidence<'_>, sessions: &Sessions, server: HostId, life: Life) -> Vec<Term> {
    let replica = evidence.plan.starts_as_replica(&evidence.world.host(server).name);
    let first = Term { from: 0, until: u64::MAX, initial: NIL };
    let mut terms = if replica { Vec::new() } else { vec![first] };
    let mut primary = !replica;
    let operations = evidence.history.operations.iter();
    let changes = operations.filter(|op| (op.server, op.life) == (server, life) && op.name() == b"REPLICAOF");
    let mut changes: Vec<(u64, &Operation)> =
        changes.filter_map(|op| Some((read_number(sessions, op)?, op))).collect();
    changes.sort_by_key(|&(number, _)| number);
    for (number, op) in changes {
        let promotes = op.argv[1].eq_ignore_ascii_case(b"NO");
        match (primary, promotes) {
            (true, false) => terms.last_mut().expect("a primary has a term").until = number,
            (false, true) => terms.push(Term { from: number, until: u64::MAX, initial: UNKNOWN }),
            _ => {}
        }
        primary = promotes;
    }
    terms
}

/// The number of the read with which the server had the whole request; `None` if it never had.
fn read_number(sessions: &Sessions, op: &Operation) -> Option<u64> {
    sessions.get(&(op.client, op.conn))?.read_of(op.ends_at)
}

impl Check for Linear {
    fn judge(&mut self, evidence: &Evidence<'_>) -> Result<(), String> {
        let mut by_register: BTreeMap<(HostId, Life, &[u8]), Vec<&Operation>> = BTreeMap::new();
        for op in &evidence.history.operations {
            if let Some(key) = op.argv.get(1).filter(|key| key.starts_with(PREFIX)) {
                by_register.entry((op.server, op.life, key)).or_default().push(op);
            }
        }
        let sessions = evidence.world.sessions();
        let lives: BTreeSet<(HostId, Life)> =
            by_register.keys().map(|&(server, life, _)| (server, life)).collect();
        for (server, life) in lives {
            for term in terms(evidence, &sessions, server, life) {
                let here = by_register.iter().filter(|((s, l, _), _)| (*s, *l) == (server, life));
                for ((_, _, key), operations) in here {
                    judge_register(operations, term, &sessions).map_err(|what| {
                        let name = &evidence.world.host(server).name;
                        format!("{name}, life {life}, key {}: {what}", key.escape_ascii())
                    })?;
                }
            }
        }
        Ok(())
    }
}

type Sessions = BTreeMap<(HostId, ConnId), Session>;

/// One register in one term.
fn judge_register(operations: &[&Operation], term: Term, sessions: &Sessions) -> Result<(), String> {
    let mut register = Register { names: Names::default(), rows: Vec::new() };
    let mut spans: Vec<Span> = Vec::new();
    let mut kept: Vec<&Operation> = Vec::new();
    let mut last_of: BTreeMap<(HostId, ConnId), usize> = BTreeMap::new();
    for op in operations {
        let Some(hint) = read_number(sessions, op) else {
            // The server never saw it, or not to its end.
            if op.reply().is_some() {
                return Err(format!("a reply to {} before it was read", show_command(&op.argv)));
            }
            continue;
        };
        if hint < term.from || hint >= term.until {
            continue;
        }
        let act = act(&op.argv, &mut register.names)
            .unwrap_or_else(|| panic!("the register model does not know {}", show_command(&op.argv)));
        let optional = op.reply().is_none();
        let Some(said) = said(op.reply(), &mut register.names) else { continue };
        if act == Act::Get && optional {
            continue;
        }
        let session = (op.client, op.conn);
        let completed = op.completed_us().min(sessions[&session].held_until);
        let after = last_of.insert(session, spans.len());
        spans.push(Span { invoked: op.invoked_us, completed, optional, after, hint });
        register.rows.push((act, said));
        kept.push(op);
    }
    match check(&spans, term.initial, &mut register) {
        Verdict::Linear => Ok(()),
        // The first order tried is the one in which the server read the requests, and a server that runs one
        // after another is right by that one. So it was wrong, though what else might fit is not known.
        Verdict::Undecided => Err(format!("no order found that fits {} operations", kept.len())),
        Verdict::Broken { prefix, value, stuck } => {
            Err(explain(&kept, &prefix, &register.names.show(value), &stuck))
        }
    }
}

fn explain(kept: &[&Operation], prefix: &[usize], value: &str, stuck: &[usize]) -> String {
    let show = |&index: &usize| {
        let op = kept[index];
        let reply = op.reply().map_or("unknown".into(), |frame| frame.print().trim_end().replace('\n', " "));
        format!("\n    {:>12} us  h{} {} -> {reply}", op.invoked_us, op.client.0, show_command(&op.argv))
    };
    let tail = &prefix[prefix.len().saturating_sub(4)..];
    format!(
        "no order fits {} operations; after {} of them the value is {value}:{}\n  and next must come one of:{}",
        kept.len(),
        prefix.len(),
        tail.iter().map(show).collect::<String>(),
        stuck.iter().map(show).collect::<String>(),
    )
}
