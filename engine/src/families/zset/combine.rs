//! Unions, intersections and differences of sorted sets and of plain sets, whose members count as having the score 1.
//!
//! Sources are taken in the order of their sizes, smallest first, since sums of doubles hang on their order. What is
//! not a number, as the sum of both infinities, is zero.

use super::row::with_text;
use super::value::{Zset, ZsetRef};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::set::{Set, SetRef};
use crate::keyspace::{Forms, Typed, View};
use ds::ordered::Change;
use ds::packed::Item;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Union,
    Intersection,
    Difference,
    /// An intersection that is only counted.
    Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
    /// The weights of the sources alone.
    Count,
}

impl Aggregate {
    fn from_token(word: &[u8]) -> Option<Aggregate> {
        Some(match () {
            () if word.eq_ignore_ascii_case(b"sum") => Aggregate::Sum,
            () if word.eq_ignore_ascii_case(b"min") => Aggregate::Min,
            () if word.eq_ignore_ascii_case(b"max") => Aggregate::Max,
            () if word.eq_ignore_ascii_case(b"count") => Aggregate::Count,
            () => return None,
        })
    }

    fn weighted(self, score: f64, weight: f64) -> f64 {
        if self == Aggregate::Count { weight } else { score * weight }
    }

    fn join(self, one: f64, two: f64) -> f64 {
        match self {
            Aggregate::Sum | Aggregate::Count => number(one + two),
            Aggregate::Min => {
                if two < one {
                    two
                } else {
                    one
                }
            }
            Aggregate::Max => {
                if two > one {
                    two
                } else {
                    one
                }
            }
        }
    }
}

fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// What a source may be.
struct Source;

