//! KEYS: all keys that fit a pattern. Expired keys are left out and left alone.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::glob::{self, Case};

/// A pattern as KEYS and SCAN take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    Everything,
    /// Without special characters: a key's name.
    Name(&'a [u8]),
    Glob(&'a [u8]),
}

impl<'a> Pattern<'a> {
    pub(crate) fn new(pattern: &'a [u8]) -> Self {
        if pattern == b"*" {
            Pattern::Everything
        } else if pattern.iter().any(|byte| b"*?[\\".contains(byte)) {
            Pattern::Glob(pattern)
        } else {
            Pattern::Name(pattern)
        }
    }

    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Pattern::Everything => true,
            Pattern::Name(wanted) => *wanted == name,
            Pattern::Glob(pattern) => glob::matches(pattern, name, Case::Sensitive),
        }
    }
}

pub(crate) fn keys(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let pattern = Pattern::new(args.bytes()?);
    let Ctx { keys, reply, .. } = ctx;
    let table = keys.space.db(keys.db).table();
    if let Pattern::Name(name) = pattern {
        let found = table.get(table.hash(name), name).is_some_and(|entry| keys.visible(&entry));
        reply.array(found as usize);
        if found {
            reply.bulk(name);
        }
        return Ok(());
    }
    reply.deferred_array(|reply| {
        let found = table.iter().filter(|entry| pattern.matches(entry.key()) && keys.visible(entry));
        found.map(|entry| reply.bulk(entry.key())).count()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn keys() {
        check(
            r#"
            > KEYS *                < []
            > SET one 1             < OK     ~ SET one 1          ! set one
            > SET two 2 PX 10       < OK     ~ SET two 2 PXAT 10  ! set two   ! expire two
            > KEYS o*               < ["one"]
            > KEYS t?o              < ["two"]
            > KEYS [                < []
            > KEYS one              < ["one"]
            > KEYS ""               < []
            @ 11ms
            > KEYS t*               < []
            > KEYS two              < []
            > KEYS ?*e              < ["one"]
            > DBSIZE                < 2
            "#,
        );
    }

    #[test]
    fn patterns_without_special_characters_are_names() {
        assert_eq!(Pattern::new(b"user:7"), Pattern::Name(b"user:7"));
        assert_eq!(Pattern::new(b"a]"), Pattern::Name(b"a]"));
        for pattern in [&b"a*"[..], b"a?", b"[a", b"\\a", b"**"] {
            assert_eq!(Pattern::new(pattern), Pattern::Glob(pattern));
        }
        assert!(Pattern::new(b"*").matches(b"") && !Pattern::new(b"**").matches(b""));
    }
}
