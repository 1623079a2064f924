//! ZMPOP: take members out of the first of several sets that is there.
//!
//! ```text
//! ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]
//! ```
//! Propagates as ZPOPMIN or ZPOPMAX of that key and of as many members as there were.

use super::Zset;
use super::zpop::{End, Shape, pop};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

/// What ZMPOP and BZMPOP are asked for, behind the timeout of the latter.
pub(crate) struct Request<'a> {
    pub(crate) keys: Vec<&'a [u8]>,
    pub(crate) end: End,
    pub(crate) count: usize,
}

impl<'a> Request<'a> {
    /// # Errors
    /// Numbers that are not positive, and words that do not belong here.
    pub(crate) fn parse(args: &mut Args<'a>) -> Result<Request<'a>, CommandError> {
        let positive = |word: &[u8]| ds::int::parse_i64(word).filter(|number| *number > 0);
        let too_few = || CommandError::err("numkeys should be greater than 0");
        let keys = usize::try_from(positive(args.bytes()?).ok_or_else(too_few)?).unwrap_or(usize::MAX);
        if keys >= args.remaining() {
            return Err(CommandError::Syntax);
        }
        let keys = (0..keys).map(|_| args.key()).collect::<Result<_, _>>()?;
        let end = End::from_token(args.bytes()?).ok_or(CommandError::Syntax)?;
        let mut count = None;
        while args.remaining() > 0 {
            if count.is_some() || args.remaining() < 2 || !args.take("COUNT") {
                return Err(CommandError::Syntax);
            }
            let too_few = || CommandError::err("count should be greater than 0");
            count = Some(positive(args.bytes()?).ok_or_else(too_few)?);
        }
        let count = usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX);
        Ok(Request { keys, end, count })
    }

    /// Serves the request from the first key that is there; false, and nothing answered, if there is none.
    ///
    /// # Errors
    /// WRONGTYPE of a key before one that could serve.
    pub(crate) fn serve(&self, ctx: &mut Ctx) -> Result<bool, CommandError> {
        for key in &self.keys {
            if ctx.keys.read_to_write::<Zset>(key)?.is_none() {
                continue;
            }
            ctx.reply.array(2);
            ctx.reply.bulk(key);
            let count = pop(ctx, key, self.end, self.count, Shape::Pairs)?.expect("the key is there");
            let mut digits = [0; ds::int::MAX_DIGITS];
            let count = ds::int::format_i64(&mut digits, count as i64);
            ctx.propagate(&[self.end.command().as_bytes(), key, count]);
            return Ok(true);
        }
        Ok(false)
    }
}

pub(crate) fn zmpop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    if !Request::parse(args)?.serve(ctx)? {
        ctx.reply.null_array();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zmpop() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c            < 3                         ~ ZADD k 1 a 2 b 3 c    ! zadd k
            > ZMPOP 2 nk k MIN              < ["k" [["a" "1"]]]         ~ ZPOPMIN k 1           ! zpopmin k
            > ZMPOP 2 k s MAX COUNT 10      < ["k" [["c" "3"] ["b" "2"]]]    ~ ZPOPMAX k 2      ! zpopmax k   ! del k
            > ZMPOP 1 k MAX                 < nil
            > SET s x                       < OK                        ~ SET s x               ! set s
            > ZMPOP 1 s MAX                 < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZMPOP 0 s MAX                 < ERR numkeys should be greater than 0
            > ZMPOP x s MAX                 < ERR numkeys should be greater than 0
            > ZMPOP 2 s MAX                 < ERR syntax error
            > ZMPOP 1 s x                   < ERR syntax error
            > ZMPOP 1 s MAX COUNT           < ERR syntax error
            > ZMPOP 1 s MAX COUNT 0         < ERR count should be greater than 0
            > ZMPOP 1 s MAX COUNT 1 COUNT 1 < ERR syntax error
            > ZMPOP 9223372036854775807 s MAX < ERR syntax error
            "#,
        );
    }
}
