//! ZRANDMEMBER: members by chance, which stay in the set.
//!
//! ```text
//! ZRANDMEMBER key                      one member, or nothing
//! ZRANDMEMBER key count [WITHSCORES]   up to count different ones; a negative count: exactly so many, drawn anew
//! ```

use super::{Zset, reply_elements, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::random::Random;
use std::collections::BTreeSet;

/// The most members that a negative count may ask for: a reply is made in one piece.
const REPEATED_MAX: u64 = 1 << 24;
/// With at least this many times as many members as are wanted, drawing costs less than walking past all.
const DRAWN_SHARE: usize = 4;

pub(crate) fn zrandmember(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let asked = args.next().map(|word| how_many(word, args)).transpose()?;
    let mut random = Random::new(ctx.random().next_u64());
    let zset = ctx.keys.read::<Zset>(key)?;
    let (count, with_scores) = match (zset, asked) {
        (None, None) => {
            ctx.reply.null();
            return Ok(());
        }
        (Some(zset), None) => {
            reply_member(&mut ctx.reply, zset.get(random.below(zset.len() as u64) as usize).0);
            return Ok(());
        }
        (_, Some(asked)) => asked,
    };
    let Some(zset) = zset.filter(|_| count != 0) else {
        ctx.reply.array(0);
        return Ok(());
    };
    let len = zset.len();
    if count < 0 {
        if count.unsigned_abs() > REPEATED_MAX {
            return Err(CommandError::OutOfRange);
        }
        let count = count.unsigned_abs() as usize;
        let drawn = (0..count).map(|_| zset.get(random.below(len as u64) as usize));
        reply_elements(&mut ctx.reply, count, drawn, with_scores);
        return Ok(());
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(len);
    if count <= len / DRAWN_SHARE {
        let mut drawn = BTreeSet::new();
        let ranks =
            std::iter::repeat_with(|| random.below(len as u64) as usize).filter(|rank| drawn.insert(*rank));
        reply_elements(&mut ctx.reply, count, ranks.take(count).map(|rank| zset.get(rank)), with_scores);
    } else {
        // Every selection is equally likely if each is taken with the chance (still wanted) / (still to come).
        let (mut wanted, mut coming) = (count as u64, len as u64);
        let chosen = zset.iter().filter(|_| {
            let taken = random.below(coming) < wanted;
            wanted -= u64::from(taken);
            coming -= 1;
            taken
        });
        reply_elements(&mut ctx.reply, count, chosen, with_scores);
    }
    Ok(())
}

/// The count, and whether scores are wanted.
fn how_many(word: &[u8], args: &mut Args) -> Result<(i64, bool), CommandError> {
    const MOST: i64 = i64::MAX;
    let count = crate::args::parse_int(word)?;
    if count < -MOST {
        let text = format_args!("value is out of range, value must between -{MOST} and {MOST}");
        return Err(CommandError::err(text));
    }
    if args.remaining() == 0 {
        return Ok((count, false));
    }
    if !args.take("WITHSCORES") || args.remaining() > 0 {
        return Err(CommandError::Syntax);
    }
    if count.unsigned_abs() > MOST as u64 / 2 {
        return Err(CommandError::OutOfRange);
    }
    Ok((count, true))
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
    fn counts() {
        check(
            r#"
            > ZRANDMEMBER k                 < nil
            > ZRANDMEMBER k 3               < []
            > ZADD k 1 a                    < 1    ~ ZADD k 1 a            ! zadd k
            > ZRANDMEMBER k                 < "a"
            > ZRANDMEMBER k 0               < []
            > ZRANDMEMBER k 5               < ["a"]
            > ZRANDMEMBER k -3              < ["a" "a" "a"]
            > ZRANDMEMBER k -2 WITHSCORES   < ["a" "1" "a" "1"]
            > ZADD k 2 b 3 c                < 2    ~ ZADD k 2 b 3 c        ! zadd k
            > ZRANDMEMBER k 9223372036854775807   < ["a" "b" "c"]
            > ZRANDMEMBER k 9223372036854775807 WITHSCORES    < ERR value is out of range
            > ZRANDMEMBER k -9223372036854775807  < ERR value is out of range
            > SET s x                       < OK   ~ SET s x               ! set s
            > ZRANDMEMBER s x               < ERR value is not an integer or out of range
            > ZRANDMEMBER s 1 x             < ERR syntax error
            > ZRANDMEMBER s 1 WITHSCORES x  < ERR syntax error
            > ZRANDMEMBER s                 < WRONGTYPE Operation against a key holding the wrong kind of value
            > ZRANDMEMBER s 0               < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    #[test]
    fn every_member_has_the_same_chance() {
        for members in [20i32, 400] {
            let mut engine = Engine::new(1, 1);
            let mut session = Session { authenticated: true, ..Session::new(1) };
            let mut run = |line: &str| {
                let argv: OwnedArgv = line.split(' ').collect();
                let mut out = Vec::new();
                engine.run_one(Now::default(), &mut session, argv.borrow(), &mut out);
                print_frame(&out).0
            };
            (0..members).for_each(|n| drop(run(&format!("ZADD k {n} m{n}"))));
            for count in [-10, members / 8, members / 2] {
                let (mut times, mut total) = (BTreeMap::new(), 0);
                for _ in 0..400 {
                    let reply = run(&format!("ZRANDMEMBER k {count}"));
                    let mut names: Vec<_> = reply.split('"').skip(1).step_by(2).map(String::from).collect();
                    assert_eq!(names.len(), count.unsigned_abs() as usize);
                    total += names.len();
                    names.iter().for_each(|name| *times.entry(name.clone()).or_insert(0usize) += 1);
                    names.sort();
                    names.dedup();
                    assert!(count < 0 || names.len() == count as usize, "different ones");
                }
                let even = total / members as usize;
                let most = times.values().max().expect("some were drawn");
                assert!(times.len() as i32 == members && *most < even * 3 + 30, "{most} of {even}");
            }
        }
    }
}
