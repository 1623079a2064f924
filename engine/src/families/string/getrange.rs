//! GETRANGE, and SUBSTR as it was called before 2.0: a part of a string, both ends included.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use std::ops::Range;

pub(crate) fn getrange(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, end) = (args.key()?, args.int()?, args.int()?);
    let Some(text) = ctx.keys.read::<Text>(key)? else {
        ctx.reply.bulk(b"");
        return Ok(());
    };
    let mut scratch = Vec::new();
    let range = bytes_between(start, end, text.len());
    ctx.reply.bulk(&text.bytes(&mut scratch)[range]);
    Ok(())
}

pub(crate) fn substr(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    getrange(ctx, args)
}

/// The bytes from `start` to `end`, both included; a negative one counts from the end of `len` bytes.
fn bytes_between(start: i64, end: i64, len: usize) -> Range<usize> {
    // Two ends in the wrong order that both count from behind are refused before they are cut off.
    if len == 0 || (start < 0 && end < 0 && start > end) {
        return 0..0;
    }
    let absolute = |offset: i64| if offset < 0 { (offset + len as i64).max(0) } else { offset };
    let (start, end) = (absolute(start), absolute(end).min(len as i64 - 1));
    if start > end { 0..0 } else { start as usize..end as usize + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Redis 8.0 answers for the same ranges.
    #[test]
    fn ranges() {
        fn check(start: i64, end: i64, expected: &str) {
            let text = "HelloWorld";
            assert_eq!(&text[bytes_between(start, end, text.len())], expected, "{start} {end}");
        }
        check(0, 4, "Hello");
        check(0, -1, "HelloWorld");
        check(-5, -1, "World");
        check(5, 3, "");
        check(5, 5000, "World");
        check(-5000, 10000, "HelloWorld");
        check(0, -100, "H");
        check(1, -100, "");
        check(-1, -100, "");
        check(-100, -99, "H");
        check(-100, -100, "H");
        check(-100, -101, "");
        check(10, 10, "");
        check(i64::MAX, i64::MIN, "");
        check(i64::MIN, i64::MAX, "HelloWorld");
        assert!(bytes_between(0, -1, 0).is_empty());
    }

    #[test]
    fn replies() {
        crate::testing::check(
            r#"
            > GETRANGE k 0 -1      < ""
            > SET k 12345          < OK     ~ SET k 12345    ! set k
            > GETRANGE k 1 -2      < "234"
            > SUBSTR k 0 0         < "1"
            > SUBSTR k 0 x         < ERR value is not an integer or out of range
            "#,
        );
    }
}
