//! ARLASTITEMS: the elements appended last, oldest first, or newest first with REV.
//!
//! ```text
//! ARLASTITEMS key count [REV]
//! ```
//!
//! Positions are counted back from the cursor, and from position 0 on to the last one; those that are empty are nil. A
//! cursor that stands nowhere within the array, because it was never moved, was moved away, or the last element was
//! removed, is taken for one at the end. There are never more positions than the array is long.

use super::{Array, POSITIONS_MAX, error, reply_position};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn arlastitems(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, count) = (args.key()?, args.int()?);
    let reversed = args.take("REV");
    args.end()?;
    let array = ctx.keys.read::<Array>(key)?;
    let Some((array, count)) = array.zip(u64::try_from(count).ok().filter(|count| *count > 0)) else {
        ctx.reply.array(0);
        return Ok(());
    };
    let span = array.len();
    let count = count.min(span);
    // As many as there are elements may always be asked for; holes have their limit.
    if count > array.count() && count > POSITIONS_MAX {
        return Err(error("ERR count exceeds maximum of 1000000 items"));
    }
    let newest = array.last_insert().filter(|last| *last < span).unwrap_or(span - 1);
    ctx.reply.array(count as usize);
    for step in 0..count {
        let back = if reversed { step } else { count - 1 - step };
        let place = if back <= newest { newest - back } else { span - (back - newest) };
        reply_position(&mut ctx.reply, array.get(place));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arlastitems() {
        check(
            r#"
            > ARLASTITEMS a 3         < []
            > ARINSERT a 0 1 2 3 4    < 4     ~ ARINSERT a 0 1 2 3 4    ! arinsert a
            > ARLASTITEMS a 3         < ["2" "3" "4"]
            > ARLASTITEMS a 3 rev     < ["4" "3" "2"]
            > ARLASTITEMS a 9         < ["0" "1" "2" "3" "4"]
            > ARLASTITEMS a 0         < []
            > ARLASTITEMS a -1        < []
            > ARLASTITEMS a x         < ERR value is not an integer or out of range
            > ARLASTITEMS a 1 BACK    < ERR syntax error
            > ARLASTITEMS a 1 REV x   < ERR syntax error
            > ARSEEK a 0              < 1     ~ ARSEEK a 0              ! arseek a
            > ARLASTITEMS a 2         < ["3" "4"]
            > ARSEEK a 100            < 1     ~ ARSEEK a 100            ! arseek a
            > ARLASTITEMS a 2         < ["3" "4"]
            > ARSEEK a 2              < 1     ~ ARSEEK a 2              ! arseek a
            > ARLASTITEMS a 3         < ["4" "0" "1"]
            > SET s x                 < OK    ~ SET s x                 ! set s
            > ARLASTITEMS s 1         < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    /// Bug #15874 of Redis, up to 8.10: a hole used up the place of an element.
    #[test]
    fn holes_are_positions_too() {
        check(
            r#"
            > ARINSERT a a b c d e    < 4     ~ ARINSERT a a b c d e    ! arinsert a
            > ARDEL a 1               < 1     ~ ARDEL a 1               ! ardel a
            > ARLASTITEMS a 10        < ["a" nil "c" "d" "e"]
            > ARLASTITEMS a 10 REV    < ["e" "d" "c" nil "a"]
            > ARDEL a 4               < 1     ~ ARDEL a 4               ! ardel a
            > ARLASTITEMS a 10        < ["a" nil "c" "d"]
            > ARSET a 2000000 z       < 1     ~ ARSET a 2000000 z       ! arset a
            > ARLASTITEMS a 1000001   < ERR count exceeds maximum of 1000000 items
            > ARSEEK a 0              < 1     ~ ARSEEK a 0              ! arseek a
            > ARLASTITEMS a 2         < [nil "z"]
            "#,
        );
    }
}
