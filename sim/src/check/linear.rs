//! Is there an order in which these operations on one register, run one after another, give these replies?
//!
//! The search of Wing and Gong (1993) with Lowe's memory of configurations already tried (2017): an
//! operation may come next if no other had completed before it was invoked; a configuration is the set of
//! operations done and the register's value. Two more rules make it strong and quick here: operations of
//! one connection take effect in the order they were sent, since a server reads a connection in order; and
//! operations with unknown outcome may be left out for good, and are forgotten once it is too late for them.
//! The order in which operations are tried is given, so whoever knows the likely order saves the search.
//!
//! Registers are checked one by one, which is sound since linearizability is local (Herlihy and Wing,
//! 1990) and no operation here touches two keys.

use std::collections::BTreeSet;

/// What an operation does to a register. Values are numbers that stand for byte strings.
pub trait Model {
    /// The value after the operation, or `None` where its reply does not fit the value.
    fn apply(&mut self, operation: usize, value: u32) -> Option<u32>;
}

/// When an operation happened, and after which other it must come.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub invoked: u64,
    /// It takes effect no later than this.
    pub completed: u64,
    /// The outcome is unknown: it may also never take effect.
    pub optional: bool,
    /// The operation before it on the same connection.
    pub after: Option<usize>,
    /// Operations with lower hints are tried first. Where the order in which the server met them is known,
    /// this finds the right order at once.
    pub hint: u64,
}

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Linear,
    /// No order fits. The longest one found was `prefix`; `stuck` could have come next but for their replies.
    Broken {
        prefix: Vec<usize>,
        value: u32,
        stuck: Vec<usize>,
    },
    /// Too many orders to try.
    Undecided,
}

/// Configurations tried before the search gives up.
pub const TRIES_MAX: usize = 300_000;

struct Search<'a, M> {
    spans: &'a [Span],
    model: &'a mut M,
    /// Operations that took effect, in order of invocation.
    known: Vec<usize>,
    optional: Vec<usize>,
    /// Another operation must come after this one.
    awaited: Vec<bool>,
    done: Vec<bool>,
    /// All of `known` before this position is done.
    low: usize,
    /// The latest invocation of all that is done: what took effect before that cannot come any more.
    latest: u64,
    /// XOR of the marks of the known operations that are done.
    name: u128,
    seen: BTreeSet<(u128, u32)>,
}

/// A mark for each operation, so that sets of them can be named by XOR (Zobrist).
fn mark(operation: usize) -> u128 {
    xxhash_rust::xxh3::xxh3_128(&(operation as u64).to_le_bytes())
}

/// One operation put in order, and what to try if it leads nowhere.
struct Frame {
    operation: usize,
    value_before: u32,
    low_before: usize,
    latest_before: u64,
    candidates: Vec<usize>,
    next: usize,
}

impl<M: Model> Search<'_, M> {
    /// What may come next: operations invoked before any operation that is left had completed.
    fn candidates(&self) -> Vec<usize> {
        let mut horizon = u64::MAX;
        let mut found = Vec::new();
        for &operation in &self.known[self.low..] {
            if self.spans[operation].invoked > horizon {
                break;
            }
            if !self.done[operation] {
                found.push(operation);
                horizon = horizon.min(self.spans[operation].completed);
            }
        }
        let left = self.optional.iter().copied().filter(|&operation| !self.done[operation]);
        found.extend(left.filter(|&operation| self.spans[operation].completed >= self.latest));
        found.retain(|&operation| {
            let Span { invoked, after, .. } = self.spans[operation];
            invoked <= horizon && after.is_none_or(|before| self.done[before])
        });
        found.sort_by_key(|&operation| (self.spans[operation].hint, operation));
        found
    }

    fn finished(&self) -> bool {
        self.low == self.known.len()
    }

    /// The name of the configuration. An optional operation for which it is too late makes no difference
    /// any more, done or not, unless another waits for it.
    fn configuration(&self) -> u128 {
        let matters =
            |&&o: &&usize| self.done[o] && (self.spans[o].completed >= self.latest || self.awaited[o]);
        self.optional.iter().filter(matters).fold(self.name, |name, &operation| name ^ mark(operation))
    }

    fn put(&mut self, operation: usize) {
        self.done[operation] = true;
        self.latest = self.latest.max(self.spans[operation].invoked);
        if !self.spans[operation].optional {
            self.name ^= mark(operation);
        }
        while self.low < self.known.len() && self.done[self.known[self.low]] {
            self.low += 1;
        }
    }

    fn take_back(&mut self, frame: &Frame) {
        self.done[frame.operation] = false;
        if !self.spans[frame.operation].optional {
            self.name ^= mark(frame.operation);
        }
        (self.low, self.latest) = (frame.low_before, frame.latest_before);
    }
}

