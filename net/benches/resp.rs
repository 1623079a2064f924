//! The request parser on pipelined buffers: what one request costs before any command runs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use net::resp::{Argv, FrameLimits, Limits, Parser, Step, decode, encode_request};
use std::hint::black_box;

const REQUESTS: usize = 100;

/// Parses every request of `buffer`, which holds nothing else; returns how many there were.
fn parse(buffer: &[u8], argv: &mut Argv) -> usize {
    let (mut parser, limits, mut at, mut count) = (Parser::new(), Limits::default(), 0, 0);
    while let Ok(Step::Request { consumed }) = parser.next(&buffer[at..], &limits, argv) {
        black_box(&argv);
        at += consumed;
        count += 1;
    }
    assert_eq!(at, buffer.len());
    count
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    let large = "x".repeat(12_000);
    let many: Vec<String> = (0..50).map(|index| format!("field:{index}")).collect();
    let rows: [(&str, Vec<&str>); 4] = [
        ("get", vec!["GET", "key:000000000042"]),
        ("set_3_args", vec!["SET", "key:000000000042", "xxxxxxxxxxxxxxxx"]),
        ("set_12_kb", vec!["SET", "key:000000000042", &large]),
        ("hmget_50_args", many.iter().map(String::as_str).collect()),
    ];
    for (name, words) in rows {
        let mut one = Vec::new();
        encode_request(&words, &mut one);
        let buffer = one.repeat(REQUESTS);
        let mut argv = Argv::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(parse(black_box(&buffer), &mut argv), REQUESTS));
        });
    }
    let buffer = b"SET key:000000000042 \"a value\"\r\n".repeat(REQUESTS);
    let mut argv = Argv::default();
    group.bench_function("inline_set", |bencher| {
        bencher.iter(|| assert_eq!(parse(black_box(&buffer), &mut argv), REQUESTS));
    });
    group.finish();
}

fn frames(criterion: &mut Criterion) {
    let mut bytes = Vec::new();
    encode_request(&["some value of twenty"; 1000], &mut bytes);
    criterion.bench_function("frame/array_of_1000_strings", |bencher| {
        bencher.iter(|| decode(black_box(&bytes), &FrameLimits::default()));
    });
}

criterion_group!(benches, requests, frames);
criterion_main!(benches);
