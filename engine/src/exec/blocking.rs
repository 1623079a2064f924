//! Clients that wait until a key holds something for them: BLPOP and its kin.
//!
//! ```text
//!   handler finds nothing ─▶ ctx.wait(Wait) ─▶ Ran::Waits ─▶ the node suspends the client ─▶ Blocked::add
//! a push raises Ready    ─▶ Blocked::ready(key) ─────────▶ after the unit: for the waiters of that key, oldest
//! first,
//!                             the node runs their request again; what finds nothing again goes on waiting
//! ```
//!
//! A waiter costs nothing until a key that it waits for is ready. It keeps its request and is named in the queue of
//! each of its keys; within a key the order is that of their coming, and it is kept by who waits on.
//!
//! What must never happen: two waiters that are given the same element; a waiter that sleeps on although its key
//! has something for it; a queue that names a client which is gone.

use crate::args::{Argv, OwnedArgv};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

/// The type that a key must hold to be of use to a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    List,
    Zset,
    Stream,
    /// A group of a stream: its waiters also hear when the stream is gone or is another type now.
    Group,
}

impl WaitFor {
    /// As TYPE names it.
    pub fn type_name(self) -> &'static str {
        match self {
            WaitFor::List => "list",
            WaitFor::Zset => "zset",
            WaitFor::Stream | WaitFor::Group => "stream",
        }
    }
}

/// What a command that found nothing asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    pub wait_for: WaitFor,
    /// Where the keys stand in the request.
    pub keys: Range<usize>,
    /// Milliseconds from now; `None` is for ever.
    pub timeout_ms: Option<u64>,
}

/// A client that waits.
#[derive(Debug)]
pub struct Waiter {
    pub request: OwnedArgv,
    db: u32,
    keys: Range<u32>,
    wait_for: WaitFor,
}

impl Waiter {
    pub fn wait_for(&self) -> WaitFor {
        self.wait_for
    }
}

/// All clients that wait for keys, by seat (`Session::seat`).
#[derive(Debug, Default)]
pub struct Blocked {
    waiters: BTreeMap<u32, Box<Waiter>>,
    keys: BTreeMap<u32, BTreeMap<Box<[u8]>, Vec<u32>>>,
    /// Keys that may have something now, in the order in which they got it.
    ready: VecDeque<(u32, Box<[u8]>)>,
    noted: BTreeSet<(u32, Box<[u8]>)>,
    groups: usize,
}

impl Blocked {
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Whether any waiter has to hear of keys that go away.
    pub fn has_groups(&self) -> bool {
        self.groups > 0
    }

    /// Keys that someone waits for, for INFO.
    pub fn keys(&self) -> usize {
        self.keys.values().map(BTreeMap::len).sum()
    }

    /// Keys for whose end someone waits too, for INFO.
    pub fn group_keys(&self) -> usize {
        let is_group = |seat: &u32| self.waiters.get(seat).is_some_and(|w| w.wait_for == WaitFor::Group);
        self.keys.values().flat_map(BTreeMap::values).filter(|seats| seats.iter().any(is_group)).count()
    }

    /// A client begins to wait.
    pub fn add(&mut self, seat: u32, db: u32, request: Argv<'_>, wait: &Wait) {
        let keys = wait.keys.start as u32..wait.keys.end as u32;
        for key in wait.keys.clone().map(|at| &request[at]) {
            let seats = self.keys.entry(db).or_default().entry(key.into()).or_default();
            if seats.last() != Some(&seat) && !seats.contains(&seat) {
                seats.push(seat);
            }
        }
        self.groups += usize::from(wait.wait_for == WaitFor::Group);
        let waiter = Waiter { request: request.iter().collect(), db, keys, wait_for: wait.wait_for };
        let before = self.waiters.insert(seat, Box::new(waiter));
        assert!(before.is_none(), "a client waits for one thing at a time");
    }

    /// A client waits no longer, for whatever reason.
    pub fn remove(&mut self, seat: u32) {
        let Some(waiter) = self.waiters.remove(&seat) else { return };
        self.groups -= usize::from(waiter.wait_for == WaitFor::Group);
        let Some(keys) = self.keys.get_mut(&waiter.db) else { return };
        let request = waiter.request.borrow();
        for key in waiter.keys.clone().map(|at| &request[at as usize]) {
            if let Some(seats) = keys.get_mut(key) {
                seats.retain(|other| *other != seat);
                if seats.is_empty() {
                    keys.remove(key);
                }
            }
        }
        if keys.is_empty() {
            self.keys.remove(&waiter.db);
        }
    }

