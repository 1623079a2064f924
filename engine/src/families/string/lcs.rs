//! LCS: the longest common subsequence of two strings, its length, or where it lies.
//!
//! ```text
//! LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]
//! ```

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::reply::Reply;
use ds::lcs::{self, Run, TooLarge};

#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    with_match_len: bool,
    /// Shorter runs are left out of the matches.
    min_match_len: i64,
}

pub(crate) fn lcs(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (a, b) = (text(ctx, args.key()?), text(ctx, args.key()?));
    let (a, b) = (a?, b?); // both keys are looked up before either is refused
    let o = options(args)?;
    let limit = ctx.settings.max_bulk_len as u64;
    if o.idx {
        let runs = lcs::runs(&a, &b, limit).map_err(too_large)?;
        reply_runs(&mut ctx.reply, &runs, &o);
    } else if o.len {
        ctx.reply.int(lcs::length(&a, &b, limit).map_err(too_large)? as i64);
    } else {
        let runs = lcs::runs(&a, &b, limit).map_err(too_large)?;
        ctx.reply.bulk(&lcs::text(&a, &runs));
    }
    Ok(())
}

/// The text under a key; nothing at all is empty.
fn text(ctx: &mut Ctx, key: &[u8]) -> Result<Vec<u8>, CommandError> {
    match ctx.keys.read::<Text>(key) {
        Ok(text) => Ok(text.map_or_else(Vec::new, |text| text.to_vec())),
        Err(_) => Err(CommandError::err("The specified keys must contain string values")),
    }
}

fn options(args: &mut Args) -> Result<Options, CommandError> {
    let mut o = Options::default();
    while args.remaining() > 0 {
        if args.take("len") {
            o.len = true;
        } else if args.take("idx") {
            o.idx = true;
        } else if args.take("withmatchlen") {
            o.with_match_len = true;
        } else if args.take("minmatchlen") {
            o.min_match_len = args.int()?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if o.len && o.idx {
        return Err(CommandError::err("If you want both the length and indexes, please just use IDX."));
    }
    Ok(o)
}

fn too_large(_: TooLarge) -> CommandError {
    CommandError::err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
}

/// The runs from the last to the first, and the length of the whole subsequence.
fn reply_runs(reply: &mut Reply, runs: &[Run], o: &Options) {
    let shown = || runs.iter().filter(|run| run.length as i64 >= o.min_match_len);
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(shown().count());
    for run in shown() {
        reply.array(if o.with_match_len { 3 } else { 2 });
        for start in [run.a_start, run.b_start] {
            reply.array(2);
            reply.int(start as i64);
            reply.int((start + run.length - 1) as i64);
        }
        if o.with_match_len {
            reply.int(run.length as i64);
        }
    }
    reply.bulk(b"len");
    reply.int(runs.iter().map(|run| run.length as i64).sum());
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn lcs() {
        check(
            r#"
            > MSET a ohmytext b mynewtext    < OK    ~ MSET a ohmytext b mynewtext    ! set a    ! set b
            > LCS a b                        < "mytext"
            > LCS a b LEN                    < 6
            > LCS a b IDX                    < ["matches" [[[4 7] [5 8]] [[2 3] [0 1]]] "len" 6]
            > LCS a b IDX MINMATCHLEN 4      < ["matches" [[[4 7] [5 8]]] "len" 6]
            > LCS a b IDX MINMATCHLEN -1 WITHMATCHLEN < ["matches" [[[4 7] [5 8] 4] [[2 3] [0 1] 2]] "len" 6]
            > LCS a b IDX MINMATCHLEN 9      < ["matches" [] "len" 6]
            > LCS a c                        < ""
            > LCS a c IDX                    < ["matches" [] "len" 0]
            > LCS a b LEN IDX                < ERR If you want both the length and indexes, please just use IDX.
            > LCS a b LEN IDX FOO            < ERR syntax error
            > LCS a b MINMATCHLEN            < ERR syntax error
            > LCS a b MINMATCHLEN x          < ERR value is not an integer or out of range
            "#,
        );
    }

    /// The table of lengths would take 12000 * 12000 * 4 bytes and more.
    #[test]
    fn two_long_texts_are_refused() {
        let text = "x".repeat(12_000);
        check(&format!(
            r#"
            > SET a {text}    < OK    ~ SET a {text}    ! set a
            > LCS a a LEN     < ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
            "#
        ));
    }
}
