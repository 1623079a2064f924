//! SET: store text under a key, on a condition, with an expiry, answering the old text.
//!
//! ```text
//! SET key value [NX | XX | IFEQ text | IFNE text | IFDEQ digest | IFDNE digest] [GET]
//!     [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
//! ```
//! Propagates with PXAT when it carries an expiry, and without GET: a replica must not consult its own
//! clock and answers nobody.

use super::value::{self, Text, TextRef};
use crate::args::{Args, ExpiryUnit, positive_expiry};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::planted::{self, Bug};
use crate::time::Millis;
use ds::table::SetExpiry;

/// What must hold of the current value for a conditional write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition<'a> {
    Always,
    Missing,
    Present,
    Equals(&'a [u8]),
    /// Differs from the text, or is missing.
    Differs(&'a [u8]),
    DigestEquals(&'a [u8]),
    DigestDiffers(&'a [u8]),
}

impl Condition<'_> {
    /// Comparing a value demands that the key holds a string; existence does not.
    pub(crate) fn reads_value(&self) -> bool {
        !matches!(self, Condition::Always | Condition::Missing | Condition::Present)
    }

    /// Whether the condition holds for a string, or for no key at all.
    pub(crate) fn holds(&self, current: Option<&TextRef<'_>>) -> bool {
        let mut scratch = Vec::new();
        let Some(text) = current else {
            return matches!(
                self,
                Condition::Always | Condition::Missing | Condition::Differs(_) | Condition::DigestDiffers(_)
            );
        };
        match self {
            Condition::Always | Condition::Present => true,
            Condition::Missing => false,
            Condition::Equals(wanted) => {
                text.bytes(&mut scratch) == *wanted || planted::on(Bug::IfeqAlwaysHolds)
            }
            Condition::Differs(unwanted) => text.bytes(&mut scratch) != *unwanted,
            Condition::DigestEquals(digest) => value::has_digest(text, digest),
            Condition::DigestDiffers(digest) => !value::has_digest(text, digest),
        }
    }
}

struct Options<'a> {
    condition: Condition<'a>,
    get: bool,
    keep_ttl: bool,
    expiry: Option<(ExpiryUnit, &'a [u8])>,
}

fn options<'a>(args: &mut Args<'a>) -> Result<Options<'a>, CommandError> {
    let mut o = Options { condition: Condition::Always, get: false, keep_ttl: false, expiry: None };
    while let Some(word) = args.next() {
        let conditional = o.condition == Condition::Always;
        let timeless = !o.keep_ttl && o.expiry.is_none();
        let is = |token: &str| word.eq_ignore_ascii_case(token.as_bytes());
        if is("nx") && conditional {
            o.condition = Condition::Missing;
        } else if is("xx") && conditional {
            o.condition = Condition::Present;
        } else if is("get") {
            o.get = true;
        } else if is("keepttl") && timeless {
            o.keep_ttl = true;
        } else if is("ifeq") && conditional {
            o.condition = Condition::Equals(args.bytes()?);
        } else if is("ifne") && conditional {
            o.condition = Condition::Differs(args.bytes()?);
        } else if is("ifdeq") && conditional {
            o.condition = Condition::DigestEquals(value::digest_argument(args.bytes()?)?);
        } else if is("ifdne") && conditional {
            o.condition = Condition::DigestDiffers(value::digest_argument(args.bytes()?)?);
        } else if let Some(unit) = ExpiryUnit::from_token(word)
            && timeless
        {
            o.expiry = Some((unit, args.bytes()?));
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(o)
}

pub(crate) fn set(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, text) = (args.key()?, args.bytes()?);
    if args.remaining() == 0 {
        let keeps = planted::on(Bug::SetKeepsExpiry);
        store(ctx, key, text, if keeps { SetExpiry::Keep } else { SetExpiry::Clear });
        ctx.keys.effects.propagate_as_is(ctx.keys.db, args.argv());
        ctx.reply.ok();
        return Ok(());
    }
    let o = options(args)?;
    let now = ctx.now_ms();
    let expiry = o.expiry.map(|(unit, word)| positive_expiry(unit, word, now, "set")).transpose()?;

    if !answer_and_test(ctx, key, &o)? {
        return Ok(());
    }
    let keep = if o.keep_ttl { SetExpiry::Keep } else { SetExpiry::Clear };
    store(ctx, key, text, expiry.map_or(keep, |at| SetExpiry::At(at.0)));
    if expiry.is_some() {
        ctx.notify(Class::Generic, "expire", key);
    }
    propagate(ctx, key, text, expiry, o.keep_ttl);
    Ok(())
}

/// Writes the reply and says whether the condition holds. With GET the reply is the old text in either case.
fn answer_and_test(ctx: &mut Ctx, key: &[u8], o: &Options) -> Result<bool, CommandError> {
    let holds = if o.get || o.condition.reads_value() {
        let current = ctx.keys.read_to_write::<Text>(key)?;
        if o.get {
            match &current {
                Some(text) => text.reply(&mut ctx.reply),
                None => ctx.reply.null(),
            }
        }
        o.condition.holds(current.as_ref())
    } else {
        match o.condition {
            Condition::Missing => !ctx.keys.exists(key, crate::keyspace::Lookup::Write),
            Condition::Present => ctx.keys.exists(key, crate::keyspace::Lookup::Write),
            _ => true,
        }
    };
    match (o.get, holds) {
        (true, _) => {}
        (false, true) => ctx.reply.ok(),
        (false, false) => ctx.reply.null(),
    }
    Ok(holds)
}

/// Puts text under a key and raises `set`.
pub(crate) fn store(ctx: &mut Ctx, key: &[u8], text: &[u8], expiry: SetExpiry) {
    let mut scratch = [0; 8];
    let form = value::new_text(key.len(), text, &mut scratch);
    ctx.keys.put(key, form, expiry);
    ctx.notify(Class::String, "set", key);
}

/// The canonical form of a SET that happened: unconditional, absolute.
fn propagate(ctx: &mut Ctx, key: &[u8], text: &[u8], expiry: Option<Millis>, keep_ttl: bool) {
    match expiry {
        Some(Millis(at)) => ctx.propagate(&[b"SET", key, text, b"PXAT", at.to_string().as_bytes()]),
        None if keep_ttl => ctx.propagate(&[b"SET", key, text, b"KEEPTTL"]),
        None => ctx.propagate(&[b"SET", key, text]),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn conditions() {
        check(
            r#"
            > SET k v XX              < nil
            > SET k v NX              < OK      ~ SET k v           ! set k
            > SET k w NX              < nil
            > SET k w XX              < OK      ~ SET k w           ! set k
            > SET k x IFEQ v          < nil
            > SET k x IFEQ w          < OK      ~ SET k x           ! set k
            > SET k y IFNE x          < nil
            > SET k y IFNE z GET      < "x"     ~ SET k y           ! set k
            > SET n y IFEQ z          < nil
            > SET n 1 IFNE z          < OK      ~ SET n 1           ! set n
            > SET n 2 IFEQ 1          < OK      ~ SET n 2           ! set n
            > SET k v NX XX           < ERR syntax error
            > SET k v NX GET          < "y"
            "#,
        );
    }

    #[test]
    fn expiry_is_made_absolute() {
        check(
            r#"
            > SET k v EX 10           < OK      ~ SET k v PXAT 10000   ! set k    ! expire k
            > SET k w KEEPTTL         < OK      ~ SET k w KEEPTTL      ! set k
            @ 10000ms
            > GET k                   < "w"
            @ 10001ms
            > GET k                   < nil     ~ DEL k                ! expired k
            > SET k v EX 0            < ERR invalid expire time in 'set' command
            > SET k v EX x            < ERR value is not an integer or out of range
            > SET k v EX 1 PX 1       < ERR syntax error
            > SET k v EX 1 KEEPTTL    < ERR syntax error
            > SET k v PX 9223372036854775807  < ERR invalid expire time in 'set' command
            "#,
        );
    }
}
