//! LMPOP: take elements from the first of several keys that holds a list. Answers that key and the elements.
//!
//! ```text
//! LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count]
//! ```
//!
//! Propagates as LPOP or RPOP with the number of elements taken: which key was the first is no longer a question then.

use super::{end, pop};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::quicklist::End;

/// What is popped, apart from the timeout of a command that waits.
pub(super) struct Request<'a> {
    pub keys: Vec<&'a [u8]>,
    pub end: End,
    pub count: usize,
}

/// Reads the arguments from `numkeys` on.
pub(super) fn request<'a>(args: &mut Args<'a>) -> Result<Request<'a>, CommandError> {
    let keys = positive(args, "numkeys should be greater than 0")?;
    // The end must follow the keys.
    if keys >= args.remaining() {
        return Err(CommandError::Syntax);
    }
    let keys = (0..keys).map(|_| args.key()).collect::<Result<_, _>>()?;
    let end = end(args)?;
    let mut count = None;
    while args.remaining() > 0 {
        if count.is_some() || args.remaining() == 1 || !args.take("COUNT") {
            return Err(CommandError::Syntax);
        }
        count = Some(positive(args, "count should be greater than 0")?);
    }
    Ok(Request { keys, end, count: count.unwrap_or(1) })
}

pub(super) fn positive(args: &mut Args, message: &'static str) -> Result<usize, CommandError> {
    let number = ds::int::parse_i64(args.bytes()?).filter(|number| *number > 0);
    number.map(|number| number as usize).ok_or_else(|| CommandError::err(message))
}

pub(crate) fn lmpop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let request = request(args)?;
    if !pop_first(ctx, &request)? {
        ctx.reply.null_array();
    }
    Ok(())
}

/// Pops from the first key that holds a list; false, and no answer, if none does.
pub(super) fn pop_first(ctx: &mut Ctx, request: &Request<'_>) -> Result<bool, CommandError> {
    for key in &request.keys {
        if ctx.keys.read_to_write::<super::List>(key)?.is_none() {
            continue;
        }
        ctx.reply.array(2);
        ctx.reply.bulk(key);
        let popped = pop::pop_many(ctx, key, request.end, request.count)?.expect("the key holds a list");
        let verb: &[u8] = if request.end == End::Front { b"LPOP" } else { b"RPOP" };
        ctx.propagate(&[verb, key, popped.to_string().as_bytes()]);
        return Ok(true);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lmpop() {
        check(
            r#"
            > LMPOP 1 a LEFT                    < nil
            > RPUSH b 1 2 3                     < 3             ~ RPUSH b 1 2 3   ! rpush b
            > RPUSH c x                         < 1             ~ RPUSH c x       ! rpush c
            > LMPOP 3 a b c LEFT                < ["b" ["1"]]   ~ LPOP b 1        ! lpop b
            > LMPOP 3 a b c RIGHT COUNT 9       < ["b" ["3" "2"]]   ~ RPOP b 2    ! rpop b  ! del b
            > LMPOP 3 a b c right count 1       < ["c" ["x"]]   ~ RPOP c 1        ! rpop c  ! del c
            > LMPOP 3 a b c RIGHT               < nil
            > SET s x                           < OK            ~ SET s x         ! set s
            > LMPOP 2 a s LEFT                  < WRONGTYPE Operation against a key holding the wrong kind of value
            > LMPOP 0 a LEFT                    < ERR numkeys should be greater than 0
            > LMPOP x a LEFT                    < ERR numkeys should be greater than 0
            > LMPOP 2 a LEFT                    < ERR syntax error
            > LMPOP 9223372036854775807 a LEFT  < ERR syntax error
            > LMPOP 1 a LEFT COUNT 0            < ERR count should be greater than 0
            > LMPOP 1 a LEFT COUNT              < ERR syntax error
            > LMPOP 1 a LEFT COUNT 1 COUNT 1    < ERR syntax error
            > LMPOP 1 a MIDDLE                  < ERR syntax error
            "#,
        );
    }
}
