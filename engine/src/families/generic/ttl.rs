//! TTL, PTTL, EXPIRETIME, PEXPIRETIME: when a key expires. -1 says never, -2 that there is no key.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;
use crate::time::Millis;

pub(crate) fn ttl(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let now = ctx.now_ms();
    answer(ctx, args, |at| seconds(left(at, now)))
}

pub(crate) fn pttl(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let now = ctx.now_ms();
    answer(ctx, args, |at| left(at, now))
}

pub(crate) fn expiretime(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    answer(ctx, args, |at| seconds(at.0))
}

pub(crate) fn pexpiretime(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    answer(ctx, args, |at| at.0)
}

fn answer(ctx: &mut Ctx, args: &mut Args, shown: impl Fn(Millis) -> i64) -> Result<(), CommandError> {
    let key = args.key()?;
    let reply = match ctx.keys.expiry(key, Lookup::NoTouch) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => shown(at),
    };
    ctx.reply.int(reply);
    Ok(())
}

/// Milliseconds that are left; none where a key is seen past its time (on a link from the primary).
fn left(at: Millis, now: Millis) -> i64 {
    at.0.saturating_sub(now.0).max(0)
}

/// Whole seconds, rounded to the nearest. Near the end of time the half second does not overflow.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000) + (ms.rem_euclid(1000) >= 500) as i64
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn every_way_to_ask() {
        check(
            r#"
            > TTL k                 < -2
            > PTTL k                < -2
            > EXPIRETIME k          < -2
            > PEXPIRETIME k         < -2
            > SET k v               < OK     ~ SET k v               ! set k
            > TTL k                 < -1
            > PTTL k                < -1
            > EXPIRETIME k          < -1
            > PEXPIRETIME k         < -1
            @ 1000ms
            > PEXPIRE k 1500        < 1      ~ PEXPIREAT k 2500      ! expire k
            > TTL k                 < 2
            > PTTL k                < 1500
            > EXPIRETIME k          < 3
            > PEXPIRETIME k         < 2500
            @ 1001ms
            > TTL k                 < 1
            @ 2500ms
            > TTL k                 < 0
            > PTTL k                < 0
            > PEXPIREAT k 9223372036854775807  < 1   ~ PEXPIREAT k 9223372036854775807  ! expire k
            > EXPIRETIME k          < 9223372036854776
            > PEXPIRETIME k         < 9223372036854775807
            @ 1795462436215ms
            > TTL k                 < 9223370241392340
            "#,
        );
    }
}
