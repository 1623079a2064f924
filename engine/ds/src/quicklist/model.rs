//! The list against a deque, and its sums after every step.

use super::nodes::Nodes;
use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Step {
    /// As many elements with numbers from `first` on.
    Push {
        end: End,
        first: u32,
        count: u16,
    },
    Pop {
        end: End,
        count: u16,
    },
    Insert {
        index: prop::sample::Index,
        side: Side,
        text: Vec<u8>,
    },
    Replace {
        index: prop::sample::Index,
        text: Vec<u8>,
    },
    Remove {
        index: prop::sample::Index,
        count: u16,
    },
    RemoveMatching {
        text: Vec<u8>,
        limit: usize,
        end: End,
    },
    Walk {
        index: prop::sample::Index,
    },
}

struct Pair {
    list: Quicklist,
    model: VecDeque<Vec<u8>>,
}

/// Elements of all sorts of lengths; every seventeenth is large.
fn element(number: u32) -> Vec<u8> {
    match number % 17 {
        0 => format!("{number:0>200}").into_bytes(),
        1..=8 => number.to_string().into_bytes(),
        other => format!("e:{:0>width$}", number % 50, width = other as usize).into_bytes(),
    }
}

impl Pair {
    fn new(limits: Limits) -> Pair {
        Pair { list: Quicklist::new(limits), model: VecDeque::new() }
    }

    fn step(&mut self, step: &Step) {
        let place = |index: &prop::sample::Index, len: usize| (len > 0).then(|| index.index(len));
        match step {
            Step::Push { end, first, count } => {
                for number in *first..*first + u32::from(*count) {
                    let text = element(number);
                    self.list.push(*end, &text);
                    match end {
                        End::Front => self.model.push_front(text),
                        End::Back => self.model.push_back(text),
                    }
                }
            }
            Step::Pop { end, count } => {
                for _ in 0..*count {
                    let popped = self.list.pop(*end, |entry| entry.to_vec());
                    let expected = match end {
                        End::Front => self.model.pop_front(),
                        End::Back => self.model.pop_back(),
                    };
                    assert_eq!(popped, expected);
                }
            }
            Step::Insert { index, side, text } => {
                let Some(index) = place(index, self.model.len()) else { return };
                self.list.insert(index, *side, text);
                self.model.insert(index + usize::from(*side == Side::After), text.clone());
            }
            Step::Replace { index, text } => {
                let Some(index) = place(index, self.model.len()) else { return };
                self.list.replace(index, text);
                self.model[index] = text.clone();
            }
            Step::Remove { index, count } => {
                let Some(index) = place(index, self.model.len()) else { return };
                let end = self.model.len().min(index + usize::from(*count));
                let cut = self.list.remove_range(index, usize::from(*count));
                cut.nodes.check();
                let removed: Vec<_> = self.model.drain(index..end).collect();
                assert!(cut.iter().all(|entry| removed.contains(&entry.to_vec())));
            }
            Step::RemoveMatching { text, limit, end } => {
                let removed = self.list.remove_matching(text, *limit, *end);
                assert_eq!(removed, self.remove_from_model(text, *limit, *end));
            }
            Step::Walk { index } => self.walk(index.index(self.model.len() + 1)),
        }
        self.check();
    }

    fn remove_from_model(&mut self, text: &[u8], limit: usize, end: End) -> usize {
        let at = |model: &VecDeque<Vec<u8>>| match end {
            End::Front => model.iter().position(|other| other == text),
            End::Back => model.iter().rposition(|other| other == text),
        };
        (0..limit).take_while(|_| at(&self.model).is_some_and(|at| self.model.remove(at).is_some())).count()
    }

    fn walk(&self, index: usize) {
        let forwards = self.list.iter_from(index);
        assert_eq!(forwards.len(), self.model.len() - index);
        assert!(forwards.map(|entry| entry.to_vec()).eq(self.model.iter().skip(index).cloned()));
        let backwards = self.list.iter_back_from(index);
        assert_eq!(backwards.len(), index);
        assert!(backwards.map(|entry| entry.to_vec()).eq(self.model.iter().take(index).rev().cloned()));
        let element = self.list.get(index).map(|entry| entry.to_vec());
        assert_eq!(element.as_ref(), self.model.get(index));
    }

    fn check(&self) {
        self.list.nodes.check();
        assert_eq!(self.list.len(), self.model.len());
        assert!(self.list.nodes().all(|node| node.plain().is_some() || node.0.len() > 0));
        for (entry, text) in self.list.iter().zip(&self.model) {
            assert_eq!(entry.to_vec(), *text);
        }
    }

    /// The list as it comes back from a file.
    fn reloaded(&self) -> Quicklist {
        let mut list = Quicklist::new(self.list.limits);
        for node in self.list.nodes() {
            match node.plain() {
                Some(text) => list.push_plain(text.to_vec()),
                None => {
                    let mut bytes = Vec::new();
                    node.write_listpack(&mut bytes);
                    list.push_listpack(Listpack::from_bytes(bytes).expect("a listpack"));
                }
            }
        }
        list
    }
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Front), Just(End::Back)]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Before), Just(Side::After)]
}

