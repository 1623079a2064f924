//! The array against a `BTreeMap`, and its shape.

use super::*;
use proptest::prelude::*;

/// An array and what it should hold.
struct Pair {
    array: SparseArray,
    model: BTreeMap<u64, Vec<u8>>,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Op {
    Set(u64, Vec<u8>),
    Run(u64, u8),
    Remove(u64),
    RemoveRange(u64, u64),
    Look(u64, u64),
}

impl Pair {
    fn new(slice_size: u64) -> Pair {
        Pair { array: SparseArray::new(slice_size), model: BTreeMap::new(), rules: Rules::default() }
    }

    fn set(&mut self, index: u64, text: &[u8]) {
        let new = self.model.insert(index, text.to_vec()).is_none();
        assert_eq!(self.array.set(index, text, self.rules), new);
    }

    fn remove_range(&mut self, low: u64, high: u64) {
        let gone: Vec<u64> = self.model.range(low..=high).map(|(index, _)| *index).collect();
        gone.iter().for_each(|index| drop(self.model.remove(index)));
        assert_eq!(self.array.remove_range(low, high, self.rules), gone.len() as u64);
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Set(index, text) => self.set(index, &text),
            Op::Run(index, len) => (0..u64::from(len)).for_each(|i| self.set(index + i, b"run of texts")),
            Op::Remove(index) => {
                let had = self.model.remove(&index).is_some();
                assert_eq!(self.array.remove(index, self.rules), had);
            }
            Op::RemoveRange(a, b) => self.remove_range(a.min(b), a.max(b)),
            Op::Look(a, b) => self.compare_range(a, b),
        }
        assert_eq!(self.array.count(), self.model.len() as u64);
        assert_eq!(self.array.len(), self.model.keys().next_back().map_or(0, |index| index + 1));
    }

    fn compare_range(&self, start: u64, end: u64) {
        let found: Vec<_> = self.array.iter(start, end).map(|(index, e)| (index, owned(e))).collect();
        let (low, high) = (start.min(end), start.max(end));
        let mut expected: Vec<_> =
            self.model.range(low..=high).map(|(index, text)| (*index, text.clone())).collect();
        assert_eq!(self.array.count_range(low, high), expected.len() as u64);
        if start > end {
            expected.reverse();
        }
        assert_eq!(found, expected);
    }

    fn compare(&self) {
        self.compare_range(0, MAX_INDEX);
        self.compare_range(MAX_INDEX, 0);
        for (index, text) in &self.model {
            assert_eq!(&owned(self.array.get(*index).expect("it is there")), text);
        }
        let sizes: usize = self.array.slices.values().map(|slice| slice.heap()).sum();
        assert_eq!(self.array.heap, sizes, "what is counted is what there is");
        let blocks: std::collections::BTreeSet<_> =
            self.array.slices.keys().map(|number| number / BLOCK).collect();
        assert_eq!(self.array.blocks, blocks.len() as u64);
        let shape = self.array.shape();
        assert_eq!(shape.dense + shape.sparse, self.array.slices());
        assert_eq!(shape.dense_elements + shape.sparse_elements, self.array.count());
    }
}

fn owned(element: Element<'_>) -> Vec<u8> {
    element.text(&mut Scratch::default()).to_vec()
}

fn indexes() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0u64..300,
        2 => 0u64..70_000,
        1 => (0u64..5).prop_map(|i| MAX_INDEX - 10 - i),
        1 => (0u64..8, 0u64..3).prop_map(|(a, b)| (a << 20) + b),
    ]
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|value| value.to_string().into_bytes()),
        (-100i64..100).prop_map(|value| value.to_string().into_bytes()),
        "-?[0-9]{1,5}\\.[0-9]{1,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12),
        prop::collection::vec(any::<u8>(), 200..300),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (indexes(), texts()).prop_map(|(index, text)| Op::Set(index, text)),
        1 => (0u64..9000, any::<u8>()).prop_map(|(index, len)| Op::Run(index, len)),
        2 => indexes().prop_map(Op::Remove),
        1 => (indexes(), indexes()).prop_map(|(a, b)| Op::RemoveRange(a, b)),
        1 => (indexes(), 0u64..40).prop_map(|(a, b)| Op::RemoveRange(a.saturating_sub(b), a)),
        1 => (indexes(), indexes()).prop_map(|(a, b)| Op::Look(a, b)),
    ]
}

