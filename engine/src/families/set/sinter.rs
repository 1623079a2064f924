//! SINTER, SINTERSTORE and SINTERCARD: what several sets have in common; kept under a key; or only how much.
//!
//! ```text
//! SINTER key [key ...]
//! SINTERSTORE destination key [key ...]
//! SINTERCARD numkeys key [key ...] [LIMIT limit]
//! ```
//! A key that is not there is an empty set, and nothing is common to it; another type is an error nevertheless.

use super::algebra::intersection;
use super::store::store;
use super::value::Name;
use super::{Set, SetRef, counted_keys, limit, remaining_keys, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use std::ops::ControlFlow::{Break, Continue};

/// The sets, or none when one of them is empty.
fn sets<'a>(read: Vec<Option<SetRef<'a>>>) -> Vec<SetRef<'a>> {
    read.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default()
}

pub(crate) fn sinter(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Ctx { keys, reply, .. } = ctx;
    let sets = sets(keys.read_several::<Set>(remaining_keys(args))?);
    reply.deferred_set(|reply| {
        let mut count = 0;
        let _ = intersection(sets, &mut |item| {
            reply_member(reply, item);
            count += 1;
            Continue(())
        });
        count
    });
    Ok(())
}

pub(crate) fn sinterstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let destination = args.key()?;
    let forms = ctx.keys.space.forms;
    let sets = sets(ctx.keys.read_several::<Set>(remaining_keys(args))?);
    // The smallest set decides what the result is called at first.
    let smallest = sets.iter().min_by_key(|set| set.len());
    let mut result = Set::new(match smallest.map(SetRef::name) {
        Some(Name::Intset) => Name::Intset,
        _ => Name::Listpack,
    });
    let _ = intersection(sets, &mut |item| {
        result.add_item(item, &forms);
        Continue(())
    });
    result.tighten(&forms);
    store(ctx, destination, result, "sinterstore");
    Ok(())
}

pub(crate) fn sintercard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let keys = counted_keys(args)?;
    let mut most = u64::MAX;
    while args.remaining() > 0 {
        if args.remaining() < 2 || !args.take("LIMIT") {
            return Err(CommandError::Syntax);
        }
        most = limit(args)?;
    }
    let sets = sets(ctx.keys.read_several::<Set>(keys)?);
    let count = match &sets[..] {
        [one] => most.min(one.len() as u64),
        _ => {
            let mut count = 0;
            let _ = intersection(sets, &mut |_| {
                count += 1;
                if count == most { Break(()) } else { Continue(()) }
            });
            count
        }
    };
    ctx.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn sinter() {
        check(
            r#"
            > SINTER a            < []
            > SADD a 1 2 x y      < 4                 ~ SADD a 1 2 x y    ! sadd a
            > SADD b 2 3 y        < 3                 ~ SADD b 2 3 y      ! sadd b
            > SADD c 1 2 3        < 3                 ~ SADD c 1 2 3      ! sadd c
            > SINTER a            < ["1" "2" "x" "y"]
            > SINTER a b          < ["2" "y"]
            > SINTER a c b        < ["2"]
            > SINTER a a          < ["1" "2" "x" "y"]
            > SINTER a nothing    < []
            > SET t x             < OK                ~ SET t x           ! set t
            > SINTER nothing t    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn sinterstore() {
        check(
            r#"
            > SADD a 1 2 x        < 3                 ~ SADD a 1 2 x      ! sadd a
            > SADD b 2 3          < 2                 ~ SADD b 2 3        ! sadd b
            > SET d x             < OK                ~ SET d x           ! set d
            > SINTERSTORE d a b   < 1                 ~ SINTERSTORE d a b    ! sinterstore d
            > SMEMBERS d          < ["2"]
            > SINTERSTORE a a a   < 3                 ~ SINTERSTORE a a a    ! sinterstore a
            > SINTERSTORE d a n   < 0                 ~ SINTERSTORE d a n    ! del d
            > SINTERSTORE d a n   < 0
            > SET t x             < OK                ~ SET t x           ! set t
            > SINTERSTORE b n t   < WRONGTYPE Operation against a key holding the wrong kind of value
            > SINTERSTORE t a b   < 1                 ~ SINTERSTORE t a b    ! sinterstore t
            > TYPE t              < set
            "#,
        );
    }

    #[test]
    fn sintercard() {
        check(
            r#"
            > SADD a 1 2 3 x      < 4                 ~ SADD a 1 2 3 x    ! sadd a
            > SADD b 2 3 x y      < 4                 ~ SADD b 2 3 x y    ! sadd b
            > SINTERCARD 2 a b    < 3
            > SINTERCARD 1 a      < 4
            > SINTERCARD 1 a LIMIT 3              < 3
            > SINTERCARD 2 a b LIMIT 2            < 2
            > SINTERCARD 2 a b limit 2 LIMIT 0    < 3
            > SINTERCARD 2 a n LIMIT 2            < 0
            > SINTERCARD 0 a      < ERR numkeys should be greater than 0
            > SINTERCARD x a      < ERR numkeys should be greater than 0
            > SINTERCARD 3 a b    < ERR Number of keys can't be greater than number of args
            > SINTERCARD 1 a b    < ERR syntax error
            > SINTERCARD 1 a LIMIT      < ERR syntax error
            > SINTERCARD 1 a LIMIT -1   < ERR LIMIT can't be negative
            > SINTERCARD 1 a LIMIT x    < ERR LIMIT can't be negative
            "#,
        );
    }

    #[test]
    fn a_source_that_has_expired_is_empty() {
        check(
            r#"
            > SADD a 1 2          < 2                 ~ SADD a 1 2        ! sadd a
            > SADD b 1 2          < 2                 ~ SADD b 1 2        ! sadd b
            > PEXPIRE b 10        < 1                 ~ PEXPIREAT b 10    ! expire b
            @ 11ms
            > SINTER b a b        < []                ~ DEL b             ! expired b
            "#,
        );
    }
}
