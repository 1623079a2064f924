//! Who listens to which channel.
//!
//! ```text
//!   SUBSCRIBE c  ─▶ channels[c] += seat, session.subscriptions += c
//!   PUBLISH c m  ─▶ Effect::Publish ─▶ the node: for each seat of `receivers` the message, encoded once per protocol
//! ```
//!
//! A seat is the name by which the node finds a client's connection (`Session::seat`). Shard channels are a space of
//! their own: a message on one is not heard on a channel of the same name.
//!
//! What must never happen: a seat that is left here when its client has gone, for the next client to sit there would
//! hear what it never asked for.

use crate::session::Session;
use std::collections::{BTreeMap, BTreeSet};

/// Where a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Channels,
    Patterns,
    Shards,
}

type Seats = BTreeSet<u32>;
type Listeners = BTreeMap<Box<[u8]>, Seats>;

/// All subscriptions of all clients.
#[derive(Debug, Default)]
pub struct PubSub {
    channels: Listeners,
    patterns: Listeners,
    shards: Listeners,
}

/// What one client listens to.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    channels: BTreeSet<Box<[u8]>>,
    patterns: BTreeSet<Box<[u8]>>,
    shards: BTreeSet<Box<[u8]>>,
}

impl Subscriptions {
    fn of(&mut self, space: Space) -> &mut BTreeSet<Box<[u8]>> {
        match space {
            Space::Channels => &mut self.channels,
            Space::Patterns => &mut self.patterns,
            Space::Shards => &mut self.shards,
        }
    }

    /// As replies count them: channels and patterns together, shard channels by themselves.
    pub fn count(&self, space: Space) -> usize {
        match space {
            Space::Channels | Space::Patterns => self.channels.len() + self.patterns.len(),
            Space::Shards => self.shards.len(),
        }
    }

    pub fn len(&self, space: Space) -> usize {
        match space {
            Space::Channels => self.channels.len(),
            Space::Patterns => self.patterns.len(),
            Space::Shards => self.shards.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shards.is_empty()
    }

    /// Bytes owned, roughly.
    pub fn memory(&self) -> usize {
        let all = self.channels.iter().chain(&self.patterns).chain(&self.shards);
        all.map(|name| name.len() + 2 * size_of::<Box<[u8]>>()).sum()
    }
}

impl PubSub {
    fn of(&mut self, space: Space) -> &mut Listeners {
        match space {
            Space::Channels => &mut self.channels,
            Space::Patterns => &mut self.patterns,
            Space::Shards => &mut self.shards,
        }
    }

    /// Whether nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty() && self.shards.is_empty()
    }

    /// Whether a message on an ordinary channel could reach anyone.
    pub fn hears_channels(&self) -> bool {
        !self.channels.is_empty() || !self.patterns.is_empty()
    }

    /// Names that are listened to.
    pub fn names(&self, space: Space) -> impl Iterator<Item = &[u8]> {
        let listeners = match space {
            Space::Channels => &self.channels,
            Space::Patterns => &self.patterns,
            Space::Shards => &self.shards,
        };
        listeners.keys().map(|name| &**name)
    }

    /// How many names are listened to.
    pub fn len(&self, space: Space) -> usize {
        match space {
            Space::Channels => self.channels.len(),
            Space::Patterns => self.patterns.len(),
            Space::Shards => self.shards.len(),
        }
    }

    /// How many clients listen to a channel or shard channel itself.
    pub fn listeners(&self, space: Space, name: &[u8]) -> usize {
        let listeners = if space == Space::Shards { &self.shards } else { &self.channels };
        listeners.get(name).map_or(0, BTreeSet::len)
    }

    /// Answers how many subscriptions of the kind the client has now.
    pub fn subscribe(&mut self, session: &mut Session, space: Space, name: &[u8]) -> usize {
        let own = session.subscriptions.get_or_insert_default();
        if own.of(space).insert(name.into()) {
            self.of(space).entry(name.into()).or_default().insert(session.seat);
        }
        own.count(space)
    }

    /// Answers how many subscriptions of the kind the client has left.
    pub fn unsubscribe(&mut self, session: &mut Session, space: Space, name: &[u8]) -> usize {
        let Some(own) = &mut session.subscriptions else { return 0 };
        if own.of(space).remove(name) {
            self.forget(space, name, session.seat);
        }
        let left = own.count(space);
        if own.is_empty() {
            session.subscriptions = None;
        }
        left
    }

