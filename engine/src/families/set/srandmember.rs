//! SRANDMEMBER: members of a set by chance, which stay in it.
//!
//! ```text
//! SRANDMEMBER key [count]
//! ```
//! A count asks for that many different members, at most all; a negative one for exactly as many, each drawn anew.

use super::{Set, reply_member};
use crate::args::{Args, parse_int};
use crate::ctx::Ctx;
use crate::error::CommandError;

/// Members that one request may draw anew. Their reply has a gigabyte or more; without a limit, a few words from a
/// client would ask for all memory there is.
const DRAWN_MAX: u64 = 1 << 27;

pub(crate) fn srandmember(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    if args.remaining() > 1 {
        return Err(CommandError::Syntax);
    }
    let count = args.next().map(count).transpose()?;
    let Ctx { keys, reply, .. } = ctx;
    match (keys.read_to_choose::<Set>(key)?, count) {
        (None, None) => reply.null(),
        (None, Some(_)) => reply.array(0),
        (Some((set, random)), None) => {
            reply_member(reply, set.random(random).expect("a set under a key has members"));
        }
        (Some((set, random)), Some(count @ ..0)) => {
            let count = count.unsigned_abs();
            if count > DRAWN_MAX {
                return Err(CommandError::OutOfRange);
            }
            reply.array(count as usize);
            for _ in 0..count {
                reply_member(reply, set.random(random).expect("a set under a key has members"));
            }
        }
        (Some((set, random)), Some(count)) => {
            let count = set.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            reply.array(count);
            set.sample(count, random, |item| reply_member(reply, item));
        }
    }
    Ok(())
}

fn count(word: &[u8]) -> Result<i64, CommandError> {
    const MOST: i64 = i64::MAX;
    let count = parse_int(word)?;
    if count < -MOST {
        let text = format_args!("value is out of range, value must between -{MOST} and {MOST}");
        return Err(CommandError::err(text));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn counts() {
        check(
            r#"
            > SRANDMEMBER s       < nil
            > SRANDMEMBER s 3     < []
            > SRANDMEMBER s -3    < []
            > SADD s a            < 1                 ~ SADD s a          ! sadd s
            > SRANDMEMBER s       < "a"
            > SRANDMEMBER s 0     < []
            > SRANDMEMBER s 9223372036854775807   < ["a"]
            > SRANDMEMBER s -3    < ["a" "a" "a"]
            > SADD s 1 2          < 2                 ~ SADD s 1 2        ! sadd s
            > SRANDMEMBER s 3     < ["a" "1" "2"]
            "#,
        );
    }

    #[test]
    fn errors() {
        let range =
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
        check(&format!(
            r#"
            > SRANDMEMBER s x     < ERR value is not an integer or out of range
            > SRANDMEMBER s 1 2   < ERR syntax error
            > SRANDMEMBER s -9223372036854775808  < {range}
            > SRANDMEMBER s 9223372036854775808   < ERR value is not an integer or out of range
            > SADD s a            < 1                 ~ SADD s a          ! sadd s
            > SRANDMEMBER s -9223372036854775807  < ERR value is out of range
            > SET t x             < OK                ~ SET t x           ! set t
            > SRANDMEMBER t       < WRONGTYPE Operation against a key holding the wrong kind of value
            > SRANDMEMBER t -1    < WRONGTYPE Operation against a key holding the wrong kind of value
            > SRANDMEMBER t x     < ERR value is not an integer or out of range
            "#
        ));
    }
}
