//! Effects: the only road from a change to those who must hear of it.
//!
//! A unit (one command, one transaction, one script) writes its effects here while it runs; the node
//! drains them once, after the unit, and carries them to the AOF, the backlog and the replicas
//! (`Propagate`), to watchers and tracking (`Changed`), to subscribers (`Notify`, `Publish`) and to
//! blocked clients (`Ready`). Nothing here knows who they are. Effects are borrowed until someone keeps
//! them: they stand in one arena that is reused from unit to unit, and kinds that nobody waits for
//! (`Interest`) are not written at all.

use crate::args::{Argv, Span};

/// One fact that others must hear.
#[derive(Clone, Copy, Debug)]
pub enum Effect<'a> {
    /// Replaying this request on the state before the unit leads to the state after it.
    Propagate { db: u32, argv: Argv<'a> },
    /// The value or the existence of a key changed.
    Changed { db: u32, key: &'a [u8] },
    /// A keyspace event.
    Notify { class: Class, event: &'static str, db: u32, key: &'a [u8] },
    /// A message for a channel.
    Publish { shard: bool, channel: &'a [u8], message: &'a [u8] },
    /// Something that a blocked client may wait for appeared under the key.
    Ready { db: u32, key: &'a [u8] },
    /// A whole database changed its content at once: FLUSHDB, SWAPDB, a full sync.
    Replaced { db: u32 },
}

/// Who listens at the moment; set by the node, read before anything is recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interest {
    /// Someone takes the propagation stream: a backlog, a replica, an AOF.
    pub propagate: bool,
    /// Someone watches keys or tracks them.
    pub changed: bool,
    /// Someone is blocked on a key.
    pub ready: bool,
    /// Enabled keyspace-event classes.
    pub notify: Classes,
}

impl Interest {
    /// Everything: for tests and for whoever must see all.
    pub const ALL: Interest = Interest { propagate: true, changed: true, ready: true, notify: Classes::ALL };
}

/// A class of keyspace events, the letters of `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    Generic,
    String,
    List,
    Set,
    Hash,
    Zset,
    Expired,
    Evicted,
    Stream,
    KeyMiss,
    Module,
    New,
    Overwritten,
    TypeChanged,
    Array,
}

/// A set of classes, and whether keyspace (`K`) and keyevent (`E`) channels are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(pub u32);

impl Classes {
    pub const KEYSPACE: Classes = Classes(1 << 30);
    pub const KEYEVENT: Classes = Classes(1 << 31);
    pub const ALL: Classes = Classes(u32::MAX);

    pub fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u8) != 0
    }

    pub fn with(self, class: Class) -> Self {
        Classes(self.0 | 1 << class as u8)
    }

    pub fn union(self, other: Classes) -> Self {
        Classes(self.0 | other.0)
    }

    pub fn contains(self, other: Classes) -> bool {
        self.0 & other.0 == other.0
    }
}

enum Record {
    Propagate { db: u32, words: std::ops::Range<usize> },
    Changed { db: u32, key: Span },
    Notify { class: Class, event: &'static str, db: u32, key: Span },
    Publish { shard: bool, channel: Span, message: Span },
    Ready { db: u32, key: Span },
    Replaced { db: u32 },
}

/// The effects of one unit, in the order they happened.
#[derive(Default)]
pub struct Effects {
    pub interest: Interest,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    records: Vec<Record>,
    changes: u64,
    /// Changes before the command at hand, in a unit of several.
    earlier: u64,
    rewritten: bool,
    /// What this unit propagates has nothing to do with each other, see [`Effects::stand_apart`].
    apart: bool,
}

impl Effects {
    pub fn new(interest: Interest) -> Self {
        Effects { interest, ..Effects::default() }
    }

