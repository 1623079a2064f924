//! EXEC: the queue runs as one unit, unless a watched key has changed.
//!
//! The commands themselves are run by whoever runs units, since some of them are the node's: here it is only decided
//! that they may.

use crate::args::Args;
use crate::ctx::{Ctx, Next};
use crate::error::CommandError;

pub(crate) fn exec(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    let Some(queue) = ctx.session.multi.take() else {
        return Err(CommandError::err("EXEC without MULTI"));
    };
    let stale = ctx.watches.is_dirty(ctx.session) || has_expired(ctx);
    ctx.watches.forget(ctx.session);
    if queue.is_spoiled() {
        return Err(CommandError::ExecAbort);
    }
    if stale {
        ctx.reply.null_array();
        return Ok(());
    }
    *ctx.next = Next::Transaction(queue);
    Ok(())
}

/// Whether a watched key that was there has outlived its time, though nobody has removed it yet.
fn has_expired(ctx: &mut Ctx) -> bool {
    let now = ctx.now_ms().0;
    ctx.session.watched.iter().filter(|watched| watched.existed).any(|watched| {
        let table = ctx.keys.space.db(watched.db).table();
        let entry = table.get(table.hash(&watched.key), &watched.key);
        entry.and_then(|entry| entry.expiry()).is_some_and(|at| at < now)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn a_changed_key_lets_exec_answer_null() {
        check(
            r#"
            > SET k 1           < OK          ~ SET k 1      ! set k
            > WATCH k other     < OK
            > SET k 2           < OK          ~ SET k 2      ! set k
            > MULTI             < OK
            > SET k 3           < QUEUED
            > EXEC              < nil
            > GET k             < "2"
            > WATCH k           < OK
            > MULTI             < OK
            > SET k 3           < QUEUED
            > EXEC              < [OK]        ~ SET k 3      ! set k
            "#,
        );
    }

    #[test]
    fn expiry_counts_as_a_change_and_so_does_a_flush() {
        check(
            r#"
            > SET k 1 PX 10     < OK          ~ SET k 1 PXAT 10   ! set k   ! expire k
            > WATCH k           < OK
            @ 11ms
            > MULTI             < OK
            > PING              < QUEUED
            > EXEC              < nil
            > SET k 1           < OK          ~ DEL k  ~ SET k 1  ! expired k  ! set k
            > WATCH k           < OK
            > FLUSHDB           < OK          ~ FLUSHDB
            > MULTI             < OK
            > PING              < QUEUED
            > EXEC              < nil
            > WATCH absent      < OK
            > FLUSHALL          < OK          ~ FLUSHALL
            > MULTI             < OK
            > PING              < QUEUED
            > EXEC              < [PONG]
            "#,
        );
    }

    #[test]
    fn unwatch_forgets() {
        check(
            r#"
            > WATCH k           < OK
            > SET k 1           < OK          ~ SET k 1      ! set k
            > UNWATCH           < OK
            > MULTI             < OK
            > WATCH k           < ERR WATCH inside MULTI is not allowed
            > PING              < QUEUED
            > EXEC              < [PONG]
            "#,
        );
    }
}
