//! OBJECT: how a value is kept, and how much it is used. Looking does not count as use.

use crate::args::Args;
use crate::command;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::{Text, TextRef};
use crate::keyspace::value::encoding_name;
use crate::keyspace::{Lookup, Typed, Value};
use ds::table::Entry;

/// Redis keeps one shared object for each of the integers below this, and says so in the count of references.
const SHARED_INTEGERS: i64 = 10_000;
const SHARED_REFERENCES: i64 = i32::MAX as i64;

pub(crate) fn help(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    command::help(&mut ctx.reply, "object");
    Ok(())
}

/// The entry under the key: counted as a hit or a miss, but otherwise unnoticed.
fn look<'k>(ctx: &'k mut Ctx, args: &mut Args) -> Result<Option<Entry<'k, Value>>, CommandError> {
    let key = args.key()?;
    let found = ctx.keys.exists(key, Lookup::Silent);
    ctx.keys.space.stats.hits += found as u64;
    ctx.keys.space.stats.misses += !found as u64;
    Ok(ctx.keys.entry(key, Lookup::Silent))
}

pub(crate) fn encoding(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    match look(ctx, args)?.map(|entry| encoding_name(&entry.value())) {
        Some(name) => ctx.reply.bulk(name.as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(())
}

pub(crate) fn refcount(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    match look(ctx, args)?.map(|entry| references(&entry)) {
        Some(count) => ctx.reply.int(count),
        None => ctx.reply.null(),
    }
    Ok(())
}

/// How many references Redis would tell for this value. Ours has always one owner.
pub(crate) fn references(entry: &Entry<'_, Value>) -> i64 {
    match Text::view(entry.value()) {
        Some(TextRef::Integer(0..SHARED_INTEGERS)) => SHARED_REFERENCES,
        _ => 1,
    }
}

/// The access clock, if the policy keeps it in the way that is asked for.
fn clock(ctx: &mut Ctx, args: &mut Args, lfu: bool) -> Result<Option<u32>, CommandError> {
    let Some(clock) = look(ctx, args)?.map(|entry| entry.clock()) else { return Ok(None) };
    if ctx.keys.space.access.lfu == lfu {
        return Ok(Some(clock));
    }
    let (is, what) = if lfu { ("not ", "access frequency") } else { ("", "idle time") };
    Err(CommandError::err(format_args!(
        "An LFU maxmemory policy is {is}selected, {what} not tracked. Please note that when switching between \
         policies at runtime LRU and LFU data will take some time to adjust."
    )))
}

pub(crate) fn idletime(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let now_s = ctx.now().wall_s();
    match clock(ctx, args, false)? {
        Some(clock) => ctx.reply.int(ctx.keys.space.access.idle_s(clock, now_s)),
        None => ctx.reply.null(),
    }
    Ok(())
}

pub(crate) fn freq(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let now_s = ctx.now().wall_s();
    match clock(ctx, args, true)? {
        Some(clock) => ctx.reply.int(ctx.keys.space.access.frequency(clock, now_s).into()),
        None => ctx.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn encodings_of_strings() {
        let (short, long) = ("x".repeat(44), "x".repeat(45));
        check(&format!(
            r#"
            > OBJECT ENCODING k         < nil
            > SET k 12                  < OK    ~ SET k 12          ! set k
            > OBJECT ENCODING k         < "int"
            > SET k {short}             < OK    ~ SET k {short}     ! set k
            > OBJECT ENCODING k         < "embstr"
            > SET k {long}              < OK    ~ SET k {long}      ! set k
            > object encoding k         < "raw"
            "#
        ));
    }

    #[test]
    fn small_integers_seem_shared() {
        check(
            r#"
            > OBJECT REFCOUNT k         < nil
            > SET k 9999                < OK    ~ SET k 9999        ! set k
            > OBJECT REFCOUNT k         < 2147483647
            > SET k 10000               < OK    ~ SET k 10000       ! set k
            > OBJECT REFCOUNT k         < 1
            > SET k -1                  < OK    ~ SET k -1          ! set k
            > OBJECT REFCOUNT k         < 1
            "#,
        );
    }

    const LRU_ONLY: &str = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. \
        Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    const LFU_ONLY: &str = "ERR An LFU maxmemory policy is selected, idle time not tracked. \
        Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

    #[test]
    fn each_policy_knows_its_own_clock() {
        check(&format!(
            r#"
            > OBJECT IDLETIME k         < nil
            > OBJECT FREQ k             < nil
            > SET k v                   < OK    ~ SET k v           ! set k
            @ 90000ms
            > OBJECT IDLETIME k         < 90
            > OBJECT IDLETIME k         < 90
            > OBJECT FREQ k             < {LRU_ONLY}
            "#
        ));
        let mut engine = Engine::new(1, 1);
        engine.keyspace.access.lfu = true;
        check_with(
            &mut engine,
            &format!(
                r#"
                > OBJECT IDLETIME k     < nil
                > SET k v               < OK    ~ SET k v           ! set k
                > OBJECT FREQ k         < 5
                @ 180000ms
                > OBJECT FREQ k         < 2
                > OBJECT IDLETIME k     < {LFU_ONLY}
                "#
            ),
        );
        assert_eq!((engine.keyspace.stats.hits, engine.keyspace.stats.misses), (3, 1));
    }

    #[test]
    fn errors_and_expiry() {
        check(
            r#"
            > OBJECT                    < ERR wrong number of arguments for 'object' command
            > OBJECT what k             < ERR unknown subcommand 'what'. Try OBJECT HELP.
            > OBJECT ENCODING           < ERR wrong number of arguments for 'object|encoding' command
            > SET k v PX 1              < OK    ~ SET k v PXAT 1    ! set k    ! expire k
            @ 2ms
            > OBJECT ENCODING k         < nil   ~ DEL k             ! expired k
            "#,
        );
    }
}
