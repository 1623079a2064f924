//! SSCAN: walk over the members of a set in slices, with a cursor that survives growth, shrinking and every write.
//!
//! ```text
//! SSCAN key cursor [MATCH pattern] [COUNT count]
//! ```
//! A set that is no table comes whole with the first slice. A table never becomes anything else while it lives, and its
//! cursors stay good.

use super::{Set, reply_member};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::generic::scan::{Options, Scanned, cursor};
use crate::reply::Reply;

pub(crate) fn sscan(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let cursor = cursor(args.bytes()?)?;
    let Ctx { keys, reply, .. } = ctx;
    reply.array(2);
    let Some(set) = keys.read::<Set>(key)? else {
        reply.bulk_int(0);
        reply.array(0);
        return Ok(());
    };
    let options = Options::parse(args, Scanned::Members)?;
    let mut body = Vec::new();
    let mut found = Reply::new(&mut body, reply.protocol());
    let mut count = 0;
    let next = set.scan(cursor, options.count, &mut |item| {
        if options.pattern.matches(item.text(&mut Default::default())) {
            reply_member(&mut found, item);
            count += 1;
        }
    });
    reply.bulk_int(next as i64); // cursors have 48 bits
    reply.array(count);
    reply.raw(&body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::testing::{check, print_frame};
    use crate::time::Now;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn options_and_errors() {
        check(
            r#"
            > SSCAN s 0                         < ["0" []]
            > SSCAN s x                         < ERR invalid cursor
            > SSCAN s 0 WHAT                    < ["0" []]
            > SADD s abc abd 1 15               < 4      ~ SADD s abc abd 1 15   ! sadd s
            > SSCAN s 0                         < ["0" ["abc" "abd" "1" "15"]]
            > SSCAN s 77 COUNT 1                < ["0" ["abc" "abd" "1" "15"]]
            > SSCAN s 0 MATCH ab? COUNT 9223372036854775807   < ["0" ["abc" "abd"]]
            > SSCAN s 0 MATCH 1*                < ["0" ["1" "15"]]
            > SSCAN s 0 MATCH abd               < ["0" ["abd"]]
            > SSCAN s 0 COUNT 0                 < ERR syntax error
            > SSCAN s 0 COUNT x                 < ERR value is not an integer or out of range
            > SSCAN s 0 TYPE string             < ERR syntax error
            > SSCAN s 0 NOVALUES                < ERR NOVALUES option can only be used in HSCAN
            > SSCAN s 0 MATCH                   < ERR syntax error
            > SET t x                           < OK     ~ SET t x   ! set t
            > SSCAN t 0 WHAT                    < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }

    struct Server {
        engine: Engine,
        session: Session,
    }

    impl Server {
        fn run(&mut self, words: &[&str]) -> String {
            let argv: OwnedArgv = words.iter().collect();
            let mut out = Vec::new();
            self.engine.effects.clear();
            self.engine.run_one(Now::default(), &mut self.session, argv.borrow(), &mut out);
            print_frame(&out).0
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        /// What is there all the time shows, whatever comes and goes between two slices, a huge COUNT included
        /// (Redis 14982).
        #[test]
        fn a_round_misses_nothing_that_stays(
            stay in 0usize..2500,
            steps in prop::collection::vec((any::<bool>(), 1usize..1500), 0..12),
            count in prop_oneof![4 => 1usize..400, 1 => Just(i64::MAX as usize)],
        ) {
            let mut server = Server {
                engine: Engine::new(1, 1),
                session: Session { authenticated: true, ..Session::new(1) },
            };
            (0..stay).for_each(|n| drop(server.run(&["SADD", "s", &format!("stay{n}")])));
            let (mut steps, mut others) = (steps.into_iter(), 0..0);
            let (mut cursor, mut seen) = ("0".to_owned(), BTreeSet::new());
            for round in 0.. {
                prop_assert!(round < 10_000, "a scan comes to its end");
                let reply = server.run(&["SSCAN", "s", &cursor, "COUNT", &count.to_string()]);
                let mut words = reply.split(['[', ']', ' ', '"']).filter(|word| !word.is_empty());
                cursor = words.next().expect("a cursor").to_owned();
                seen.extend(words.map(str::to_owned));
                if cursor == "0" {
                    break;
                }
                match steps.next() {
                    Some((true, more)) => {
                        (others.end..others.end + more)
                            .for_each(|n| drop(server.run(&["SADD", "s", &format!("other{n}")])));
                        others.end += more;
                    }
                    Some((false, fewer)) => {
                        for n in others.clone().take(fewer) {
                            server.run(&["SREM", "s", &format!("other{n}")]);
                            others.start += 1;
                        }
                    }
                    None => {}
                }
            }
            let missed = (0..stay).find(|n| !seen.contains(&format!("stay{n}")));
            prop_assert_eq!(missed, None);
        }
    }
}