/// Looks for an order of the operations that fits their replies, from `initial` on.
pub fn check<M: Model>(spans: &[Span], initial: u32, model: &mut M) -> Verdict {
    let (optional, mut known): (Vec<usize>, Vec<usize>) = (0..spans.len()).partition(|&i| spans[i].optional);
    known.sort_by_key(|&operation| (spans[operation].invoked, operation));
    let mut awaited = vec![false; spans.len()];
    spans.iter().filter_map(|span| span.after).for_each(|before| awaited[before] = true);
    let (done, seen) = (vec![false; spans.len()], BTreeSet::new());
    let mut search =
        Search { spans, model, known, optional, awaited, done, low: 0, latest: 0, name: 0, seen };
    let mut stack: Vec<Frame> = Vec::new();
    let (mut value, mut candidates, mut next) = (initial, search.candidates(), 0);
    let mut best: (usize, Verdict) = (0, broken(&stack, value, &candidates));
    loop {
        if search.finished() {
            return Verdict::Linear;
        }
        if let Some(&operation) = candidates.get(next) {
            next += 1;
            let Some(after) = search.model.apply(operation, value) else { continue };
            let (low_before, latest_before) = (search.low, search.latest);
            search.put(operation);
            let frame = Frame { operation, value_before: value, low_before, latest_before, candidates, next };
            if !search.seen.insert((search.configuration(), after)) {
                search.take_back(&frame);
                candidates = frame.candidates;
                continue;
            }
            if search.seen.len() > TRIES_MAX {
                return Verdict::Undecided;
            }
            stack.push(frame);
            (value, candidates, next) = (after, search.candidates(), 0);
            if search.low > best.0 {
                best = (search.low, broken(&stack, value, &candidates));
            }
        } else {
            let Some(frame) = stack.pop() else { return best.1 };
            search.take_back(&frame);
            (value, candidates, next) = (frame.value_before, frame.candidates, frame.next);
        }
    }
}

