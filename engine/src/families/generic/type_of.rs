//! TYPE: the name of a key's type.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::Lookup;
use crate::keyspace::value::type_name;

pub(crate) fn type_of(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let key = args.key()?;
    let name = ctx.keys.entry(key, Lookup::NoTouch).map_or("none", |entry| type_name(&entry.value()));
    ctx.reply.simple(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn type_of() {
        check(
            r#"
            > TYPE a             < none
            > SET a 1 PX 10      < OK       ~ SET a 1 PXAT 10   ! set a   ! expire a
            > TYPE a             < string
            @ 11ms
            > TYPE a             < none     ~ DEL a             ! expired a
            > TYPE               < ERR wrong number of arguments for 'type' command
            "#,
        );
    }
}
