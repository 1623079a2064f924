//! The ordered set beside a skip list with a hash map, at a million members of 14 bytes.
//!
//! `cargo bench -p ds --bench ordered`
//!
//! The skip list is the textbook's, with spans for ranks, over an arena of nodes; the map holds each member's score.
//! That is what other servers of this kind keep.

#![allow(clippy::disallowed_types, reason = "the skip list that is measured against has a plain table")]

mod common;

use common::CpuTime;
use criterion::measurement::Measurement;
use criterion::{BatchSize, Bencher, Criterion, Throughput, criterion_group, criterion_main};
use ds::ordered::{Hasher64, Ordered};
use std::collections::HashMap;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MEMBERS: usize = 1_000_000;

/// What both can do.
trait Set: Sized {
    const NAME: &'static str;
    fn new() -> Self;
    fn insert(&mut self, member: &[u8], score: f64);
    fn remove(&mut self, member: &[u8]);
    fn rank(&self, member: &[u8]) -> Option<usize>;
    /// The sum of the bytes and scores of a hundred elements from a rank on.
    fn hundred(&self, rank: usize) -> f64;
    fn rank_of_score(&self, score: f64) -> usize;
    fn bytes(&self) -> usize;
}

impl Set for Ordered {
    const NAME: &'static str = "ordered";

    fn new() -> Self {
        Ordered::new(Hasher64::new(1, 2))
    }

    fn insert(&mut self, member: &[u8], score: f64) {
        self.insert(member, score);
    }

    fn remove(&mut self, member: &[u8]) {
        self.remove(member);
    }

    fn rank(&self, member: &[u8]) -> Option<usize> {
        self.rank(member).map(|(rank, _)| rank)
    }

    fn hundred(&self, rank: usize) -> f64 {
        self.range(rank..rank + 100)
            .map(|(member, score)| score + member.iter().map(|b| *b as f64).sum::<f64>())
            .sum()
    }

    fn rank_of_score(&self, score: f64) -> usize {
        self.rank_of_score(score, false)
    }

    fn bytes(&self) -> usize {
        self.memory()
    }
}

const LEVELS: usize = 32;
const NONE: u32 = u32::MAX;

struct Node {
    member: Box<[u8]>,
    score: f64,
    /// Per level: the next node, and how many elements further it is.
    levels: Box<[(u32, u32)]>,
}

struct SkipList {
    scores: HashMap<Box<[u8]>, f64>,
    nodes: Vec<Node>,
    free: Vec<u32>,
    chance: u64,
}

impl SkipList {
    fn before(&self, node: u32, score: f64, member: &[u8]) -> bool {
        let node = &self.nodes[node as usize];
        node.score < score || (node.score == score && *node.member < *member)
    }

    /// The last node before a place at every level, with its rank.
    fn path(&self, score: f64, member: &[u8]) -> [(u32, u32); LEVELS] {
        let (mut at, mut rank) = (0, 0);
        let mut path = [(0, 0); LEVELS];
        for level in (0..LEVELS).rev() {
            loop {
                let (next, span) = self.nodes[at as usize].levels[level];
                if next == NONE || !self.before(next, score, member) {
                    break;
                }
                (at, rank) = (next, rank + span);
            }
            path[level] = (at, rank);
        }
        path
    }
}

impl Set for SkipList {
    const NAME: &'static str = "skip list and map";

    fn new() -> Self {
        let head = Node { member: Box::default(), score: 0.0, levels: Box::new([(NONE, 0); LEVELS]) };
        SkipList { scores: HashMap::new(), nodes: vec![head], free: Vec::new(), chance: 88172645463325252 }
    }

    fn insert(&mut self, member: &[u8], score: f64) {
        if self.scores.contains_key(member) {
            self.remove(member);
        }
        let path = self.path(score, member);
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let height = 1 + self.chance.trailing_zeros() as usize / 2;
        let node = Node { member: member.into(), score, levels: vec![(NONE, 0); height.min(LEVELS)].into() };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as u32 - 1
            }
        };
        for level in 0..LEVELS {
            let (before, rank) = path[level];
            let (next, span) = self.nodes[before as usize].levels[level];
            if level < height {
                let step = path[0].1 - rank + 1;
                self.nodes[before as usize].levels[level] = (id, step);
                self.nodes[id as usize].levels[level] = (next, (span + 1).saturating_sub(step));
            } else {
                self.nodes[before as usize].levels[level].1 += 1;
            }
        }
        self.scores.insert(member.into(), score);
    }

    fn remove(&mut self, member: &[u8]) {
        let score = self.scores.remove(member).expect("it is there");
        let path = self.path(score, member);
        let id = self.nodes[path[0].0 as usize].levels[0].0;
        for (level, (before, _)) in path.iter().enumerate() {
            let (next, span) = self.nodes[*before as usize].levels[level];
            let after = if next == id { self.nodes[id as usize].levels[level] } else { (next, 0) };
            self.nodes[*before as usize].levels[level] = (after.0, (span + after.1).saturating_sub(1));
        }
        self.free.push(id);
    }

    fn rank(&self, member: &[u8]) -> Option<usize> {
        let score = *self.scores.get(member)?;
        Some(self.path(score, member)[0].1 as usize)
    }

    fn hundred(&self, rank: usize) -> f64 {
        let (mut at, mut left, mut sum) = (0, rank as u32 + 1, 0.0);
        for level in (0..LEVELS).rev() {
            loop {
                let (next, span) = self.nodes[at as usize].levels[level];
                if next == NONE || span > left {
                    break;
                }
                (at, left) = (next, left - span);
            }
        }
        for _ in 0..100 {
            let node = &self.nodes[at as usize];
            sum += node.score + node.member.iter().map(|b| *b as f64).sum::<f64>();
            at = node.levels[0].0;
            if at == NONE {
                break;
            }
        }
        sum
    }

    fn rank_of_score(&self, score: f64) -> usize {
        self.path(score, b"")[0].1 as usize
    }

    fn bytes(&self) -> usize {
        // A map's slot is 25 bytes and at most 7/8 of the slots are used; small allocations come in steps of 8.
        let map = self.scores.capacity() * 8 / 7 * 25 + self.scores.len() * 16;
        let node =
            |node: &Node| size_of::<Node>() + node.levels.len() * 8 + node.member.len().next_multiple_of(8);
        map + self.nodes.iter().map(node).sum::<usize>()
    }
}

