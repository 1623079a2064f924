//! EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT and PERSIST: when a key dies.
//!
//! ```text
//! EXPIRE key seconds [NX | XX | GT | LT]      GT and LT go with XX
//! ```
//! Propagates as PEXPIREAT with the conditions as given, or as the removal of a key whose time has passed already.

use crate::args::{Args, ExpiryUnit};
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::{ExpiryRule, Lookup};
use crate::time::Millis;

pub(crate) fn expire(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::Seconds)
}

pub(crate) fn pexpire(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::Milliseconds)
}

pub(crate) fn expireat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::AtSeconds)
}

pub(crate) fn pexpireat(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    run(ctx, args, ExpiryUnit::AtMilliseconds)
}

/// On what the present expiry must be like.
#[derive(Clone, Copy, Debug, Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn parse(args: &mut Args) -> Result<Self, CommandError> {
        let mut c = Conditions::default();
        while let Some(word) = args.next() {
            let is = |token: &str| word.eq_ignore_ascii_case(token.as_bytes());
            match () {
                () if is("nx") => c.nx = true,
                () if is("xx") => c.xx = true,
                () if is("gt") => c.gt = true,
                () if is("lt") => c.lt = true,
                () => {
                    return Err(CommandError::quoting("Unsupported option ", word, ""));
                }
            }
        }
        if c.nx && (c.xx || c.gt || c.lt) {
            let text = "NX and XX, GT or LT options at the same time are not compatible";
            return Err(CommandError::err(text));
        }
        if c.gt && c.lt {
            return Err(CommandError::err("GT and LT options at the same time are not compatible"));
        }
        Ok(c)
    }

    /// Whether `at` may replace `current`. No expiry counts as later than any.
    fn admit(self, current: Option<Millis>, at: Millis) -> bool {
        match current {
            None => !self.xx && !self.gt,
            Some(current) => !self.nx && (!self.gt || at > current) && (!self.lt || at < current),
        }
    }
}

fn run(ctx: &mut Ctx, args: &mut Args, unit: ExpiryUnit) -> Result<(), CommandError> {
    let (key, word) = (args.key()?, args.bytes()?);
    let first_option = args.position();
    let conditions = Conditions::parse(args)?;
    let value = crate::args::parse_int(word)?;
    let invalid = CommandError::InvalidExpire(ctx.command.name);
    let at = unit.absolute(value, ctx.now_ms()).ok_or(invalid)?;
    let current = ctx.keys.expiry(key, Lookup::Write);
    if !current.is_some_and(|current| conditions.admit(current, at)) {
        ctx.reply.int(0);
        return Ok(());
    }
    if has_passed(ctx, at) {
        remove_as_expired(ctx, key);
    } else {
        ctx.keys.set_expiry(key, Some(at));
        ctx.notify(Class::Generic, "expire", key);
        let digits = at.0.to_string();
        let mut words: Vec<&[u8]> = vec![b"PEXPIREAT", key, digits.as_bytes()];
        words.extend(args.argv().iter().skip(first_option));
        ctx.propagate(&words);
    }
    ctx.reply.int(1);
    Ok(())
}

/// Whether a key that is to expire at `at` is to be removed at once. A replica, and a file being loaded, keep it and
/// wait for word from the primary.
pub(crate) fn has_passed(ctx: &Ctx, at: Millis) -> bool {
    at <= ctx.now_ms() && ctx.keys.rule == ExpiryRule::Remove
}

/// Removes a living key that was told to expire in the past, and says so to everyone.
pub(crate) fn remove_as_expired(ctx: &mut Ctx, key: &[u8]) {
    ctx.keys.remove(key);
    ctx.keys.space.stats.expired += 1;
    ctx.notify(Class::Generic, "del", key);
    let verb = ctx.keys.space.expiry_verb();
    ctx.propagate(&[verb, key]);
}

