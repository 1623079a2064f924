//! `Ctx`: everything a handler may touch, and nothing else.

use crate::command::Command;
use crate::effect::{Class, Effects};
use crate::engine::{CommandStat, Settings};
use crate::exec::{Transaction, Wait, Watches};
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
    /// What becomes of the unit when the handler is done.
    pub next: &'a mut Next,
    /// Whether the command may wait: not within a transaction, nor for anyone but a client.
    pub may_wait: bool,
    pub command: &'static Command,
}

/// What follows a handler.
#[derive(Debug, Default)]
pub enum Next {
    #[default]
    Nothing,
    /// EXEC: these run.
    Transaction(Box<Transaction>),
    /// Nothing was there; the client waits.
    Wait(Wait),
}

impl Ctx<'_> {
    /// Nothing is there: the client waits, and hears a null array when its time is up. Where nobody may wait, false,
    /// and
    /// the handler answers at once what the command answers then.
    pub fn wait(&mut self, wait: Wait) -> bool {
        if self.may_wait {
            *self.next = Next::Wait(wait);
        }
        self.may_wait
    }

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
