//! The set against a naive model, and its invariants after every step.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
    /// Gives `count` members from `first` on scores that depend on their numbers in one of several ways.
    Insert {
        first: u16,
        count: u16,
        scores: Scores,
    },
    Remove {
        first: u16,
        count: u16,
    },
    /// Removes a range of ranks, in shares of the whole.
    RemoveRange {
        start: u8,
        len: u8,
    },
    Range {
        start: u8,
        len: u8,
        reads: Vec<bool>,
    },
    /// Goes on with the scan under way, or starts one.
    Scan {
        count: usize,
    },
    Clone,
}

#[derive(Clone, Copy, Debug)]
enum Scores {
    Equal(i8),
    Ascending,
    Descending,
    /// Few distinct ones, in no order.
    Mixed(u8),
    Odd,
}

impl Scores {
    fn of(self, n: u16) -> f64 {
        match self {
            Scores::Equal(score) => score as f64,
            Scores::Ascending => n as f64,
            Scores::Descending => -(n as f64) / 3.0,
            Scores::Mixed(distinct) => (n.wrapping_mul(40503) % distinct.max(1) as u16) as f64,
            Scores::Odd => {
                [f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::MIN_POSITIVE, f64::MAX][n as usize % 6]
            }
        }
    }
}

/// A scan under way: what it has to find, since it was there all the time, and what it found.
#[derive(Default)]
struct ScanState {
    cursor: u64,
    due: BTreeSet<Vec<u8>>,
    seen: BTreeSet<Vec<u8>>,
}

/// A score as the order sees it.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl PartialEq for Score {
    fn eq(&self, other: &Score) -> bool {
        self.0 == other.0
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Score) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Score) -> Ordering {
        self.0.partial_cmp(&other.0).expect("a number")
    }
}

struct Pair {
    set: Ordered,
    scores: BTreeMap<Vec<u8>, f64>,
    order: BTreeSet<(Score, Vec<u8>)>,
    scan: Option<ScanState>,
}

/// Members of all sorts of lengths, a few too long for a leaf.
fn member(n: u16) -> Vec<u8> {
    let mut member = format!("member:{n}").into_bytes();
    let pad = match n % 211 {
        0 => 2100 + n as usize % 7,
        1 => 2029,
        2 => 700,
        3..9 => 150,
        other => other as usize % 9,
    };
    member.resize(member.len() + pad, b'.');
    member
}

fn numbers(first: u16, count: u16) -> impl Iterator<Item = u16> {
    (0..count).map(move |i| first.wrapping_add(i) % 6000)
}

impl Pair {
    fn new(mask: u64) -> Self {
        let mut hasher = Hasher64::new(7, 11);
        hasher.mask = mask;
        Pair { set: Ordered::new(hasher), scores: BTreeMap::new(), order: BTreeSet::new(), scan: None }
    }

    fn insert(&mut self, member: Vec<u8>, score: f64) {
        let old = self.scores.get(&member).copied();
        let change = self.set.change(&member, |given| {
            assert_eq!(given, old);
            Some(score)
        });
        let expected = match old {
            None => Change::Inserted,
            Some(old) if old == score => Change::Kept,
            Some(_) => Change::Updated,
        };
        assert_eq!(change, expected);
        if change != Change::Kept {
            old.map(|old| self.order.remove(&(Score(old), member.clone())));
            self.order.insert((Score(score), member.clone()));
            self.scores.insert(member, score);
        }
    }

    fn forget(&mut self, member: &[u8]) -> Option<f64> {
        if let Some(scan) = &mut self.scan {
            scan.due.remove(member);
        }
        let score = self.scores.remove(member)?;
        assert!(self.order.remove(&(Score(score), member.to_vec())));
        Some(score)
    }

