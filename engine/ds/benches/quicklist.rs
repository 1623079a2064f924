//! The quicklist at a million elements of 10 bytes, and at ten million where pauses are looked for.
//!
//! `cargo bench -p ds --bench quicklist`

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ds::quicklist::{End, Limits, Quicklist, Side};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COUNT: u32 = 1_000_000;
const BATCH: u32 = 100;

fn text(number: u32) -> [u8; 10] {
    let mut text = *b"el:0000000";
    let digits = number.to_string();
    text[10 - digits.len()..].copy_from_slice(digits.as_bytes());
    text
}

fn filled(count: u32) -> Quicklist {
    let mut list = Quicklist::new(Limits::default());
    (0..count).for_each(|number| list.push(End::Back, &text(number)));
    list
}

fn ends(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ends");
    group.throughput(Throughput::Elements(u64::from(BATCH)));
    for end in [End::Front, End::Back] {
        let mut list = filled(1000);
        group.bench_function(format!("push and pop {end:?}"), |bencher| {
            bencher.iter(|| {
                (0..BATCH).for_each(|_| list.push(end, b"element:10"));
                (0..BATCH).for_each(|_| {
                    list.pop(end, |entry| black_box(entry.text_len()));
                });
            })
        });
        let mut list = filled(1000);
        group.bench_function(format!("push {end:?}"), |bencher| {
            bencher.iter(|| {
                (0..BATCH).for_each(|_| list.push(end, b"element:10"));
                if list.len() > 10_000_000 {
                    list = filled(1000);
                }
            })
        });
        let (mut list, other) = (filled(100_000), if end == End::Front { End::Back } else { End::Front });
        group.bench_function(format!("a queue from {end:?}"), |bencher| {
            bencher.iter(|| {
                for _ in 0..BATCH {
                    list.push(other, b"element:10");
                    list.pop(end, |entry| black_box(entry.text_len()));
                }
            })
        });
    }
    group.finish();
}

fn walks(criterion: &mut Criterion) {
    let list = filled(COUNT);
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Elements(u64::from(BATCH)));
    let mut out = Vec::new();
    group.bench_function("a hundred from the front", |bencher| {
        bencher.iter(|| {
            out.clear();
            list.iter().take(BATCH as usize).for_each(|entry| entry.write(&mut out));
            black_box(out.len())
        })
    });
    group.bench_function("a hundred from the back", |bencher| {
        bencher.iter(|| {
            out.clear();
            list.iter_back_from(list.len()).take(BATCH as usize).for_each(|entry| entry.write(&mut out));
            black_box(out.len())
        })
    });
    group.throughput(Throughput::Elements(u64::from(COUNT)));
    group.bench_function("all, looking for one", |bencher| {
        let needle = ds::quicklist::Needle::new(b"el:nowhere");
        bencher.iter(|| list.iter().position(|entry| needle.is(&entry)))
    });
    group.finish();
    let mut group = criterion.benchmark_group("index");
    let mut index = 0usize;
    group.bench_function("get", |bencher| {
        bencher.iter(|| {
            index = (index + 7_654_321) % list.len();
            list.get(index).map(|entry| entry.text_len())
        })
    });
    group.finish();
}

fn middle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ten million");
    group.sample_size(20);
    let mut list = filled(10 * COUNT);
    let mut index = 0;
    group.bench_function("insert and remove in the middle", |bencher| {
        bencher.iter(|| {
            index = (index + 7_654_321) % list.len();
            list.insert(index, Side::Before, b"something new");
            list.remove_range(index, 1);
        })
    });
    group.bench_function("get", |bencher| {
        bencher.iter(|| {
            index = (index + 7_654_321) % list.len();
            list.get(index).map(|entry| entry.text_len())
        })
    });
    group.bench_function("trim to ten", |bencher| {
        bencher.iter_batched(
            || list.clone(),
            |mut list| {
                let len = list.len();
                let cut = list.remove_range(5, len - 10);
                (list, cut)
            },
            BatchSize::PerIteration,
        )
    });
    group.finish();
}

criterion_group!(benches, ends, walks, middle);
criterion_main!(benches);
