//! SCAN: walk over the keys in slices, with a cursor that survives growth, shrinking and every write.
//!
//! ```text
//! SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
//! ```
//! A key that is there all the time is answered by a full round; how, see `ds::table`'s scan. MATCH, then TYPE,
//! then expiry decide about each key visited; an expired one that fits the pattern is removed, as any lookup
//! would. A MATCH without special characters is a lookup, and the round is over at once.

use super::keys::Pattern;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::value::type_name;
use crate::keyspace::{Keys, Lookup, Value};
use crate::reply::Reply;
use ds::table::Entry;

const COUNT_DEFAULT: usize = 10;

/// What is scanned: it decides which options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    Keys,
    Fields,
    Members,
}

/// The options behind a cursor.
pub(crate) struct Options<'a> {
    pub pattern: Pattern<'a>,
    /// How many elements to visit; a wish, not a bound on the reply.
    pub count: usize,
    /// A type's name in any case; one that nobody has fits nothing.
    pub kind: Option<&'a [u8]>,
    /// Fields without their values.
    pub no_values: bool,
}

impl<'a> Options<'a> {
    pub(crate) fn parse(args: &mut Args<'a>, scanned: Scanned) -> Result<Self, CommandError> {
        let (pattern, count) = (Pattern::Everything, COUNT_DEFAULT);
        let mut options = Options { pattern, count, kind: None, no_values: false };
        while args.remaining() > 0 {
            if args.take("NOVALUES") {
                if scanned != Scanned::Fields {
                    return Err(CommandError::err("NOVALUES option can only be used in HSCAN"));
                }
                options.no_values = true;
                continue;
            }
            if args.remaining() < 2 {
                return Err(CommandError::Syntax);
            }
            if args.take("COUNT") {
                let count = args.int_in(1, i64::MAX, CommandError::Syntax)?;
                options.count = usize::try_from(count).unwrap_or(usize::MAX);
            } else if args.take("MATCH") {
                options.pattern = Pattern::new(args.bytes()?);
            } else if scanned == Scanned::Keys && args.take("TYPE") {
                options.kind = Some(args.bytes()?);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

/// Reads a cursor as C's `strtoull` does and Redis with it: blanks before, a plus sign and zeros are let pass, and
/// a minus sign only where the number is not in canonical form.
pub(crate) fn cursor(word: &[u8]) -> Result<u64, CommandError> {
    if let Some(number) = ds::int::parse_i64(word) {
        return u64::try_from(number).map_err(|_| CommandError::InvalidCursor);
    }
    let blanks = word.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let (minus, digits) = match &word[blanks..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(CommandError::InvalidCursor);
    }
    let append = |number: u64, digit: &u8| number.checked_mul(10)?.checked_add((digit - b'0') as u64);
    let number = digits.iter().try_fold(0u64, append).ok_or(CommandError::InvalidCursor)?;
    Ok(if minus { number.wrapping_neg() } else { number })
}

/// What a slice of a scan has come upon.
struct Found<'a> {
    /// Replies for the keys to answer.
    body: Reply<'a>,
    count: usize,
    /// Keys whose time has passed.
    expired: Vec<Vec<u8>>,
}

impl Found<'_> {
    fn consider(&mut self, keys: &Keys<'_>, options: &Options<'_>, entry: &Entry<'_, Value>, hits: &mut u64) {
        if !options.pattern.matches(entry.key()) {
            return;
        }
        if !keys.visible(entry) {
            self.expired.push(entry.key().to_vec());
            return;
        }
        if let Some(kind) = options.kind {
            *hits += 1;
            if !kind.eq_ignore_ascii_case(type_name(&entry.value()).as_bytes()) {
                return;
            }
        }
        self.body.bulk(entry.key());
        self.count += 1;
    }
}

pub(crate) fn scan(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let cursor = cursor(args.bytes()?)?;
    let options = Options::parse(args, Scanned::Keys)?;
    ctx.effects().stand_apart();
    let mut body = Vec::new();
    let mut found =
        Found { body: Reply::new(&mut body, ctx.reply.protocol()), count: 0, expired: Vec::new() };
    let mut hits = 0;

    let keys = &ctx.keys;
    let table = keys.space.db(keys.db).table();
    let next = if let Pattern::Name(name) = options.pattern {
        if let Some(entry) = table.get(table.hash(name), name) {
            found.consider(keys, &options, &entry, &mut hits);
        }
        0
    } else {
        let count = options.count.min(table.len());
        table.scan(cursor, count, &mut |entry| found.consider(keys, &options, &entry, &mut hits))
    };

    let Found { count, expired, .. } = found;
    // Redis looks a key up to learn its type, and that shows in the statistics.
    ctx.keys.space.stats.hits += hits;
    let lookup = if options.kind.is_some() { Lookup::NoTouch } else { Lookup::Silent };
    for key in &expired {
        ctx.keys.exists(key, lookup);
    }
    ctx.reply.array(2);
    ctx.reply.bulk_int(next as i64); // cursors have 48 bits
    ctx.reply.array(count);
    ctx.reply.raw(&body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::testing::{check, check_with};
    use crate::time::Now;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn options_and_filters() {
        check(
            r#"
            > SCAN 0                                    < ["0" []]
            > SET one 1                                 < OK    ~ SET one 1    ! set one
            > SET two 2 PX 10                           < OK    ~ SET two 2 PXAT 10   ! set two   ! expire two
            > SCAN 0 MATCH o*                           < ["0" ["one"]]
            > SCAN 0 MATCH one COUNT 1                  < ["0" ["one"]]
            > SCAN 0 MATCH x MATCH o?e TYPE STRING      < ["0" ["one"]]
            > SCAN 0 TYPE hash                          < ["0" []]
            > SCAN 0 TYPE nothing                       < ["0" []]
            > SCAN 0 MATCH one TYPE list                < ["0" []]
            > SCAN 0 MATCH o* COUNT 9223372036854775807 < ["0" ["one"]]
            @ 11ms
            > SCAN 0 MATCH o*                           < ["0" ["one"]]
            > SCAN 0                                    < ["0" ["one"]]   ~ DEL two    ! expired two
            "#,
        );
    }

    /// Redis 14537: the order of the filters shows in which expired keys are removed.
    #[test]
    fn an_expired_key_that_fits_the_pattern_is_removed_whatever_its_type() {
        check(
            r#"
            > SET a 1 PX 10                  < OK    ~ SET a 1 PXAT 10   ! set a   ! expire a
            @ 11ms
            > SCAN 0 MATCH b* TYPE hash      < ["0" []]
            > DBSIZE                         < 1
            > SCAN 0 MATCH a* TYPE hash      < ["0" []]    ~ DEL a    ! expired a
            > SET a 1 PX 10                  < OK    ~ SET a 1 PXAT 21   ! set a   ! expire a
            @ 22ms
            > SCAN 0 MATCH a                 < ["0" []]    ~ DEL a    ! expired a
            "#,
        );
    }

    #[test]
    fn looking_at_types_shows_in_the_statistics() {
        let mut engine = Engine::new(1, 1);
        check_with(
            &mut engine,
            r#"
            > SET a 1 PX 10                  < OK    ~ SET a 1 PXAT 10   ! set a   ! expire a
            > SET b 1                        < OK    ~ SET b 1           ! set b
            @ 11ms
            > SCAN 0 TYPE hash               < ["0" []]    ~ DEL a       ! expired a
            > SCAN 0                         < ["0" ["b"]]
            "#,
        );
        assert_eq!((engine.keyspace.stats.hits, engine.keyspace.stats.misses), (1, 1));
    }

    #[test]
    fn errors() {
        check(
            r#"
            > SCAN x               < ERR invalid cursor
            > SCAN x COUNT 0       < ERR invalid cursor
            > SCAN 0 COUNT         < ERR syntax error
            > SCAN 0 COUNT 0       < ERR syntax error
            > SCAN 0 COUNT -1      < ERR syntax error
            > SCAN 0 COUNT x MATCH < ERR value is not an integer or out of range
            > SCAN 0 MATCH         < ERR syntax error
            > SCAN 0 what ever     < ERR syntax error
            > SCAN 0 NOVALUES      < ERR NOVALUES option can only be used in HSCAN
            > SCAN                 < ERR wrong number of arguments for 'scan' command
            "#,
        );
    }

    #[test]
    fn cursors_are_read_as_redis_reads_them() {
        let check = |word: &str, expected| assert_eq!(cursor(word.as_bytes()).ok(), expected, "{word:?}");
        check("0", Some(0));
        check("00", Some(0));
        check(" \t7", Some(7));
        check("+1", Some(1));
        check("-0", Some(0));
        check("18446744073709551615", Some(u64::MAX));
        for word in ["", " ", "-", "+", "-1", "1 ", "1.5", "0x10", "abc", "18446744073709551616", "--1"] {
            check(word, None);
        }
    }

    /// A client that scans while others write.
    struct Client {
        engine: Engine,
        session: Session,
    }

    impl Client {
        fn send(&mut self, words: &[&str]) -> Vec<u8> {
            let argv: OwnedArgv = words.iter().collect();
            let mut out = Vec::new();
            self.engine.effects.clear();
            self.engine.run_one(Now::default(), &mut self.session, argv.borrow(), &mut out);
            out
        }

        /// One call of SCAN: the cursor, and the keys.
        fn scan(&mut self, cursor: &str, count: usize) -> (String, Vec<String>) {
            let reply = self.send(&["SCAN", cursor, "COUNT", &count.to_string()]);
            let text = String::from_utf8(reply).expect("keys are text");
            let mut bulks =
                text.split("\r\n").filter(|line| !line.is_empty() && !line.starts_with(['*', '$']));
            let cursor = bulks.next().expect("a cursor").to_string();
            (cursor, bulks.map(str::to_string).collect())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Keys that are there during a whole round are answered, once as long as none comes back; keys that are not
        /// there at all never are. Meanwhile the table grows to many segments and shrinks to few.
        #[test]
        fn a_round_misses_nothing_that_stays(
            stable in 1usize..3000,
            count in 1usize..400,
            seed in any::<u64>(),
            waves in proptest::collection::vec((any::<bool>(), 1usize..1500), 1..60),
        ) {
            let session = Session { authenticated: true, ..Session::new(1) };
            let mut client = Client { engine: Engine::new(1, seed), session };
            for n in 0..stable {
                client.send(&["SET", &format!("stable:{n}"), "v"]);
            }
            let (mut cursor, mut seen, mut waves, mut extra) = ("0".to_string(), BTreeSet::new(), waves.iter(), 0);
            loop {
                let (next, keys) = client.scan(&cursor, count);
                for key in keys.into_iter().filter(|key| key.starts_with("stable:")) {
                    prop_assert!(seen.insert(key), "a key that stayed was answered twice");
                }
                if next == "0" {
                    break;
                }
                cursor = next;
                if let Some(&(grow, by)) = waves.next() {
                    for _ in 0..by {
                        if grow {
                            client.send(&["SET", &format!("extra:{extra}"), "v"]);
                            extra += 1;
                        } else if extra > 0 {
                            extra -= 1;
                            client.send(&["DEL", &format!("extra:{extra}")]);
                        }
                    }
                }
            }
            prop_assert_eq!(seen.len(), stable);
        }
    }
}