    pub fn waiter(&self, seat: u32) -> Option<&Waiter> {
        self.waiters.get(&seat).map(|waiter| &**waiter)
    }

    /// Something appeared under a key.
    pub fn ready(&mut self, db: u32, key: &[u8]) {
        let waited_for = self.keys.get(&db).is_some_and(|keys| keys.contains_key(key));
        if waited_for && self.noted.insert((db, key.into())) {
            self.ready.push_back((db, key.into()));
        }
    }

    /// A key changed; those who wait for a group may have lost it.
    pub fn changed(&mut self, db: u32, key: &[u8], is_stream: bool) {
        let seats = self.keys.get(&db).and_then(|keys| keys.get(key));
        let group = |seat: &u32| self.waiters.get(seat).is_some_and(|w| w.wait_for == WaitFor::Group);
        if !is_stream && seats.is_some_and(|seats| seats.iter().any(group)) {
            self.ready(db, key);
        }
    }

    /// The whole content of a database changed: every key in it that someone waits for may have something.
    pub fn replaced(&mut self, db: u32) {
        let keys: Vec<_> = self.keys.get(&db).into_iter().flat_map(|keys| keys.keys().cloned()).collect();
        keys.iter().for_each(|key| self.ready(db, key));
    }

    /// The next key that may have something for its waiters, who are named in their order.
    pub fn next_ready(&mut self) -> Option<(u32, Box<[u8]>, Vec<u32>)> {
        let (db, key) = self.ready.pop_front()?;
        let noted = (db, key);
        self.noted.remove(&noted);
        let (db, key) = noted;
        let seats = self.keys.get(&db).and_then(|keys| keys.get(&key)).cloned().unwrap_or_default();
        Some((db, key, seats))
    }

    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(blocked: &mut Blocked, seat: u32, line: &str, keys: Range<usize>, wait_for: WaitFor) {
        let request: OwnedArgv = line.split(' ').collect();
        blocked.add(seat, 0, request.borrow(), &Wait { wait_for, keys, timeout_ms: None });
    }

    #[test]
    fn waiters_stand_in_line_at_each_of_their_keys() {
        let mut blocked = Blocked::default();
        add(&mut blocked, 7, "BLPOP a b 0", 1..3, WaitFor::List);
        add(&mut blocked, 3, "BLPOP b b a 0", 1..4, WaitFor::List);
        blocked.ready(0, b"c");
        blocked.ready(1, b"a");
        assert!(!blocked.has_ready());
        blocked.ready(0, b"b");
        blocked.ready(0, b"b");
        blocked.ready(0, b"a");
        assert_eq!(blocked.next_ready(), Some((0, b"b".as_slice().into(), vec![7, 3])));
        blocked.remove(7);
        assert_eq!(blocked.next_ready(), Some((0, b"a".as_slice().into(), vec![3])));
        assert_eq!(blocked.next_ready(), None);
        blocked.remove(3);
        assert!(blocked.is_empty() && blocked.keys() == 0);
    }

    #[test]
    fn only_groups_hear_of_an_end() {
        let mut blocked = Blocked::default();
        add(&mut blocked, 1, "XREAD STREAMS s $", 2..3, WaitFor::Stream);
        blocked.changed(0, b"s", false);
        assert!(!blocked.has_ready() && !blocked.has_groups());
        add(&mut blocked, 2, "XREADGROUP GROUP g c STREAMS s >", 5..6, WaitFor::Group);
        blocked.changed(0, b"s", true);
        assert!(!blocked.has_ready());
        blocked.changed(0, b"s", false);
        assert!(blocked.has_ready() && blocked.has_groups() && blocked.group_keys() == 1);
        blocked.remove(2);
        assert!(!blocked.has_groups());
    }

    #[test]
    fn a_new_database_may_have_what_is_waited_for() {
        let mut blocked = Blocked::default();
        add(&mut blocked, 1, "BLPOP a 0", 1..2, WaitFor::List);
        blocked.replaced(1);
        assert!(!blocked.has_ready());
        blocked.replaced(0);
        assert_eq!(blocked.next_ready(), Some((0, b"a".as_slice().into(), vec![1])));
    }
}
