//! MEMORY USAGE: the bytes a key and its value take, counted rather than guessed: what the table holds for the
//! entry, and what the value holds beside it. Every value knows its size, so SAMPLES changes nothing.

use crate::args::Args;
use crate::command;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{Lookup, Value};
use ds::table::{Entry, ValueRef};

pub(crate) fn help(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    command::help(&mut ctx.reply, "memory");
    Ok(())
}

pub(crate) fn usage(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    while args.remaining() > 0 {
        if args.remaining() < 2 || !args.take("SAMPLES") {
            return Err(CommandError::Syntax);
        }
        args.int_in(0, i64::MAX, CommandError::Syntax)?;
    }
    match ctx.keys.entry(key, Lookup::Silent).map(|entry| bytes_of(&entry)) {
        Some(bytes) => ctx.reply.int(bytes as i64),
        None => ctx.reply.null(),
    }
    Ok(())
}

fn bytes_of(entry: &Entry<'_, Value>) -> usize {
    let beside = match entry.value() {
        ValueRef::Inline { .. } => 0,
        ValueRef::Object(value) => value.heap(),
    };
    entry.footprint() + beside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::{ExpiryRule, NewValue};
    use crate::testing::check;
    use crate::time::Now;
    use ds::table::SetExpiry;

    #[test]
    fn usage() {
        let long = "x".repeat(5000);
        check(&format!(
            r#"
            > MEMORY USAGE k                     < nil
            > MEMORY USAGE k what 1              < ERR syntax error
            > MEMORY USAGE k SAMPLES             < ERR syntax error
            > MEMORY USAGE k SAMPLES -1          < ERR syntax error
            > MEMORY USAGE k SAMPLES x           < ERR value is not an integer or out of range
            > SET k 1                            < OK    ~ SET k 1        ! set k
            > MEMORY USAGE k                     < 11
            > MEMORY USAGE k samples 0 SAMPLES 5 < 11
            > PEXPIRE k 1                        < 1     ~ PEXPIREAT k 1  ! expire k
            > MEMORY USAGE k                     < 19
            > SET k {long}                       < OK    ~ SET k {long}   ! set k
            > MEMORY USAGE k                     < {at_least}
            "#,
            at_least = 5000 + 4 + 5 + 1 + 2 + size_of::<Value>().max(24),
        ));
    }

    /// Redis 15462, Valkey 2290: the figure was wrong, or left the key out.
    #[test]
    fn the_sum_over_all_keys_is_near_what_the_table_owns() {
        for (key_len, value_len) in [(8, 0), (8, 100), (60, 8), (70, 600), (2000, 3), (2000, 600), (16, 5000)]
        {
            let mut engine = Engine::new(1, 1);
            let mut keys = engine.keys(Now::default(), 0, ExpiryRule::Remove);
            for n in 0..4000 {
                let (key, text) = (format!("{n:0key_len$}"), vec![b'x'; value_len]);
                let value = if ds::table::fits_inline(key_len, value_len) {
                    NewValue::Inline { kind: 0, bytes: &text }
                } else {
                    NewValue::Object(Value::Text(text.clone()))
                };
                keys.put(key.as_bytes(), value, SetExpiry::Clear);
            }
            let table = keys.space.db(0).table();
            let heaps: usize = if value_len > 512 { 4000 * value_len } else { 0 };
            let (told, owned) =
                (table.iter().map(|entry| bytes_of(&entry)).sum::<usize>(), table.memory() + heaps);
            let share = told as f64 / owned as f64;
            assert!((0.6..=1.02).contains(&share), "{key_len} {value_len}: {told} of {owned}");
        }
    }
}
