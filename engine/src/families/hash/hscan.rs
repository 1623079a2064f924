//! HSCAN: walk over the fields of a hash in slices.
//!
//! ```text
//! HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
//! ```
//! A field that is there all the time is answered by a full round; how, see `ds::table`'s scan. A hash whose name is
//! `listpack` is answered at once whatever the count, as is every row. Fields that are due are left out and left
//! alone.

use super::reply_item;
use super::seen::{Seen, read};
use super::value::{Field, HashRef};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::generic::scan::{Options, Scanned, cursor};
use crate::reply::Reply;

pub(crate) fn hscan(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, cursor) = (args.key()?, cursor(args.bytes()?)?);
    // Without a hash nobody looks at the options.
    let Some(hash) = read(&mut ctx.keys, key)? else {
        ctx.reply.array(2);
        ctx.reply.bulk(b"0");
        ctx.reply.array(0);
        return Ok(());
    };
    let options = Options::parse(args, Scanned::Fields)?;
    let mut body = Vec::new();
    let mut found =
        Found { body: Reply::new(&mut body, ctx.reply.protocol()), count: 0, values: !options.no_values };
    let next = match hash.whole() {
        HashRef::Table(fields) if !hash.whole().is_small() => {
            let count = options.count.min(fields.len());
            fields.scan(cursor, count, &mut |field| found.consider(&hash, &options, &field))
        }
        _ => {
            hash.iter().for_each(|field| found.consider(&hash, &options, &field));
            0
        }
    };
    let count = found.count;
    ctx.reply.array(2);
    ctx.reply.bulk_int(next as i64); // cursors have 48 bits
    ctx.reply.array(count);
    ctx.reply.raw(&body);
    Ok(())
}

struct Found<'a> {
    body: Reply<'a>,
    count: usize,
    values: bool,
}

impl Found<'_> {
    fn consider(&mut self, hash: &Seen<'_>, options: &Options<'_>, field: &Field<'_>) {
        if !hash.shows(field) || !options.pattern.matches(field.name.text(&mut Default::default())) {
            return;
        }
        reply_item(&mut self.body, field.name);
        self.count += 1;
        if self.values {
            reply_item(&mut self.body, field.value);
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn hscan() {
        check(
            r#"
            > HSCAN h 0                        < ["0" []]
            > HSCAN h 7 COUNT x FOO            < ["0" []]
            > HSET h aa 1 ab 2 7 x             < 3     ~ HSET h aa 1 ab 2 7 x   ! hset h
            > HSCAN h 0                        < ["0" ["aa" "1" "ab" "2" "7" "x"]]
            > HSCAN h 0 COUNT 1                < ["0" ["aa" "1" "ab" "2" "7" "x"]]
            > HSCAN h 0 MATCH a*               < ["0" ["aa" "1" "ab" "2"]]
            > HSCAN h 0 MATCH 7 NOVALUES       < ["0" ["7"]]
            > HSCAN h 0 NOVALUES COUNT 5       < ["0" ["aa" "ab" "7"]]
            > HPEXPIRE h 10 FIELDS 1 aa        < [1]   ~ HPEXPIREAT h 10 FIELDS 1 aa   ! hexpire h
            @ 11ms
            > HSCAN h 0 MATCH a*               < ["0" ["ab" "2"]]
            > HLEN h                           < 3
            "#,
        );
    }

    #[test]
    fn mistakes() {
        check(
            r#"
            > SET s x                          < OK    ~ SET s x   ! set s
            > HSCAN s x                        < ERR invalid cursor
            > HSCAN s 0 FOO                    < WRONGTYPE Operation against a key holding the wrong kind of value
            > HSET h a 1                       < 1     ~ HSET h a 1   ! hset h
            > HSCAN h 0 FOO                    < ERR syntax error
            > HSCAN h 0 TYPE string            < ERR syntax error
            > HSCAN h 0 COUNT 0                < ERR syntax error
            > HSCAN h 0 COUNT x                < ERR value is not an integer or out of range
            > HSCAN h 0 MATCH                  < ERR syntax error
            "#,
        );
    }
}
