//! The table against a naive model, and its invariants after every step.

use super::heap::{CHUNK, CHUNKS};
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A value as the model keeps it.
#[derive(Clone, Debug, PartialEq)]
enum Stored {
    Inline(u8, Vec<u8>),
    Object(u64),
}

#[derive(Clone, Debug, PartialEq)]
struct Record {
    value: Stored,
    expiry: Option<i64>,
    clock: u32,
}

#[derive(Clone, Debug)]
enum Step {
    /// Stores `count` keys from `first` on: values of `len` bytes, beyond the inline limit as objects.
    Put {
        first: u16,
        count: u16,
        len: usize,
        expiry: SetExpiry,
    },
    Remove {
        first: u16,
        count: u16,
    },
    Expire {
        first: u16,
        count: u16,
        at: Option<i64>,
    },
    /// Takes out what is due before `bound`.
    Due {
        bound: i64,
        max: usize,
    },
    /// Goes on with the scan under way, or starts one.
    Scan {
        count: usize,
    },
    Random {
        seed: u64,
    },
    Clear,
}

/// A scan under way: what it has to find, since it was there all the time, and what it found.
#[derive(Default)]
struct ScanState {
    cursor: u64,
    due: BTreeSet<Vec<u8>>,
    seen: BTreeSet<Vec<u8>>,
}

struct Pair<const META: usize = CLOCKED> {
    table: Table<u64, META>,
    model: BTreeMap<Vec<u8>, Record>,
    scan: Option<ScanState>,
    clock: u32,
}

/// Keys of all sorts of lengths; every 97th is out of line.
fn key(n: u16) -> Vec<u8> {
    let mut key = format!("key:{n}").into_bytes();
    let pad = match n % 97 {
        0 => 2000 + n as usize,
        1 => 60,
        2 => 500,
        other => other as usize % 9,
    };
    key.resize(key.len() + pad, b'.');
    key
}

fn numbers(first: u16, count: u16) -> impl Iterator<Item = u16> {
    (0..count).map(move |i| first.wrapping_add(i) % 6000)
}

impl<const META: usize> Pair<META> {
    fn new(mask: u64) -> Self {
        let mut hasher = Hasher64::new(7, 11);
        hasher.mask = mask;
        Pair { table: Table::new(hasher), model: BTreeMap::new(), scan: None, clock: 0 }
    }

    fn put(&mut self, key: Vec<u8>, value: Stored, expiry: SetExpiry) {
        // A bare entry has no clock.
        self.clock = if META == BARE { 0 } else { (self.clock + 1) % (1 << CLOCK_BITS) };
        let new = match &value {
            Stored::Inline(kind, bytes) => NewValue::Inline { kind: *kind, bytes },
            Stored::Object(number) => NewValue::Object(*number),
        };
        let removed = self.table.upsert(self.table.hash(&key), &key, new, expiry, self.clock);
        let old = self.model.get(&key);
        assert_eq!(removed, old.map(as_removed));
        let expiry = match expiry {
            SetExpiry::Keep => old.and_then(|record| record.expiry),
            SetExpiry::Clear => None,
            SetExpiry::At(at) => Some(at),
        };
        self.model.insert(key, Record { value, expiry, clock: self.clock });
    }

