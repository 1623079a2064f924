//! HRANDFIELD: fields by chance.
//!
//! ```text
//! HRANDFIELD key                       one field, or nothing
//! HRANDFIELD key count [WITHVALUES]    up to count different ones; -count: exactly so many, any of them again
//! ```
//! Fields that are due go first, a bounded number of them; what is left of those is never chosen.

use super::seen::{Seen, read};
use super::value::{Field, HashRef};
use super::{due, reply_item};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::random::Random;
use crate::reply::{Protocol, Reply};
use ds::packed::Item;
use std::collections::BTreeSet;

/// Fields that one request removes because they are due.
const REMOVED_MAX: usize = 1024;
/// The most fields that a negative count may ask for: a reply is made in one piece.
const REPEATED_MAX: u64 = 1 << 24;

pub(crate) fn hrandfield(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let Some(word) = args.next() else { return one(ctx, key) };
    let (count, values) = how_many(word, args)?;
    let mut random = Random::new(ctx.random().next_u64());
    remove_due(ctx, key)?;
    let hash = read(&mut ctx.keys, key)?.filter(|_| count != 0);
    let mut answer = Answer { reply: &mut ctx.reply, values };
    let Some(hash) = hash else {
        answer.begin(0);
        return Ok(());
    };
    if count > 0 {
        different(&hash, count as usize, &mut random, &mut answer);
        return Ok(());
    }
    if count.unsigned_abs() > REPEATED_MAX {
        return Err(CommandError::OutOfRange);
    }
    repeated(&hash, count.unsigned_abs() as usize, &mut random, &mut answer);
    Ok(())
}

fn how_many(word: &[u8], args: &mut Args) -> Result<(i64, bool), CommandError> {
    let count = crate::args::parse_int(word)?;
    if count == i64::MIN {
        return Err(CommandError::err(format_args!(
            "value is out of range, value must between {} and {}",
            -i64::MAX,
            i64::MAX
        )));
    }
    if args.remaining() == 0 {
        return Ok((count, false));
    }
    let values = args.take("WITHVALUES");
    if !values || args.remaining() > 0 {
        return Err(CommandError::Syntax);
    }
    let half = i64::MAX / 2;
    if (-half..=half).contains(&count) { Ok((count, true)) } else { Err(CommandError::OutOfRange) }
}

fn one(ctx: &mut Ctx, key: &[u8]) -> Result<(), CommandError> {
    let mut random = Random::new(ctx.random().next_u64());
    remove_due(ctx, key)?;
    match read(&mut ctx.keys, key)?.and_then(|hash| Chooser::new(&hash)?.choose(&mut random)) {
        Some(field) => reply_item(&mut ctx.reply, field.name),
        None => ctx.reply.null(),
    }
    Ok(())
}

fn remove_due(ctx: &mut Ctx, key: &[u8]) -> Result<(), CommandError> {
    if read(&mut ctx.keys, key)?.is_some_and(|hash| hash.may_be_due()) {
        due::expire_up_to(&mut ctx.keys, key, REMOVED_MAX);
    }
    Ok(())
}

/// The reply: names, or pairs, which RESP3 groups.
struct Answer<'r, 'o> {
    reply: &'r mut Reply<'o>,
    values: bool,
}

impl Answer<'_, '_> {
    fn begin(&mut self, count: usize) {
        let flat = self.values && self.reply.protocol() == Protocol::Resp2;
        self.reply.array(if flat { 2 * count } else { count });
    }

    fn add(&mut self, field: &Field<'_>) {
        if self.values && self.reply.protocol() == Protocol::Resp3 {
            self.reply.array(2);
        }
        reply_item(self.reply, field.name);
        if self.values {
            reply_item(self.reply, field.value);
        }
    }
}

/// Answers up to `count` different fields.
fn different(hash: &Seen<'_>, count: usize, random: &mut Random, answer: &mut Answer<'_, '_>) {
    let len = hash.len();
    answer.begin(count.min(len));
    if count < len / 4
        && let HashRef::Table(fields) = hash.whole()
        && !hash.may_be_due()
    {
        // Few of many: to draw again what was drawn before costs less than to walk past all.
        let mut chosen = BTreeSet::new();
        while chosen.len() < count {
            let field = fields.random(&mut || random.next_u64()).expect("the table is not empty");
            let Item::Text(name) = field.name else { unreachable!("a table's fields are text") };
            if chosen.insert(name) {
                answer.add(&field);
            }
        }
        return;
    }
    // One walk, on which each field is taken with the chance that just so many are taken in the end.
    let mut wanted = count.min(len) as u64;
    for (passed, field) in hash.iter().enumerate() {
        if random.below((len - passed) as u64) < wanted {
            wanted -= 1;
            answer.add(&field);
        }
    }
}

fn repeated(hash: &Seen<'_>, count: usize, random: &mut Random, answer: &mut Answer<'_, '_>) {
    let Some(chooser) = Chooser::new(hash) else {
        answer.begin(0);
        return;
    };
    answer.begin(count);
    for _ in 0..count {
        answer.add(&chooser.choose(random).expect("there is a field to choose"));
    }
}

