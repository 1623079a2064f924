//! From nodes to a program: states that consume a byte, look around, or go two ways.

use super::Error;
use super::class::Set;
use super::parse::{Id, Look, Node, Tree};

/// The most states of a program. Repetitions of repetitions unfold, so this is what bounds them.
const STATES_MAX: usize = 20_000;

pub(super) type State = u32;

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Consumes a byte of the set of this number.
    Byte(u32, State),
    Look(Look, State),
    Both(State, State),
    Match,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub steps: Vec<Step>,
    pub sets: Vec<Set>,
    pub start: State,
    /// The bytes a match can begin with; `None` if it may be empty.
    pub first: Option<Set>,
}

pub(super) fn compile(tree: &Tree) -> Result<Program, Error> {
    let mut program = Program::default();
    let end = program.push(Step::Match)?;
    program.start = program.add(tree, tree.root, end)?;
    program.first = program.first();
    Ok(program)
}

impl Program {
    fn push(&mut self, step: Step) -> Result<State, Error> {
        if self.steps.len() == STATES_MAX {
            return Err(Error::TooLarge);
        }
        self.steps.push(step);
        Ok(self.steps.len() as State - 1)
    }

    /// Adds the states of a node, which go on to `next`, and gives the one to begin with.
    fn add(&mut self, tree: &Tree, id: Id, next: State) -> Result<State, Error> {
        match &tree.nodes[id] {
            Node::Empty => Ok(next),
            Node::Set(set) => {
                let number = match self.sets.last() {
                    Some(last) if last == set => self.sets.len() - 1,
                    _ => {
                        self.sets.push(*set);
                        self.sets.len() - 1
                    }
                };
                self.push(Step::Byte(number as u32, next))
            }
            Node::Look(look) => self.push(Step::Look(*look, next)),
            Node::Sequence(ids) => ids.iter().rev().try_fold(next, |next, id| self.add(tree, *id, next)),
            Node::Either(ids) => {
                let (last, others) = ids.split_last().expect("there are two at least");
                let last = self.add(tree, *last, next)?;
                others.iter().rev().try_fold(last, |other, id| {
                    let this = self.add(tree, *id, next)?;
                    self.push(Step::Both(this, other))
                })
            }
            Node::Repeat(id, low, high) => self.add_repeat(tree, *id, *low, *high, next),
        }
    }

    fn add_repeat(
        &mut self,
        tree: &Tree,
        id: Id,
        low: u32,
        high: Option<u32>,
        next: State,
    ) -> Result<State, Error> {
        let mut start = next;
        match high {
            None => {
                // A loop: what is repeated goes back to the fork it comes from.
                start = self.push(Step::Both(next, next))?;
                let body = self.add(tree, id, start)?;
                self.steps[start as usize] = Step::Both(body, next);
            }
            Some(high) => {
                for _ in low..high {
                    let body = self.add(tree, id, start)?;
                    start = self.push(Step::Both(body, next))?;
                }
            }
        }
        (0..low).try_fold(start, |start, _| self.add(tree, id, start))
    }

    fn first(&self) -> Option<Set> {
        let mut first = Set::default();
        let (mut seen, mut open) = (vec![false; self.steps.len()], vec![self.start]);
        while let Some(state) = open.pop() {
            if std::mem::replace(&mut seen[state as usize], true) {
                continue;
            }
            match self.steps[state as usize] {
                Step::Byte(set, _) => first = first.union(self.sets[set as usize]),
                Step::Look(_, next) => open.push(next),
                Step::Both(one, other) => open.extend([one, other]),
                Step::Match => return None,
            }
        }
        Some(first)
    }
}
