//! Runs a program over a text: all states it can be in at once, byte by byte.

use super::class::is_word;
use super::compile::{Program, State, Step};
use super::parse::Look;

/// Memory for a run: states before and after a byte, each at most once.
#[derive(Debug, Default)]
pub struct Threads {
    now: States,
    next: States,
    open: Vec<State>,
}

/// A set of states that is emptied at no cost.
#[derive(Debug, Default)]
struct States {
    list: Vec<State>,
    /// Where in the list a state is, if it is there.
    places: Vec<u32>,
}

impl States {
    fn clear(&mut self, states: usize) {
        self.list.clear();
        if self.places.len() < states {
            self.places.resize(states, 0);
        }
    }

    /// False if it is there already.
    fn add(&mut self, state: State) -> bool {
        let place = self.places[state as usize] as usize;
        if self.list.get(place) == Some(&state) {
            return false;
        }
        self.places[state as usize] = self.list.len() as u32;
        self.list.push(state);
        true
    }
}

pub(super) fn run(program: &Program, text: &[u8], threads: &mut Threads) -> bool {
    let Threads { now, next, open } = threads;
    now.clear(program.steps.len());
    next.clear(program.steps.len());
    let mut at = 0;
    loop {
        if let (true, Some(first)) = (now.list.is_empty(), &program.first) {
            // Nothing is under way: on to where something can begin.
            let Some(distance) = text[at..].iter().position(|byte| first.has(*byte)) else { return false };
            at += distance;
        }
        if reach(program, program.start, text, at, now, open) {
            return true;
        }
        let Some(byte) = text.get(at) else { return false };
        at += 1;
        for &state in &now.list {
            if let Step::Byte(set, then) = program.steps[state as usize]
                && program.sets[set as usize].has(*byte)
                && reach(program, then, text, at, next, open)
            {
                return true;
            }
        }
        std::mem::swap(now, next);
        next.list.clear();
    }
}

/// Adds the states that can be reached from `state` without a byte; true if a match is one of them.
fn reach(
    program: &Program,
    state: State,
    text: &[u8],
    at: usize,
    states: &mut States,
    open: &mut Vec<State>,
) -> bool {
    open.push(state);
    while let Some(state) = open.pop() {
        if !states.add(state) {
            continue;
        }
        match program.steps[state as usize] {
            Step::Match => {
                open.clear();
                return true;
            }
            Step::Both(one, other) => open.extend([other, one]),
            Step::Look(look, next) if holds(look, text, at) => open.push(next),
            Step::Look(..) | Step::Byte(..) => {}
        }
    }
    false
}

fn holds(look: Look, text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).is_some_and(|at| is_word(text[at]));
    let after = text.get(at).is_some_and(|byte| is_word(*byte));
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        Look::WordStart => !before && after,
        Look::WordEnd => before && !after,
        Look::WordEdge => before != after,
        Look::NotWordEdge => before == after,
    }
}