pub(crate) fn persist(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let volatile = ctx.keys.expiry(key, Lookup::Write).flatten().is_some();
    if volatile {
        ctx.keys.set_expiry(key, None);
        ctx.notify(Class::Generic, "persist", key);
    }
    ctx.reply.flag(volatile);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn the_four_units() {
        check(
            r#"
            @ 500ms
            > SET k v               < OK     ~ SET k v                ! set k
            > EXPIRE k 10           < 1      ~ PEXPIREAT k 10500      ! expire k
            > PEXPIRE k 10          < 1      ~ PEXPIREAT k 510        ! expire k
            > EXPIREAT k 20         < 1      ~ PEXPIREAT k 20000      ! expire k
            > PEXPIREAT k 20        < 1      ~ DEL k                  ! del k
            > PEXPIREAT k 20        < 0
            > EXPIRE absent 10      < 0
            > SET k v               < OK     ~ SET k v                ! set k
            > EXPIRE k 1            < 1      ~ PEXPIREAT k 1500       ! expire k
            @ 1500ms
            > EXISTS k              < 1
            @ 1501ms
            > EXPIRE k 10           < 0      ~ DEL k                  ! expired k
            > SET k v               < OK     ~ SET k v                ! set k
            > EXPIREAT k 9223372036854775    < 1  ~ PEXPIREAT k 9223372036854775000  ! expire k
            > PEXPIREAT k 9223372036854775807 < 1 ~ PEXPIREAT k 9223372036854775807  ! expire k
            > PERSIST k             < 1      ~ PERSIST k              ! persist k
            > PERSIST k             < 0
            > PERSIST absent        < 0
            "#,
        );
    }

    #[test]
    fn conditions() {
        check(
            r#"
            > SET k v               < OK     ~ SET k v                 ! set k
            > PEXPIRE k 100 XX      < 0
            > PEXPIRE k 100 GT      < 0
            > PEXPIRE k 0 GT        < 0
            > PEXPIRE k 100 lt      < 1      ~ PEXPIREAT k 100 lt      ! expire k
            > PEXPIRE k 100 NX      < 0
            > PEXPIRE k 100 LT      < 0
            > PEXPIRE k 100 GT      < 0
            > PEXPIRE k 200 XX GT   < 1      ~ PEXPIREAT k 200 XX GT   ! expire k
            > PEXPIRE k 300 XX LT   < 0
            > PEXPIRE k 0 NX        < 0
            > PEXPIRE k 0 LT        < 1      ~ DEL k                   ! del k
            > SET k v               < OK     ~ SET k v                 ! set k
            > PEXPIRE k 9 NX NX     < 1      ~ PEXPIREAT k 9 NX NX     ! expire k
            > PEXPIRE k 9 NX XX     < ERR NX and XX, GT or LT options at the same time are not compatible
            > PEXPIRE k 9 GT LT     < ERR GT and LT options at the same time are not compatible
            > PEXPIRE k 9 EX        < ERR Unsupported option EX
            > PEXPIRE k x EX        < ERR Unsupported option EX
            > PEXPIRE k x LT        < ERR value is not an integer or out of range
            > PEXPIRE absent x      < ERR value is not an integer or out of range
            "#,
        );
    }

    #[test]
    fn times_that_do_not_fit() {
        check(
            r#"
            @ 1000ms
            > SET k v                            < OK     ~ SET k v   ! set k
            > EXPIRE k 9223372036854775          < ERR invalid expire time in 'expire' command
            > EXPIRE k -9223372036854776         < ERR invalid expire time in 'expire' command
            > PEXPIRE k 9223372036854775807      < ERR invalid expire time in 'pexpire' command
            > EXPIREAT k 9223372036854776        < ERR invalid expire time in 'expireat' command
            > EXPIRE absent 9223372036854775807  < ERR invalid expire time in 'expire' command
            > PEXPIRE k -9223372036854775808     < 1      ~ DEL k     ! del k
            > SET k v                            < OK     ~ SET k v   ! set k
            > EXPIREAT k -9223372036854775       < 1      ~ DEL k     ! del k
            "#,
        );
    }

    #[test]
    fn a_replica_hides_what_is_past_and_keeps_it() {
        let mut engine = Engine::new(1, 1);
        engine.mode.replica = true;
        check_with(
            &mut engine,
            r#"
            > SET k v               < OK     ~ SET k v               ! set k
            > PEXPIREAT k -5        < 1      ~ PEXPIREAT k -5        ! expire k
            > TTL k                 < -2
            > TYPE k                < none
            > KEYS *                < []
            > SCAN 0                < ["0" []]
            > DBSIZE                < 1
            "#,
        );
        assert_eq!(engine.keyspace.stats.expired, 0);
    }

    /// Valkey 1517: keys that die because their expiry lies in the past were not counted.
    #[test]
    fn every_death_by_time_is_counted() {
        let mut engine = Engine::new(1, 1);
        check_with(
            &mut engine,
            r#"
            > SET a v               < OK     ~ SET a v               ! set a
            > EXPIRE a -1           < 1      ~ DEL a                 ! del a
            > SET a v PX 5          < OK     ~ SET a v PXAT 5        ! set a    ! expire a
            @ 6ms
            > GET a                 < nil    ~ DEL a                 ! expired a
            "#,
        );
        assert_eq!(engine.keyspace.stats.expired, 2);
    }
}