    fn share(&self, start: u8, len: u8) -> ops::Range<usize> {
        let all = self.scores.len();
        let start = all * start as usize / 256;
        start..start + (all * len as usize / 256).max(len as usize % 4)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Insert { first, count, scores } => {
                numbers(first, count).for_each(|n| self.insert(member(n), scores.of(n)));
            }
            Step::Remove { first, count } => {
                for member in numbers(first, count).map(member) {
                    assert_eq!(self.set.remove(&member), self.forget(&member));
                }
            }
            Step::RemoveRange { start, len } => {
                let range = self.share(start, len);
                let gone: Vec<_> = self
                    .order
                    .iter()
                    .skip(range.start)
                    .take(range.len())
                    .map(|(_, member)| member.clone())
                    .collect();
                self.set.remove_range(range);
                gone.iter().for_each(|member| assert!(self.forget(member).is_some()));
            }
            Step::Range { start, len, ref reads } => {
                let range = self.share(start, len);
                let mut expected = self.order.iter().skip(range.start).take(range.len());
                let mut found = self.set.range(range);
                for back in reads.iter().cycle() {
                    let (one, two) = match back {
                        true => (found.next_back(), expected.next_back()),
                        false => (found.next(), expected.next()),
                    };
                    assert_eq!(one, two.map(|(score, member)| (&**member, score.0)));
                    if one.is_none() {
                        break;
                    }
                }
            }
            Step::Scan { count } => self.scan(count),
            Step::Clone => {
                let copy = self.set.clone();
                self.set = copy;
            }
        }
    }

    fn scan(&mut self, count: usize) {
        let mut scan = self.scan.take().unwrap_or_else(|| ScanState {
            due: self.scores.keys().cloned().collect(),
            ..ScanState::default()
        });
        let mut found = 0;
        scan.cursor = self.set.scan(scan.cursor, count, &mut |member, score| {
            found += 1;
            assert_eq!(self.scores.get(member), Some(&score));
            let again = !scan.seen.insert(member.to_vec());
            assert!(!again || !scan.due.contains(member), "what stays is not repeated");
        });
        if scan.cursor != 0 {
            assert!(found >= count.max(1), "a scan that goes on has given what was asked");
            self.scan = Some(scan);
        } else {
            let missed: Vec<_> = scan.due.difference(&scan.seen).collect();
            assert!(missed.is_empty(), "what stayed is found: {missed:?}");
        }
    }

    /// The set's content is the model's, by member, by rank and by score.
    fn compare(&self) {
        check(&self.set);
        assert_eq!(self.set.len(), self.scores.len());
        let expected = || self.order.iter().map(|(score, member)| (&**member, score.0));
        assert!(self.set.iter().eq(expected()));
        assert!(self.set.iter().rev().eq(expected().rev()));
        let (mut below, mut last) = (0, f64::NAN);
        for (rank, (member, score)) in expected().enumerate() {
            assert_eq!(self.set.rank(member), Some((rank, score)));
            assert_eq!((self.set.get(rank), self.set.score(member)), (Some((member, score)), Some(score)));
            if score != last {
                assert_eq!(self.set.rank_of_score(score, false), rank);
                assert!(last.is_nan() || self.set.rank_of_score(last, true) == rank);
                (below, last) = (rank, score);
            }
        }
        assert!(below <= self.set.len() && self.set.get(self.set.len()).is_none());
        assert_eq!(self.set.rank_of_score(f64::INFINITY, true), self.set.len());
    }
}

/// Asserts every invariant of the set and its parts.
fn check(set: &Ordered) {
    assert_eq!((set.tree.check(), set.index.check()), (set.len, set.len));
    for (id, leaf) in set.tree.leaves.iter().enumerate() {
        for at in 0..leaf.len() {
            let hash = set.hasher.hash(leaf.member(at));
            assert!(set.index.leaves(hash).any(|leaf| leaf == id), "the index knows the leaf");
            assert!(leaf.tagged(tag(hash)).any(|hit| hit == at), "the leaf knows the tag");
        }
    }
}

const ALL: u64 = u64::MAX;
/// The first bits agree, so that the first splits leave one half empty.
const LATE: u64 = u64::MAX >> 5;
/// Few distinct hashes: many members of the same tag.
const FEW: u64 = 0xff80 << 48;

fn masks() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(ALL), 1 => Just(LATE), 1 => Just(FEW)]
}

