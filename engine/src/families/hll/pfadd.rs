//! PFADD: show elements to a counter; it comes into being if need be. Answers whether its registers have changed.

use super::{corrupt, counter};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::rework;
use crate::families::string::value::new_edited_text;
use ds::hll::{self, Corrupt};
use ds::table::SetExpiry;

pub(crate) fn pfadd(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let sparse_max = ctx.keys.space.forms.hll_sparse_max_bytes;
    let exists = ctx.keys.read_to_write::<Text>(key)?.map(counter).transpose()?.is_some();
    let (changed, outcome) = if exists {
        rework(&mut ctx.keys, key, |bytes| {
            let (changed, outcome) = add_all(bytes, args, sparse_max);
            (changed, (changed, outcome))
        })
    } else {
        let mut bytes = hll::empty();
        let (_, outcome) = add_all(&mut bytes, args, sparse_max);
        hll::set_stale(&mut bytes);
        ctx.keys.put(key, new_edited_text(key.len(), &mut bytes), SetExpiry::Clear);
        (true, outcome)
    };
    if changed {
        ctx.notify(Class::String, "pfadd", key);
    }
    outcome.map_err(corrupt)?;
    ctx.reply.flag(changed);
    Ok(())
}

/// Adds what is left of the arguments, up to one that shows that the counter is corrupt. Says whether a register has
/// changed, which holds even then.
fn add_all(bytes: &mut Vec<u8>, args: &mut Args, sparse_max: usize) -> (bool, Result<(), Corrupt>) {
    let mut changed = false;
    let mut outcome = Ok(());
    while let (Some(element), Ok(())) = (args.next(), outcome) {
        match hll::add(bytes, element, sparse_max) {
            Ok(raised) => changed |= raised,
            Err(error) => outcome = Err(error),
        }
    }
    if changed {
        hll::set_stale(bytes);
    }
    (changed, outcome)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn pfadd() {
        check(
            r#"
            > PFADD h            < 1      ~ PFADD h           ! pfadd h
            > PFADD h            < 0
            > GET h              < "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
            > PFADD h a          < 1      ~ PFADD h a         ! pfadd h
            > PFADD h a          < 0
            > GET h              < "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80q\xa6\x84NW"
            > PFADD h b c d a    < 1      ~ PFADD h b c d a   ! pfadd h
            > PFADD i a b c d    < 1      ~ PFADD i a b c d   ! pfadd i
            > PFDEBUG DECODE i   < "Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
            > OBJECT ENCODING i  < "raw"
            "#,
        );
    }

    #[test]
    fn strings_that_are_no_counters() {
        let error = "WRONGTYPE Key is not a valid HyperLogLog string value.";
        for text in ["foo", "12345", "HYLL", "HYLL-and-more-of-it"] {
            check(&format!(
                "> SET k {text} < OK ~ SET k {text} ! set k
                 > PFADD k      < {error}
                 > PFCOUNT k    < {error}
                 > PFMERGE k    < {error}
                 > PFMERGE d k  < {error}
                 > PFDEBUG ENCODING k < {error}"
            ));
        }
    }

    /// A copy that SET made is short text by name; adding to it, even in vain, makes it raw.
    #[test]
    fn the_form_changes_in_silence() {
        let bytes = r"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80q\xa6\x84NW";
        check(&format!(
            r#"
            > SET h "{bytes}"    < OK     ~ SET h {bytes}     ! set h
            > OBJECT ENCODING h  < "embstr"
            > PFADD h a          < 0
            > OBJECT ENCODING h  < "raw"
            "#
        ));
    }
}
