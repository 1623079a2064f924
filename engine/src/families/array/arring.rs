//! ARRING: append elements to a ring of a given size, over the oldest ones. Answers the index of the last.
//!
//! ```text
//! ARRING key size value [value ...]
//! ```
//!
//! `ring.rs` says what becomes of elements when the size changes.

use super::{Array, error, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Edit;

pub(crate) fn arring(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, size) = (args.key()?, args.int()?);
    let size = u64::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| error("ERR size must be positive"))?;
    let edited = ctx.keys.edit(key, |array: &mut Array, tools| {
        array.fit_ring(size, tools.forms);
        let mut last = array.borrow().last_insert();
        while let Some(text) = args.next() {
            let place = last.map_or(0, |last| last + 1) % size;
            array.set(place, text, tools.forms);
            last = Some(place);
        }
        array.set_last_insert(last, tools.forms);
        Ok(Edit::Changed(last.expect("there is a value at least")))
    })?;
    ctx.notify(Class::Array, "arring", key);
    reply_unsigned(&mut ctx.reply, edited.result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arring() {
        check(
            r#"
            > ARRING a 3 v0 v1 v2     < 2     ~ ARRING a 3 v0 v1 v2    ! arring a
            > ARRING a 3 v3           < 0     ~ ARRING a 3 v3          ! arring a
            > ARGETRANGE a 0 3        < ["v3" "v1" "v2" nil]
            > ARNEXT a                < 1
            > ARLASTITEMS a 3         < ["v1" "v2" "v3"]
            > ARRING b 2 0 1 2 3 4    < 0     ~ ARRING b 2 0 1 2 3 4   ! arring b
            > ARGETRANGE b 0 2        < ["4" "3" nil]
            > ARRING a 0 x            < ERR size must be positive
            > ARRING a -3 x           < ERR size must be positive
            > ARRING a x x            < ERR value is not an integer or out of range
            > SET s x                 < OK    ~ SET s x                ! set s
            > ARRING s 0 x            < ERR size must be positive
            > ARRING s 3 x            < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn a_ring_that_grows_or_shrinks_is_put_in_order() {
        check(
            r#"
            > ARRING a 5 v0 v1 v2 v3 v4 v5 v6 v7    < 2    ~ ARRING a 5 v0 v1 v2 v3 v4 v5 v6 v7    ! arring a
            > ARRING a 8 v8           < 5     ~ ARRING a 8 v8         ! arring a
            > ARGETRANGE a 0 6        < ["v3" "v4" "v5" "v6" "v7" "v8" nil]
            > ARRING a 3 v9           < 0     ~ ARRING a 3 v9         ! arring a
            > ARGETRANGE a 0 3        < ["v9" "v7" "v8" nil]
            > ARSEEK a 0              < 1     ~ ARSEEK a 0            ! arseek a
            > ARRING a 8 v10          < 0     ~ ARRING a 8 v10        ! arring a
            > ARGETRANGE a 0 3        < ["v10" "v7" "v8" nil]
            "#,
        );
    }

    #[test]
    fn what_lies_behind_a_hole_is_not_kept() {
        check(
            r#"
            > ARRING a 5 v0 v1 v2 v3 v4    < 4    ~ ARRING a 5 v0 v1 v2 v3 v4    ! arring a
            > ARDEL a 3               < 1     ~ ARDEL a 3             ! ardel a
            > ARRING a 3 new          < 1     ~ ARRING a 3 new        ! arring a
            > ARGETRANGE a 0 2        < ["v4" "new" nil]
            > ARRING b 5 0 1 2 3 4 5 6 7    < 2    ~ ARRING b 5 0 1 2 3 4 5 6 7    ! arring b
            > ARDEL b 2               < 1     ~ ARDEL b 2             ! ardel b
            > ARRING b 8 new          < 0     ~ ARRING b 8 new        ! arring b
            > ARSCAN b 0 9            < [[0 "new"]]
            "#,
        );
    }

    /// An element beyond the ring is part of what is put in order.
    #[test]
    fn an_array_becomes_a_ring_at_once() {
        check(
            r#"
            > ARRING a 3 0 1 2 3 4    < 1     ~ ARRING a 3 0 1 2 3 4  ! arring a
            > ARSET a 100 x           < 1     ~ ARSET a 100 x         ! arset a
            > ARRING a 3 5            < 0     ~ ARRING a 3 5          ! arring a
            > ARSCAN a 0 200          < [[0 "5"] [1 "3"] [2 "4"]]
            > ARSET b 0 0 1 2 3 4 5   < 6     ~ ARSET b 0 0 1 2 3 4 5 ! arset b
            > ARRING b 4 6            < 0     ~ ARRING b 4 6          ! arring b
            > ARSCAN b 0 9            < [[0 "6"] [1 "3"] [2 "4"] [3 "5"]]
            > ARSET c 18446744073709551614 x    < 1    ~ ARSET c 18446744073709551614 x    ! arset c
            > ARRING c 4 y            < 1     ~ ARRING c 4 y          ! arring c
            > ARSCAN c 0 9            < [[0 "x"] [1 "y"]]
            "#,
        );
    }
}