    /// The names of one space that a client listens to.
    pub fn names_of(session: &Session, space: Space) -> Vec<Box<[u8]>> {
        let Some(own) = &session.subscriptions else { return Vec::new() };
        let names = match space {
            Space::Channels => &own.channels,
            Space::Patterns => &own.patterns,
            Space::Shards => &own.shards,
        };
        names.iter().cloned().collect()
    }

    /// A client goes, or is reset: it listens to nothing any more.
    pub fn leave(&mut self, session: &mut Session) {
        let Some(own) = session.subscriptions.take() else { return };
        let Subscriptions { channels, patterns, shards } = *own;
        for (space, names) in
            [(Space::Channels, channels), (Space::Patterns, patterns), (Space::Shards, shards)]
        {
            names.iter().for_each(|name| self.forget(space, name, session.seat));
        }
    }

    fn forget(&mut self, space: Space, name: &[u8], seat: u32) {
        let listeners = self.of(space);
        if let Some(seats) = listeners.get_mut(name) {
            seats.remove(&seat);
            if seats.is_empty() {
                listeners.remove(name);
            }
        }
    }

    /// How many receptions a message on a channel will have: a client that listens in several ways counts as often.
    pub fn receptions(&self, shard: bool, channel: &[u8]) -> usize {
        let (direct, patterns) = self.receivers(shard, channel);
        direct.map_or(0, BTreeSet::len) + patterns.map(|(_, seats)| seats.len()).sum::<usize>()
    }

    /// The seats that listen to a channel itself, and those that listen to patterns it fits, with the pattern.
    pub fn receivers<'a>(
        &'a self,
        shard: bool,
        channel: &'a [u8],
    ) -> (Option<&'a Seats>, impl Iterator<Item = (&'a [u8], &'a Seats)>) {
        let direct = if shard { &self.shards } else { &self.channels };
        let patterns = self.patterns.iter().filter(move |(pattern, _)| {
            !shard && ds::glob::matches(pattern, channel, ds::glob::Case::Sensitive)
        });
        (direct.get(channel), patterns.map(|(pattern, seats)| (&**pattern, seats)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(seat: u32) -> Session {
        Session { seat, ..Session::new(u64::from(seat) + 1) }
    }

    #[test]
    fn a_client_counts_once_per_way_of_listening() {
        let mut pubsub = PubSub::default();
        let (mut a, mut b) = (client(0), client(1));
        assert_eq!(pubsub.subscribe(&mut a, Space::Channels, b"news"), 1);
        assert_eq!(pubsub.subscribe(&mut a, Space::Channels, b"news"), 1);
        assert_eq!(pubsub.subscribe(&mut a, Space::Patterns, b"n*"), 2);
        assert_eq!(pubsub.subscribe(&mut a, Space::Shards, b"news"), 1);
        assert_eq!(pubsub.subscribe(&mut b, Space::Patterns, b"*s"), 1);
        assert_eq!(pubsub.receptions(false, b"news"), 3);
        assert_eq!(pubsub.receptions(true, b"news"), 1);
        assert_eq!(pubsub.receptions(false, b"other"), 0);
        assert_eq!(pubsub.unsubscribe(&mut a, Space::Channels, b"absent"), 2);
        assert_eq!(pubsub.unsubscribe(&mut a, Space::Channels, b"news"), 1);
        assert_eq!(pubsub.receptions(false, b"news"), 2);
    }

    #[test]
    fn who_leaves_leaves_nothing() {
        let mut pubsub = PubSub::default();
        let (mut a, mut b) = (client(0), client(1));
        for (space, name) in [(Space::Channels, b"c"), (Space::Patterns, b"p"), (Space::Shards, b"s")] {
            pubsub.subscribe(&mut a, space, name);
        }
        pubsub.subscribe(&mut b, Space::Channels, b"c");
        pubsub.leave(&mut a);
        assert!(a.subscriptions.is_none());
        assert_eq!(pubsub.receptions(false, b"c"), 1);
        pubsub.unsubscribe(&mut b, Space::Channels, b"c");
        assert!(pubsub.is_empty() && b.subscriptions.is_none());
    }
}
