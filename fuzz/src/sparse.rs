//! Operations on a sparse array, read from bytes, beside a `BTreeMap` that does the same.

use ds::sparse::{Element, MAX_INDEX, Rules, Scratch, SparseArray};
use std::collections::BTreeMap;

/// Bytes as a source of decisions; what is missing at the end is zero.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// An index: mostly small or near a slice's edge, sometimes the last ones there are.
    fn index(&mut self) -> u64 {
        let kind = self.byte();
        let small = u64::from(self.byte());
        match kind % 4 {
            0 | 1 => small,
            2 => u64::from(kind) << 8 | small,
            _ => MAX_INDEX - (small << (kind / 4)),
        }
    }
}

/// Every operation does to the array what it does to the map, and both look alike in the end.
pub fn sparse(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut array = SparseArray::new(1 << (bytes.byte() % 17));
    let rules =
        Rules { sparse_max: usize::from(bytes.byte() % 32), sparse_min: usize::from(bytes.byte() % 8) };
    let mut model: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    while !bytes.0.is_empty() {
        match bytes.byte() % 8 {
            0..=3 => {
                let index = bytes.index();
                let len = usize::from(bytes.byte());
                let text = if len > 200 { vec![b'x'; len * 2] } else { bytes.take(len % 24).to_vec() };
                assert_eq!(array.set(index, &text, rules), model.insert(index, text).is_none());
            }
            4 => {
                let (index, run) = (bytes.index(), u64::from(bytes.byte()));
                for index in index..=index.saturating_add(run).min(MAX_INDEX) {
                    array.set(index, b"12345", rules);
                    model.insert(index, b"12345".to_vec());
                }
            }
            5 => {
                let index = bytes.index();
                assert_eq!(array.remove(index, rules), model.remove(&index).is_some());
            }
            6 => {
                let (a, b) = (bytes.index(), bytes.index());
                let before = model.len();
                model.retain(|index, _| !(a.min(b)..=a.max(b)).contains(index));
                assert_eq!(array.remove_range(a.min(b), a.max(b), rules), (before - model.len()) as u64);
            }
            _ => compare(&array, &model, bytes.index(), bytes.index()),
        }
        assert_eq!(array.count(), model.len() as u64);
    }
    compare(&array, &model, 0, MAX_INDEX);
    let mut copy = array.clone();
    while copy.drain_step(2) {}
    array.remove_range(0, MAX_INDEX, rules);
    assert_eq!((array.memory(), copy.count()), (0, 0));
}

fn compare(array: &SparseArray, model: &BTreeMap<u64, Vec<u8>>, start: u64, end: u64) {
    let text = |element: Element<'_>| element.text(&mut Scratch::default()).to_vec();
    let found: Vec<_> = array.iter(start, end).map(|(index, element)| (index, text(element))).collect();
    let mut expected: Vec<_> =
        model.range(start.min(end)..=start.max(end)).map(|(index, text)| (*index, text.clone())).collect();
    if start > end {
        expected.reverse();
    }
    assert_eq!(found, expected);
}
