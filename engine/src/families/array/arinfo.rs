//! ARINFO: how an array lies in memory, in terms of the slices that Redis keeps arrays in.
//!
//! ```text
//! ARINFO key [FULL]
//! ```
//!
//! Slices are what they are in `ds::sparse`. The directory, ours being a tree, is told as Redis would have it: flat and
//! sized in powers of two, or of blocks once an index lies beyond 2048 slices.

use super::{Array, reply_unsigned};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn arinfo(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let full = args.take("FULL");
    args.end()?;
    let forms = *ctx.keys.forms();
    let Some(array) = ctx.keys.read::<Array>(key)? else { return Err(CommandError::NoSuchKey) };
    let layout = array.layout(&forms);
    let numbers = [
        ("count", array.count()),
        ("len", array.len()),
        ("next-insert-index", array.next_insert().unwrap_or(0)),
        ("slices", layout.slices),
        ("directory-size", layout.directory_size),
        ("super-dir-entries", layout.blocks),
        ("slice-size", layout.slice_size),
    ];
    let reply = &mut ctx.reply;
    reply.map(if full { numbers.len() + 5 } else { numbers.len() });
    for (name, value) in numbers {
        reply.bulk(name.as_bytes());
        reply_unsigned(reply, value);
    }
    if !full {
        return Ok(());
    }
    let shape = array.shape(&forms);
    for (name, value) in [("dense-slices", shape.dense), ("sparse-slices", shape.sparse)] {
        reply.bulk(name.as_bytes());
        reply.int(value as i64);
    }
    let average = |of: u64, by: u64| if by == 0 { 0.0 } else { of as f64 / by as f64 };
    for (name, value) in [
        ("avg-dense-size", average(shape.dense_positions, shape.dense)),
        ("avg-dense-fill", average(shape.dense_elements, shape.dense_positions)),
        ("avg-sparse-size", average(shape.sparse_elements, shape.sparse)),
    ] {
        reply.bulk(name.as_bytes());
        reply.double(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arinfo() {
        check(
            r#"
            > ARINFO a                < ERR no such key
            > ARMSET a 0 x 100 y      < 2     ~ ARMSET a 0 x 100 y    ! armset a
            > ARINFO a                < ["count" 2 "len" 101 "next-insert-index" 0 "slices" 1 "directory-size" 8 "super-dir-entries" 0 "slice-size" 4096]
            > ARINFO a full           < ["count" 2 "len" 101 "next-insert-index" 0 "slices" 1 "directory-size" 8 "super-dir-entries" 0 "slice-size" 4096 "dense-slices" 0 "sparse-slices" 1 "avg-dense-size" "0" "avg-dense-fill" "0" "avg-sparse-size" "2"]
            > ARSET a 0 0 1 2 3 4 5 6 7 8 9 10 11    < 11    ~ ARSET a 0 0 1 2 3 4 5 6 7 8 9 10 11    ! arset a
            > ARINFO a FULL           < ["count" 13 "len" 101 "next-insert-index" 0 "slices" 1 "directory-size" 8 "super-dir-entries" 0 "slice-size" 4096 "dense-slices" 1 "sparse-slices" 0 "avg-dense-size" "128" "avg-dense-fill" "0.1015625" "avg-sparse-size" "0"]
            > ARINSERT b x            < 0     ~ ARINSERT b x          ! arinsert b
            > ARSET b 8388608 y       < 1     ~ ARSET b 8388608 y      ! arset b
            > ARSET b 50000000 y      < 1     ~ ARSET b 50000000 y     ! arset b
            > ARSET b 100000000 y     < 1     ~ ARSET b 100000000 y    ! arset b
            > ARINFO b                < ["count" 4 "len" 100000001 "next-insert-index" 1 "slices" 4 "directory-size" 8 "super-dir-entries" 4 "slice-size" 4096]
            > ARSEEK b 18446744073709551615    < 1    ~ ARSEEK b 18446744073709551615    ! arseek b
            > ARINFO b                < ["count" 4 "len" 100000001 "next-insert-index" 0 "slices" 4 "directory-size" 8 "super-dir-entries" 4 "slice-size" 4096]
            > ARINFO b SOME           < ERR syntax error
            > ARINFO b FULL x         < ERR syntax error
            > SET s x                 < OK    ~ SET s x               ! set s
            > ARINFO s                < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
