//! SET: store text under a key, on a condition, with an expiry, answering the old text.
//!
//! ```text
//! SET key value [NX | XX | IFEQ text | IFNE text | IFDEQ digest | IFDNE digest] [GET]
//!     [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
//! ```
//! Propagates with PXAT when it carries an expiry, and without GET: a replica must not consult its own
//! clock and answers nobody.

use super::condition::Condition;
use super::timing::Timing;
use super::{Text, value};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{Keys, Lookup};
use crate::planted::{self, Bug};
use ds::int::{MAX_DIGITS, format_i64};
use ds::table::SetExpiry;

struct Options<'a> {
    condition: Condition<'a>,
    get: bool,
    timing: Timing<'a>,
}

/// Options may be repeated, and then the last one counts; different ones of a kind exclude each other.
fn options<'a>(args: &mut Args<'a>) -> Result<Options<'a>, CommandError> {
    let mut o = Options { condition: Condition::Always, get: false, timing: Timing::Unsaid };
    while let Some(option) = args.next() {
        let is = |token: &str| option.eq_ignore_ascii_case(token.as_bytes());
        if is("get") {
            o.get = true;
            continue;
        }
        if o.timing.take(option, args)? {
            continue;
        }
        let asked = match () {
            () if is("nx") => Condition::Missing,
            () if is("xx") => Condition::Present,
            () => Condition::comparison(option).ok_or(CommandError::Syntax)?(args.bytes()?),
        };
        if o.condition != Condition::Always && !o.condition.same_kind(&asked) {
            return Err(CommandError::Syntax);
        }
        o.condition = asked;
    }
    if o.timing == Timing::Persist { Err(CommandError::Syntax) } else { Ok(o) }
}

pub(crate) fn set(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, text) = (args.key()?, args.bytes()?);
    if args.remaining() == 0 {
        let keeps = planted::on(Bug::SetKeepsExpiry);
        store(&mut ctx.keys, key, text, if keeps { SetExpiry::Keep } else { SetExpiry::Clear });
        ctx.keys.effects.propagate_as_is(ctx.keys.db, args.argv());
        ctx.reply.ok();
        return Ok(());
    }
    let o = options(args)?;
    let deadline = o.timing.deadline(ctx.now_ms(), "set")?;
    if !answer_and_test(ctx, key, &o)? {
        return Ok(());
    }
    let expiry = match (deadline, o.timing) {
        (Some(at), _) => SetExpiry::At(at.0),
        (None, Timing::Keep) => SetExpiry::Keep,
        _ => SetExpiry::Clear,
    };
    store(&mut ctx.keys, key, text, expiry);
    if deadline.is_some() {
        ctx.notify(Class::Generic, "expire", key);
    }
    propagate(ctx, key, text, expiry);
    Ok(())
}

/// Writes the reply and says whether the condition holds. With GET the reply is the old text in either case.
fn answer_and_test(ctx: &mut Ctx, key: &[u8], o: &Options) -> Result<bool, CommandError> {
    let holds = if o.get {
        let current = ctx.keys.read::<Text>(key)?;
        match &current {
            Some(text) => text.reply(&mut ctx.reply),
            None => ctx.reply.null(),
        }
        o.condition.holds(current.as_ref())?
    } else if o.condition.reads_value() {
        o.condition.holds(ctx.keys.read_to_write::<Text>(key)?.as_ref())?
    } else if o.condition == Condition::Always {
        true
    } else {
        ctx.keys.exists(key, Lookup::Write) == (o.condition == Condition::Present)
    };
    match (o.get, holds) {
        (true, _) => {}
        (false, true) => ctx.reply.ok(),
        (false, false) => ctx.reply.null(),
    }
    Ok(holds)
}

/// Puts text under a key and raises `set`.
pub(crate) fn store(keys: &mut Keys, key: &[u8], text: &[u8], expiry: SetExpiry) {
    let mut scratch = [0; 8];
    keys.put(key, value::new_text(key.len(), text, &mut scratch), expiry);
    keys.notify(Class::String, "set", key);
}

/// The canonical form of a text that was stored: unconditional, and absolute in time.
pub(crate) fn propagate(ctx: &mut Ctx, key: &[u8], text: &[u8], expiry: SetExpiry) {
    let mut digits = [0; MAX_DIGITS];
    match expiry {
        SetExpiry::At(at) => ctx.propagate(&[b"SET", key, text, b"PXAT", format_i64(&mut digits, at)]),
        SetExpiry::Keep => ctx.propagate(&[b"SET", key, text, b"KEEPTTL"]),
        SetExpiry::Clear => ctx.propagate(&[b"SET", key, text]),
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
            > SET k v NX IFEQ y       < ERR syntax error
            > SET k v IFEQ y IFNE y   < ERR syntax error
            > SET k v IFEQ            < ERR syntax error
            > SET k v NX GET          < "y"
            > SET k v NX NX GET GET   < "y"
            > SET k v IFEQ x IFEQ y   < OK      ~ SET k v           ! set k
            "#,
        );
    }

    #[test]
    fn digests() {
        check(
            r#"
            > SET k hello                         < OK    ~ SET k hello   ! set k
            > SET k v IFDEQ 0000000000000000      < nil
            > SET k v IFDNE 9555e8555c62dcfd      < nil
            > SET k v IFDEQ 9555E8555C62DCFD GET  < "hello"   ~ SET k v   ! set k
            > SET k w IFDNE 9555e8555c62dcfd      < OK    ~ SET k w       ! set k
            > SET k w IFDEQ 9555e8555c62dcf       < ERR must be exactly 16 hexadecimal characters
            > SET k w IFDNE x555e8555c62dcfd GET  < ERR must be exactly 16 hexadecimal characters
            > SET n w IFDEQ short                 < nil
            > SET n w IFDNE short                 < OK    ~ SET n w       ! set n
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
            > SET k v EX x FOO        < ERR syntax error
            > SET k v PERSIST         < ERR syntax error
            > SET k v EX              < ERR syntax error
            > SET k v EX 1 KEEPTTL    < ERR syntax error
            > SET k v PX 9223372036854775807  < ERR invalid expire time in 'set' command
            > SET k v EXAT 9223372036854776   < ERR invalid expire time in 'set' command
            > SET k v PX 5 PX 6       < OK      ~ SET k v PXAT 10007   ! set k    ! expire k
            "#,
        );
    }

    /// A time that has passed is stored as it is, and the key goes as soon as somebody meets it.
    #[test]
    fn a_key_may_be_born_expired() {
        check(
            r#"
            @ 10ms
            > SET k v PXAT 1          < OK      ~ SET k v PXAT 1       ! set k    ! expire k
            > GET k                   < nil     ~ DEL k                ! expired k
            > SET k v PXAT 1          < OK      ~ SET k v PXAT 1       ! set k    ! expire k
            > SET k w                 < OK      ~ DEL k  ~ SET k w     ! expired k  ! set k
            > SET k v PXAT 1          < OK      ~ SET k v PXAT 1       ! set k    ! expire k
            > SET k w KEEPTTL         < OK      ~ DEL k  ~ SET k w KEEPTTL   ! expired k  ! set k
            > GET k                   < "w"
            "#,
        );
    }
}
