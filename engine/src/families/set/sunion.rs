//! SUNION, SUNIONSTORE and SUNIONCARD: what any of several sets has; kept under a key; or only how much.
//!
//! ```text
//! SUNION key [key ...]
//! SUNIONSTORE destination key [key ...]
//! SUNIONCARD numkeys key [key ...] [APPROX] [LIMIT limit]
//! ```

use super::algebra::union;
use super::store::store;
use super::{Set, SetRef, counted_keys, limit, remaining_keys, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{Collection, Forms};
use ds::hll;
use std::ops::ControlFlow::{Break, Continue};

pub(crate) fn sunion(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Ctx { keys, reply, .. } = ctx;
    let hasher = keys.space.forms.hasher;
    let sets: Vec<SetRef<'_>> =
        keys.read_several::<Set>(remaining_keys(args))?.into_iter().flatten().collect();
    reply.deferred_set(|reply| {
        let mut count = 0;
        let _ = union(sets, hasher, &mut |item| {
            reply_member(reply, item);
            count += 1;
            Continue(())
        });
        count
    });
    Ok(())
}

pub(crate) fn sunionstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let destination = args.key()?;
    let forms = ctx.keys.space.forms;
    let sets = ctx.keys.read_several::<Set>(remaining_keys(args))?;
    // What the result is called hangs on the order in which members come: that of the keys.
    let mut result = Set::empty(&forms);
    for item in sets.iter().flatten().flat_map(SetRef::iter) {
        result.add_item(item, &forms);
    }
    store(ctx, destination, result, "sunionstore");
    Ok(())
}

pub(crate) fn sunioncard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let keys = counted_keys(args)?;
    let (mut approximate, mut most) = (false, u64::MAX);
    while args.remaining() > 0 {
        if args.take("APPROX") {
            approximate = true;
            continue;
        }
        if args.remaining() < 2 || !args.take("LIMIT") {
            return Err(CommandError::Syntax);
        }
        most = limit(args)?;
    }
    let forms = ctx.keys.space.forms;
    let sets: Vec<SetRef<'_>> = ctx.keys.read_several::<Set>(keys)?.into_iter().flatten().collect();
    let count = if approximate { estimate(&sets, &forms).min(most) } else { count(sets, &forms, most) };
    ctx.reply.int(count as i64);
    Ok(())
}

/// The size of the union, or `most` if it is greater.
fn count(sets: Vec<SetRef<'_>>, forms: &Forms, most: u64) -> u64 {
    if let [one] = sets[..] {
        return most.min(one.len() as u64);
    }
    let mut count = 0;
    let _ = union(sets, forms.hasher, &mut |_| {
        count += 1;
        if count == most { Break(()) } else { Continue(()) }
    });
    count
}

/// What a HyperLogLog says of the union: the number that Redis tells, since it hashes in the same way.
fn estimate(sets: &[SetRef<'_>], forms: &Forms) -> u64 {
    let mut registers = Box::new([0; hll::REGISTERS]);
    for item in sets.iter().flat_map(SetRef::iter) {
        hll::observe(&mut registers, item.text(&mut Default::default()));
    }
    hll::count_registers(&registers, forms.hll_loops)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn sunion() {
        check(
            r#"
            > SUNION a            < []
            > SADD a 1 2 x        < 3                 ~ SADD a 1 2 x      ! sadd a
            > SADD b 2 3          < 2                 ~ SADD b 2 3        ! sadd b
            > SUNION a b nothing  < ["1" "2" "x" "3"]
            > SUNION b b          < ["2" "3"]
            > SUNION b b b b b b b b b a   < ["1" "2" "x" "3"]
            > SET t x             < OK                ~ SET t x           ! set t
            > SUNION nothing t    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn sunionstore() {
        check(
            r#"
            > SUNIONSTORE d a b   < 0
            > SADD a 5 1          < 2                 ~ SADD a 5 1        ! sadd a
            > SADD b x 3          < 2                 ~ SADD b x 3        ! sadd b
            > SUNIONSTORE d a     < 2                 ~ SUNIONSTORE d a   ! sunionstore d
            > OBJECT ENCODING d   < "intset"
            > SUNIONSTORE d a b   < 4                 ~ SUNIONSTORE d a b    ! sunionstore d
            > SMEMBERS d          < ["1" "5" "x" "3"]
            > SUNIONSTORE d n     < 0                 ~ SUNIONSTORE d n   ! del d
            > SET t x             < OK                ~ SET t x           ! set t
            > SUNIONSTORE a a t   < WRONGTYPE Operation against a key holding the wrong kind of value
            > SUNIONSTORE t a     < 2                 ~ SUNIONSTORE t a   ! sunionstore t
            "#,
        );
    }

    #[test]
    fn sunioncard() {
        check(
            r#"
            > SADD a 1 2 3 x      < 4                 ~ SADD a 1 2 3 x    ! sadd a
            > SADD b 2 3 x y      < 4                 ~ SADD b 2 3 x y    ! sadd b
            > SUNIONCARD 2 a b    < 5
            > SUNIONCARD 1 n      < 0
            > SUNIONCARD 1 a LIMIT 2              < 2
            > SUNIONCARD 2 a b LIMIT 3            < 3
            > SUNIONCARD 2 a b LIMIT 9            < 5
            > SUNIONCARD 2 a b LIMIT 0            < 5
            > SUNIONCARD 2 a b APPROX             < 5
            > SUNIONCARD 2 a b LIMIT 2 APPROX     < 2
            > SUNIONCARD 2 a b APPROX LIMIT 2     < 2
            > SUNIONCARD 0 a      < ERR numkeys should be greater than 0
            > SUNIONCARD 3 a b    < ERR Number of keys can't be greater than number of args
            > SUNIONCARD 1 a b    < ERR syntax error
            > SUNIONCARD 1 a LIMIT      < ERR syntax error
            > SUNIONCARD 1 a LIMIT -1   < ERR LIMIT can't be negative
            > SET t x             < OK                ~ SET t x           ! set t
            > SUNIONCARD 2 n t    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
