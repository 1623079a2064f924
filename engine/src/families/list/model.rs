//! The list type against a deque, in all its forms.

use super::List;
use crate::engine::Engine;
use crate::keyspace::{Collection, Forms};
use ds::quicklist::{End, Side};
use proptest::prelude::*;
use std::collections::VecDeque;

fn forms(size: i32) -> Forms {
    let mut forms = Engine::new(1, 1).keyspace.forms;
    forms.list_max_listpack_size = size;
    forms
}

fn texts(list: &List) -> Vec<Vec<u8>> {
    list.borrow().iter().map(|item| item.to_vec()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Push(End, Vec<Vec<u8>>),
    Pop(End, usize),
    Remove(prop::sample::Index, usize),
    RemoveMatching(Vec<u8>, usize, End),
    Replace(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Side, Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let end = || prop_oneof![Just(End::Front), Just(End::Back)];
    let side = prop_oneof![Just(Side::Before), Just(Side::After)];
    let text = || {
        prop_oneof![
            4 => "[a-c]{0,2}".prop_map(String::into_bytes),
            2 => (-200i64..200).prop_map(|number| number.to_string().into_bytes()),
            1 => (60usize..80).prop_map(|len| vec![b'x'; len]),
            1 => (300usize..5000).prop_map(|len| vec![b'y'; len]),
        ]
    };
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (end(), prop::collection::vec(text(), 1..12)).prop_map(|(end, texts)| Step::Push(end, texts)),
        2 => (end(), 1usize..20).prop_map(|(end, count)| Step::Pop(end, count)),
        1 => (index(), 0usize..20).prop_map(|(index, count)| Step::Remove(index, count)),
        2 => (text(), 1usize..5, end()).prop_map(|(text, limit, end)| Step::RemoveMatching(text, limit, end)),
        2 => (index(), text()).prop_map(|(index, text)| Step::Replace(index, text)),
        2 => (index(), side, text()).prop_map(|(index, side, text)| Step::Insert(index, side, text)),
    ]
}

fn apply(list: &mut List, model: &mut VecDeque<Vec<u8>>, step: Step, forms: &Forms) {
    let len = model.len();
    match step {
        Step::Push(end, texts) => {
            list.push(end, texts.iter().map(Vec::as_slice), forms);
            texts.into_iter().for_each(|text| match end {
                End::Front => model.push_front(text),
                End::Back => model.push_back(text),
            });
        }
        Step::Pop(end, count) => {
            let (count, mut shown) = (count.min(len), Vec::new());
            let _ = list.pop(end, count, |item| shown.push(item.to_vec()));
            list.settle(forms);
            let expected: Vec<_> = match end {
                End::Front => model.drain(..count).collect(),
                End::Back => model.drain(len - count..).rev().collect(),
            };
            assert_eq!(shown, expected);
        }
        Step::Remove(index, count) => {
            let index = index.index(len + 1);
            let count = count.min(len - index);
            let _ = list.remove(index, count);
            list.settle(forms);
            model.drain(index..index + count);
        }
        Step::RemoveMatching(text, limit, end) => {
            let mut at: Vec<usize> = (0..len).filter(|index| model[*index] == text).collect();
            if end == End::Back {
                at.reverse();
            }
            at.truncate(limit);
            assert_eq!(list.remove_matching(&text, limit, end), at.len());
            list.settle(forms);
            at.sort_unstable();
            at.iter().rev().for_each(|index| drop(model.remove(*index)));
        }
        Step::Replace(index, text) if len > 0 => {
            list.replace(index.index(len), &text, forms);
            model[index.index(len)] = text;
        }
        Step::Insert(index, side, text) if len > 0 => {
            list.insert(index.index(len), side, &text, forms);
            model.insert(index.index(len) + usize::from(side == Side::After), text);
        }
        Step::Replace(..) | Step::Insert(..) => {}
    }
}

proptest! {
        #[test]
        fn behaves_like_a_deque(
            size in prop::sample::select(vec![-2, -1, 0, 1, 3, 100]),
            steps in prop::collection::vec(step(), 1..40),
        ) {
            let forms = forms(size);
            let (mut list, mut model) = (List::empty(&forms), VecDeque::new());
            for step in steps {
                apply(&mut list, &mut model, step, &forms);
                prop_assert_eq!(texts(&list), Vec::from(model.clone()));
                prop_assert_eq!(list.borrow().len(), model.len());
                let mut back = Vec::new();
                list.borrow().each_back(usize::MAX, |index, item| {
                    assert_eq!(item.to_vec(), model[index]);
                    back.push(index);
                    true
                });
                prop_assert_eq!(back.len(), model.len());
            if let (List::Nodes(nodes), true) = (&list, list.borrow().is_small()) {
                prop_assert!(nodes.quicklist().node_count() <= 1);
            }
        }
    }
}
