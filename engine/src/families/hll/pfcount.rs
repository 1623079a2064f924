//! PFCOUNT: estimate how many different elements a counter, or several together, have been shown.
//!
//! A single counter remembers its estimate until it changes. To remember is a change of the string, which is told to
//! the replicas like any other; a replica's own clients estimate anew each time.

use super::{corrupt, counter};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::rework;
use crate::keyspace::ExpiryRule;
use ds::hll;

pub(crate) fn pfcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let count = if args.remaining() == 1 { of_one(ctx, args.key()?)? } else { of_several(ctx, args)? };
    ctx.reply.int(count as i64);
    Ok(())
}

fn of_one(ctx: &mut Ctx, key: &[u8]) -> Result<u64, CommandError> {
    let loops = ctx.keys.space.forms.hll_loops;
    let Some(text) = ctx.keys.read::<Text>(key)? else { return Ok(0) };
    let (bytes, _) = counter(text)?;
    if let Some(count) = hll::cached(bytes) {
        return Ok(count);
    }
    let count = hll::count(bytes, loops).map_err(corrupt)?;
    if ctx.keys.rule != ExpiryRule::Hide {
        rework(&mut ctx.keys, key, |bytes| {
            hll::set_cached(bytes, count);
            (true, ())
        });
    }
    Ok(count)
}

fn of_several(ctx: &mut Ctx, args: &mut Args) -> Result<u64, CommandError> {
    let loops = ctx.keys.space.forms.hll_loops;
    let mut registers = [0; hll::REGISTERS];
    while let Some(key) = args.next() {
        if let Some(text) = ctx.keys.read::<Text>(key)? {
            let (bytes, _) = counter(text)?;
            hll::merge(bytes, &mut registers, loops).map_err(corrupt)?;
        }
    }
    Ok(hll::count_registers(&registers, loops))
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn estimates_are_remembered() {
        check(
            r#"
            > PFCOUNT h          < 0
            > PFADD h a b c      < 1      ~ PFADD h a b c     ! pfadd h
            > PFCOUNT h          < 3      ~ PFCOUNT h
            > PFCOUNT h          < 3
            > PFADD h a          < 0
            > PFCOUNT h          < 3
            > PFADD h d          < 1      ~ PFADD h d         ! pfadd h
            > PFCOUNT h          < 4      ~ PFCOUNT h
            > PFADD i d e f      < 1      ~ PFADD i d e f     ! pfadd i
            > PFCOUNT h i        < 6
            > PFCOUNT h none     < 4
            > PFCOUNT none none  < 0
            > PFDEBUG TODENSE i  < 1      ~ PFDEBUG TODENSE i
            > PFCOUNT i h        < 6
            > PFCOUNT i          < 3      ~ PFCOUNT i
            "#,
        );
    }

    /// What a stranger has stored as the estimate is believed.
    #[test]
    fn corrupt_counters() {
        let runs_short = r"HYLL\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x80\x7f\xfe";
        let believed = r"HYLL\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x7f\xfe";
        check(&format!(
            r#"
            > SET h "{runs_short}"     < OK     ~ SET h {runs_short}     ! set h
            > PFCOUNT h          < INVALIDOBJ Corrupted HLL object detected
            > PFCOUNT h none     < INVALIDOBJ Corrupted HLL object detected
            > PFMERGE d h        < INVALIDOBJ Corrupted HLL object detected
            > PFMERGE h          < INVALIDOBJ Corrupted HLL object detected
            > PFDEBUG TODENSE h  < INVALIDOBJ Corrupted HLL object detected
            > PFDEBUG GETREG h   < INVALIDOBJ Corrupted HLL object detected
            > EXISTS d           < 0
            > SET h "{believed}" < OK     ~ SET h {believed}     ! set h
            > PFCOUNT h          < 5
            "#
        ));
    }
}
