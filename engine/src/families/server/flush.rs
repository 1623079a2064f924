//! FLUSHDB and FLUSHALL: empty a database, or all of them.
//!
//! ASYNC and SYNC make no difference: a flushed table is set aside at once and dropped in slices between units.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn flushdb(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    mode(args)?;
    let db = ctx.keys.db;
    flush(ctx, db);
    ctx.reply.ok();
    Ok(())
}

pub(crate) fn flushall(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    mode(args)?;
    for db in 0..ctx.keys.space.databases() {
        flush(ctx, db);
    }
    ctx.reply.ok();
    Ok(())
}

fn mode(args: &mut Args) -> Result<(), CommandError> {
    let known = args.remaining() == 0 || args.take("SYNC") || args.take("ASYNC");
    if known { args.end() } else { Err(CommandError::Syntax) }
}

/// An empty database counts as replaced as well, so that the command always reaches the replicas.
fn flush(ctx: &mut Ctx, db: u32) {
    let removed = ctx.keys.space.flush(db);
    ctx.effects().replaced(db, removed as u64);
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};
    use crate::time::Now;

    #[test]
    fn flushdb_and_flushall() {
        check(
            r#"
            > SET a 1               < OK    ~ SET a 1           ! set a
            > COPY a a DB 1         < 1     ~ COPY a a DB 1     ! copy_to a
            > FLUSHDB               < OK    ~ FLUSHDB
            > DBSIZE                < 0
            > FLUSHDB async         < OK    ~ FLUSHDB async
            > SWAPDB 0 1            < OK    ~ SWAPDB 0 1
            > DBSIZE                < 1
            > SWAPDB 0 1            < OK    ~ SWAPDB 0 1
            > FLUSHALL SYNC         < OK    ~ FLUSHALL SYNC
            > SWAPDB 0 1            < OK    ~ SWAPDB 0 1
            > DBSIZE                < 0
            > FLUSHALL              < OK    ~ FLUSHALL
            > FLUSHALL what         < ERR syntax error
            > FLUSHDB SYNC ASYNC    < ERR syntax error
            "#,
        );
    }

    /// Redis 14583 and its kin: what was flushed is dropped in slices, on every role.
    #[test]
    fn the_old_table_is_dropped_in_slices() {
        for replica in [false, true] {
            let mut engine = Engine::new(2, 1);
            engine.mode.replica = replica;
            for n in 0..10_000 {
                check_with(&mut engine, &format!("> SET k{n} 1   < OK   ~ SET k{n} 1   ! set k{n}"));
            }
            check_with(&mut engine, "> FLUSHALL   < OK   ~ FLUSHALL");
            assert_eq!(engine.effects.changes(), 10_000);
            assert_eq!(engine.keyspace.pending_drops(), 10_000);
            let mut slices = 1;
            while engine.tick(Now::default(), 500) {
                slices += 1;
            }
            assert!((5..=20).contains(&slices), "{slices} slices");
            assert_eq!((engine.keyspace.pending_drops(), engine.keyspace.stats.lazyfreed), (0, 10_000));
        }
    }
}
