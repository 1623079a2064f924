//! APPEND: add bytes to the end of a string, answering its new length.

use super::edit::{check_length, edit};
use super::{Text, value};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use ds::table::SetExpiry;

pub(crate) fn append(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, more) = (args.key()?, args.bytes()?);
    let before = ctx.keys.read_to_write::<Text>(key)?.map(|text| text.len());
    let len = match before {
        // A fresh string is like one that was SET: it may be a number.
        None => {
            ctx.keys.put(key, value::new_text(key.len(), more, &mut [0; 8]), SetExpiry::Clear);
            more.len()
        }
        Some(before) => {
            let len = check_length(ctx, before as u64 + more.len() as u64)?;
            edit(&mut ctx.keys, key, len, |bytes| bytes[before..].copy_from_slice(more));
            len
        }
    };
    ctx.notify(Class::String, "append", key);
    ctx.reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::testing::check;
    use crate::time::Now;

    /// No bytes at all still make a string, and still are a change.
    #[test]
    fn nothing_is_appended() {
        let mut engine = Engine::new(1, 1);
        let mut session = Session { authenticated: true, ..Session::new(1) };
        for _ in 0..2 {
            engine.effects.clear();
            let (argv, mut out) = (["APPEND", "k", ""].into_iter().collect::<OwnedArgv>(), Vec::new());
            engine.run_one(Now::default(), &mut session, argv.borrow(), &mut out);
            assert_eq!((out.as_slice(), engine.effects.changes()), (b":0\r\n".as_slice(), 1));
        }
        assert_eq!(engine.keyspace.db(0).len(), 1);
    }

    #[test]
    fn append() {
        check(
            r#"
            > APPEND k a       < 1     ~ APPEND k a     ! append k
            > APPEND k bc      < 3     ~ APPEND k bc    ! append k
            > GET k            < "abc"
            > SET n 10         < OK    ~ SET n 10       ! set n
            > APPEND n 5       < 3     ~ APPEND n 5     ! append n
            > GET n            < "105"
            "#,
        );
    }
}
