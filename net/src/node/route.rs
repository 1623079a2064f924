//! All wiring between roles: where the effects of a unit go.
//!
//! ```text
//!   Propagate ─▶ replication (backlog, replicas); several of one unit between MULTI and EXEC
//!   Changed, Replaced ─▶ Engine::deliver: watches
//!   Publish, Notify ─▶ messages: subscribers
//! ```

use super::Node;
use engine::effect::Effect;
use engine::time::Now;

impl Node {
    /// Carries the effects of the unit that just ran to whoever waits for them, and clears them.
    pub(crate) fn route(&mut self, now: Now) {
        self.engine.deliver();
        let bracketed = self.engine.effects.is_transaction();
        if bracketed {
            self.replication.append_bracket("MULTI");
        }
        self.carry(now);
        if bracketed {
            self.replication.append_bracket("EXEC");
            self.feed_replicas(now);
        }
    }

    /// The same for what happened by the clock, where every effect stands for itself.
    pub(crate) fn route_apart(&mut self, now: Now) {
        self.engine.deliver();
        self.carry(now);
    }

    fn carry(&mut self, now: Now) {
        let mut effects = std::mem::take(&mut self.engine.effects);
        self.engine.effects.interest = effects.interest;
        for effect in effects.iter() {
            match effect {
                Effect::Propagate { db, argv } => self.replication.append(db, argv),
                Effect::Publish { shard, channel, message } => self.publish(shard, channel, message),
                Effect::Notify { event, db, key, .. } => self.publish_event(event, db, key),
                // Told by `deliver` already.
                Effect::Changed { .. } | Effect::Ready { .. } | Effect::Replaced { .. } => {}
            }
        }
        effects.clear();
        effects.interest = self.engine.effects.interest;
        self.engine.effects = effects;
        self.flush_told();
        self.feed_replicas(now);
    }
}
