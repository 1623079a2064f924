//! `Ctx`: everything a handler may touch, and nothing else.

use crate::command::Command;
use crate::effect::{Class, Effects};
use crate::engine::{CommandStat, Settings};
use crate::exec::{Transaction, Watches};
use crate::gate::Mode;
use crate::keyspace::Keys;
use crate::pubsub::PubSub;
use crate::random::Random;
use crate::reply::Reply;
use crate::session::Session;
use crate::time::{Millis, Now};

/// What one command runs in.
pub struct Ctx<'a> {
    /// The selected database.
    pub keys: Keys<'a>,
    pub session: &'a mut Session,
    pub reply: Reply<'a>,
    pub settings: &'a Settings,
    pub mode: &'a Mode,
    pub stats: &'a mut [CommandStat],
    pub watches: &'a mut Watches,
    pub pubsub: &'a mut PubSub,
    /// Where EXEC puts what is to run next.
    pub transaction: &'a mut Option<Box<Transaction>>,
    pub command: &'static Command,
}

impl Ctx<'_> {
    /// The time, which stands still during a unit.
    pub fn now(&self) -> Now {
        self.keys.now
    }

    pub fn now_ms(&self) -> Millis {
        self.keys.now_ms()
    }

    pub fn random(&mut self) -> &mut Random {
        self.keys.random
    }

    pub fn effects(&mut self) -> &mut Effects {
        self.keys.effects
    }

    /// Raises a keyspace event for a key of the selected database.
    pub fn notify(&mut self, class: Class, event: &'static str, key: &[u8]) {
        self.keys.notify(class, event, key);
    }

    /// States the unit's canonical form; see `Effects::propagate`.
    pub fn propagate<W: AsRef<[u8]>>(&mut self, words: &[W]) {
        self.keys.propagate(words);
    }
}
