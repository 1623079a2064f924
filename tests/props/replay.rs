//! The law of replay: running units, or replaying what they propagate, ends in the same keyspace.
//!
//! A primary runs made-up requests of clients while its clock goes on. A replica, whose clock shows another
//! time altogether, is given nothing but the propagated requests. It must hold the same keys with the same
//! values and times to live, whatever was asked, and every request it is given must succeed.

use engine::args::OwnedArgv;
use engine::effect::{Effect, Interest};
use engine::engine::{Engine, Ran};
use engine::keyspace::value::{AnyRef, next_due};
use engine::session::{Origin, Session};
use engine::time::{Millis, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spec::arbitrary::{Generator, Knobs};
use spec::schema::{Entry, Propagates};
use std::collections::BTreeMap;

const DATABASES: usize = 16;

/// A primary and its replica.
struct Pair {
    primary: Engine,
    replica: Engine,
    client: Session,
    stream: Session,
    now: Now,
}

impl Pair {
    fn new() -> Pair {
        let mut primary = Engine::new(DATABASES, 1);
        primary.effects.interest = Interest::ALL;
        primary.settings.debug_command = engine::engine::Permission::Yes;
        Pair {
            primary,
            replica: Engine::new(DATABASES, 2),
            client: Session { authenticated: true, local: true, ..Session::new(1) },
            stream: Session { origin: Origin::Primary, authenticated: true, ..Session::new(2) },
            now: Now { wall_us: Knobs::default().now_ms as i64 * 1000, mono_us: 0 },
        }
    }

    /// Lets the primary run a request and the replica what comes of it.
    fn run(&mut self, words: &[Vec<u8>]) {
        let argv: OwnedArgv = words.iter().collect();
        let mut out = Vec::new();
        self.primary.effects.clear();
        let ran = self.primary.run_one(self.now, &mut self.client, argv.borrow(), &mut out);
        assert!(matches!(ran, Ran::Done), "{ran:?} was made from an entry of the engine");
        self.replay(&show(words));
    }

    /// Lets the primary expire what is due, as it does between units.
    fn tick(&mut self) {
        self.now.wall_us += 3_000;
        self.now.mono_us += 3_000;
        self.primary.effects.clear();
        self.primary.tick(self.now, 2);
        self.replay("the passing of time");
    }

    fn replay(&mut self, cause: &str) {
        // A replica must never decide by its own clock, so this one has stood still since the epoch.
        let elsewhere = Now { wall_us: 1, mono_us: 1 };
        for effect in self.primary.effects.iter() {
            let Effect::Propagate { db, argv } = effect else { continue };
            self.stream.db = db;
            let mut out = Vec::new();
            self.replica.effects.clear();
            self.replica.run_one(elsewhere, &mut self.stream, argv, &mut out);
            assert!(!out.starts_with(b"-"), "{cause}: {argv:?} failed: {}", out.escape_ascii());
        }
    }

    fn check(&self, cause: &str) {
        if self.primary.keyspace.digest() != self.replica.keyspace.digest() {
            let (one, other) = (dump(&self.primary), dump(&self.replica));
            let differing: Vec<_> =
                one.keys().chain(other.keys()).filter(|key| one.get(*key) != other.get(*key)).collect();
            panic!("after {cause} primary and replica differ in {differing:?}");
        }
        assert_eq!(expiries(&self.primary), expiries(&self.replica), "after {cause}");
        for engine in [&self.primary, &self.replica] {
            check_due(engine, cause);
        }
    }
}

fn show(words: &[Vec<u8>]) -> String {
    words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>().join(" ")
}

/// Every key with the digest of its value, to name what differs.
fn dump(engine: &Engine) -> BTreeMap<(u32, String), String> {
    let entries =
        engine.keyspace.iter().flat_map(|(db, database)| database.table().iter().map(move |e| (db, e)));
    entries
        .map(|(db, entry)| {
            let value = engine::keyspace::digest::of_value(&entry).to_string();
            ((db, entry.key().escape_ascii().to_string()), value)
        })
        .collect()
}

/// When each key expires, and each field of a hash, which digests do not tell.
fn expiries(engine: &Engine) -> BTreeMap<(u32, Vec<u8>, Vec<u8>), i64> {
    let mut found = BTreeMap::new();
    for (db, database) in engine.keyspace.iter() {
        for entry in database.table().iter() {
            let key = entry.key().to_vec();
            found.extend(entry.expiry().map(|at| ((db, key.clone(), Vec::new()), at)));
            let AnyRef::Hash(hash) = AnyRef::of(entry.value()) else { continue };
            let times = hash.iter().filter_map(|field| Some((field.name.to_vec(), field.time?)));
            found.extend(times.map(|(name, at)| ((db, key.clone(), name), at)));
        }
    }
    found
}

/// Redis 13470 and 13539: the index of what falls due equals a recount, whatever became of the keys.
fn check_due(engine: &Engine, cause: &str) {
    for (db, database) in engine.keyspace.iter() {
        let due: Vec<_> = database.table().iter().filter_map(|entry| next_due(entry.value())).collect();
        let first = due.iter().min().copied().map(Millis);
        let index = database.due();
        assert_eq!((index.len(), index.next()), (due.len(), first), "database {db} after {cause}");
    }
}

/// Runs `units` requests, checking now and then on the way and at the end.
fn hold(generator: &Generator, seed: u64, units: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pair = Pair::new();
    for unit in 0..units {
        let words = generator.request(&mut random);
        pair.run(&words);
        pair.tick();
        if unit % 64 == 0 {
            pair.check(&show(&words));
        }
    }
    pair.check("the last request");
}

/// Few keys, so that commands meet, and times to live of some dozens of requests.
fn knobs() -> Knobs {
    Knobs { hot_keys: 3, cold_keys: 40, horizon_ms: 200, hostile: 3, ..Knobs::default() }
}

#[test]
fn replaying_what_is_propagated_ends_in_the_same_keyspace() {
    let generator = Generator::new(&spec::load(), knobs());
    (0..6).for_each(|seed| hold(&generator, seed, 3000));
}

/// Commands that make something for those of a family to change, and meet what is due.
fn makers(family: &str) -> &'static [&'static str] {
    match family {
        "hash" => &["hset", "hpexpire", "hget", "del"],
        _ => &["set", "setex", "append", "incr", "get"],
    }
}

/// Every command that can change something by itself, beside those that make something for it to change.
#[test]
fn every_command_obeys_the_law() {
    let entries = spec::load();
    let rows: Vec<&Entry> = entries.iter().flat_map(Entry::rows).filter(|row| row.implemented).collect();
    let mut tried = 0;
    for row in rows.iter().filter(|row| row.propagates != Propagates::Never) {
        let mut generator = Generator::new(&entries, knobs());
        let makers = makers(&row.family);
        generator
            .retain(|entry| makers.contains(&entry.full_name.as_str()) || entry.full_name == row.full_name);
        if !generator.entries().any(|entry| entry.full_name == row.full_name) {
            continue;
        }
        generator.weigh(&entries, &row.full_name, 40);
        hold(&generator, 100 + tried, 500);
        tried += 1;
    }
    assert!(tried > 15, "only {tried} commands change anything");
}