fn broken(stack: &[Frame], value: u32, candidates: &[usize]) -> Verdict {
    let prefix = stack.iter().map(|frame| frame.operation).collect();
    Verdict::Broken { prefix, value, stuck: candidates.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes of a value and reads of one; value 0 is the start.
    #[derive(Clone, Copy, Debug)]
    enum Op {
        Write(u32),
        Read(u32),
    }

    struct Plain(Vec<Op>);

    impl Model for Plain {
        fn apply(&mut self, operation: usize, value: u32) -> Option<u32> {
            match self.0[operation] {
                Op::Write(new) => Some(new),
                Op::Read(seen) => (seen == value).then_some(value),
            }
        }
    }

    fn verdict(rows: &[(Op, u64, u64, Option<usize>)]) -> Verdict {
        let span = |&(_, invoked, completed, after): &(Op, u64, u64, Option<usize>)| Span {
            invoked,
            completed: completed & !MAYBE,
            optional: completed & MAYBE != 0,
            after,
            hint: if completed & MAYBE != 0 { u64::MAX } else { invoked },
        };
        let spans: Vec<Span> = rows.iter().map(span).collect();
        check(&spans, 0, &mut Plain(rows.iter().map(|row| row.0).collect()))
    }

    /// Added to a time of completion: took effect by then or never.
    const MAYBE: u64 = 1 << 63;
    const NEVER: u64 = u64::MAX;

    #[test]
    fn histories() {
        use Op::{Read, Write};
        let check = |linear: bool, rows: &[(Op, u64, u64, Option<usize>)]| {
            assert_eq!(verdict(rows) == Verdict::Linear, linear, "{rows:?}");
        };
        check(true, &[(Write(1), 0, 10, None), (Read(1), 20, 30, None)]);
        // A read after the write has completed must see it; one beside it may or may not.
        check(false, &[(Write(1), 0, 10, None), (Read(0), 20, 30, None)]);
        check(true, &[(Write(1), 0, 10, None), (Read(0), 5, 30, None)]);
        // Once seen, a value does not go away.
        check(false, &[(Write(1), 0, 100, None), (Read(1), 10, 20, None), (Read(0), 30, 40, None)]);
        // An unknown write may happen late, or never, but not before it was sent.
        check(true, &[(Write(1), 0, NEVER, None), (Read(0), 10, 20, None), (Read(1), 500, 510, None)]);
        check(false, &[(Read(1), 0, 5, None), (Write(1), 10, NEVER, None)]);
        check(false, &[(Write(1), 0, NEVER, None), (Read(1), 10, 20, None), (Read(0), 30, 40, None)]);
        // Nor after it can have been executed.
        check(true, &[(Write(1), 0, 50 | MAYBE, None), (Read(0), 40, 45, None), (Read(1), 48, 60, None)]);
        check(false, &[(Write(1), 0, 50 | MAYBE, None), (Read(0), 55, 60, None), (Read(1), 70, 80, None)]);
        // A pipeline takes effect in order.
        check(true, &[(Write(1), 0, 10, None), (Write(2), 0, 10, None), (Read(1), 20, 30, None)]);
        check(false, &[(Write(1), 0, 10, None), (Write(2), 0, 10, Some(0)), (Read(1), 20, 30, None)]);
    }

    #[test]
    fn a_long_history_with_many_unknown_writes_is_decided() {
        let mut rows = Vec::new();
        for i in 0..2000u32 {
            let at = u64::from(i) * 10;
            rows.push((Op::Write(i), at, if i % 50 == 7 { NEVER } else { at + 15 }, None));
            if i % 50 != 7 {
                rows.push((Op::Read(i), at + 5, at + 9, None));
            }
        }
        assert_eq!(verdict(&rows), Verdict::Linear);
    }

    /// Every order of the operations that their times allow, tried one by one.
    fn naive(rows: &[(Op, u64, u64, Option<usize>)], done: &mut Vec<usize>, value: u32) -> bool {
        let left: Vec<usize> = (0..rows.len()).filter(|i| !done.contains(i)).collect();
        if left.iter().all(|&i| rows[i].2 & MAYBE != 0) {
            return true;
        }
        left.iter().any(|&i| {
            let (op, invoked, _, after) = rows[i];
            let allowed = left.iter().all(|&j| rows[j].2 >= invoked)
                && done.iter().all(|&j| rows[i].2 & !MAYBE >= rows[j].1)
                && after.is_none_or(|a| done.contains(&a));
            let next = match op {
                Op::Write(new) => Some(new),
                Op::Read(seen) => (seen == value).then_some(value),
            };
            let Some(next) = next.filter(|_| allowed) else { return false };
            done.push(i);
            let fits = naive(rows, done, next);
            done.pop();
            fits
        })
    }

    fn row() -> impl Strategy<Value = (Op, u64, u64)> {
        let op = prop_oneof![(1u32..4).prop_map(Op::Write), (0u32..4).prop_map(Op::Read)];
        (op, 0u64..30, 1u64..20, 0u8..5).prop_map(|(op, invoked, lasts, known)| {
            let unknown = known <= 1 && matches!(op, Op::Write(_));
            let completed = if known == 0 { u64::MAX >> 1 } else { invoked + lasts };
            (op, invoked, if unknown { completed | MAYBE } else { invoked + lasts })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn agrees_with_trying_everything(rows in proptest::collection::vec(row(), 0..7)) {
            let rows: Vec<_> = rows.into_iter().map(|(op, a, b)| (op, a, b, None)).collect();
            prop_assert_eq!(verdict(&rows) == Verdict::Linear, naive(&rows, &mut Vec::new(), 0));
        }
    }
}