fn member(number: usize) -> [u8; 14] {
    let mut member = *b"member:0000000";
    let digits = number.to_string();
    member[14 - digits.len()..].copy_from_slice(digits.as_bytes());
    member
}

/// Numbers below `MEMBERS` in an order that no cache foresees.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % MEMBERS
    }
}

/// A score for a member: a few of each, as in a table of high scores.
fn score(number: usize) -> f64 {
    (number * 7919 % MEMBERS / 3) as f64
}

fn filled<S: Set>() -> S {
    let mut set = S::new();
    for at in 0..MEMBERS {
        // Neither in order of members nor of scores.
        let number = at * 611_953 % MEMBERS;
        set.insert(&member(number), score(number));
    }
    set
}

fn each<S: Set, M: Measurement>(criterion: &mut Criterion<M>) {
    let mut set: S = filled();
    println!("{}: {:.1} bytes a member of 14 bytes", S::NAME, set.bytes() as f64 / MEMBERS as f64);
    let mut group = criterion.benchmark_group(S::NAME);
    let mut draws = Draws(0x1234_5678_9abc_def1);
    group.bench_function("rank", |b: &mut Bencher<'_, M>| b.iter(|| set.rank(&member(draws.next()))));
    group
        .bench_function("rank of an absent member", |b| b.iter(|| set.rank(&member(MEMBERS + draws.next()))));
    group.bench_function("rank of a score", |b| b.iter(|| set.rank_of_score(score(draws.next()))));
    group.bench_function("a hundred by rank", |b| b.iter(|| set.hundred(draws.next())));
    group.bench_function("another score", |b| {
        b.iter(|| set.insert(&member(draws.next()), score(draws.next())))
    });
    group.bench_function("a score a little higher", |b| {
        b.iter(|| {
            let number = draws.next();
            set.insert(&member(number), score(number) + 0.5)
        })
    });
    group.bench_function("remove and insert", |b| {
        b.iter(|| {
            let number = draws.next();
            set.remove(&member(number));
            set.insert(&member(number), score(draws.next()));
        })
    });
    drop(set);
    group.sample_size(10).throughput(Throughput::Elements(MEMBERS as u64));
    group.bench_function("grow to a million", |b| b.iter_with_large_drop(filled::<S>));
    group.bench_function("grow in order", |b| {
        b.iter_with_large_drop(|| {
            let mut set = S::new();
            (0..MEMBERS).for_each(|number| set.insert(&member(number), number as f64));
            set
        })
    });
    group.finish();
}

fn whole(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("ordered, whole");
    group.sample_size(10).throughput(Throughput::Elements(MEMBERS as u64));
    group.bench_function("remove a million", |b| {
        b.iter_batched(
            filled::<Ordered>,
            |mut set| {
                (0..MEMBERS).for_each(|number| assert!(set.remove(&member(number)).is_some()));
                set
            },
            BatchSize::LargeInput,
        )
    });
    group.bench_function("remove a million by range", |b| {
        b.iter_batched(
            filled::<Ordered>,
            |mut set| {
                set.remove_range(0..MEMBERS);
                set
            },
            BatchSize::LargeInput,
        )
    });
    group.bench_function("scan a million", |b| {
        let set: Ordered = filled();
        b.iter(|| {
            let (mut cursor, mut bytes) = (0, 0);
            loop {
                cursor = set.scan(cursor, 100, &mut |member, _| bytes += member.len());
                if cursor == 0 {
                    break black_box(bytes);
                }
            }
        })
    });
    group.finish();
}

criterion_group!(
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = each::<Ordered, CpuTime>, each::<SkipList, CpuTime>, whole
);
criterion_main!(benches);
