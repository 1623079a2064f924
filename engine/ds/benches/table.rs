//! The keyspace table's operations at a million keys of 16 bytes with values of 32.
//!
//! `cargo bench -p ds --bench table`
//!
//! Times are what the thread spent on the processor, so that a busy machine disturbs them little.

mod common;

use common::CpuTime;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ds::table::{Entry, Hash, Hasher64, NewValue, SetExpiry, Table, ValueRef};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS: u64 = 1_000_000;
const BATCH: usize = 16;

type Key = [u8; 16];

fn key(number: u64) -> Key {
    let mut key = *b"key:000000000000";
    let digits = number.to_string();
    key[16 - digits.len()..].copy_from_slice(digits.as_bytes());
    key
}

/// Keys from `range`, drawn in an order that no cache foresees.
fn draws(range: std::ops::Range<u64>, count: usize) -> Vec<Key> {
    let mut state = 0x1234_5678_9abc_def1u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count).map(|_| key(range.start + next() % (range.end - range.start))).collect()
}

fn put(table: &mut Table<u64>, key: &Key) {
    let value = NewValue::Inline { kind: 0, bytes: &[7; 32] };
    table.upsert(table.hash(key), key, value, SetExpiry::Clear, 0);
}

fn filled(count: u64) -> Table<u64> {
    let mut table = Table::new(Hasher64::new(1, 2));
    (0..count).for_each(|number| put(&mut table, &key(number)));
    table
}

/// As a reply would: reads the value's bytes.
fn read(entry: Option<Entry<'_, u64>>) -> u64 {
    match entry.map(|entry| entry.value()) {
        Some(ValueRef::Inline { bytes, .. }) => bytes.iter().map(|byte| *byte as u64).sum(),
        _ => 0,
    }
}

fn lookups(criterion: &mut Criterion<CpuTime>) {
    let table = filled(KEYS);
    let hits = draws(0..KEYS, 1 << 18);
    let misses = draws(KEYS..2 * KEYS, 1 << 18);
    let mut group = criterion.benchmark_group("get");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, keys) in [("hit", &hits), ("miss", &misses)] {
        let mut batches = keys.chunks_exact(BATCH).cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let batch = batches.next().expect("a cycle");
                batch.iter().map(|key| read(table.get(table.hash(key), key))).sum::<u64>()
            })
        });
        let mut batches = keys.chunks_exact(BATCH).cycle();
        group.bench_function(format!("{name}, prefetched"), |bencher| {
            bencher.iter(|| {
                let batch: &[Key; BATCH] =
                    batches.next().expect("a cycle").try_into().expect("a whole batch");
                let hashes: [Hash; BATCH] = batch.map(|key| table.hash(&key));
                hashes.iter().for_each(|hash| table.prefetch_segment(*hash));
                hashes.iter().for_each(|hash| table.prefetch_slots(*hash));
                hashes.iter().for_each(|hash| table.prefetch_entry(*hash));
                batch.iter().zip(hashes).map(|(key, hash)| read(table.get(hash, key))).sum::<u64>()
            })
        });
    }
    let mut batches = hits.chunks_exact(BATCH).cycle();
    group.bench_function("hash alone", |bencher| {
        bencher.iter(|| {
            let batch = batches.next().expect("a cycle");
            batch.iter().fold(0, |sum, key| sum ^ table.hash(key).0)
        })
    });
    group.finish();
}

fn changes(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("change");
    group.throughput(Throughput::Elements(BATCH as u64));
    let mut table = filled(KEYS);
    let keys = draws(0..KEYS, 1 << 18);
    let mut batches = keys.chunks_exact(BATCH).cycle();
    group.bench_function("overwrite", |bencher| {
        bencher.iter(|| batches.next().expect("a cycle").iter().for_each(|key| put(&mut table, key)))
    });
    let mut batches = keys.chunks_exact(BATCH).cycle();
    let mut len = 0;
    group.bench_function("overwrite with another size", |bencher| {
        bencher.iter(|| {
            for key in batches.next().expect("a cycle") {
                len = (len + 7) % 40;
                let value = NewValue::Inline { kind: 0, bytes: &[7; 40][..len] };
                table.upsert(table.hash(key), key, value, SetExpiry::Clear, 0);
            }
        })
    });
    let mut batches = keys.chunks_exact(BATCH).cycle();
    group.bench_function("remove and insert", |bencher| {
        bencher.iter(|| {
            let batch = batches.next().expect("a cycle");
            for key in batch {
                black_box(table.remove(table.hash(key), key));
            }
            batch.iter().for_each(|key| put(&mut table, key));
        })
    });
    group.finish();

    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10).throughput(Throughput::Elements(KEYS));
    group.bench_function("grow to a million", |bencher| bencher.iter_with_large_drop(|| filled(KEYS)));
    group.bench_function("remove a million", |bencher| {
        bencher.iter_batched(
            || filled(KEYS),
            |mut table| {
                for number in 0..KEYS {
                    let key = key(number);
                    table.remove(table.hash(&key), &key);
                }
                table
            },
            BatchSize::LargeInput,
        )
    });
    group.bench_function("scan a million", |bencher| {
        bencher.iter(|| {
            let (mut cursor, mut bytes) = (0, 0);
            loop {
                cursor = table.scan(cursor, 100, &mut |entry| bytes += entry.key().len());
                if cursor == 0 {
                    break bytes;
                }
            }
        })
    });
    group.finish();
}

criterion_group!(name = benches; config = Criterion::default().with_measurement(CpuTime); targets = lookups, changes);
criterion_main!(benches);
