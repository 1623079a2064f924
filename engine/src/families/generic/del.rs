//! DEL and UNLINK: remove keys. They differ in name alone here, since large values are always dropped in slices.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;

pub(crate) fn del(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let mut removed = 0;
    while let Some(key) = args.next() {
        if ctx.keys.remove(key) {
            ctx.notify(Class::Generic, "del", key);
            removed += 1;
        }
    }
    ctx.reply.int(removed);
    Ok(())
}

pub(crate) fn unlink(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    del(ctx, args)
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::testing::{check, check_with};

    #[test]
    fn del_and_unlink() {
        check(
            r#"
            > SET a 1              < OK   ~ SET a 1              ! set a
            > SET b 1              < OK   ~ SET b 1              ! set b
            > DEL a absent b       < 2    ~ DEL a absent b       ! del a    ! del b
            > DEL a b              < 0
            > SET a 1              < OK   ~ SET a 1              ! set a
            > UNLINK a a           < 1    ~ UNLINK a a           ! del a
            > SET a 1 PX 10        < OK   ~ SET a 1 PXAT 10      ! set a    ! expire a
            > SET b 1              < OK   ~ SET b 1              ! set b
            @ 11ms
            > DEL a b              < 1    ~ DEL a   ~ DEL a b    ! expired a   ! del b
            > DEL                  < ERR wrong number of arguments for 'del' command
            > UNLINK               < ERR wrong number of arguments for 'unlink' command
            "#,
        );
    }

    #[test]
    fn an_expired_key_is_unlinked_where_expiry_is_lazy() {
        let mut engine = Engine::new(16, 1);
        engine.keyspace.lazy_expire = true;
        check_with(
            &mut engine,
            r#"
            > SET a 1 PX 10        < OK   ~ SET a 1 PXAT 10      ! set a    ! expire a
            @ 11ms
            > DEL a                < 0    ~ UNLINK a             ! expired a
            > SET a 1              < OK   ~ SET a 1              ! set a
            > PEXPIREAT a 0        < 1    ~ UNLINK a             ! del a
            "#,
        );
    }
}
