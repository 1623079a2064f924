//! MOVE: take a key to another database, unless one of that name is there.

use super::database;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::keyspace::Lookup;

pub(crate) fn move_key(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let db = database(ctx, args)?;
    if db == ctx.keys.db {
        return Err(CommandError::SameObject);
    }
    let moves = ctx.keys.exists(key, Lookup::Write) && !ctx.keys.in_db(db).exists(key, Lookup::Write);
    if moves {
        let carried = ctx.keys.take(key).expect("it is there");
        ctx.keys.in_db(db).place(key, carried);
        ctx.notify(Class::Generic, "move_from", key);
        ctx.keys.in_db(db).notify(Class::Generic, "move_to", key);
    }
    ctx.reply.flag(moves);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn move_key() {
        check(
            r#"
            > MOVE k 1              < 0
            > MOVE k 0              < ERR source and destination objects are the same
            > MOVE k 16             < ERR DB index is out of range
            > MOVE k -1             < ERR DB index is out of range
            > MOVE k x              < ERR value is not an integer or out of range
            > MOVE k 99999999999    < ERR value is out of range, value must between -2147483648 and 2147483647
            > SET k v PX 100        < OK     ~ SET k v PXAT 100   ! set k    ! expire k
            > MOVE k 1              < 1      ~ MOVE k 1           ! move_from k   ! move_to k
            > EXISTS k              < 0
            > SET k w               < OK     ~ SET k w            ! set k
            > MOVE k 1              < 0
            @ 101ms
            > MOVE k 1              < 1      ~ DEL k   ~ MOVE k 1   ! expired k   ! move_from k   ! move_to k
            > SWAPDB 0 1            < OK     ~ SWAPDB 0 1
            > GET k                 < "w"
            > TTL k                 < -1
            "#,
        );
    }
}