/// Chooses among the fields that are not due, each with the same chance.
enum Chooser<'a> {
    Table(HashRef<'a>),
    List(Vec<Field<'a>>),
}

impl<'a> Chooser<'a> {
    /// `None` when there is nothing to choose from.
    fn new(hash: &Seen<'a>) -> Option<Chooser<'a>> {
        if matches!(hash.whole(), HashRef::Table(_)) && !hash.may_be_due() {
            return Some(Chooser::Table(hash.whole()));
        }
        let fields: Vec<_> = hash.iter().collect();
        (!fields.is_empty()).then_some(Chooser::List(fields))
    }

    fn choose(&self, random: &mut Random) -> Option<Field<'a>> {
        match self {
            Chooser::Table(HashRef::Table(fields)) => fields.random(&mut || random.next_u64()),
            Chooser::Table(HashRef::Row(_)) => unreachable!("a row is chosen from as a list"),
            Chooser::List(fields) => Some(fields[random.below(fields.len() as u64) as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::testing::{check, check_with, print_frame};
    use crate::time::Now;

    #[test]
    fn counts() {
        check(
            r#"
            > HRANDFIELD h                     < nil
            > HRANDFIELD h 3                   < []
            > HRANDFIELD h -3 WITHVALUES       < []
            > HSET h a 1                       < 1     ~ HSET h a 1   ! hset h
            > HRANDFIELD h                     < "a"
            > HRANDFIELD h 0                   < []
            > HRANDFIELD h 1                   < ["a"]
            > HRANDFIELD h 5                   < ["a"]
            > HRANDFIELD h 5 WITHVALUES        < ["a" "1"]
            > HRANDFIELD h -3                  < ["a" "a" "a"]
            > HRANDFIELD h -2 withvalues       < ["a" "1" "a" "1"]
            > HRANDFIELD h 4611686018427387903 WITHVALUES  < ["a" "1"]
            "#,
        );
    }

    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                                        < OK    ~ SET s x   ! set s
            > HRANDFIELD s < WRONGTYPE Operation against a key holding the wrong kind of value
            > HRANDFIELD s 1 < WRONGTYPE Operation against a key holding the wrong kind of value
            > HRANDFIELD s x                                 < ERR value is not an integer or out of range
            > HRANDFIELD n 1 VALUES                          < ERR syntax error
            > HRANDFIELD n 1 WITHVALUES x                    < ERR syntax error
            > HRANDFIELD n 4611686018427387904 WITHVALUES    < ERR value is out of range
            > HRANDFIELD n -4611686018427387904 WITHVALUES   < ERR value is out of range
            > HRANDFIELD n -9223372036854775807              < []
            > HSET h a 1                                     < 1     ~ HSET h a 1   ! hset h
            > HRANDFIELD h -9223372036854775807              < ERR value is out of range
            "#,
        );
    }

    #[test]
    fn the_least_number_has_no_opposite() {
        let error =
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
        check(&format!("> HRANDFIELD h -9223372036854775808 < {error}"));
    }

    /// Valkey 4047: it ends however few of the fields are not due.
    #[test]
    fn what_is_due_goes_first() {
        check(
            r#"
            > HSET h a 1 b 2 c 3             < 3       ~ HSET h a 1 b 2 c 3             ! hset h
            > HPEXPIRE h 10 FIELDS 2 b a     < [1 1]   ~ HPEXPIREAT h 10 FIELDS 2 b a   ! hexpire h
            @ 11ms
            > HRANDFIELD h 3                 < ["c"]   ~ HDEL h a   ~ HDEL h b          ! hexpired h
            > HPEXPIRE h 10 FIELDS 1 c       < [1]     ~ HPEXPIREAT h 21 FIELDS 1 c     ! hexpire h
            @ 22ms
            > HRANDFIELD h                   < nil     ~ HDEL h c                       ! hexpired h   ! del h
            "#,
        );
    }

    /// The names in a reply of nothing else.
    fn names(engine: &mut Engine, line: &str) -> Vec<String> {
        let mut session = Session { authenticated: true, ..Session::new(1) };
        let (words, mut out): (OwnedArgv, _) = (line.split(' ').collect(), Vec::new());
        engine.effects.clear();
        engine.run_one(Now::default(), &mut session, words.borrow(), &mut out);
        let (text, _) = print_frame(&out);
        text.trim_matches(['[', ']']).split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_field_has_its_turn_and_none_comes_twice() {
        for size in [5, 100, 2000] {
            let mut engine = Engine::new(1, 7);
            for n in 0..size {
                let row = format!("> HSET h f{n} {n}   < 1   ~ HSET h f{n} {n}   ! hset h");
                check_with(&mut engine, &row);
            }
            for count in [1, 2, size / 5, size / 2, size - 1, size, size + 1] {
                let found = names(&mut engine, &format!("HRANDFIELD h {count}"));
                let different: BTreeSet<_> = found.iter().collect();
                assert_eq!(
                    (found.len(), different.len()),
                    (count.min(size), count.min(size)),
                    "{count} of {size}"
                );
            }
            let found: BTreeSet<_> =
                names(&mut engine, &format!("HRANDFIELD h -{}", size * 20)).into_iter().collect();
            assert_eq!(found.len(), size, "all of {size} come up in twenty times as many draws");
        }
    }
}
