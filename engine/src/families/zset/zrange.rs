//! ZRANGE and the older commands that it replaces: members by rank, by score or by their bytes, in either direction.
//!
//! ```text
//! ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
//! ZREVRANGE key start stop [WITHSCORES]
//! ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]        ZREVRANGEBYSCORE key max min ...
//! ZRANGEBYLEX key min max [LIMIT offset count]                       ZREVRANGEBYLEX key max min ...
//! ```
//! The options of all of them are read alike; what a command's name has settled, an option may not say again.

use super::range::{LexRange, ScoreRange, ranks};
use super::{Zset, ZsetRef, reply_elements};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use std::ops::Range;

/// By what members are chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Rank,
    Score,
    Lex,
}

enum Bounds<'a> {
    Rank(i64, i64),
    Score(ScoreRange),
    Lex(LexRange<'a>),
}

/// A range as a client asks for it.
pub(crate) struct Query<'a> {
    bounds: Bounds<'a>,
    pub(crate) reverse: bool,
    offset: i64,
    /// Negative: no limit.
    limit: i64,
    with_scores: bool,
}

impl<'a> Query<'a> {
    /// Reads what follows the key. `by` and `reverse` are what the command's name says of them. `stores`: there are no
    /// scores to ask for.
    ///
    /// # Errors
    /// Options that are unknown or do not fit each other, and then bounds that are none.
    pub(crate) fn parse(
        args: &mut Args<'a>,
        by: Option<By>,
        reverse: Option<bool>,
        stores: bool,
    ) -> Result<Query<'a>, CommandError> {
        let (first, second) = (args.bytes()?, args.bytes()?);
        let (mut offset, mut limit, mut with_scores) = (0, -1, false);
        let (mut chosen, mut direction) = (by, reverse);
        while args.remaining() > 0 {
            if !stores && args.take("WITHSCORES") {
                with_scores = true;
            } else if args.remaining() >= 3 && args.take("LIMIT") {
                (offset, limit) = (args.int()?, args.int()?);
            } else if direction.is_none() && args.take("REV") {
                direction = Some(true);
            } else if chosen.is_none() && args.take("BYLEX") {
                chosen = Some(By::Lex);
            } else if chosen.is_none() && args.take("BYSCORE") {
                chosen = Some(By::Score);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        let (by, reverse) = (chosen.unwrap_or(By::Rank), direction.unwrap_or(false));
        if limit != -1 && by == By::Rank {
            let text = "syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
            return Err(CommandError::err(text));
        }
        if with_scores && by == By::Lex {
            let text = "syntax error, WITHSCORES not supported in combination with BYLEX";
            return Err(CommandError::err(text));
        }
        let (min, max) = if reverse && by != By::Rank { (second, first) } else { (first, second) };
        let bounds = match by {
            By::Rank => Bounds::Rank(crate::args::parse_int(min)?, crate::args::parse_int(max)?),
            By::Score => Bounds::Score(ScoreRange::parse(min, max)?),
            By::Lex => Bounds::Lex(LexRange::parse(min, max)?),
        };
        Ok(Query { bounds, reverse, offset, limit, with_scores })
    }

    /// The ranks of what is asked for, from the lowest score, wherever the answer begins.
    pub(crate) fn ranks(&self, zset: &ZsetRef<'_>) -> Range<usize> {
        let Range { start, end } = match &self.bounds {
            Bounds::Rank(start, stop) => {
                let len = zset.len();
                let Range { start, end } = ranks(*start, *stop, len);
                return if self.reverse { len - end..len - start } else { start..end };
            }
            Bounds::Score(range) => {
                let Range { start, end } = zset.score_range(range);
                let offset = self.offset_in(zset, end - start);
                if self.reverse { start..end - offset } else { start + offset..end }
            }
            Bounds::Lex(range) => {
                let offset = match usize::try_from(self.offset) {
                    Ok(offset) => offset,
                    Err(_) => self.offset_in(zset, zset.lex_range(range, self.reverse, 0).len()),
                };
                zset.lex_range(range, self.reverse, offset)
            }
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX).min(end - start);
        if self.reverse { end - limit..end } else { start..start + limit }
    }

    /// How many of `count` members LIMIT passes over. Redis counts a negative offset from the other end, but only in a
    /// skip list; in a listpack it is beyond the end.
    fn offset_in(&self, zset: &ZsetRef<'_>, count: usize) -> usize {
        match usize::try_from(self.offset) {
            Ok(offset) => offset.min(count),
            Err(_) if zset.is_small() => count,
            Err(_) => {
                let back = usize::try_from(self.offset.unsigned_abs()).unwrap_or(usize::MAX);
                count.checked_sub(back).unwrap_or(count)
            }
        }
    }
}

pub(crate) fn zrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, None, None)
}