/// A source where it lies.
#[derive(Clone, Copy)]
enum SourceRef<'a> {
    Zset(ZsetRef<'a>),
    /// Every member of a plain set has the score 1.
    Set(SetRef<'a>),
}

impl Typed for Source {
    type Ref<'a> = SourceRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<SourceRef<'a>> {
        Zset::view(value).map(SourceRef::Zset).or_else(|| Set::view(value).map(SourceRef::Set))
    }
}

impl<'a> SourceRef<'a> {
    fn len(&self) -> usize {
        match self {
            SourceRef::Zset(zset) => zset.len(),
            SourceRef::Set(set) => set.len(),
        }
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            SourceRef::Zset(zset) => zset.score(member),
            SourceRef::Set(set) => set.contains(member).then_some(1.0),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (Item<'a>, f64)> + use<'a> {
        let (zset, set) = match *self {
            SourceRef::Zset(zset) => (Some(zset.iter()), None),
            SourceRef::Set(set) => (None, Some(set.iter())),
        };
        let members = set.into_iter().flatten().map(|member| (member, 1.0));
        zset.into_iter().flatten().chain(members)
    }
}

/// What a client asks to be combined, and how.
pub(crate) struct Request<'a> {
    operation: Operation,
    keys: Vec<&'a [u8]>,
    /// One per key, or none.
    weights: Vec<f64>,
    aggregate: Aggregate,
    pub(crate) with_scores: bool,
    /// Zero for none.
    limit: usize,
}

impl<'a> Request<'a> {
    /// Reads the number of keys, the keys and the options. Keys of other types are refused before any option is looked
    /// at. `stores`: there are no scores to ask for.
    ///
    /// # Errors
    /// WRONGTYPE, a number of keys that is none, and options that do not belong here.
    pub(crate) fn parse(
        ctx: &mut Ctx,
        args: &mut Args<'a>,
        operation: Operation,
        stores: bool,
    ) -> Result<Request<'a>, CommandError> {
        let count = args.int()?;
        let Some(count) = usize::try_from(count).ok().filter(|count| *count > 0) else {
            let name = ctx.command.full_name;
            return Err(CommandError::err(format_args!(
                "at least 1 input key is needed for '{name}' command"
            )));
        };
        if count > args.remaining() {
            return Err(CommandError::Syntax);
        }
        let keys = (0..count).map(|_| args.key()).collect::<Result<Vec<_>, _>>()?;
        for key in &keys {
            ctx.keys.read::<Source>(key)?;
        }
        let mut request = Request {
            operation,
            keys,
            weights: Vec::new(),
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        let counted = operation == Operation::Count;
        while args.remaining() > 0 {
            if request.is_weighted() && args.remaining() > count && args.take("WEIGHTS") {
                request.weights = (0..count).map(|_| weight(args)).collect::<Result<_, _>>()?;
            } else if request.is_weighted() && args.remaining() >= 2 && args.take("AGGREGATE") {
                request.aggregate = Aggregate::from_token(args.bytes()?).ok_or(CommandError::Syntax)?;
            } else if !stores && !counted && args.take("WITHSCORES") {
                request.with_scores = true;
            } else if counted && args.remaining() >= 2 && args.take("LIMIT") {
                let limit = ds::int::parse_i64(args.bytes()?).filter(|limit| *limit >= 0);
                let limit = limit.ok_or_else(|| CommandError::err("LIMIT can't be negative"))?;
                request.limit = usize::try_from(limit).unwrap_or(usize::MAX);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(request)
    }

    fn is_weighted(&self) -> bool {
        matches!(self.operation, Operation::Union | Operation::Intersection)
    }

    /// The sources with their weights, in the order in which they are combined. A key that is not there has no source.
    fn sources<'k>(&self, ctx: &'k Ctx) -> Vec<(Option<SourceRef<'k>>, f64)> {
        let weights = self.weights.iter().copied().chain(std::iter::repeat(1.0));
        let found = self.keys.iter().map(|key| ctx.keys.look_again(key).and_then(Source::view));
        let mut sources: Vec<_> = found.zip(weights).collect();
        if self.operation != Operation::Difference {
            sources.sort_by_key(|(source, _)| source.map_or(0, |source| source.len()));
        }
        sources
    }

    /// The members that are asked for, with their scores.
    pub(crate) fn run(&self, ctx: &Ctx) -> Zset {
        let forms = ctx.keys.space.forms;
        let sources = self.sources(ctx);
        let mut result = Zset::result();
        match self.operation {
            Operation::Union => self.unite(&sources, &mut result, &forms),
            Operation::Difference => {
                let others: Vec<_> = sources[1..].iter().filter_map(|(source, _)| *source).collect();
                for (member, score) in sources[0].0.iter().flat_map(SourceRef::iter) {
                    with_text(&member, |member| {
                        if others.iter().all(|other| other.score(member).is_none()) {
                            result.insert(member, score, &forms);
                        }
                    });
                }
            }
            Operation::Intersection | Operation::Count => self.intersect(&sources, |member, score| {
                result.insert(member, score, &forms);
                true
            }),
        }
        result
    }

    /// How many members all sources have, or the limit if that is less.
    pub(crate) fn count(&self, ctx: &Ctx) -> usize {
        let mut count = 0;
        self.intersect(&self.sources(ctx), |_, _| {
            count += 1;
            count != self.limit
        });
        count
    }

    fn unite(&self, sources: &[(Option<SourceRef<'_>>, f64)], result: &mut Zset, forms: &Forms) {
        for (source, weight) in sources {
            for (member, score) in source.iter().flat_map(SourceRef::iter) {
                let score = number(self.aggregate.weighted(score, *weight));
                with_text(&member, |member| {
                    let mut joined = score;
                    let change = result.change(member, forms, |old| {
                        joined = old.map_or(score, |old| self.aggregate.join(old, score));
                        Some(joined)
                    });
                    // One zero in place of the other is no change to a set, and yet shows.
                    if change == Change::Kept && joined == 0.0 {
                        result.remove(member);
                        result.insert(member, joined, forms);
                    }
                });
            }
        }
    }

    /// Visits what all sources have, until `visit` says that it has enough.
    fn intersect(&self, sources: &[(Option<SourceRef<'_>>, f64)], mut visit: impl FnMut(&[u8], f64) -> bool) {
        let present: Option<Vec<_>> =
            sources.iter().map(|(source, weight)| source.map(|s| (s, *weight))).collect();
        let Some(present) = present else { return };
        let ((first, weight), others) = present.split_first().expect("there is a key");
        for (member, score) in first.iter() {
            let score = number(self.aggregate.weighted(score, *weight));
            let more = with_text(&member, |member| {
                let joined = others.iter().try_fold(score, |joined, (other, weight)| {
                    let score = self.aggregate.weighted(other.score(member)?, *weight);
                    Some(self.aggregate.join(joined, score))
                });
                joined.is_none_or(|score| visit(member, score))
            });
            if !more {
                return;
            }
        }
    }
}

fn weight(args: &mut Args<'_>) -> Result<f64, CommandError> {
    ds::double::parse_f64(args.bytes()?).ok_or_else(|| CommandError::err("weight value is not a float"))
}
