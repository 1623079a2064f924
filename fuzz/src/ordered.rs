//! The ordered set as operations: bytes say what to do with it, two maps say what must come of it.

use ds::ordered::{Change, Hasher64, Ordered};
use std::collections::{BTreeMap, BTreeSet};

/// Members there may be.
const POOL: usize = 2048;

/// What a set should hold.
#[derive(Default)]
struct Model {
    scores: BTreeMap<Vec<u8>, f64>,
    /// By the order of scores, then of members.
    order: BTreeSet<(u64, Vec<u8>)>,
    /// A scan under way: its cursor, and what it has still to find.
    scan: Option<(u64, BTreeSet<Vec<u8>>)>,
}

/// A number that is ordered as scores are.
fn key(score: f64) -> u64 {
    // Adding makes one zero of both.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

impl Model {
    fn insert(&mut self, member: &[u8], score: f64) -> Change {
        match self.scores.get(member) {
            Some(old) if *old == score => return Change::Kept,
            Some(old) => self.order.remove(&(key(*old), member.to_vec())),
            None => false,
        };
        self.order.insert((key(score), member.to_vec()));
        match self.scores.insert(member.to_vec(), score) {
            Some(_) => Change::Updated,
            None => Change::Inserted,
        }
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let score = self.scores.remove(member)?;
        self.order.remove(&(key(score), member.to_vec()));
        if let Some((_, due)) = &mut self.scan {
            due.remove(member);
        }
        Some(score)
    }

    fn from(&self, rank: usize) -> impl DoubleEndedIterator<Item = (&[u8], f64)> {
        self.order.iter().skip(rank).map(|(_, member)| (&**member, self.scores[member]))
    }
}

/// Reads the bytes as operations on a set and on a naive model of it.
///
/// # Panics
/// When the two disagree.
pub fn ordered(data: &[u8]) {
    let mut data = data.iter().copied();
    let mut set = Ordered::new(Hasher64::new(7, 11));
    let mut model = Model::default();
    while let Some(op) = data.next() {
        let mut next = || data.next().unwrap_or(0) as usize;
        match op % 8 {
            0..4 => {
                let (first, count, shape) = (next() * 8, 1 + next() * next() / 128, next());
                for number in first..first + count {
                    let (member, score) = (member(number), score(number, shape));
                    assert_eq!(set.insert(&member, score), model.insert(&member, score));
                }
            }
            4 => {
                let (first, count) = (next() * 8, 1 + next() * next() / 128);
                for member in (first..first + count).map(member) {
                    assert_eq!(set.remove(&member), model.remove(&member));
                }
            }
            5 => {
                let start = next() * set.len() / 256;
                let end = start + next() * (set.len() - start) / 256;
                let gone: Vec<_> = set.range(start..end).map(|(member, _)| member.to_vec()).collect();
                set.remove_range(start..end);
                gone.iter().for_each(|member| assert!(model.remove(member).is_some()));
            }
            6 => {
                let bound = score(next(), next());
                let below = model.order.range(..(key(bound), Vec::new())).count();
                let within = model.order.range(..(key(bound) + 1, Vec::new())).count();
                assert_eq!(
                    (set.rank_of_score(bound, false), set.rank_of_score(bound, true)),
                    (below, within)
                );
                let start = next() * set.len() / 256;
                assert!(set.range(start..start + 50).eq(model.from(start).take(50)));
                assert!(set.range(start..set.len()).rev().take(50).eq(model.from(start).rev().take(50)));
            }
            _ => {
                let all = || (0, model.scores.keys().cloned().collect());
                let (cursor, mut due) = model.scan.take().unwrap_or_else(all);
                let cursor = set.scan(cursor, 1 + next(), &mut |member, _| {
                    due.remove(member);
                });
                assert!(cursor != 0 || due.is_empty(), "a scan has missed what was there all the time");
                model.scan = (cursor != 0).then_some((cursor, due));
            }
        }
    }
    assert!(set.iter().eq(model.from(0)));
    for (rank, (member, score)) in model.from(0).enumerate() {
        assert_eq!(set.rank(member), Some((rank, score)));
    }
}

fn member(number: usize) -> Vec<u8> {
    let mut member = format!("m{}", number % POOL).into_bytes();
    let pad = match number % 61 {
        0 => 3000,
        1..4 => 300,
        other => other % 5,
    };
    member.resize(member.len() + pad, b'.');
    member
}

fn score(number: usize, shape: usize) -> f64 {
    match shape % 8 {
        0 => 0.0,
        1 => -0.0,
        2 => f64::INFINITY,
        3 => f64::NEG_INFINITY,
        4 => number as f64,
        5 => -(number as f64) / 3.0,
        _ => (number * 40503 % (shape + 1)) as f64,
    }
}