proptest! {
    #[test]
    fn an_array_is_a_map(bits in 0u32..=16, ops in prop::collection::vec(ops(), 0..120)) {
        let mut pair = Pair::new(1 << bits);
        ops.into_iter().for_each(|op| pair.apply(op));
        pair.compare();
        let copy = pair.array.clone();
        pair.remove_range(0, MAX_INDEX);
        prop_assert_eq!((pair.array.len(), pair.array.slices(), pair.array.memory()), (0, 0, 0));
        let mut left = copy;
        while left.drain_step(3) {}
        prop_assert_eq!((left.count(), left.heap), (0, 0));
    }
}

#[test]
fn the_whole_space_of_indexes_is_there() {
    let mut pair = Pair::new(4096);
    for index in [0, 4095, 4096, 1 << 32, MAX_INDEX - 1, MAX_INDEX] {
        pair.set(index, b"x");
    }
    pair.compare();
    assert_eq!((pair.array.len(), pair.array.slices()), (u64::MAX, 4));
    assert!(pair.array.get(MAX_INDEX - 2).is_none());
    assert!(pair.array.remove(MAX_INDEX, pair.rules));
    assert_eq!(pair.array.len(), MAX_INDEX);
}

#[test]
fn a_full_slice_of_numbers_costs_little_more_than_eight_bytes_an_element() {
    let mut array = SparseArray::new(4096);
    for index in 0..40_960u64 {
        array.set(index, (index * 1_000_003).to_string().as_bytes(), Rules::default());
    }
    let bytes = array.memory() as f64 / 40_960.0;
    assert!((8.0..8.3).contains(&bytes), "{bytes} bytes an element");
}

#[test]
fn lonely_elements_cost_little() {
    let mut array = SparseArray::new(4096);
    for index in 0..1000u64 {
        array.set(index << 30, b"text", Rules::default());
    }
    assert!(array.memory() < 60 * 1000, "{} bytes", array.memory());
}

/// Texts that were replaced make room again.
#[test]
fn a_ring_of_texts_does_not_grow() {
    let mut array = SparseArray::new(4096);
    for round in 0..200_000u64 {
        let text = format!("reading number {round:020}");
        array.set(round % 100, text.as_bytes(), Rules::default());
    }
    assert!(array.memory() < 100 * 100, "{} bytes", array.memory());
    for round in 0..1000u64 {
        array.set(round % 10, &vec![b'x'; 1000], Rules::default());
    }
    array.remove_range(0, 100, Rules::default());
    assert_eq!(array.memory(), 0);
}

#[test]
fn slices_turn_dense_above_the_most_and_sparse_below_the_least() {
    fn check(array: &SparseArray, dense: u64, sparse: u64) {
        let shape = array.shape();
        assert_eq!((shape.dense, shape.sparse), (dense, sparse));
    }
    let rules = Rules::default();
    let mut array = SparseArray::new(4096);
    (0..10).for_each(|i| _ = array.set(i * 100, b"x", rules));
    check(&array, 0, 1);
    array.set(1000, b"x", rules);
    check(&array, 1, 0);
    assert_eq!(array.shape().dense_positions, 1024);
    array.remove_range(500, 2000, rules);
    check(&array, 1, 0);
    array.remove(0, rules);
    check(&array, 0, 1);
    (0..50).for_each(|i| _ = array.set(4096 + i, b"x", rules));
    check(&array, 1, 1);
    assert_eq!(array.shape().dense_positions, 64);
    array.remove_range(4099, 5000, rules);
    check(&array, 0, 2);
    let mut array = SparseArray::new(4096);
    array.set(7, b"x", Rules { sparse_max: 0, sparse_min: 5 });
    check(&array, 1, 0);
    array.set(8, b"x", rules);
    array.remove(8, Rules { sparse_max: 0, sparse_min: 0 });
    check(&array, 1, 0);
}

#[test]
fn elements_are_exact_numbers_when_they_look_like_it() {
    const ONE: i128 = 1_000_000_000_000_000;
    fn check(text: &str, scaled: Option<i128>) {
        let mut array = SparseArray::new(4096);
        array.set(0, text.as_bytes(), Rules::default());
        assert_eq!(array.get(0).unwrap().scaled(), scaled, "{text:?}");
    }
    check("7", Some(7 * ONE));
    check("3.25", Some(325 * ONE / 100));
    check("0.000000000000001", Some(1));
    check("-12345678.125", Some(-12_345_678_125 * ONE / 1000));
    check("1152921504606846977.5", None);
    check("1e3", None);
    check("abc", None);
    check("", None);
    check("a text that is longer", None);
}
