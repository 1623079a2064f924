//! LREM: remove elements that are a given text: all of them, or some from the front, or with a negative count from
//! the
//! back. Answers how many there were.

use super::List;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;
use ds::quicklist::End;

pub(crate) fn lrem(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let count = args.int_in(-i64::MAX, i64::MAX, super::not_the_least())?;
    let text = args.bytes()?;
    let (limit, end) = match count {
        0 => (usize::MAX, End::Front),
        1.. => (count as usize, End::Front),
        _ => (count.unsigned_abs() as usize, End::Back),
    };
    let edited = ctx.keys.edit_existing(key, |list: &mut List, tools| {
        let removed = list.remove_matching(text, limit, end);
        if removed == 0 {
            return Ok(Edit::Kept(0));
        }
        list.settle(tools.forms);
        Ok(Edit::Changed(removed))
    })?;
    ctx.reply.int(edited.as_ref().map_or(0, |edited| edited.result as i64));
    if let Some(edited) = edited.filter(|edited| edited.changed) {
        ctx.notify(Class::List, "lrem", key);
        if edited.removed {
            ctx.notify(Class::Generic, "del", key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lrem() {
        check(
            r#"
            > LREM l 0 a                      < 0
            > RPUSH l a 1 a b a 1             < 6     ~ RPUSH l a 1 a b a 1   ! rpush l
            > LREM l 1 a                      < 1     ~ LREM l 1 a            ! lrem l
            > LREM l -1 1                     < 1     ~ LREM l -1 1           ! lrem l
            > LRANGE l 0 -1                   < ["1" "a" "b" "a"]
            > LREM l 0 x                      < 0
            > LREM l 0 a                      < 2     ~ LREM l 0 a            ! lrem l
            > LREM l -5 b                     < 1     ~ LREM l -5 b           ! lrem l
            > LREM l 9 1                      < 1     ~ LREM l 9 1            ! lrem l   ! del l
            > EXISTS l                        < 0
            > LREM l x a                      < ERR value is not an integer or out of range
            > SET s x                         < OK    ~ SET s x               ! set s
            > LREM s 0 a                      < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
