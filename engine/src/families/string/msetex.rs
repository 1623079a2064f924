//! MSETEX: store several texts with one time to live, if all or none of the keys exist.
//!
//! ```text
//! MSETEX numkeys key value [key value ...] [NX | XX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
//! ```
//! Propagates without a condition, and with PXAT when it carries an expiry.

use super::condition::Condition;
use super::mset::pairs;
use super::set::store;
use super::timing::Timing;
use crate::args::{Args, Argv};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Lookup;
use ds::int::{MAX_DIGITS, format_i64};
use ds::table::SetExpiry;

/// Where the first key stands in a request.
const FIRST: usize = 2;

pub(crate) fn msetex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (argv, end) = (args.argv(), pairs_end(args)?);
    let (condition, timing) = options(args, end)?;
    let deadline = timing.deadline(ctx.now_ms(), "msetex")?;
    let expiry = match (deadline, timing) {
        (Some(at), _) => SetExpiry::At(at.0),
        (None, Timing::Keep) => SetExpiry::Keep,
        _ => SetExpiry::Clear,
    };

    let mut holds = true;
    if condition != Condition::Always {
        ctx.keys.each_prefetched(pairs(argv, FIRST..end), |keys, key, _| {
            holds = holds && (keys.exists(key, Lookup::Write) == (condition == Condition::Present));
        });
    }
    if holds {
        ctx.keys.each_prefetched(pairs(argv, FIRST..end), |keys, key, text| {
            store(keys, key, text, expiry);
            if deadline.is_some() {
                keys.notify(Class::Generic, "expire", key);
            }
        });
        propagate(ctx, argv, end, expiry);
    }
    ctx.reply.flag(holds);
    Ok(())
}

/// Where the options begin, from the number of keys.
fn pairs_end(args: &mut Args) -> Result<usize, CommandError> {
    let numkeys = args.bytes().and_then(crate::args::parse_int).ok();
    let numkeys = numkeys
        .filter(|keys| (1..=i64::from(i32::MAX)).contains(keys))
        .ok_or_else(|| CommandError::err("invalid numkeys value"))?;
    let end = FIRST + 2 * numkeys as usize;
    if end > args.argv().len() { Err(CommandError::err("wrong number of key-value pairs")) } else { Ok(end) }
}

fn options<'a>(args: &Args<'a>, first: usize) -> Result<(Condition<'a>, Timing<'a>), CommandError> {
    let mut args = Args::new(args.argv(), first);
    let (mut condition, mut timing) = (Condition::Always, Timing::Unsaid);
    while let Some(option) = args.next() {
        let asked = match () {
            () if option.eq_ignore_ascii_case(b"nx") => Condition::Missing,
            () if option.eq_ignore_ascii_case(b"xx") => Condition::Present,
            () if timing.take(option, &mut args)? => continue,
            () => return Err(CommandError::Syntax),
        };
        if condition != Condition::Always && condition != asked {
            return Err(CommandError::Syntax);
        }
        condition = asked;
    }
    if timing == Timing::Persist { Err(CommandError::Syntax) } else { Ok((condition, timing)) }
}

fn propagate(ctx: &mut Ctx, argv: Argv<'_>, end: usize, expiry: SetExpiry) {
    let mut digits = [0; MAX_DIGITS];
    let mut words: Vec<&[u8]> = argv.iter().take(end).collect();
    words[0] = b"MSETEX";
    match expiry {
        SetExpiry::Clear => {}
        SetExpiry::Keep => words.push(b"KEEPTTL"),
        SetExpiry::At(at) => words.extend([b"PXAT".as_slice(), format_i64(&mut digits, at)]),
    }
    ctx.propagate(&words);
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn msetex() {
        check(
            r#"
            > MSETEX 2 a 1 b 2 EX 10      < 1  ~ MSETEX 2 a 1 b 2 PXAT 10000  ! set a ! expire a ! set b ! expire b
            > MSETEX 2 a 1 b 2 NX         < 0
            > MSETEX 2 a 1 c 2 XX         < 0
            > MSETEX 2 a 1 c 2 NX         < 0
            > msetex 2 a 3 b 4 xx keepttl < 1  ~ MSETEX 2 a 3 b 4 KEEPTTL     ! set a ! set b
            > MSETEX 1 ex 10              < 1  ~ MSETEX 1 ex 10               ! set ex
            @ 10001ms
            > MGET a b ex                 < [nil nil "10"]  ~ DEL a ~ DEL b   ! expired a ! expired b
            "#,
        );
    }

    #[test]
    fn refusals() {
        check(
            r#"
            > MSETEX 0 a 1                < ERR invalid numkeys value
            > MSETEX x a 1                < ERR invalid numkeys value
            > MSETEX 2147483648 a 1       < ERR invalid numkeys value
            > MSETEX 2147483647 a 1       < ERR wrong number of key-value pairs
            > MSETEX 2 a 1 b              < ERR wrong number of key-value pairs
            > MSETEX 1 a 1 NX XX          < ERR syntax error
            > MSETEX 1 a 1 EX             < ERR syntax error
            > MSETEX 1 a 1 EX 1 PX 1      < ERR syntax error
            > MSETEX 1 a 1 KEEPTTL EX 1   < ERR syntax error
            > MSETEX 1 a 1 PERSIST        < ERR syntax error
            > MSETEX 1 a 1 GET            < ERR syntax error
            > MSETEX 1 a 1 EX 0           < ERR invalid expire time in 'msetex' command
            "#,
        );
    }
}