fn step() -> impl Strategy<Value = Step> {
    let text = || (0u32..300).prop_map(element);
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => (end(), 0u32..300, 0u16..200).prop_map(|(end, first, count)| Step::Push { end, first, count }),
        2 => (end(), 0u16..150).prop_map(|(end, count)| Step::Pop { end, count }),
        4 => (index(), side(), text()).prop_map(|(index, side, text)| Step::Insert { index, side, text }),
        4 => (index(), text()).prop_map(|(index, text)| Step::Replace { index, text }),
        2 => (index(), 0u16..100).prop_map(|(index, count)| Step::Remove { index, count }),
        2 => (text(), 0usize..9, end()).prop_map(|(text, limit, end)| Step::RemoveMatching { text, limit, end }),
        1 => index().prop_map(|index| Step::Walk { index }),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        Just(Limits::new(1)),
        Just(Limits::new(5)),
        Just(Limits::new(3).with_plain_from(100)),
        Just(Limits::new(-1)),
        Just(Limits::new(-1).with_plain_from(100)),
    ]
}

proptest! {
    #[test]
    fn behaves_like_a_deque(limits in limits(), steps in prop::collection::vec(step(), 1..60)) {
        let mut pair = Pair::new(limits);
        steps.iter().for_each(|step| pair.step(step));
        let reloaded = pair.reloaded();
        prop_assert!(reloaded.iter().eq(pair.list.iter()));
        prop_assert_eq!(reloaded.node_count(), pair.list.node_count());
        let mut copy = pair.list.clone();
        prop_assert!(copy.iter().eq(pair.list.iter()));
        prop_assert!(copy.memory() <= pair.list.memory());
        while copy.drain_step(3) {
            copy.nodes.check();
        }
        prop_assert_eq!(copy.nodes.owned_by_nodes(), 0);
    }
}

/// Numbers of four digits until the list has so many nodes; each takes five bytes.
fn filled(limits: Limits, nodes: usize) -> Pair {
    let mut pair = Pair::new(limits);
    for number in 1000.. {
        if pair.list.node_count() == nodes {
            break;
        }
        let text = (1000 + number % 8000).to_string().into_bytes();
        pair.list.push(End::Back, &text);
        pair.model.push_back(text);
    }
    pair
}

#[test]
fn nodes_fill_up() {
    let pair = filled(Limits::new(-1), 3);
    let sizes: Vec<_> = pair.list.nodes().map(|node| node.0.size()).collect();
    // The last push needs twelve bytes by the estimate, and takes at most five.
    assert!(sizes[..2].iter().all(|size| (4080..=4096).contains(size)), "{sizes:?}");
}

#[test]
fn an_element_in_a_full_node_cuts_it() {
    let mut pair = filled(Limits::new(-1), 6);
    let (text, middle) = (b"a longer text", pair.list.len() / 2);
    pair.list.insert(0, Side::Before, text);
    assert_eq!(pair.list.node_count(), 7, "in front of the first there is no room");
    pair.list.insert(middle, Side::After, text);
    assert_eq!(pair.list.node_count(), 8);
    pair.list.insert(middle, Side::After, text);
    assert_eq!(pair.list.node_count(), 8, "and now there is room");
    pair.list.nodes.check();
}

#[test]
fn a_node_that_grew_is_cut() {
    let mut pair = filled(Limits::new(-1), 2);
    for index in 0..pair.list.len() {
        let text = vec![b'x'; 40];
        pair.list.replace(index, &text);
        pair.model[index] = text;
    }
    pair.check();
    assert!(pair.list.nodes().all(|node| node.0.size() <= 8192 + 8192));
    assert!(pair.list.node_count() < 20);
}

#[test]
fn a_long_list_is_found_through_its_sums() {
    let pair = filled(Limits::new(4), 500);
    for index in (0..pair.list.len()).step_by(7) {
        pair.walk(index);
    }
}

#[test]
fn what_became_sparse_is_merged_in_a_long_list() {
    let mut pair = filled(Limits::new(-1), 200);
    let before = pair.list.memory();
    let mut index = 0;
    while index < pair.list.len() {
        pair.list.remove_range(index, 19);
        pair.model.drain(index..(index + 19).min(pair.model.len()));
        index += 1;
    }
    pair.check();
    assert!(pair.list.node_count() <= 64 + 1, "{}", pair.list.node_count());
    assert!(pair.list.memory() < before / 6);
}

#[test]
fn matches_are_removed_and_what_became_sparse_is_merged() {
    for end in [End::Front, End::Back] {
        let mut pair = filled(Limits::new(5), 300);
        for text in (2000..2900).map(|number: u32| number.to_string().into_bytes()) {
            pair.list.push(End::Front, b"again");
            pair.model.push_front(b"again".to_vec());
            pair.step(&Step::RemoveMatching { text, limit: usize::MAX, end });
        }
        assert!(pair.list.len() > 1000);
        pair.step(&Step::RemoveMatching { text: b"again".to_vec(), limit: 899, end });
        pair.step(&Step::RemoveMatching { text: b"again".to_vec(), limit: usize::MAX, end });
        assert_eq!(pair.list.len(), 300 * 5 - 4 - 900);
        assert!(pair.list.node_count() < 300);
    }
}

#[test]
fn a_long_range_is_cut_out_whole() {
    let mut pair = filled(Limits::new(2), 5000);
    let len = pair.list.len();
    let cut = pair.list.remove_range(101, len - 202);
    pair.model.drain(101..len - 101);
    pair.check();
    assert!(cut.len() > len - 202 - 4);
    cut.nodes.check();
}

#[test]
fn ends_give_memory_back() {
    let mut list = Quicklist::new(Limits::default());
    for _ in 0..100_000 {
        list.push(End::Front, b"some text");
    }
    let bytes = 100_000 * 11;
    assert!(list.memory() < bytes * 51 / 50, "{}", list.memory());
    while list.len() > 1 {
        list.pop(End::Back, |_| ());
    }
    assert!(list.memory() < 20_000, "{}", list.memory());
    assert_eq!(Nodes::default().memory(), 0);
}
