//! Active expiry under its worst load: one million keys that fall due at the same instant, removed through
//! `Engine::tick` at the node's budget, with every effect recorded. Prints the time of all slices together and of the
//! longest one. What is measured is the time that the thread ran: on a busy machine the clock on the wall shows
//! mostly the others. Run with `cargo bench -p engine --bench expire`.

use ds::table::SetExpiry;
use engine::effect::Interest;
use engine::engine::Engine;
use engine::keyspace::{ExpiryRule, NewValue};
use engine::time::Now;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

const KEYS: usize = 1_000_000;
const BUDGET: usize = 512;
const DUE_MS: i64 = 1_000;

/// An engine with `KEYS` keys of 16 bytes and values of 32, all due after `DUE_MS`.
fn filled() -> Engine {
    let mut engine = Engine::new(1, 1);
    engine.effects.interest = Interest::ALL;
    let mut keys = engine.keys(Now::default(), 0, ExpiryRule::Remove);
    for n in 0..KEYS {
        let value = NewValue::Inline { kind: 0, bytes: &[b'v'; 32] };
        keys.put(format!("key:{n:012}").as_bytes(), value, SetExpiry::At(DUE_MS));
        keys.effects.clear();
    }
    engine
}

/// How long this thread has run.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("time since the start is not negative")
}

fn main() {
    for round in 1..=5 {
        let mut engine = filled();
        let now = Now { wall_us: (DUE_MS + 1) * 1000, mono_us: 0 };
        let (mut slices, mut total, mut longest) = (0u32, Duration::ZERO, Duration::ZERO);
        let mut more = true;
        while more {
            let start = cpu_time();
            more = engine.tick(now, BUDGET);
            engine.effects.clear();
            let took = cpu_time() - start;
            (slices, total, longest) = (slices + 1, total + took, longest.max(took));
        }
        assert_eq!(engine.keyspace.db(0).len(), 0);
        println!("round {round}: {slices} slices, {total:?} in all, {longest:?} the longest");
    }
}