    /// Forgets everything but the interest. The arena keeps its memory, up to a modest size.
    pub fn clear(&mut self) {
        const KEEP: usize = 64 * 1024;
        if self.bytes.capacity() > KEEP {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.spans.clear();
        self.records.clear();
        self.changes = 0;
        self.earlier = 0;
        self.rewritten = false;
        self.apart = false;
    }

    /// The command met keys of no one's choice whose time had passed: their removals are no transaction.
    pub fn stand_apart(&mut self) {
        self.apart = true;
    }

    /// The command was one of several, and what they did belongs together after all.
    pub(crate) fn stand_together(&mut self) {
        self.apart = false;
    }

    /// Whether what the unit propagates has to arrive as a whole.
    pub fn is_transaction(&self) -> bool {
        !self.apart && self.propagated() > 1
    }

    /// The next command of the unit begins: what it changes and states is its own.
    pub(crate) fn begin_command(&mut self) {
        self.earlier = self.changes;
        self.rewritten = false;
    }

    /// Whether the command at hand has changed anything.
    pub(crate) fn command_changed(&self) -> bool {
        self.changes > self.earlier
    }

    /// How many requests this unit propagates; more than one go out as a transaction.
    pub fn propagated(&self) -> usize {
        self.records.iter().filter(|record| matches!(record, Record::Propagate { .. })).count()
    }

    /// How many changes to the keyspace this unit made; what `rdb_changes_since_last_save` counts.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether the unit stated its own canonical form (or that it has none).
    pub fn rewritten(&self) -> bool {
        self.rewritten
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// A key's value or existence changed.
    pub fn changed(&mut self, db: u32, key: &[u8]) {
        self.changes += 1;
        if self.interest.changed {
            let key = self.keep(key);
            self.records.push(Record::Changed { db, key });
        }
    }

    /// A key's value changed in a way that nobody replays: an expired key that is merely dropped.
    pub fn touched(&mut self, db: u32, key: &[u8]) {
        if self.interest.changed {
            let key = self.keep(key);
            self.records.push(Record::Changed { db, key });
        }
    }

    /// A whole database changed, by way of `changes` keys. None at all count as one change, so that the command is
    /// told to the replicas.
    pub fn replaced(&mut self, db: u32, changes: u64) {
        self.changes = (self.changes + changes).max(1);
        self.records.push(Record::Replaced { db });
    }

    pub fn notify(&mut self, class: Class, event: &'static str, db: u32, key: &[u8]) {
        if self.interest.notify.has(class) {
            let key = self.keep(key);
            self.records.push(Record::Notify { class, event, db, key });
        }
    }

    pub fn publish(&mut self, shard: bool, channel: &[u8], message: &[u8]) {
        let (channel, message) = (self.keep(channel), self.keep(message));
        self.records.push(Record::Publish { shard, channel, message });
    }

    pub fn ready(&mut self, db: u32, key: &[u8]) {
        if self.interest.ready {
            let key = self.keep(key);
            self.records.push(Record::Ready { db, key });
        }
    }

    /// States a canonical form of (a part of) this unit; replaces the request as received.
    pub fn propagate<W: AsRef<[u8]>>(&mut self, db: u32, words: &[W]) {
        self.rewritten = true;
        self.record_propagate(db, words.iter().map(|w| w.as_ref()));
    }

    /// States that the request as received is its own canonical form, in place of a rewrite.
    pub fn propagate_as_is(&mut self, db: u32, argv: Argv<'_>) {
        self.rewritten = true;
        self.record_propagate(db, argv.iter());
    }

    /// A `rewritten` command that changed nothing worth replaying says so.
    pub fn propagate_nothing(&mut self) {
        self.rewritten = true;
    }

    /// What the keyspace itself propagates: a key expired or was evicted. Not the unit's canonical form.
    pub fn propagate_removal(&mut self, db: u32, verb: &[u8], key: &[u8]) {
        self.record_propagate(db, [verb, key].into_iter());
    }

    /// The same of a part of a value whose time had passed.
    pub fn propagate_part_removal(&mut self, db: u32, verb: &[u8], key: &[u8], part: &[u8]) {
        self.record_propagate(db, [verb, key, part].into_iter());
    }

    /// The default: the unit as received, because it changed data and said nothing else.
    pub(crate) fn propagate_received(&mut self, db: u32, argv: Argv<'_>) {
        self.record_propagate(db, argv.iter());
    }

    fn record_propagate<'w>(&mut self, db: u32, words: impl Iterator<Item = &'w [u8]>) {
        if !self.interest.propagate {
            return;
        }
        let first = self.spans.len();
        for word in words {
            let span = self.keep(word);
            self.spans.push(span);
        }
        self.records.push(Record::Propagate { db, words: first..self.spans.len() });
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let span = Span::new(self.bytes.len(), bytes.len());
        self.bytes.extend_from_slice(bytes);
        span
    }

    fn slice(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// The effects, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Effect<'_>> {
        self.records.iter().map(|record| match *record {
            Record::Propagate { db, ref words } => {
                Effect::Propagate { db, argv: Argv::new(&self.bytes, &self.spans[words.clone()]) }
            }
            Record::Changed { db, key } => Effect::Changed { db, key: self.slice(key) },
            Record::Notify { class, event, db, key } => {
                Effect::Notify { class, event, db, key: self.slice(key) }
            }
            Record::Publish { shard, channel, message } => {
                Effect::Publish { shard, channel: self.slice(channel), message: self.slice(message) }
            }
            Record::Ready { db, key } => Effect::Ready { db, key: self.slice(key) },
            Record::Replaced { db } => Effect::Replaced { db },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_that_stand_apart_are_no_transaction_unless_they_are_part_of_one() {
        let mut effects = Effects::new(Interest::ALL);
        let remove_two = |effects: &mut Effects| {
            effects.propagate_removal(0, b"DEL", b"a");
            assert!(!effects.is_transaction());
            effects.propagate_removal(0, b"DEL", b"b");
        };
        remove_two(&mut effects);
        assert!(effects.is_transaction());
        effects.stand_apart();
        assert!(!effects.is_transaction());
        effects.stand_together();
        assert!(effects.is_transaction());
        effects.stand_apart();
        effects.clear();
        remove_two(&mut effects);
        assert!(effects.is_transaction());
    }
}