    fn forget(&mut self, key: &[u8]) -> Option<Record> {
        if let Some(scan) = &mut self.scan {
            scan.due.remove(key);
        }
        self.model.remove(key)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Put { first, count, len, expiry } => {
                for n in numbers(first, count) {
                    let value = if len <= INLINE_MAX {
                        Stored::Inline((n % KINDS as u16) as u8, vec![n as u8; len])
                    } else {
                        Stored::Object(n as u64 * 1000 + len as u64)
                    };
                    self.put(key(n), value, expiry);
                }
            }
            Step::Remove { first, count } => {
                for key in numbers(first, count).map(key) {
                    let removed = self.table.remove(self.table.hash(&key), &key);
                    assert_eq!(removed, self.forget(&key).as_ref().map(as_removed));
                }
            }
            Step::Expire { first, count, at } => {
                for key in numbers(first, count).map(key) {
                    let done = self.table.set_expiry(self.table.hash(&key), &key, at);
                    let record = self.model.get_mut(&key);
                    assert_eq!(done, record.is_some());
                    record.into_iter().for_each(|record| record.expiry = at);
                }
            }
            Step::Due { bound, max } => self.take_due(bound, max),
            Step::Scan { count } => self.scan(count),
            Step::Random { seed } => {
                let mut state = seed;
                let mut draw = || {
                    state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    state ^ state >> 32
                };
                let chosen = self.table.random(&mut draw).map(|entry| entry.key().to_vec());
                assert_eq!(chosen.is_none(), self.model.is_empty());
                assert!(chosen.is_none_or(|key| self.model.contains_key(&key)));
                let chosen = self.table.random_volatile(&mut draw).map(|entry| entry.key().to_vec());
                assert_eq!(chosen.is_none(), self.table.volatile_len() == 0);
                assert!(chosen.is_none_or(|key| self.model[&key].expiry.is_some()));
            }
            Step::Clear => {
                let mut old = self.table.clear();
                let all = self.model.len();
                assert_eq!(old.len(), all);
                old.drain_step(all / 2);
                assert!(old.len() <= all - all / 2);
                check(&old);
                while old.drain_step(100) {}
                check(&old);
                self.model.clear();
                self.scan = None;
            }
        }
    }

    fn take_due(&mut self, bound: i64, max: usize) {
        let mut taken = Vec::new();
        let mut seen = Vec::new();
        let due = self.table.take_due(
            bound,
            max,
            &mut |entry| seen.push((entry.key().to_vec(), entry.expiry())),
            &mut |key, object| taken.push((key.to_vec(), object)),
        );
        assert!(seen.iter().map(|(key, _)| key).eq(taken.iter().map(|(key, _)| key)));
        assert!(seen.iter().all(|(_, expiry)| expiry.is_some_and(|at| at < bound)));
        assert_eq!(due.removed, taken.len());
        assert!(due.removed <= max);
        for (key, object) in taken {
            let record = self.forget(&key).expect("what expires was there, once");
            assert!(record.expiry.is_some_and(|at| at < bound), "{:?} is not due", record.expiry);
            assert_eq!(object, as_removed(&record).object);
        }
        let left = self.model.values().any(|record| record.expiry.is_some_and(|at| at < bound));
        assert!(due.more || !left, "it says when something is left");
    }

    fn scan(&mut self, count: usize) {
        let mut scan = self.scan.take().unwrap_or_else(|| ScanState {
            due: self.model.keys().cloned().collect(),
            ..ScanState::default()
        });
        let mut found = 0;
        scan.cursor = self.table.scan(scan.cursor, count, &mut |entry| {
            found += 1;
            let key = entry.key();
            assert!(self.model.contains_key(key));
            let again = !scan.seen.insert(key.to_vec());
            assert!(!again || !scan.due.contains(key), "what stays is not repeated");
        });
        if scan.cursor != 0 {
            assert!(found >= count.max(1), "a scan that goes on has given what was asked");
            self.scan = Some(scan);
        } else {
            let missed: Vec<_> = scan.due.difference(&scan.seen).collect();
            assert!(missed.is_empty(), "what stayed is found: {missed:?}");
        }
    }

    /// The table's content is the model's, by lookup and by iteration.
    fn compare(&self) {
        check(&self.table);
        assert_eq!(self.table.len(), self.model.len());
        for (key, record) in &self.model {
            let entry = self.table.get(self.table.hash(key), key).expect("the model has the key");
            assert_eq!((entry.key(), &as_record(&entry)), (&**key, record));
        }
        let keys: BTreeSet<_> = self.table.iter().map(|entry| entry.key().to_vec()).collect();
        assert_eq!(keys.len(), self.table.iter().count());
        assert!(keys.iter().eq(self.model.keys()));
    }
}

