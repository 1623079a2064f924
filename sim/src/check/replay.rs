//! The law of effects: running a unit, or replaying what it propagates on the same state, ends in the same
//! data.
//!
//! Two engines, no world: one runs generated commands as clients would send them, the other is a replica
//! that is only ever given the Propagate effects of the first. The replica's clock is far off and moves by
//! itself, so whatever it decides by its own clock, or by chance, shows. This is the property that
//! replication, the append-only file and every later consumer of effects stand on.

use crate::random::{Seed, Stream};
use engine::args::OwnedArgv;
use engine::effect::{Effect, Interest};
use engine::engine::Engine;
use engine::keyspace::Keyspace;
use engine::session::{Origin, Session};
use engine::time::Now;
use spec::arbitrary::Generator;

const DATABASES: usize = 16;

/// A primary and whoever repeats its effects.
struct Pair {
    primary: Engine,
    replica: Engine,
    client: Session,
    link: Session,
    primary_now: Now,
    replica_now: Now,
}

/// Database, key, and the time it expires.
type Deadline = (u32, Vec<u8>, i64);

/// The keyspace digest and all deadlines, sorted.
pub fn state(keyspace: &Keyspace) -> (Vec<u8>, Vec<Deadline>) {
    let entries = keyspace.iter().flat_map(|(db, database)| {
        let table = database.table();
        table.iter().filter_map(move |entry| Some((db, entry.key().to_vec(), entry.expiry()?)))
    });
    let mut deadlines: Vec<_> = entries.collect();
    deadlines.sort();
    (keyspace.digest().as_bytes().to_vec(), deadlines)
}

impl Pair {
    fn new(seed: u64) -> Pair {
        let mut primary = Engine::new(DATABASES, seed);
        primary.effects.interest = Interest::ALL;
        // Another seed: what the primary leaves to chance, the stream must say.
        let mut replica = Engine::new(DATABASES, !seed);
        replica.mode.replica = true;
        let client = Session { authenticated: true, local: true, ..Session::new(1) };
        let link = Session { authenticated: true, origin: Origin::Primary, ..Session::new(2) };
        let primary_now = Now { wall_us: 1_700_000_000_000_000, mono_us: 0 };
        let replica_now = Now { wall_us: primary_now.wall_us + 3_600_000_000, mono_us: 0 };
        Pair { primary, replica, client, link, primary_now, replica_now }
    }

    /// Lets up to three seconds pass, not the same on both sides.
    fn pass(&mut self, stream: &mut Stream) {
        for now in [&mut self.primary_now, &mut self.replica_now] {
            let passed = stream.between(0, 3_000_000);
            now.mono_us += passed;
            now.wall_us += passed as i64;
        }
    }

    /// Gives the effects of the primary's last unit to the replica.
    fn carry(&mut self) {
        let mut out = Vec::new();
        for effect in self.primary.effects.iter() {
            if let Effect::Propagate { db, argv } = effect {
                self.link.db = db;
                self.replica.effects.clear();
                self.replica.run_one(self.replica_now, &mut self.link, argv, &mut out);
                assert!(!out.starts_with(b"-"), "the replica refuses: {}", out.escape_ascii());
                out.clear();
            }
        }
        self.primary.effects.clear();
    }

    fn agree(&self) -> Result<(), String> {
        let (ours, theirs) = (state(&self.primary.keyspace), state(&self.replica.keyspace));
        if ours == theirs {
            return Ok(());
        }
        let missing: Vec<_> = ours.1.iter().filter(|row| !theirs.1.contains(row)).take(3).collect();
        let extra: Vec<_> = theirs.1.iter().filter(|row| !ours.1.contains(row)).take(3).collect();
        Err(format!(
            "deadlines only here {missing:?}, only there {extra:?}, digests equal: {}",
            ours.0 == theirs.0
        ))
    }
}

/// Runs so many generated units and compares after each. The error names the unit that broke the law.
pub fn law(seed: u64, generator: &Generator, units: usize) -> Result<(), String> {
    let mut pair = Pair::new(seed);
    let mut stream = Seed(seed).stream("effect replay");
    for _ in 0..units {
        let words = generator.request(stream.rng());
        let argv: OwnedArgv = words.iter().collect();
        let mut out = Vec::new();
        pair.primary.effects.clear();
        pair.primary.run_one(pair.primary_now, &mut pair.client, argv.borrow(), &mut out);
        pair.carry();
        let shown = || crate::plan::text::show_command(&words);
        pair.agree().map_err(|how| format!("seed {seed}: {}: {how}", shown()))?;
        if stream.chance(200_000) {
            pair.pass(&mut stream);
            pair.primary.tick(pair.primary_now, 100);
            pair.replica.tick(pair.replica_now, 100);
            pair.carry();
            pair.agree().map_err(|how| format!("seed {seed}: active expiry after {}: {how}", shown()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::from_spec;

    #[test]
    fn effects_replay_to_the_same_data() {
        let generator = from_spec::generator();
        for seed in 0..40 {
            law(seed, &generator, 400).unwrap();
        }
    }

    #[test]
    fn a_lost_effect_is_seen() {
        let mut pair = Pair::new(1);
        let argv: OwnedArgv = ["SET", "k", "v", "PX", "100"].iter().collect();
        pair.primary.run_one(pair.primary_now, &mut pair.client, argv.borrow(), &mut Vec::new());
        assert!(pair.agree().is_err());
        pair.carry();
        assert_eq!(pair.agree(), Ok(()));
    }
}
