//! ZRANGESTORE: keep what ZRANGE would answer, with its scores, under another key.
//!
//! ```text
//! ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]
//! ```

use super::Zset;
use super::row::with_text;
use super::zrange::Query;
use super::zstore::store;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Collection;

pub(crate) fn zrangestore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (destination, source) = (args.key()?, args.key()?);
    let query = Query::parse(args, None, None, true)?;
    let forms = ctx.keys.space.forms;
    let mut result = Zset::empty(&forms);
    if let Some(zset) = ctx.keys.read::<Zset>(source)? {
        for (member, score) in zset.range(query.ranks(&zset), query.reverse) {
            with_text(&member, |member| result.insert(member, score, &forms));
        }
    }
    store(ctx, destination, result, "zrangestore");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn zrangestore() {
        check(
            r#"
            > ZADD k 1 a 2 b 3 c                < 3    ~ ZADD k 1 a 2 b 3 c                ! zadd k
            > ZRANGESTORE d k 1 -1              < 2    ~ ZRANGESTORE d k 1 -1              ! zrangestore d
            > ZRANGE d 0 -1 WITHSCORES          < ["b" "2" "c" "3"]
            > ZRANGESTORE k k (1 3 BYSCORE LIMIT 1 1 < 1 ~ ZRANGESTORE k k (1 3 BYSCORE LIMIT 1 1 ! zrangestore k
            > ZRANGE k 0 -1                     < ["c"]
            > ZRANGESTORE d k 5 6               < 0    ~ ZRANGESTORE d k 5 6               ! del d
            > ZRANGESTORE d nk 0 1              < 0
            > SET s x                           < OK   ~ SET s x                           ! set s
            > ZRANGESTORE d s 0 1               < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZRANGESTORE d k 0 1 WITHSCORES    < ERR syntax error
            > ZRANGESTORE s k 0 0               < 1    ~ ZRANGESTORE s k 0 0               ! zrangestore s
            "#,
        );
    }
}
