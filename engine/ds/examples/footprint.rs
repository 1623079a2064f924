//! What the keyspace table costs per key: bytes by its own account and by the system's, and the longest single
//! insertion while it grows.
//!
//! `cargo run --release -p ds --example footprint [millions of keys, 10 by default]`
//!
//! Every shape of value runs in a process of its own, so that one does not live in what another left behind.
//! The longest insertion is in time that this thread spent on the processor, its page faults included, so that
//! other programs do not show in it.

use ds::table::{Hasher64, NewValue, SetExpiry, Table};
use rustix::time::{ClockId, clock_gettime};
use std::process::Command;
use std::time::Duration;

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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let millions: usize = arguments.first().map_or(10, |text| text.parse().expect("a number of millions"));
    if let Some(shape) = arguments.get(1) {
        return grow(millions, SHAPES[shape.parse::<usize>().expect("the number of a shape")]);
    }
    println!(
        "{:26} {:>9} {:>10} {:>9} {:>10}",
        "16-byte key and", "keys", "memory()/k", "rss/key", "longest"
    );
    let program = std::env::current_exe().expect("a program knows its path");
    for shape in 0..SHAPES.len() {
        let status = Command::new(&program)
            .arg(millions.to_string())
            .arg(shape.to_string())
            .status()
            .expect("it starts");
        assert!(status.success());
    }
}

fn grow(millions: usize, (name, value_len, expires): (&str, usize, bool)) {
    let mut table: Table<Box<[u8]>> = Table::new(Hasher64::new(1, 2));
    let value = vec![0x5a; value_len];
    let before = rss();
    let mut longest = Duration::ZERO;
    for number in 0..millions * 1_000_000 {
        let mut key = *b"key:000000000000";
        write_digits(&mut key, number);
        let expiry = if expires { SetExpiry::At(1_800_000_000_000) } else { SetExpiry::Clear };
        let start = cpu_time();
        let hash = table.hash(&key);
        table.upsert(hash, &key, NewValue::Inline { kind: 0, bytes: &value }, expiry, 0);
        longest = longest.max(cpu_time() - start);
        let count = number + 1;
        if [1, 2, 5, 10, millions].contains(&(count / 1_000_000)) && count % 1_000_000 == 0 {
            let per_key = |bytes: usize| bytes as f64 / count as f64;
            println!(
                "{name:26} {count:>9} {:>10.2} {:>9.2} {:>7} µs",
                per_key(table.memory()),
                per_key(rss() - before),
                longest.as_micros(),
            );
        }
    }
}

fn write_digits(key: &mut [u8], mut number: usize) {
    for digit in key.iter_mut().rev() {
        if number == 0 {
            break;
        }
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// What this thread has spent on the processor.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Resident bytes of this process, by Linux's account; 0 elsewhere.
fn rss() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