fn as_removed(record: &Record) -> Removed<u64> {
    let object = match record.value {
        Stored::Object(number) => Some(number),
        Stored::Inline(..) => None,
    };
    Removed { expiry: record.expiry, clock: record.clock, object }
}

fn as_record<const META: usize>(entry: &Entry<'_, u64, META>) -> Record {
    let value = match entry.value() {
        ValueRef::Inline { kind, bytes } => Stored::Inline(kind, bytes.to_vec()),
        ValueRef::Object(number) => Stored::Object(*number),
    };
    Record { value, expiry: entry.expiry(), clock: entry.clock() }
}

/// Asserts every invariant of the table and its parts.
fn check<T, const META: usize>(table: &Table<T, META>) {
    let (mut len, mut volatile, mut owned) = (0, 0, 0);
    let mut depths = [0; directory::DEPTH_MAX as usize + 1];
    let mut ranges = Vec::new();
    assert_eq!(table.segments.len(), table.summaries.len());
    for (id, (segment, summary)) in table.segments.iter().zip(&table.summaries).enumerate() {
        let live = segment.check();
        assert!(segment.live() >= live);
        len += segment.slots.len();
        volatile += summary.volatile as usize;
        owned += segment.memory();
        depths[summary.depth as usize] += 1;
        ranges.push((summary.start(), summary.end(), id));
        assert_eq!(segment.volatile(), summary.volatile);
        for (index, slot) in segment.slots.iter().enumerate() {
            let hash = table.hasher.hash(segment.key(index));
            assert_eq!(
                table.directory.find(hash),
                (id, slots::tag(*slot)),
                "an entry lies where its hash says"
            );
            assert!(segment.expiry(index).is_none_or(|at| at >= summary.next_expiry), "the bound is below");
        }
    }
    assert_eq!((len, volatile, owned, depths), (table.len, table.volatile, table.owned, table.depths));
    let deepest = depths.iter().rposition(|count| *count > 0).expect("a table has a segment");
    assert_eq!(table.directory.depth(), deepest as u32);
    ranges.sort_unstable();
    let mut position = 0;
    for (at, (start, end, id)) in ranges.iter().enumerate() {
        assert_eq!(*start, position, "segments follow each other");
        assert_eq!((table.directory.find(*start).0, table.directory.find(end.wrapping_sub(1)).0), (*id, *id));
        assert_eq!(*end == 0, at + 1 == ranges.len());
        position = *end;
    }
}

const ALL: u64 = u64::MAX;
/// The first bits agree, so that the first splits leave one half empty.
const LATE: u64 = u64::MAX >> 5;
/// Few distinct hashes: many entries of the same tag.
const FEW: u64 = 0xff80 << 48;

fn masks() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(ALL), 1 => Just(LATE), 1 => Just(FEW)]
}

