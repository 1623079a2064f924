//! SDIFF, SDIFFSTORE and SDIFFCARD: what the first of several sets has and none of the others; kept under a key; or
//! only how much.
//!
//! ```text
//! SDIFF key [key ...]
//! SDIFFSTORE destination key [key ...]
//! SDIFFCARD numkeys key [key ...] [LIMIT limit]
//! ```

use super::algebra::difference;
use super::store::store;
use super::value::{Name, canonical};
use super::{Set, SetRef, counted_keys, limit, remaining_keys, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{Collection, Forms};
use ds::packed::Item;
use std::ops::ControlFlow::{Break, Continue};

/// The first set, if there is one, and those of the others that there are.
fn split<'a>(read: Vec<Option<SetRef<'a>>>) -> Option<(SetRef<'a>, Vec<SetRef<'a>>)> {
    let mut read = read.into_iter();
    let first = read.next()??;
    Some((first, read.flatten().collect()))
}

pub(crate) fn sdiff(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let Ctx { keys, reply, .. } = ctx;
    let hasher = keys.space.forms.hasher;
    let Some((first, others)) = split(keys.read_several::<Set>(remaining_keys(args))?) else {
        reply.set(0);
        return Ok(());
    };
    reply.deferred_set(|reply| {
        let mut count = 0;
        let _ = difference(first, &others, hasher, &mut |item| {
            reply_member(reply, item);
            count += 1;
            Continue(())
        });
        count
    });
    Ok(())
}

pub(crate) fn sdiffstore(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let destination = args.key()?;
    let forms = ctx.keys.space.forms;
    let mut result = Set::empty(&forms);
    if let Some((first, others)) = split(ctx.keys.read_several::<Set>(remaining_keys(args))?) {
        let whole = removes_from_whole(&first, &others);
        if whole {
            result = Set::new(name_of_all(&first, &forms));
        }
        let _ = difference(first, &others, forms.hasher, &mut |item| {
            match whole {
                true => result.insert(item, &forms),
                false => result.add_item(item, &forms),
            };
            Continue(())
        });
    }
    store(ctx, destination, result, "sdiffstore");
    Ok(())
}

/// Redis has two ways to find a difference, and what the result is called tells them apart: either it adds what no
/// other
/// set has, or, when the others are small beside the first, it adds all of the first and removes what the others
/// have.
fn removes_from_whole(first: &SetRef<'_>, others: &[SetRef<'_>]) -> bool {
    let adding = first.len() * (others.len() + 1) / 2;
    let removing = first.len() + others.iter().map(SetRef::len).sum::<usize>();
    adding > removing
}

/// What a result is called that all members of a set were added to.
fn name_of_all(set: &SetRef<'_>, forms: &Forms) -> Name {
    let (mut name, mut longest) = (Name::Intset, 0);
    for (len, item) in set.iter().enumerate() {
        let item = canonical(item);
        name = name.with(len, longest, item, forms);
        if matches!(item, Item::Int(_)) {
            longest = longest.max(item.text_len());
        }
    }
    name
}

pub(crate) fn sdiffcard(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let keys = counted_keys(args)?;
    let mut most = u64::MAX;
    while args.remaining() > 0 {
        if args.remaining() < 2 || !args.take("LIMIT") {
            return Err(CommandError::Syntax);
        }
        most = limit(args)?;
    }
    let hasher = ctx.keys.space.forms.hasher;
    let count = match split(ctx.keys.read_several::<Set>(keys)?) {
        None => 0,
        Some((first, others)) if others.is_empty() => most.min(first.len() as u64),
        Some((first, others)) => {
            let mut count = 0;
            let _ = difference(first, &others, hasher, &mut |_| {
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
    fn sdiff() {
        check(
            r#"
            > SDIFF a             < []
            > SADD a 1 2 x        < 3                 ~ SADD a 1 2 x      ! sadd a
            > SADD b 2 3          < 2                 ~ SADD b 2 3        ! sadd b
            > SDIFF a b           < ["1" "x"]
            > SDIFF b a nothing   < ["3"]
            > SDIFF a             < ["1" "2" "x"]
            > SDIFF a nothing a   < []
            > SDIFF nothing a     < []
            > SET t x             < OK                ~ SET t x           ! set t
            > SDIFF nothing t     < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn sdiffstore() {
        check(
            r#"
            > SDIFFSTORE d a b    < 0
            > SADD a 1 2 x        < 3                 ~ SADD a 1 2 x      ! sadd a
            > SADD b x            < 1                 ~ SADD b x          ! sadd b
            > SDIFFSTORE d a b    < 2                 ~ SDIFFSTORE d a b     ! sdiffstore d
            > OBJECT ENCODING d   < "intset"
            > SDIFFSTORE d a b b b b b < 2            ~ SDIFFSTORE d a b b b b b   ! sdiffstore d
            > OBJECT ENCODING d   < "listpack"
            > SDIFFSTORE d a a    < 0                 ~ SDIFFSTORE d a a  ! del d
            > SET t x             < OK                ~ SET t x           ! set t
            > SDIFFSTORE a n t    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn sdiffcard() {
        check(
            r#"
            > SADD a 1 2 3 x      < 4                 ~ SADD a 1 2 3 x    ! sadd a
            > SADD b 2            < 1                 ~ SADD b 2          ! sadd b
            > SDIFFCARD 2 a b     < 3
            > SDIFFCARD 1 a       < 4
            > SDIFFCARD 1 a LIMIT 3     < 3
            > SDIFFCARD 2 a n LIMIT 5   < 4
            > SDIFFCARD 2 n a     < 0
            > SDIFFCARD 3 a b b LIMIT 2 < 2
            > SDIFFCARD 2 a b LIMIT 0   < 3
            > SDIFFCARD 0 a       < ERR numkeys should be greater than 0
            > SDIFFCARD 3 a b     < ERR Number of keys can't be greater than number of args
            > SDIFFCARD 2 a b APPROX    < ERR syntax error
            > SDIFFCARD 1 a LIMIT -1    < ERR LIMIT can't be negative
            > SET t x             < OK                ~ SET t x           ! set t
            > SDIFFCARD 2 n t     < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
