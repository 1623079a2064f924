//! A toy server for the simulator's own tests: a few string commands, no clock, no disk, and bugs on
//! request. It proves that the world carries bytes and that each checker sees what it is there to see,
//! whatever the state of the real node.

use crate::clock::Now;
use crate::host::Boot;
use crate::process::{Action, ConnId, Event, Inspection, Process};
use net::resp::{Argv, Limits, Parser, Step};
use std::collections::{BTreeMap, VecDeque};

/// A way in which the toy is wrong, now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    None,
    /// Every 20th write is answered and forgotten.
    LosesWrites,
    /// Every 20th read answers what the key held before.
    ReadsOld,
    /// Every 50th reply comes twice.
    AnswersTwice,
    /// Every 50th reply is not RESP.
    Garbles,
    /// The 100th command is one too many.
    Panics,
    /// Everything ever received is kept in buffers.
    Hoards,
    /// Two servers with the same data disagree on what it is.
    Diverges,
}

#[derive(Default)]
struct Conn {
    parser: Parser,
    input: Vec<u8>,
    output: Vec<u8>,
}

pub struct Toy {
    bug: Bug,
    conns: BTreeMap<ConnId, Conn>,
    keys: BTreeMap<Vec<u8>, Vec<u8>>,
    before: BTreeMap<Vec<u8>, Vec<u8>>,
    commands: u64,
    hoard: usize,
    seed: u64,
    actions: VecDeque<Action>,
}

impl Toy {
    pub fn new(bug: Bug, boot: Boot) -> Toy {
        Toy {
            bug,
            conns: BTreeMap::new(),
            keys: BTreeMap::new(),
            before: BTreeMap::new(),
            commands: 0,
            hoard: 0,
            seed: boot.seed,
            actions: VecDeque::new(),
        }
    }

    fn set(&mut self, key: &[u8], value: Vec<u8>) {
        let forget = self.bug == Bug::LosesWrites && self.commands.is_multiple_of(20);
        if let Some(old) = self.keys.get(key) {
            self.before.insert(key.to_vec(), old.clone());
        }
        if !forget {
            self.keys.insert(key.to_vec(), value);
        }
    }

    fn get(&self, key: &[u8]) -> Vec<u8> {
        let old = self.bug == Bug::ReadsOld && self.commands.is_multiple_of(20);
        let from = if old { &self.before } else { &self.keys };
        from.get(key).map_or(b"$-1\r\n".to_vec(), |value| bulk(value))
    }

    fn set_if(&mut self, key: &[u8], value: &[u8], options: &[&[u8]]) -> Vec<u8> {
        let old = self.keys.get(key);
        let (set, get) = match options {
            [] => (true, false),
            [b"NX"] => (old.is_none(), false),
            [b"XX", b"GET"] => (old.is_some(), true),
            [b"IFEQ", wanted] => (old.is_some_and(|old| old == wanted), false),
            _ => return b"-ERR syntax error\r\n".to_vec(),
        };
        let before = self.get(key);
        if set {
            self.set(key, value.to_vec());
        }
        match (get, set) {
            (true, _) => before,
            (false, true) => b"+OK\r\n".to_vec(),
            (false, false) => b"$-1\r\n".to_vec(),
        }
    }

    fn incr(&mut self, key: &[u8]) -> Vec<u8> {
        let old =
            self.keys.get(key).map_or(Some(0), |value| std::str::from_utf8(value).ok()?.parse::<i64>().ok());
        match old.and_then(|old| old.checked_add(1)) {
            Some(new) => {
                self.set(key, new.to_string().into_bytes());
                format!(":{new}\r\n").into_bytes()
            }
            None => b"-ERR value is not an integer or out of range\r\n".to_vec(),
        }
    }

    fn run(&mut self, argv: &[Vec<u8>]) -> Vec<u8> {
        self.commands += 1;
        assert!(self.bug != Bug::Panics || self.commands < 100, "one command too many");
        let words: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
        match words[..] {
            [b"GET", key] => self.get(key),
            [b"SET", key, value, ref options @ ..] => self.set_if(key, value, options),
            [b"SETNX", key, value] => {
                let absent = !self.keys.contains_key(key);
                if absent {
                    self.set(key, value.to_vec());
                }
                format!(":{}\r\n", u8::from(absent)).into_bytes()
            }
            [b"GETSET", key, value] => {
                let old = self.get(key);
                self.set(key, value.to_vec());
                old
            }
            [b"INCR", key] => self.incr(key),
            [b"DEL", key] => format!(":{}\r\n", u8::from(self.keys.remove(key).is_some())).into_bytes(),
            [b"HELLO", ..] => b"%1\r\n+server\r\n+toy\r\n".to_vec(),
            _ => b"-ERR unknown command\r\n".to_vec(),
        }
    }

    fn receive(&mut self, id: ConnId, bytes: &[u8]) {
        let mut conn = self.conns.remove(&id).expect("bytes come on known connections");
        conn.input.extend_from_slice(bytes);
        self.hoard += bytes.len();
        let mut start = 0;
        let mut argv = Argv::default();
        while let Ok(Step::Request { consumed }) =
            conn.parser.next(&conn.input[start..], &Limits::default(), &mut argv)
        {
            let words: Vec<Vec<u8>> = argv.iter(&conn.input[start..]).map(<[u8]>::to_vec).collect();
            start += consumed;
            let reply = self.run(&words);
            conn.output.extend_from_slice(&reply);
            match self.bug {
                Bug::AnswersTwice if self.commands.is_multiple_of(50) => {
                    conn.output.extend_from_slice(&reply)
                }
                Bug::Garbles if self.commands.is_multiple_of(50) => conn.output.extend_from_slice(b"?\r\n"),
                _ => {}
            }
        }
        conn.input.drain(..start);
        self.conns.insert(id, conn);
        self.actions.push_back(Action::Flush { conn: id });
    }
}

fn bulk(value: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat()
}

impl Process for Toy {
    fn handle(&mut self, _now: Now, event: Event<'_>) {
        match event {
            Event::Accepted { conn, .. } => drop(self.conns.insert(conn, Conn::default())),
            Event::Received { conn, bytes } => self.receive(conn, bytes),
            Event::Sent { conn, count } => {
                if let Some(conn) = self.conns.get_mut(&conn) {
                    conn.output.drain(..count);
                }
            }
            Event::Eof { conn } => {
                self.conns.remove(&conn);
                self.actions.push_back(Action::Close { conn });
            }
            Event::Closed { conn, .. } => drop(self.conns.remove(&conn)),
            _ => {}
        }
    }

    fn poll(&mut self, _now: Now) -> Option<Action> {
        self.actions.pop_front()
    }

    fn output(&self, conn: ConnId) -> &[u8] {
        self.conns.get(&conn).map_or(&[], |conn| &conn.output)
    }

    fn deadline(&self) -> Option<u64> {
        None
    }

    fn inspect(&self) -> Inspection {
        let hoard = if self.bug == Bug::Hoards { self.hoard << 20 } else { 0 };
        Inspection { buffered_bytes: hoard, status: "toy".into() }
    }

    fn digest(&self) -> Option<String> {
        let seed = if self.bug == Bug::Diverges { self.seed } else { 0 };
        Some(format!("{:?} {seed}", self.keys))
    }
}