pub(crate) fn zrevrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, Some(By::Rank), Some(true))
}

pub(crate) fn zrangebyscore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, Some(By::Score), Some(false))
}

pub(crate) fn zrevrangebyscore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, Some(By::Score), Some(true))
}

pub(crate) fn zrangebylex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, Some(By::Lex), Some(false))
}

pub(crate) fn zrevrangebylex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    range(ctx, args, Some(By::Lex), Some(true))
}

fn range(ctx: &mut Ctx, args: &mut Args, by: Option<By>, reverse: Option<bool>) -> Result<(), CommandError> {
    let key = args.key()?;
    let query = Query::parse(args, by, reverse, false)?;
    let Some(zset) = ctx.keys.read::<Zset>(key)? else {
        ctx.reply.array(0);
        return Ok(());
    };
    let ranks = query.ranks(&zset);
    reply_elements(&mut ctx.reply, ranks.len(), zset.range(ranks, query.reverse), query.with_scores);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn by_rank() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c 4 d            < 4    ~ ZADD k 1 a 2 b 3 c 4 d    ! zadd k
            > ZRANGE k 0 -1                     < ["a" "b" "c" "d"]
            > ZRANGE k 1 2 WITHSCORES           < ["b" "2" "c" "3"]
            > ZRANGE k -2 -1 REV                < ["b" "a"]
            > ZRANGE k 5 9                      < []
            > ZRANGE k 2 1                      < []
            > ZREVRANGE k 0 1 WITHSCORES        < ["d" "4" "c" "3"]
            > ZRANGE nk 0 -1                    < []
            > ZRANGE k 0 1 LIMIT 1 -1           < ["a" "b"]
            > ZREVRANGE k 0 1 REV               < ERR syntax error
            > ZRANGE k 0 x                      < ERR value is not an integer or out of range
            "#,
        );
    }

    #[test]
    fn by_score() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c 4 d            < 4    ~ ZADD k 1 a 2 b 3 c 4 d    ! zadd k
            > ZRANGE k (1 3 BYSCORE             < ["b" "c"]
            > ZRANGE k 3 (1 BYSCORE REV         < ["c" "b"]
            > ZRANGEBYSCORE k -inf +inf         < ["a" "b" "c" "d"]
            > ZRANGEBYSCORE k -inf +inf LIMIT 1 2                < ["b" "c"]
            > ZRANGEBYSCORE k -inf +inf LIMIT -1 2               < []
            > ZRANGEBYSCORE k -inf +inf LIMIT 3 -1 WITHSCORES    < ["d" "4"]
            > ZRANGEBYSCORE k -inf +inf LIMIT 9 1                < []
            > ZREVRANGEBYSCORE k 3 2            < ["c" "b"]
            > ZREVRANGEBYSCORE k +inf -inf LIMIT 1 2             < ["c" "b"]
            > ZRANGEBYSCORE k 3 2               < []
            > ZRANGEBYSCORE k 0 1 BYSCORE       < ERR syntax error
            > ZRANGEBYSCORE k 0 1 LIMIT 1       < ERR syntax error
            > ZRANGEBYSCORE k 0 1 LIMIT 1 x     < ERR value is not an integer or out of range
            > ZRANGEBYSCORE k x 1               < ERR min or max is not a float
            "#,
        );
    }

    #[test]
    fn by_member() {
        check(
            r#"
            > ZADD k 0 a 0 b 0 c 0 d            < 4    ~ ZADD k 0 a 0 b 0 c 0 d    ! zadd k
            > ZRANGE k - + BYLEX                < ["a" "b" "c" "d"]
            > ZRANGE k (c - BYLEX REV           < ["b" "a"]
            > ZRANGEBYLEX k [b (d               < ["b" "c"]
            > ZRANGEBYLEX k (a + LIMIT 1 1      < ["c"]
            > ZREVRANGEBYLEX k + [b LIMIT 0 2   < ["d" "c"]
            > ZRANGEBYLEX k + -                 < []
            > ZRANGEBYLEX k [bb [cc             < ["c"]
            > ZRANGEBYLEX k b +                 < ERR min or max not valid string range item
            > ZRANGEBYLEX k - + WITHSCORES      < ERR syntax error, WITHSCORES not supported in combination with BYLEX
            > ZRANGE k - + BYLEX BYSCORE        < ERR syntax error
            > SET s x                           < OK   ~ SET s x                   ! set s
            > ZRANGE s - x BYLEX                < ERR min or max not valid string range item
            > ZRANGE s - + BYLEX                < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