fn scores() -> impl Strategy<Value = Scores> {
    prop_oneof![
        any::<i8>().prop_map(Scores::Equal),
        Just(Scores::Ascending),
        Just(Scores::Descending),
        any::<u8>().prop_map(Scores::Mixed),
        Just(Scores::Odd),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let counts = || prop_oneof![3 => 1..20u16, 1 => 500..3000u16];
    prop_oneof![
        6 => (any::<u16>(), counts(), scores())
            .prop_map(|(first, count, scores)| Step::Insert { first, count, scores }),
        3 => (any::<u16>(), counts()).prop_map(|(first, count)| Step::Remove { first, count }),
        1 => (0..6000u16).prop_map(|first| Step::Remove { first, count: 5900 }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(start, len)| Step::RemoveRange { start, len }),
        2 => (any::<u8>(), 0..60u8, proptest::collection::vec(any::<bool>(), 1..20))
            .prop_map(|(start, len, reads)| Step::Range { start, len, reads }),
        4 => prop_oneof![0..10usize, 200..2000usize].prop_map(|count| Step::Scan { count }),
        1 => Just(Step::Clone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_naive_model(mask in masks(), steps in proptest::collection::vec(steps(), 1..40)) {
        let mut pair = Pair::new(mask);
        for step in &steps {
            pair.step(step);
            check(&pair.set);
        }
        pair.compare();
    }
}

fn filled(mask: u64, count: u16, scores: Scores) -> Pair {
    let mut pair = Pair::new(mask);
    pair.step(&Step::Insert { first: 0, count, scores });
    pair
}

#[test]
fn grows_to_several_levels_and_shrinks_back_to_one_leaf() {
    for scores in [Scores::Equal(1), Scores::Ascending, Scores::Descending, Scores::Mixed(200), Scores::Odd] {
        let mut pair = filled(ALL, 6000, scores);
        pair.compare();
        let full = pair.set.memory();
        pair.step(&Step::Remove { first: 0, count: 5900 });
        pair.compare();
        assert!(pair.set.memory() < full / 10, "{} after {full}", pair.set.memory());
        pair.step(&Step::Remove { first: 5900, count: 100 });
        pair.compare();
        assert_eq!((pair.set.len(), pair.set.tree.leaves.len()), (0, 1));
    }
}

/// Small members in numbers that take four levels and splits of nodes, in the given order of ranks.
fn check_large(count: usize, rank: impl Fn(usize) -> usize) -> Ordered {
    let mut set = Ordered::new(Hasher64::new(1, 2));
    let name = |rank: usize| format!("{:014}", rank);
    for at in 0..count {
        assert_eq!(set.insert(name(rank(at)).as_bytes(), (rank(at) / 3) as f64), Change::Inserted);
    }
    check(&set);
    for at in (0..count).step_by(97) {
        assert_eq!(set.rank(name(at).as_bytes()), Some((at, (at / 3) as f64)));
        assert_eq!(set.get(at), Some((name(at).as_bytes(), (at / 3) as f64)));
        assert_eq!(set.rank_of_score((at / 3) as f64, true), (at / 3 * 3 + 3).min(count));
    }
    set
}

#[test]
fn ascending_and_descending_sets_fill_their_leaves() {
    let count = 300_000;
    for set in [check_large(count, |at| at), check_large(count, |at| count - 1 - at)] {
        let per_leaf = count / set.tree.leaves.len();
        assert!(per_leaf >= 2048 / 25 * 9 / 10, "{per_leaf} elements in a leaf");
        assert!(set.memory() <= count * 36, "{} bytes a member", set.memory() / count);
    }
}

#[test]
fn a_set_in_no_order_keeps_to_its_memory() {
    let count = 300_007;
    let mut set = check_large(count, |at| at * 7919 % count);
    assert!(set.memory() <= count * 42, "{} bytes a member", set.memory() / count);
    let full = set.clone();
    set.remove_range(1000..count - 1000);
    check(&set);
    assert_eq!(set.len(), 2000);
    assert!(set.memory() <= 2000 * 50, "{} bytes a member", set.memory() / 2000);

    let mut thinned = full;
    for at in (0..count).map(|at| at * 611_953 % count).filter(|at| !at.is_multiple_of(100)) {
        assert!(thinned.remove(format!("{at:014}").as_bytes()).is_some());
    }
    check(&thinned);
    assert_eq!(thinned.len(), count.div_ceil(100));
    assert!(thinned.memory() <= thinned.len() * 60, "{} bytes a member", thinned.memory() / thinned.len());
}

#[test]
fn a_large_set_is_freed_in_slices() {
    let mut set = check_large(100_000, |at| at);
    let full = set.memory();
    assert!(set.drain_step(50_000));
    assert!((49_000..=50_000).contains(&set.len()));
    assert!(set.memory() < full * 2 / 3);
    let mut steps = 0;
    while set.drain_step(1000) {
        steps += 1;
    }
    assert!((40..=50).contains(&steps), "{steps}");
    assert!(set.memory() < full / 10);
}

#[test]
fn zeros_of_both_signs_are_one_score() {
    let mut set = Ordered::new(Hasher64::new(1, 2));
    assert_eq!(set.insert(b"b", 0.0), Change::Inserted);
    assert_eq!(set.insert(b"a", -0.0), Change::Inserted);
    assert_eq!(set.insert(b"b", -0.0), Change::Kept);
    assert!(set.iter().map(|(member, _)| member).eq([b"a", b"b"]));
    assert!(set.get(0).unwrap().1.is_sign_negative() && set.get(1).unwrap().1.is_sign_positive());
    assert_eq!((set.rank_of_score(-0.0, false), set.rank_of_score(0.0, true)), (0, 2));
}

#[test]
fn members_of_equal_scores_are_found_by_themselves() {
    let set = check_large(5000, |at| at * 4999 % 5000);
    let mut equal = Ordered::new(Hasher64::new(3, 4));
    set.iter().for_each(|(member, _)| assert_eq!(equal.insert(member, 1.5), Change::Inserted));
    for at in [0, 1, 77, 2500, 4999] {
        let name = format!("{at:014}");
        assert_eq!(equal.rank_of_member(name.as_bytes(), false), at);
        assert_eq!(equal.rank_of_member(name.as_bytes(), true), at + 1);
        assert_eq!(equal.rank_of_member(&name.as_bytes()[..13], false), at / 10 * 10);
    }
    assert_eq!((equal.rank_of_member(b"", false), equal.rank_of_member(b"1", true)), (0, 5000));
}

#[test]
fn every_cursor_is_answered() {
    let pair = filled(ALL, 3000, Scores::Ascending);
    for cursor in [1, 2, 77, 1 << 20, 1 << 47, (1 << 48) - 1, 1 << 48, u64::MAX] {
        assert!(pair.set.scan(cursor, 5, &mut |_, _| {}) < 1 << 48);
    }
    let empty = Pair::new(ALL);
    assert_eq!(empty.set.scan(0, 10, &mut |_, _| panic!("it is empty")), 0);
}

#[test]
fn an_empty_set_owns_little() {
    let set = Ordered::new(Hasher64::new(1, 2));
    assert!(set.memory() + size_of::<Ordered>() < 800, "{} and {}", set.memory(), size_of::<Ordered>());
}
