//! ZPOPMIN and ZPOPMAX: take the members with the lowest or the highest scores out. [`pop`] is what ZMPOP and the
//! blocking commands do too, once they have found a key.

use super::{Zset, reply_elements, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use crate::reply::Reply;
use ds::packed::Item;

/// From which end members are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Min,
    Max,
}

impl End {
    pub(crate) fn from_token(word: &[u8]) -> Option<End> {
        match () {
            () if word.eq_ignore_ascii_case(b"min") => Some(End::Min),
            () if word.eq_ignore_ascii_case(b"max") => Some(End::Max),
            () => None,
        }
    }

    /// The event, and in capitals the command, that says so.
    pub(crate) fn event(self) -> &'static str {
        match self {
            End::Min => "zpopmin",
            End::Max => "zpopmax",
        }
    }

    pub(crate) fn command(self) -> &'static str {
        match self {
            End::Min => "ZPOPMIN",
            End::Max => "ZPOPMAX",
        }
    }
}

/// How the members taken out are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A member, then its score, in either protocol.
    Single,
    /// As ranges with scores are: pairs in RESP3 alone.
    Elements,
    /// An array of pairs in either protocol.
    Pairs,
}

/// Takes up to `count` members, at least one, out of the set under a key, writing them into the reply. Returns how many
/// they were; `None`, and nothing written, without the key.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn pop(
    ctx: &mut Ctx,
    key: &[u8],
    end: End,
    count: usize,
    shape: Shape,
) -> Result<Option<usize>, CommandError> {
    let reply = &mut ctx.reply;
    let edited = ctx.keys.edit_existing(key, |zset: &mut Zset, _| {
        let view = zset.borrow();
        let len = view.len();
        let count = count.min(len);
        let ranks = if end == End::Min { 0..count } else { len - count..len };
        let elements = view.range(ranks.clone(), end == End::Max);
        match shape {
            Shape::Elements => reply_elements(reply, count, elements, true),
            Shape::Single | Shape::Pairs => reply_pairs(reply, count, elements, shape == Shape::Pairs),
        }
        zset.remove_range(ranks);
        Ok(Edit::Changed(count))
    })?;
    let Some(edited) = edited else { return Ok(None) };
    ctx.notify(Class::Zset, end.event(), key);
    if edited.removed {
        ctx.notify(Class::Generic, "del", key);
    }
    Ok(Some(edited.result))
}

fn reply_pairs<'a>(
    reply: &mut Reply<'_>,
    count: usize,
    elements: impl Iterator<Item = (Item<'a>, f64)>,
    nested: bool,
) {
    reply.array(if nested { count } else { 2 * count });
    for (member, score) in elements {
        if nested {
            reply.array(2);
        }
        reply_member(reply, member);
        reply.double(score);
    }
}

pub(crate) fn zpopmin(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    zpop(ctx, args, End::Min)
}

pub(crate) fn zpopmax(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    zpop(ctx, args, End::Max)
}

fn zpop(ctx: &mut Ctx, args: &mut Args, end: End) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.remaining() > 1 {
        return Err(CommandError::Syntax);
    }
    let count = match args.next() {
        Some(word) => {
            let count = ds::int::parse_i64(word).and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or(CommandError::MustBePositive)?)
        }
        None => None,
    };
    if count == Some(0) {
        ctx.keys.read_to_write::<Zset>(key)?;
        ctx.reply.array(0);
        return Ok(());
    }
    let shape = if count.is_some() { Shape::Elements } else { Shape::Single };
    if pop(ctx, key, end, count.unwrap_or(1), shape)?.is_none() {
        ctx.reply.array(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn pops() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c 4 d    < 4                    ~ ZADD k 1 a 2 b 3 c 4 d    ! zadd k
            > ZPOPMIN k                 < ["a" "1"]            ~ ZPOPMIN k                 ! zpopmin k
            > ZPOPMAX k                 < ["d" "4"]            ~ ZPOPMAX k                 ! zpopmax k
            > ZPOPMAX k 0               < []
            > ZPOPMAX k 5               < ["c" "3" "b" "2"]    ~ ZPOPMAX k 5               ! zpopmax k    ! del k
            > ZPOPMAX k                 < []
            > ZPOPMIN k 0               < []
            > SET s x                   < OK                   ~ SET s x                   ! set s
            > ZPOPMIN s x               < ERR value is out of range, must be positive
            > ZPOPMIN s -1              < ERR value is out of range, must be positive
            > ZPOPMIN s 0               < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZPOPMIN s 1               < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZPOPMIN s 1 1             < ERR syntax error
            "#,
        );
    }
}
