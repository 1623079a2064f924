//! What the keyspace table costs per key: bytes by its own account and by the system's, and the longest single
//! insertion while it grows.
//!
//! `cargo run --release -p ds --example footprint [millions of keys, 10 by default]`
//!
//! Every shape of value runs in processes of its own, so that one does not live in what another left behind.
//! Growth is deterministic, the machine's disturbances are not: an insertion counts with the shortest of three
//! runs, in time that the thread spent on the processor, page faults included.

#![allow(clippy::disallowed_methods)] // Its command line is its configuration.

use ds::table::{Hasher64, NewValue, SetExpiry, Table};
use rustix::time::{ClockId, clock_gettime};
use std::process::{Command, Output};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A name, the length of the value, and whether every key expires.
const SHAPES: [(&str, usize, bool); 5] = [
    ("8-digit integer", 4, false),
    ("8-digit integer, expiry", 4, true),
    ("32 bytes", 32, false),
    ("32 bytes, expiry", 32, true),
    ("100 bytes", 100, false),
];

const MILLION: usize = 1_000_000;
const RUNS: usize = 3;

fn main() {
    // As the server does: a huge page is 2 MB to clear at first touch, milliseconds on some virtual machines.
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true).expect("any process may refuse huge pages");

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let millions: usize = arguments.first().map_or(10, |text| text.parse().expect("a number of millions"));
    if let [_, part, shape] = &arguments[..] {
        let shape = SHAPES[shape.parse::<usize>().expect("the number of a shape")];
        return if part == "bytes" { bytes(millions, shape) } else { pauses(millions, shape) };
    }
    println!("{:26} {:>9} {:>12} {:>9}", "16-byte key and", "keys", "memory()/key", "rss/key");
    let program = std::env::current_exe().expect("a program knows its path");
    for shape in 0..SHAPES.len() {
        for part in ["bytes", "pauses"] {
            let arguments = [&millions.to_string(), part, &shape.to_string()];
            let Output { status, stdout, .. } =
                Command::new(&program).args(arguments).output().expect("it starts");
            assert!(status.success());
            print!("{}", String::from_utf8_lossy(&stdout));
        }
    }
}

fn bytes(millions: usize, (name, value_len, expires): (&str, usize, bool)) {
    let mut table = Table::new(Hasher64::new(1, 2));
    let before = rss();
    for count in 1..=millions * MILLION {
        insert(&mut table, count, value_len, expires);
        if [1, 2, 5, 10, millions].contains(&(count / MILLION)) && count % MILLION == 0 {
            let per_key = |bytes: usize| bytes as f64 / count as f64;
            let (own, resident) = (per_key(table.memory()), per_key(rss() - before));
            println!("{name:26} {count:>9} {own:>12.2} {resident:>9.2}");
        }
    }
}

fn pauses(millions: usize, (name, value_len, expires): (&str, usize, bool)) {
    let mut shortest = vec![u32::MAX; millions * MILLION];
    for _ in 0..RUNS {
        let mut table = Table::new(Hasher64::new(1, 2));
        for (number, shortest) in shortest.iter_mut().enumerate() {
            let start = cpu_ns();
            insert(&mut table, number, value_len, expires);
            *shortest = (*shortest).min((cpu_ns() - start).try_into().unwrap_or(u32::MAX));
        }
    }
    let long = shortest.iter().filter(|ns| **ns > 250_000).count();
    let longest = shortest.iter().max().expect("at least one key") / 1000;
    println!("{name:26} longest insertion {longest} µs; over 250 µs: {long}");
}

fn insert(table: &mut Table<Box<[u8]>>, number: usize, value_len: usize, expires: bool) {
    let mut key = *b"key:000000000000";
    let (mut rest, mut at) = (number, key.len());
    while rest > 0 {
        at -= 1;
        key[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let expiry = if expires { SetExpiry::At(1_800_000_000_000) } else { SetExpiry::Clear };
    let value = NewValue::Inline { kind: 0, bytes: &[0x5a; 128][..value_len] };
    table.upsert(table.hash(&key), &key, value, expiry, 0);
}

/// What this thread has spent on the processor, in nanoseconds.
fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Resident bytes of this process, by Linux's account; 0 elsewhere.
fn rss() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
