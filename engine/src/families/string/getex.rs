//! GETEX: read a string and set, change or drop its expiry.
//!
//! ```text
//! GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]
//! ```
//! Propagates as PEXPIREAT, PERSIST or DEL: a replica must never consult its own clock.

use super::Text;
use crate::args::{Args, ExpiryUnit, positive_expiry};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::time::Millis;

enum Change {
    Nothing,
    Persist,
    At(Millis),
}

fn change(ctx: &Ctx, args: &mut Args) -> Result<Change, CommandError> {
    let Some(word) = args.next() else { return Ok(Change::Nothing) };
    if word.eq_ignore_ascii_case(b"persist") {
        args.end()?;
        return Ok(Change::Persist);
    }
    let unit = ExpiryUnit::from_token(word).ok_or(CommandError::Syntax)?;
    let value = args.bytes()?;
    args.end()?;
    positive_expiry(unit, value, ctx.now_ms(), "getex").map(Change::At)
}

pub(crate) fn getex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let change = change(ctx, args)?; // option errors come before type errors
    let Some(text) = ctx.keys.read::<Text>(key)? else {
        ctx.reply.null();
        return Ok(());
    };
    text.reply(&mut ctx.reply);
    match change {
        Change::Nothing => {}
        Change::Persist => persist(ctx, key),
        Change::At(at) => expire(ctx, key, at),
    }
    Ok(())
}

fn persist(ctx: &mut Ctx, key: &[u8]) {
    let volatile = ctx.keys.expiry(key, crate::keyspace::Lookup::Silent).flatten().is_some();
    if volatile && ctx.keys.set_expiry(key, None) {
        ctx.notify(Class::Generic, "persist", key);
        ctx.propagate(&[b"PERSIST", key]);
    }
}

/// A time that has passed already removes the key at once.
fn expire(ctx: &mut Ctx, key: &[u8], at: Millis) {
    if at <= ctx.now_ms() && ctx.keys.rule == crate::keyspace::ExpiryRule::Remove {
        ctx.keys.remove(key);
        ctx.notify(Class::Generic, "del", key);
        ctx.propagate(&[b"DEL", key]);
    } else {
        ctx.keys.set_expiry(key, Some(at));
        ctx.notify(Class::Generic, "expire", key);
        ctx.propagate(&[b"PEXPIREAT", key, at.0.to_string().as_bytes()]);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn getex() {
        check(
            r#"
            > SET k v                 < OK      ~ SET k v              ! set k
            > GETEX k EX 10           < "v"     ~ PEXPIREAT k 10000    ! expire k
            > GETEX k PERSIST         < "v"     ~ PERSIST k            ! persist k
            > GETEX k PERSIST         < "v"
            > GETEX k EX 10           < "v"     ~ PEXPIREAT k 10000    ! expire k
            @ 10000ms
            > GET k                   < "v"
            @ 10001ms
            > GET k                   < nil     ~ DEL k                ! expired k
            > SET k v                 < OK      ~ SET k v              ! set k
            > GETEX k PXAT 1          < "v"     ~ DEL k                ! del k
            > GETEX k EX 1 PERSIST    < ERR syntax error
            > GETEX k EX 0            < ERR invalid expire time in 'getex' command
            "#,
        );
    }
}
