//! A sparse array of a million elements: numbers side by side, texts side by side, and numbers far apart.
//!
//! `cargo bench -p ds --bench sparse`

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ds::sparse::{MAX_INDEX, Rules, SparseArray};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ELEMENTS: u64 = 1_000_000;

/// Fills an array with element `i` under index `i * step`.
fn filled(step: u64, text: impl Fn(u64) -> String) -> SparseArray {
    let mut array = SparseArray::new(4096);
    (0..ELEMENTS).for_each(|i| _ = array.set(i * step, text(i).as_bytes(), Rules::default()));
    array
}

fn shapes() -> [(&'static str, u64, SparseArray); 4] {
    let number = |i: u64| (i * 7919 % 100_000).to_string();
    [
        ("dense numbers", 1, filled(1, number)),
        ("dense texts of 20", 1, filled(1, |i| format!("reading of {i:09}"))),
        ("every 100th", 100, filled(100, number)),
        ("one a slice", 4096, filled(4096, number)),
    ]
}

fn operations(criterion: &mut Criterion) {
    for (name, step, array) in shapes() {
        println!("{name}: {:.1} bytes an element", array.memory() as f64 / ELEMENTS as f64);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        let mut at = 0u64;
        let mut next = move || {
            at = at.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (at >> 33) % ELEMENTS * step
        };
        group.bench_function("get", |bench| bench.iter(|| black_box(array.get(next()))));
        let mut changed = array.clone();
        group.bench_function("replace", |bench| {
            bench.iter(|| changed.set(next(), b"12345", Rules::default()));
        });
        group.throughput(Throughput::Elements(ELEMENTS));
        group.sample_size(10);
        group.bench_function("walk", |bench| {
            bench.iter(|| array.iter(0, MAX_INDEX).filter_map(|(_, element)| element.scaled()).sum::<i128>());
        });
        group.bench_function("fill", |bench| {
            bench.iter_batched(
                || SparseArray::new(4096),
                |mut array| {
                    (0..ELEMENTS).for_each(|i| _ = array.set(i * step, b"12345", Rules::default()));
                    array
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, operations);
criterion_main!(benches);
