//! All wiring between roles: where the effects of a unit go.
//!
//! ```text
//!   Propagate ─▶ replication (backlog, replicas)
//! ```

use super::Node;
use engine::effect::Effect;
use engine::time::Now;

impl Node {
    /// Carries the effects of the unit that just ran to whoever waits for them, and clears them.
    pub(crate) fn route(&mut self, now: Now) {
        let mut effects = std::mem::take(&mut self.engine.effects);
        for effect in effects.iter() {
            match effect {
                Effect::Propagate { db, argv } => self.replication.append(db, argv),
                // Watchers, subscribers, trackers and blocked clients come with their commands; the engine
                // records nothing for them while `Interest` says that nobody waits.
                Effect::Changed { .. }
                | Effect::Notify { .. }
                | Effect::Publish { .. }
                | Effect::Ready { .. }
                | Effect::Replaced { .. } => {}
            }
        }
        effects.clear();
        self.engine.effects = effects;
        self.feed_replicas(now);
    }
}
