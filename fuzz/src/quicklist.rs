//! Target for the quicklist: bytes as operations, against a deque.

use ds::listpack::Listpack;
use ds::quicklist::{End, Limits, Needle, Quicklist, Side};
use std::collections::VecDeque;

/// The most elements, so that no input takes long.
const LEN_MAX: usize = 4000;

/// After any operations the list holds what a deque would, in both directions, and comes back from a file as it was.
/// The first byte chooses the limits.
pub fn quicklist(data: &[u8]) {
    let Some((&first, mut data)) = data.split_first() else { return };
    let limits = match first % 6 {
        fill @ 0..4 => Limits::new(i32::from(fill) * 3),
        4 => Limits::new(-1),
        _ => Limits::new(-1).with_plain_from(100),
    };
    let (mut list, mut model) = (Quicklist::new(limits), VecDeque::new());
    while let Some((step, rest)) = data.split_first_chunk::<4>() {
        data = rest;
        apply(&mut list, &mut model, *step);
        assert_eq!(list.len(), model.len());
        if model.len() > LEN_MAX {
            break;
        }
    }
    assert!(list.iter().map(|entry| entry.to_vec()).eq(model.iter().cloned()));
    assert!(list.iter_back_from(list.len()).map(|entry| entry.to_vec()).eq(model.iter().rev().cloned()));
    assert!(reloaded(&list, limits).iter().eq(list.iter()));
    while list.drain_step(7) {}
    assert_eq!(list.node_count(), 0);
}

fn apply(list: &mut Quicklist, model: &mut VecDeque<Vec<u8>>, [kind, place, shape, more]: [u8; 4]) {
    let text = text(shape, more);
    let end = if kind & 0x80 == 0 { End::Front } else { End::Back };
    let index = usize::from(place) * model.len() / 256;
    match kind % 8 {
        0 | 1 => {
            for _ in 0..=place % 32 {
                list.push(end, &text);
                match end {
                    End::Front => model.push_front(text.clone()),
                    End::Back => model.push_back(text.clone()),
                }
            }
        }
        2 => {
            let expected = if end == End::Front { model.pop_front() } else { model.pop_back() };
            assert_eq!(list.pop(end, |entry| entry.to_vec()), expected);
        }
        3 => {
            let count = usize::from(more).min(model.len() - index);
            list.remove_range(index, usize::from(more));
            model.drain(index..index + count);
        }
        4 => {
            let removed = list.remove_matching(&text, usize::from(place), end);
            assert_eq!(removed, remove_matching(model, &text, usize::from(place), end));
        }
        _ if model.is_empty() => {}
        5 => {
            list.replace(index, &text);
            model[index] = text;
        }
        6 => {
            list.insert(index, Side::Before, &text);
            model.insert(index, text);
        }
        _ => {
            let needle = Needle::new(&text);
            let found = list.iter_from(index).position(|entry| needle.is(&entry));
            assert_eq!(found, model.iter().skip(index).position(|other| *other == text));
            list.insert(index, Side::After, &text);
            model.insert(index + 1, text);
        }
    }
}

fn remove_matching(model: &mut VecDeque<Vec<u8>>, text: &[u8], limit: usize, end: End) -> usize {
    let at = |model: &VecDeque<Vec<u8>>| match end {
        End::Front => model.iter().position(|other| other == text),
        End::Back => model.iter().rposition(|other| other == text),
    };
    (0..limit).take_while(|_| at(model).is_some_and(|at| model.remove(at).is_some())).count()
}

/// Numbers of all widths, and texts around the lengths where codes and nodes change.
fn text(shape: u8, more: u8) -> Vec<u8> {
    let more = usize::from(more);
    match shape % 8 {
        0..=2 => ((more as u64).wrapping_mul(0x0101_0101_0101_0101) >> (shape / 4)).to_string().into_bytes(),
        3 | 4 => vec![shape; more % 16],
        5 => vec![shape; more],
        6 => vec![shape; more * 16],
        _ => vec![shape; 4000 + more],
    }
}

/// The list as it comes back from a file.
fn reloaded(list: &Quicklist, limits: Limits) -> Quicklist {
    let mut again = Quicklist::new(limits);
    for node in list.nodes() {
        match node.plain() {
            Some(text) => again.push_plain(text.to_vec()),
            None => {
                let mut bytes = Vec::new();
                node.write_listpack(&mut bytes);
                again.push_listpack(Listpack::from_bytes(bytes).expect("a node is a listpack"));
            }
        }
    }
    assert_eq!(again.node_count(), list.node_count());
    again
}
