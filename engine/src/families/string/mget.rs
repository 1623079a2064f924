//! MGET: the texts of several keys; nil for what is missing or no string.

use super::Text;
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn mget(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let argv = args.argv();
    let keys = argv.iter().skip(1).map(|key| (key, ()));
    let Ctx { keys: database, reply, .. } = ctx;
    reply.array(argv.len() - 1);
    database.each_prefetched(keys, |database, key, ()| match database.read::<Text>(key) {
        Ok(Some(text)) => text.reply(reply),
        Ok(None) | Err(_) => reply.null(),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn mget() {
        check(
            r#"
            > MSET a 1 b two     < OK     ~ MSET a 1 b two     ! set a    ! set b
            > MGET a c b a       < ["1" nil "two" "1"]
            "#,
        );
    }

    /// More keys than are prefetched at a time, and exactly as many.
    #[test]
    fn batches_have_no_seams() {
        for keys in [31, 32, 33, 64, 100] {
            let pairs: Vec<String> = (0..keys).map(|i| format!("k{i} {i}")).collect();
            let names: Vec<String> = (0..keys).map(|i| format!("k{i}")).collect();
            let values: Vec<String> = (0..keys).map(|i| format!("\"{i}\"")).collect();
            let events: Vec<String> = names.iter().map(|name| format!("! set {name}")).collect();
            check(&format!(
                "> MSET {pairs} < OK ~ MSET {pairs} {events}\n> MGET {names} < [{values}]",
                pairs = pairs.join(" "),
                events = events.join(" "),
                names = names.join(" "),
                values = values.join(" "),
            ));
        }
    }
}
