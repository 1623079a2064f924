//! ZUNION, ZINTER and ZDIFF: what any, all or only the first of several sets has.
//!
//! ```text
//! ZUNION numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]
//! ZINTER the same
//! ZDIFF numkeys key [key ...] [WITHSCORES]
//! ```

use super::combine::{Operation, Request};
use super::reply_elements;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn zunion(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Union)
}

pub(crate) fn zinter(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Intersection)
}

pub(crate) fn zdiff(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    combine(ctx, args, Operation::Difference)
}

fn combine(ctx: &mut Ctx, args: &mut Args, operation: Operation) -> Result<(), CommandError> {
    let request = Request::parse(ctx, args, operation, false)?;
    let result = request.run(ctx);
    let view = result.borrow();
    reply_elements(&mut ctx.reply, view.len(), view.iter(), request.with_scores);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn combinations() {
        check(
            r#"
            > ZADD a 1 x 2 y 3 z                    < 3    ~ ZADD a 1 x 2 y 3 z    ! zadd a
            > ZADD b 10 x 20 y                      < 2    ~ ZADD b 10 x 20 y      ! zadd b
            > ZUNION 2 a b                          < ["z" "x" "y"]
            > ZUNION 2 a b WITHSCORES               < ["z" "3" "x" "11" "y" "22"]
            > ZUNION 2 a b AGGREGATE MIN WITHSCORES < ["x" "1" "y" "2" "z" "3"]
            > ZUNION 2 a b AGGREGATE COUNT WITHSCORES                 < ["z" "1" "x" "2" "y" "2"]
            > ZUNION 2 a b WEIGHTS 5 0.5 AGGREGATE COUNT WITHSCORES   < ["z" "5" "x" "5.5" "y" "5.5"]
            > ZINTER 2 a b WITHSCORES               < ["x" "11" "y" "22"]
            > ZINTER 2 a b WEIGHTS 1 2 AGGREGATE MAX WITHSCORES       < ["x" "20" "y" "40"]
            > ZINTER 2 a b AGGREGATE COUNT WITHSCORES                 < ["x" "2" "y" "2"]
            > ZINTER 2 a nk                         < []
            > ZDIFF 2 a b WITHSCORES                < ["z" "3"]
            > ZDIFF 2 a nk                          < ["x" "y" "z"]
            > ZDIFF 2 nk a                          < []
            "#,
        );
    }

    #[test]
    fn sums_that_are_no_number_are_zero() {
        check(
            r#"
            > ZADD a inf x -inf y 0 z               < 3    ~ ZADD a inf x -inf y 0 z   ! zadd a
            > ZADD b -inf x inf y                   < 2    ~ ZADD b -inf x inf y       ! zadd b
            > ZUNION 2 a b WITHSCORES               < ["x" "0" "y" "0" "z" "0"]
            > ZINTER 2 a b WITHSCORES               < ["x" "0" "y" "0"]
            > ZUNION 1 a WEIGHTS 0 WITHSCORES       < ["x" "0" "y" "0" "z" "0"]
            > ZUNION 1 a WEIGHTS inf WITHSCORES     < ["y" "-inf" "z" "0" "x" "inf"]
            > ZUNION 2 a b WEIGHTS inf -inf AGGREGATE COUNT WITHSCORES    < ["x" "0" "y" "0" "z" "inf"]
            "#,
        );
    }

    #[test]
    fn refusals_come_in_order() {
        check(
            r#"
            > ZADD a 1 x                            < 1    ~ ZADD a 1 x            ! zadd a
            > SET t x                               < OK   ~ SET t x               ! set t
            > ZUNION x a                            < ERR value is not an integer or out of range
            > ZUNION 0 a                            < ERR at least 1 input key is needed for 'zunion' command
            > ZDIFF -1 a                            < ERR at least 1 input key is needed for 'zdiff' command
            > ZUNION 2 t                            < ERR syntax error
            > ZUNION 2 nk t x                       < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZUNION 1 a x                          < ERR syntax error
            > ZUNION 2 a a WEIGHTS 1                < ERR syntax error
            > ZUNION 2 a a WEIGHTS 1 x              < ERR weight value is not a float
            > ZUNION 2 a a WEIGHTS 1 2 3            < ERR syntax error
            > ZUNION 1 a AGGREGATE                  < ERR syntax error
            > ZUNION 1 a AGGREGATE x                < ERR syntax error
            > ZDIFF 1 a WEIGHTS 1                   < ERR syntax error
            > ZDIFF 1 a AGGREGATE SUM               < ERR syntax error
            "#,
        );
    }
}
