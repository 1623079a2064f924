//! PFMERGE: make a counter know what it and others have been shown; it comes into being if need be.
//!
//! With a dense counter among them the result is dense.

use super::{corrupt, counter};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::rework;
use crate::families::string::value::new_edited_text;
use ds::hll::{self, Corrupt, Form};
use ds::table::SetExpiry;

pub(crate) fn pfmerge(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let forms = ctx.keys.space.forms;
    let destination = args.peek().ok_or(CommandError::Syntax)?;
    let (mut registers, mut dense) = ([0; hll::REGISTERS], false);
    while let Some(key) = args.next() {
        if let Some(text) = ctx.keys.read::<Text>(key)? {
            let (bytes, form) = counter(text)?;
            dense |= form == Form::Dense;
            hll::merge(bytes, &mut registers, forms.hll_loops).map_err(corrupt)?;
        }
    }
    let take_over = |bytes: &mut Vec<u8>| -> Result<(), Corrupt> {
        if dense {
            hll::make_dense(bytes)?;
        }
        hll::raise_all(bytes, &registers, forms.hll_sparse_max_bytes)?;
        hll::set_stale(bytes);
        Ok(())
    };
    let taken = if ctx.keys.read_to_write::<Text>(destination)?.is_some() {
        rework(&mut ctx.keys, destination, |bytes| (true, take_over(bytes)))
    } else {
        let mut bytes = hll::empty();
        let taken = take_over(&mut bytes);
        let form = new_edited_text(destination.len(), &mut bytes);
        ctx.keys.put(destination, form, SetExpiry::Clear);
        taken
    };
    taken.expect("what was merged is sound");
    ctx.notify(Class::String, "pfadd", destination);
    ctx.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn pfmerge() {
        check(
            r#"
            > PFMERGE d            < OK     ~ PFMERGE d           ! pfadd d
            > GET d                < "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
            > PFADD a x y          < 1      ~ PFADD a x y         ! pfadd a
            > PFADD b y z          < 1      ~ PFADD b y z         ! pfadd b
            > PFMERGE d a b none   < OK     ~ PFMERGE d a b none  ! pfadd d
            > PFCOUNT d            < 3      ~ PFCOUNT d
            > PFDEBUG ENCODING d   < sparse
            > PFMERGE d d          < OK     ~ PFMERGE d d         ! pfadd d
            > PFCOUNT d            < 3      ~ PFCOUNT d
            > PFDEBUG TODENSE b    < 1      ~ PFDEBUG TODENSE b
            > PFMERGE a b          < OK     ~ PFMERGE a b         ! pfadd a
            > PFDEBUG ENCODING a   < dense
            > PFMERGE e b          < OK     ~ PFMERGE e b         ! pfadd e
            > STRLEN e             < 12304
            > PFCOUNT a            < 3      ~ PFCOUNT a
            "#,
        );
    }
}
