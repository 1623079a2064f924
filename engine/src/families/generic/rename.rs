//! RENAME and RENAMENX: give a value another key. Value and expiry move, nothing is copied; what the new name held
//! is replaced.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Lookup;

pub(crate) fn rename(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    if !ctx.keys.exists(from, Lookup::Write) {
        return Err(CommandError::NoSuchKey);
    }
    if from != to {
        // Whoever is there goes; if its time has passed, that is heard first.
        ctx.keys.exists(to, Lookup::Write);
        carry(ctx, from, to);
    }
    ctx.reply.ok();
    Ok(())
}

pub(crate) fn renamenx(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    if !ctx.keys.exists(from, Lookup::Write) {
        return Err(CommandError::NoSuchKey);
    }
    let free = from != to && !ctx.keys.exists(to, Lookup::Write);
    if free {
        carry(ctx, from, to);
    }
    ctx.reply.flag(free);
    Ok(())
}

fn carry(ctx: &mut Ctx, from: &[u8], to: &[u8]) {
    let carried = ctx.keys.take(from).expect("the caller has looked");
    ctx.keys.place(to, carried);
    ctx.notify(Class::Generic, "rename_from", from);
    ctx.notify(Class::Generic, "rename_to", to);
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn rename() {
        check(
            r#"
            > RENAME a b            < ERR no such key
            > RENAME a a            < ERR no such key
            > SET a 1 PX 100        < OK     ~ SET a 1 PXAT 100      ! set a    ! expire a
            > RENAME a a            < OK
            > SET b 2               < OK     ~ SET b 2               ! set b
            > RENAME a b            < OK     ~ RENAME a b            ! rename_from a   ! rename_to b
            > GET b                 < "1"
            > PTTL b                < 100
            > EXISTS a              < 0
            > SET a 3               < OK     ~ SET a 3               ! set a
            > RENAME a b            < OK     ~ RENAME a b            ! rename_from a   ! rename_to b
            > PTTL b                < -1
            > SET c 1 PX 10         < OK     ~ SET c 1 PXAT 10       ! set c    ! expire c
            @ 11ms
            > RENAME b c            < OK     ~ DEL c   ~ RENAME b c  ! expired c   ! rename_from b   ! rename_to c
            > TTL c                 < -1
            > PEXPIRE c 1           < 1      ~ PEXPIREAT c 12        ! expire c
            @ 13ms
            > RENAME c d            < ERR no such key  ~ DEL c       ! expired c
            "#,
        );
    }

    #[test]
    fn renamenx() {
        check(
            r#"
            > RENAMENX a a          < ERR no such key
            > SET a 1               < OK     ~ SET a 1               ! set a
            > RENAMENX a a          < 0
            > RENAMENX a b          < 1      ~ RENAMENX a b          ! rename_from a   ! rename_to b
            > SET a 2 PX 10         < OK     ~ SET a 2 PXAT 10       ! set a    ! expire a
            > RENAMENX b a          < 0
            @ 11ms
            > RENAMENX b a          < 1      ~ DEL a   ~ RENAMENX b a   ! expired a   ! rename_from b   ! rename_to a
            "#,
        );
    }

    #[test]
    fn a_new_name_has_a_new_access_history() {
        let mut engine = Engine::new(2, 1);
        engine.keyspace.access.lfu = true;
        engine.keyspace.access.log_factor = 0;
        check_with(
            &mut engine,
            r#"
            > SET a x               < OK     ~ SET a x               ! set a
            > TOUCH a a a           < 3
            > OBJECT FREQ a         < 8
            > RENAME a b            < OK     ~ RENAME a b            ! rename_from a   ! rename_to b
            > OBJECT FREQ b         < 5
            > COPY b c              < 1      ~ COPY b c              ! copy_to c
            > OBJECT FREQ c         < 5
            > OBJECT FREQ b         < 6
            > RENAME b b            < OK
            > OBJECT FREQ b         < 7
            > MOVE b 1              < 1      ~ MOVE b 1              ! move_from b   ! move_to b
            > SWAPDB 0 1            < OK     ~ SWAPDB 0 1
            > OBJECT FREQ b         < 5
            "#,
        );
    }

    #[test]
    fn one_rename_counts_as_one_change() {
        let mut engine = Engine::new(1, 1);
        check_with(&mut engine, "> SET a 1   < OK   ~ SET a 1   ! set a");
        check_with(&mut engine, "> RENAME a b   < OK   ~ RENAME a b   ! rename_from a   ! rename_to b");
        assert_eq!(engine.effects.changes(), 1);
    }
}
