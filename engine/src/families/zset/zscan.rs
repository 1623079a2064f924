//! ZSCAN: walk over the members of a sorted set in slices, each with its score.
//!
//! ```text
//! ZSCAN key cursor [MATCH pattern] [COUNT count]
//! ```
//! A member that is there all the time is answered by a full round; how, see `ds::ordered`'s scan. A set whose name is
//! `listpack` is answered at once whatever the count.

use super::Zset;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::generic::scan::{Options, Scanned, cursor};
use crate::reply::Reply;
use ds::double;

pub(crate) fn zscan(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, cursor) = (args.key()?, cursor(args.bytes()?)?);
    let Some(zset) = ctx.keys.read::<Zset>(key)? else {
        ctx.reply.array(2);
        ctx.reply.bulk_int(0);
        ctx.reply.array(0);
        return Ok(());
    };
    let options = Options::parse(args, Scanned::Members)?;
    let mut body = Vec::new();
    let mut found = Reply::new(&mut body, ctx.reply.protocol());
    let mut count = 0;
    let wanted = options.count.min(zset.len());
    // Redis shows the scores of large sets so, in this command alone.
    let digits = if zset.is_small() { double::format_f64 } else { double::format_f64_long };
    let next = zset.scan(cursor, wanted, &mut |member, score| {
        if options.pattern.matches(member) {
            found.bulk(member);
            found.bulk(digits(&mut [0; double::MAX_TEXT], score));
            count += 2;
        }
    });
    ctx.reply.array(2);
    ctx.reply.bulk_int(next as i64); // cursors have 48 bits
    ctx.reply.array(count);
    ctx.reply.raw(&body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::testing::{check, print_frame};
    use crate::time::Now;
    use std::collections::BTreeMap;

    #[test]
    fn small_sets_come_at_once() {
        check(
            r#"
            > ZADD k 1 a 2.5 b 3 c      < 3                     ~ ZADD k 1 a 2.5 b 3 c      ! zadd k
            > ZSCAN k 0 COUNT 1         < ["0" ["a" "1" "b" "2.5" "c" "3"]]
            > ZSCAN k 77 MATCH [bc]     < ["0" ["b" "2.5" "c" "3"]]
            > ZSCAN nk 0                < ["0" []]
            > ZSCAN nk 0 COUNT 0        < ["0" []]
            > ZSCAN nk x                < ERR invalid cursor
            > ZSCAN k 0 COUNT 0         < ERR syntax error
            > ZSCAN k 0 COUNT x         < ERR value is not an integer or out of range
            > ZSCAN k 0 MATCH           < ERR syntax error
            > ZSCAN k 0 TYPE zset       < ERR syntax error
            > ZSCAN k 0 NOVALUES        < ERR NOVALUES option can only be used in HSCAN
            > SET s x                   < OK                    ~ SET s x                   ! set s
            > ZSCAN s 0 MATCH           < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn what_stays_is_found_once_while_other_members_come_and_go() {
        let mut engine = Engine::new(1, 1);
        let mut session = Session { authenticated: true, ..Session::new(1) };
        let mut run = |words: &[&str]| {
            let argv: OwnedArgv = words.iter().collect();
            let mut out = Vec::new();
            engine.run_one(Now::default(), &mut session, argv.borrow(), &mut out);
            print_frame(&out).0
        };
        for n in 0..1000 {
            run(&["ZADD", "k", &n.to_string(), &format!("stays:{n}")]);
        }
        let mut seen = BTreeMap::new();
        let mut cursor = "0".to_string();
        for round in 0.. {
            let reply = run(&["ZSCAN", "k", &cursor, "COUNT", "20"]);
            let mut quoted = reply.split('"').skip(1).step_by(2);
            cursor = quoted.next().expect("a cursor").to_string();
            while let (Some(member), Some(_)) = (quoted.next(), quoted.next()) {
                *seen.entry(member.to_string()).or_insert(0) += 1;
            }
            if cursor == "0" {
                break;
            }
            for n in 0..50 {
                run(&["ZADD", "k", "5.5", &format!("comes:{round}:{n}")]);
                run(&["ZREM", "k", &format!("comes:{}:{}", round - 3, n)]);
                run(&["ZADD", "k", &n.to_string(), &format!("stays:{}", round * 50 + n)]);
            }
        }
        for n in 0..1000 {
            assert_eq!(seen.get(&format!("stays:{n}")), Some(&1), "{n}");
        }
    }
}
