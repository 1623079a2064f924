//! GETEX: read a string and set, change or drop its expiry.
//!
//! ```text
//! GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]
//! ```
//! Propagates as PEXPIREAT, PERSIST or DEL: a replica must never consult its own clock.

use super::Text;
use super::timing::Timing;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::generic::expire::{has_passed, remove_as_expired};
use crate::keyspace::Lookup;
use crate::time::Millis;
use ds::int::{MAX_DIGITS, format_i64};

pub(crate) fn getex(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let mut timing = Timing::Unsaid;
    while let Some(option) = args.next() {
        if !timing.take(option, args)? || timing == Timing::Keep {
            return Err(CommandError::Syntax);
        }
    }
    let Some(text) = ctx.keys.read::<Text>(key)? else {
        ctx.reply.null();
        return Ok(());
    };
    text.reply(&mut ctx.reply);
    // Only now is the time looked at: a missing key or a wrong type is told of first.
    match timing.deadline(ctx.now_ms(), "getex")? {
        Some(at) => expire(ctx, key, at),
        None if timing == Timing::Persist => persist(ctx, key),
        None => {}
    }
    Ok(())
}

fn persist(ctx: &mut Ctx, key: &[u8]) {
    let volatile = ctx.keys.expiry(key, Lookup::Silent).flatten().is_some();
    if volatile && ctx.keys.set_expiry(key, None) {
        ctx.notify(Class::Generic, "persist", key);
        ctx.propagate(&[b"PERSIST", key]);
    }
}

/// A time that has passed already removes the key at once.
fn expire(ctx: &mut Ctx, key: &[u8], at: Millis) {
    if has_passed(ctx, at) {
        remove_as_expired(ctx, key);
    } else {
        let mut digits = [0; MAX_DIGITS];
        ctx.keys.set_expiry(key, Some(at));
        ctx.notify(Class::Generic, "expire", key);
        ctx.propagate(&[b"PEXPIREAT", key, format_i64(&mut digits, at.0)]);
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
            > GETEX k EX 0            < nil
            > SET k v                 < OK      ~ SET k v              ! set k
            > GETEX k EX 0            < ERR invalid expire time in 'getex' command
            > GETEX k EX x            < ERR value is not an integer or out of range
            > GETEX k EX              < ERR syntax error
            > GETEX k KEEPTTL         < ERR syntax error
            > GETEX k NX              < ERR syntax error
            > GETEX k EX 1 EX 2       < "v"     ~ PEXPIREAT k 12001    ! expire k
            > GETEX k PERSIST PERSIST < "v"     ~ PERSIST k            ! persist k
            "#,
        );
    }
}