fn expiries() -> impl Strategy<Value = SetExpiry> {
    prop_oneof![
        3 => Just(SetExpiry::Keep),
        3 => Just(SetExpiry::Clear),
        2 => (0..1000i64).prop_map(SetExpiry::At),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let lens = prop_oneof![4 => 0..40usize, 2 => 50..130usize, 1 => 500..516usize, 1 => 600..700usize];
    let counts = || prop_oneof![3 => 1..20u16, 1 => 500..3000u16];
    prop_oneof![
        6 => (any::<u16>(), counts(), lens, expiries())
            .prop_map(|(first, count, len, expiry)| Step::Put { first, count, len, expiry }),
        4 => (any::<u16>(), counts()).prop_map(|(first, count)| Step::Remove { first, count }),
        1 => (0..6000u16).prop_map(|first| Step::Remove { first, count: 5900 }),
        2 => (any::<u16>(), counts(), proptest::option::of(0..1000i64))
            .prop_map(|(first, count, at)| Step::Expire { first, count, at }),
        2 => (0..1200i64, prop_oneof![Just(10), Just(100_000)]).prop_map(|(bound, max)| Step::Due { bound, max }),
        4 => prop_oneof![0..10usize, 200..2000usize].prop_map(|count| Step::Scan { count }),
        2 => any::<u64>().prop_map(|seed| Step::Random { seed }),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_naive_model(mask in masks(), steps in proptest::collection::vec(steps(), 1..40)) {
        let mut pair = Pair::<CLOCKED>::new(mask);
        for step in &steps {
            pair.step(step);
            check(&pair.table);
        }
        pair.compare();
    }

    #[test]
    fn so_does_a_bare_table(mask in masks(), steps in proptest::collection::vec(steps(), 1..40)) {
        let mut pair = Pair::<BARE>::new(mask);
        for step in &steps {
            pair.step(step);
            check(&pair.table);
        }
        pair.compare();
    }
}

fn filled(mask: u64, count: u16, len: usize) -> Pair {
    let mut pair: Pair = Pair::new(mask);
    pair.step(&Step::Put { first: 0, count, len, expiry: SetExpiry::Keep });
    pair
}

#[test]
fn grows_to_many_segments_and_shrinks_back_to_one() {
    let mut pair = filled(ALL, 6000, 32);
    assert!(pair.table.segments.len() >= 6);
    pair.compare();
    let full = pair.table.memory();
    pair.step(&Step::Remove { first: 0, count: 5900 });
    pair.compare();
    assert!(pair.table.segments.len() <= 2, "{} segments for 100 keys", pair.table.segments.len());
    assert!(pair.table.memory() < full / 10);
    pair.step(&Step::Remove { first: 5900, count: 100 });
    assert_eq!(pair.table.segments.len(), 1);
    pair.compare();
}

#[test]
fn entries_that_share_every_tag_are_told_apart_by_their_keys() {
    let mut pair = filled(FEW, 6000, 8);
    pair.compare();
    pair.step(&Step::Scan { count: 1 });
    pair.step(&Step::Remove { first: 1000, count: 3000 });
    pair.step(&Step::Scan { count: 10_000 });
    pair.compare();
}

#[test]
fn a_prefix_that_all_keys_share_is_split_through() {
    let pair = filled(LATE, 3000, 20);
    assert!(pair.table.directory.depth() >= 7);
    pair.compare();
}

#[test]
fn segments_full_of_the_largest_inline_entries_split_in_time() {
    for len in [400, INLINE_MAX] {
        let mut pair = filled(ALL, 2000, len);
        pair.compare();
        for len in [INLINE_MAX, 1, INLINE_MAX - 9, 300] {
            pair.step(&Step::Put { first: 0, count: 2000, len, expiry: SetExpiry::At(5) });
            check(&pair.table);
        }
        pair.compare();
    }
}

/// Stored in their order the entries fill every chunk to the last byte; in hash order they need more chunks than
/// there are, and packing must fall back to heap order.
#[test]
fn a_full_segment_can_be_packed_and_split_whatever_the_hash_order() {
    let hasher = Hasher64::new(3, 4);
    let mut segment: Segment<u64, CLOCKED> = Segment::new();
    let mut stored = BTreeMap::new();
    for n in 0u16.. {
        // Three of 1024 bytes and two of 512, of which seventeen are header and expiry.
        let (key_len, value_len) = if n % 5 < 3 { (500, 507) } else { (300, 195) };
        let key = format!("{n:0key_len$}").into_bytes();
        let size = entry::size::<CLOCKED>(key.len(), value_len, true);
        assert!(size == 1024 || size == 512);
        if !segment.reserve(size) {
            break;
        }
        let tag = directory::tag_of(hasher.hash(&key), 0);
        let found = segment.find(tag, &key);
        let value = vec![n as u8; value_len];
        segment.put(found, tag, &key, NewValue::Inline { kind: 0, bytes: &value }, Some(1), 0);
        stored.insert(key, value);
    }
    assert_eq!(segment.heap.extent(), CHUNKS * CHUNK);
    let (mut chunks, mut used) = (1, 0);
    for index in 0..segment.slots.len() {
        let size = segment.layout(index).end();
        (chunks, used) = if used + size > CHUNK { (chunks + 1, size) } else { (chunks, used + size) };
    }
    assert!(chunks > CHUNKS, "{chunks} chunks in hash order: the test is about nothing");
    segment.compact();
    assert_eq!(segment.heap.extent(), CHUNKS * CHUNK);
    let halves = segment.split(1, &hasher);
    assert_eq!(halves[0].slots.len() + halves[1].slots.len(), stored.len());
    for (key, value) in &stored {
        let hash = hasher.hash(key);
        let half = &halves[(hash >> 63) as usize];
        let index = half.find(directory::tag_of(hash, 1), key).expect("it was stored");
        assert_eq!(half.entry(index).value(), ValueRef::Inline { kind: 0, bytes: value });
    }
    halves.iter().for_each(|half| assert!(half.check() <= half.live()));
}

#[test]
fn long_keys_hold_every_kind_of_value() {
    let mut pair = Pair::<CLOCKED>::new(ALL);
    for len in [400, 1000, 1024, 1025, 65_535, 65_536, 100_000] {
        let key = vec![b'k'; len];
        for value in [
            Stored::Inline(3, vec![1; INLINE_MAX]),
            Stored::Object(len as u64),
            Stored::Inline(0, vec![]),
            Stored::Object(2),
        ] {
            pair.put(key.clone(), value, SetExpiry::At(50));
            pair.compare();
        }
    }
    let before = pair.table.memory();
    assert!(before > 200_000);
    let key = vec![b'k'; 100_000];
    let hash = pair.table.hash(&key);
    assert_eq!(pair.table.change_object(hash, &key, |number| std::mem::replace(number, 77)), Some(2));
    assert_eq!(pair.table.remove(hash, &key).unwrap().object, Some(77));
    assert!(pair.table.memory() < before - 99_000);
    pair.forget(&key);
    pair.step(&Step::Due { bound: 51, max: 100 });
    assert!(pair.table.is_empty());
    pair.compare();
}

#[test]
fn an_overwrite_of_the_same_size_allocates_nothing_and_leaves_nothing_dead() {
    let mut pair = filled(ALL, 3000, 32);
    let before = pair.table.memory();
    for _ in 0..3 {
        pair.step(&Step::Put { first: 0, count: 3000, len: 32, expiry: SetExpiry::Keep });
    }
    assert_eq!(pair.table.memory(), before);
    assert_eq!(pair.table.segments.iter().map(|segment| segment.heap.dead()).sum::<usize>(), 0);
}

#[test]
fn values_that_keep_changing_size_do_not_leak() {
    let mut pair = filled(ALL, 3000, 32);
    let before = pair.table.memory();
    for len in (0..60).chain(0..60).chain([32]) {
        pair.step(&Step::Put { first: 0, count: 3000, len, expiry: SetExpiry::Keep });
    }
    pair.compare();
    assert!(pair.table.memory() < before * 4 / 3, "{} after {before}", pair.table.memory());
}

#[test]
fn an_entry_that_expires_at_the_bound_stays() {
    let mut pair = Pair::<CLOCKED>::new(ALL);
    pair.put(b"k".to_vec(), Stored::Object(1), SetExpiry::At(10));
    assert_eq!(pair.table.next_expiry_bound(), Some(10));
    pair.step(&Step::Due { bound: 10, max: 9 });
    assert_eq!(pair.table.len(), 1);
    pair.step(&Step::Due { bound: 11, max: 9 });
    assert_eq!((pair.table.len(), pair.table.next_expiry_bound()), (0, None));
}

#[test]
fn a_mass_expiry_comes_in_bounded_slices() {
    let mut pair = filled(ALL, 6000, 20);
    pair.step(&Step::Expire { first: 0, count: 5000, at: Some(100) });
    let mut calls = 0;
    while pair.table.volatile_len() > 0 {
        pair.step(&Step::Due { bound: 101, max: 100 });
        calls += 1;
    }
    assert_eq!((calls, pair.table.len()), (50, 1000));
    pair.compare();
}

#[test]
fn changes_in_place_are_seen_by_readers_and_by_expiry() {
    let mut pair = Pair::<CLOCKED>::new(ALL);
    pair.put(b"k".to_vec(), Stored::Inline(1, vec![1, 2, 3]), SetExpiry::At(100));
    let hash = pair.table.hash(b"k");
    let mut entry = pair.table.get_mut(hash, b"k").unwrap();
    assert!(entry.object_mut().is_none());
    entry.bytes_mut().unwrap().copy_from_slice(&[7, 8, 9]);
    entry.set_clock(1234);
    entry.set_snapshot_bit(true);
    assert!(entry.set_kind(2) && entry.move_expiry(50));
    let entry = entry.into_view();
    assert_eq!((entry.clock(), entry.snapshot_bit(), entry.expiry()), (1234, true, Some(50)));
    assert_eq!(entry.value(), ValueRef::Inline { kind: 2, bytes: &[7, 8, 9] });
    assert_eq!(pair.table.next_expiry_bound(), Some(50));
    assert!(pair.table.set_expiry(hash, b"k", None));
    assert!(!pair.table.get_mut(hash, b"k").unwrap().move_expiry(1));
    check(&pair.table);
}

#[test]
fn scanning_with_changes_visits_each_entry_once_and_stored_entries_take_the_current_bit() {
    let mut pair = filled(ALL, 3000, 8);
    pair.table.set_current_bit(true);
    pair.step(&Step::Put { first: 0, count: 10, len: 8, expiry: SetExpiry::Keep });
    let (mut cursor, mut flipped) = (0, 0);
    loop {
        cursor = pair.table.scan_mut(cursor, 100, &mut |mut entry| {
            flipped += !entry.snapshot_bit() as usize;
            entry.set_snapshot_bit(true);
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(flipped, 2990);
    assert!(pair.table.iter().all(|entry| entry.snapshot_bit()));
    pair.compare();
}

#[test]
fn every_cursor_is_answered() {
    let pair = filled(ALL, 3000, 8);
    for cursor in [1, 2, 77, 1 << 20, 1 << 47, (1 << 48) - 1, 1 << 48, u64::MAX] {
        let next = pair.table.scan(cursor, 5, &mut |_| {});
        assert!(next < 1 << 48);
    }
    let empty = Pair::<CLOCKED>::new(ALL);
    assert_eq!(empty.table.scan(0, 10, &mut |_| panic!("it is empty")), 0);
}

#[test]
fn random_reaches_every_entry_about_equally() {
    let pair = filled(ALL, 2000, 8);
    let mut state = 1u64;
    let mut counts = BTreeMap::new();
    for _ in 0..100_000 {
        let chosen = pair.table.random(&mut || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state ^ state >> 33
        });
        *counts.entry(chosen.unwrap().key().to_vec()).or_insert(0u32) += 1;
    }
    assert_eq!(counts.len(), 2000);
    // Fifty each, give or take seven: seven standard deviations leave no room for chance.
    assert!(counts.values().all(|count| (10..=105).contains(count)), "{:?}", counts.values().max());
}

#[test]
fn a_draw_that_never_changes_still_gets_an_entry() {
    let pair = filled(ALL, 6000, 8);
    for bits in [0, u64::MAX, u32::MAX as u64] {
        assert!(pair.table.random(&mut || bits).is_some());
        assert!(pair.table.random_volatile(&mut || bits).is_none());
    }
}

#[test]
fn an_empty_table_owns_almost_nothing() {
    let table: Table<u64> = Table::new(Hasher64::new(1, 2));
    assert!(table.memory() < 400, "{}", table.memory());
    assert_eq!((segment::HOT_LINES * 64, size_of::<Segment<u64, CLOCKED>>()), (192, 256));
}

#[test]
fn prefetching_needs_no_key_to_be_there() {
    let pair = filled(ALL, 10, 8);
    for key in [&b"key:1"[..], b"absent"] {
        let hash = pair.table.hash(key);
        pair.table.prefetch_segment(hash);
        pair.table.prefetch_slots(hash);
        pair.table.prefetch_entry(hash);
    }
}
