//! COPY: duplicate a value and its expiry under another key, in this database or another.
//!
//! ```text
//! COPY source destination [DB destination-db] [REPLACE]
//! ```

use super::database;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Lookup;

pub(crate) fn copy(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    let (mut db, mut replace) = (ctx.keys.db, false);
    while args.remaining() > 0 {
        if args.take("REPLACE") {
            replace = true;
        } else if args.remaining() > 1 && args.take("DB") {
            db = database(ctx, args)?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if db == ctx.keys.db && from == to {
        return Err(CommandError::SameObject);
    }
    let Some(carried) = ctx.keys.duplicate(from) else {
        ctx.reply.flag(false);
        return Ok(());
    };
    let mut target = ctx.keys.in_db(db);
    let free = !target.exists(to, Lookup::Write);
    if free || replace {
        target.place(to, carried);
        target.notify(Class::Generic, "copy_to", to);
    }
    ctx.reply.flag(free || replace);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn copy() {
        check(
            r#"
            > COPY a b                    < 0
            > SET a 1 PX 100              < OK     ~ SET a 1 PXAT 100   ! set a    ! expire a
            > COPY a b                    < 1      ~ COPY a b           ! copy_to b
            > PTTL b                      < 100
            > COPY a b                    < 0
            > SET b 2                     < OK     ~ SET b 2            ! set b
            > COPY a b REPLACE            < 1      ~ COPY a b REPLACE   ! copy_to b
            > GET b                       < "1"
            > SET c 3                     < OK     ~ SET c 3            ! set c
            > COPY c b replace REPLACE    < 1      ~ COPY c b replace REPLACE   ! copy_to b
            > PTTL b                      < -1
            > COPY c c DB 1               < 1      ~ COPY c c DB 1      ! copy_to c
            > COPY c c DB 1               < 0
            > COPY c d DB 1 DB 2          < 1      ~ COPY c d DB 1 DB 2   ! copy_to d
            @ 101ms
            > COPY a e                    < 0      ~ DEL a              ! expired a
            > SET a 1 PX 10               < OK     ~ SET a 1 PXAT 111   ! set a    ! expire a
            @ 112ms
            > COPY b a                    < 1      ~ DEL a   ~ COPY b a   ! expired a   ! copy_to a
            > GET a                       < "3"
            "#,
        );
    }

    #[test]
    fn errors() {
        check(
            r#"
            > COPY a a                    < ERR source and destination objects are the same
            > COPY a a REPLACE            < ERR source and destination objects are the same
            > COPY a a DB 0               < ERR source and destination objects are the same
            > COPY a b DB 16              < ERR DB index is out of range
            > COPY a b DB -1              < ERR DB index is out of range
            > COPY a b DB x               < ERR value is not an integer or out of range
            > COPY a b DB 2147483648      < ERR value is out of range, value must between -2147483648 and 2147483647
            > COPY a b DB                 < ERR syntax error
            > COPY a b DB 0 x             < ERR syntax error
            > COPY a                      < ERR wrong number of arguments for 'copy' command
            "#,
        );
    }
}
