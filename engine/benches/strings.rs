//! The engine's share of string commands: batches of 32 requests, prepared and warmed as a connection's
//! pipeline is, on a million keys drawn at random. No parsing and no sockets.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use engine::args::{Argv, OwnedArgv, Span};
use engine::engine::{Engine, Prepared, Ran};
use engine::random::Random;
use engine::session::Session;
use engine::time::Now;
use std::hint::black_box;

const KEYS: u64 = 1_000_000;
const BATCH: usize = 32;
const NOW: Now = Now { wall_us: 1_700_000_000_000_000, mono_us: 0 };

fn key(number: u64) -> String {
    format!("key:{number:012}")
}

/// An engine whose keys hold what `value` says, and a client of it.
fn filled(value: &str) -> (Engine, Session) {
    let mut engine = Engine::new(1, 1);
    let mut session = Session { authenticated: true, ..Session::new(1) };
    let mut out = Vec::new();
    for number in 0..KEYS {
        let argv: OwnedArgv = ["SET", &key(number), value].into_iter().collect();
        engine.effects.clear();
        engine.run_one(NOW, &mut session, argv.borrow(), &mut out);
        out.clear();
    }
    (engine, session)
}

/// Requests of one length that lie one behind the other, as in a read buffer, and are gone through in turn.
struct Requests {
    buffer: Vec<u8>,
    spans: Vec<Span>,
    words: usize,
    at: usize,
}

impl Requests {
    /// `count` requests that `words` makes up.
    fn new(count: usize, mut words: impl FnMut() -> Vec<String>) -> Self {
        let mut requests = Requests { buffer: Vec::new(), spans: Vec::new(), words: 0, at: 0 };
        for _ in 0..count {
            let request = words();
            requests.words = request.len();
            for word in request {
                requests.spans.push(Span::new(requests.buffer.len(), word.len()));
                requests.buffer.extend_from_slice(word.as_bytes());
            }
        }
        requests
    }

    fn next(&mut self, count: usize) -> impl Iterator<Item = Argv<'_>> + Clone {
        let size = count * self.words;
        if self.at + size > self.spans.len() {
            self.at = 0;
        }
        let spans = &self.spans[self.at..self.at + size];
        self.at += size;
        spans.chunks(self.words).map(|spans| Argv::new(&self.buffer, spans))
    }
}

/// What a connection does with a batch once it is parsed.
fn run<'a>(
    engine: &mut Engine,
    session: &mut Session,
    batch: impl Iterator<Item = Argv<'a>> + Clone,
    prepared: &mut Vec<Prepared>,
    out: &mut Vec<u8>,
) {
    prepared.clear();
    out.clear();
    prepared.extend(batch.clone().map(|argv| engine.prepare(0, argv)));
    prepared.iter().for_each(|request| engine.warm_index(0, request));
    prepared.iter().for_each(|request| engine.warm_entry(0, request));
    for (argv, &request) in batch.zip(&*prepared) {
        engine.effects.clear();
        let ran = engine.run(NOW, session, argv, request, out);
        assert!(matches!(ran, Ran::Done));
    }
    black_box(&out);
}

fn strings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("strings");
    group.throughput(Throughput::Elements(BATCH as u64));
    let value = "x".repeat(32);
    let cases: [(&str, &str, &[&str]); 3] =
        [("GET", &value, &[]), ("SET", &value, &[&value]), ("INCR", "1000", &[])];
    for (name, content, rest) in cases {
        let (mut engine, mut session) = filled(content);
        let (mut random, mut prepared, mut out) = (Random::new(2), Vec::new(), Vec::new());
        let mut requests = Requests::new(1 << 16, || {
            let key = key(random.next_u64() % KEYS);
            [name, &key].into_iter().chain(rest.iter().copied()).map(str::to_string).collect()
        });
        group.bench_function(name, |bencher| {
            bencher.iter(|| run(&mut engine, &mut session, requests.next(BATCH), &mut prepared, &mut out));
        });
    }
    group.finish();
}

/// One request with many keys: the time per key.
fn many_keys(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("strings_many_keys");
    let (mut engine, mut session) = filled("0123456789abcdef");
    let (mut random, mut prepared, mut out) = (Random::new(3), Vec::new(), Vec::new());
    for (name, value) in [("MGET", None), ("MSET", Some("fedcba9876543210"))] {
        for keys in [10, 100] {
            let mut requests = Requests::new((1 << 16) / keys, || {
                let mut words = vec![name.to_string()];
                for _ in 0..keys {
                    words.push(key(random.next_u64() % KEYS));
                    words.extend(value.map(str::to_string));
                }
                words
            });
            group.throughput(Throughput::Elements(keys as u64));
            group.bench_function(BenchmarkId::new(name, keys), |bencher| {
                bencher.iter(|| run(&mut engine, &mut session, requests.next(1), &mut prepared, &mut out));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, strings, many_keys);
criterion_main!(benches);
