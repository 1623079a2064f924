//! PFDEBUG: look inside a counter.
//!
//! ```text
//! PFDEBUG GETREG | DECODE | ENCODING | TODENSE  key
//! PFDEBUG SIMD  ON | OFF
//! ```
//!
//! GETREG and TODENSE make a sparse counter dense, which is told to the replicas.

use super::{corrupt, counter};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::rework;
use ds::hll::{self, Form, Loops};

pub(crate) fn pfdebug(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    if args.take("simd") {
        return simd(ctx, args);
    }
    let (subcommand, key) = (args.bytes()?, args.key()?);
    let text = ctx.keys.read_to_write::<Text>(key)?;
    let missing = || CommandError::err("The specified key does not exist");
    let (bytes, form) = counter(text.ok_or_else(missing)?)?;
    let sparse = form == Form::Sparse;
    let runs = if sparse { hll::describe_runs(bytes) } else { String::new() };
    // Even a look makes the string raw by name.
    rework(&mut ctx.keys, key, |_| (false, ()));
    let is = |name: &str| subcommand.eq_ignore_ascii_case(name.as_bytes());
    match () {
        () if is("getreg") => {
            make_dense(ctx, key)?;
            getreg(ctx, key);
        }
        () if is("todense") => {
            let was_sparse = make_dense(ctx, key)?;
            ctx.reply.flag(was_sparse);
        }
        () if is("decode") && sparse => ctx.reply.bulk(runs.as_bytes()),
        () if is("decode") => return Err(CommandError::err("HLL encoding is not sparse")),
        () if is("encoding") => ctx.reply.simple(if sparse { "sparse" } else { "dense" }),
        () => return Err(CommandError::quoting("Unknown PFDEBUG subcommand '", subcommand, "'")),
    }
    Ok(())
}

/// Turns the loops for wide registers of the processor on or off, so that tests may compare them.
fn simd(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (loops, answer) = match () {
        () if args.take("on") => (Loops::Wide, "enabled"),
        () if args.take("off") => (Loops::Plain, "disabled"),
        () => return Err(CommandError::err("Argument must be ON or OFF")),
    };
    ctx.keys.space.forms.hll_loops = loops;
    ctx.reply.simple(answer);
    Ok(())
}

fn make_dense(ctx: &mut Ctx, key: &[u8]) -> Result<bool, CommandError> {
    let made = rework(&mut ctx.keys, key, |bytes| {
        let made = hll::make_dense(bytes);
        (made == Ok(true), made)
    });
    made.map_err(corrupt)
}

fn getreg(ctx: &mut Ctx, key: &[u8]) {
    let mut registers = [0; hll::REGISTERS];
    let loops = ctx.keys.space.forms.hll_loops;
    rework(&mut ctx.keys, key, |bytes| (false, hll::merge(bytes, &mut registers, loops)))
        .expect("a dense counter is sound");
    ctx.reply.array(hll::REGISTERS);
    registers.iter().for_each(|value| ctx.reply.int(i64::from(*value)));
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn pfdebug() {
        check(
            r#"
            > PFADD h a                  < 1     ~ PFADD h a      ! pfadd h
            > PFDEBUG encoding h         < sparse
            > PFDEBUG DECODE h           < "Z:12711 v:2,1 Z:3672"
            > PFDEBUG TODENSE h          < 1     ~ PFDEBUG TODENSE h
            > PFDEBUG TODENSE h          < 0
            > PFDEBUG ENCODING h         < dense
            > PFDEBUG DECODE h           < ERR HLL encoding is not sparse
            > PFDEBUG WHAT h             < ERR Unknown PFDEBUG subcommand 'WHAT'
            > PFDEBUG WHAT none          < ERR The specified key does not exist
            > PFDEBUG SIMD OFF           < disabled
            > PFCOUNT h h                < 1
            > PFDEBUG simd on            < enabled
            > PFDEBUG SIMD what          < ERR Argument must be ON or OFF
            "#,
        );
    }

    #[test]
    fn registers() {
        let registers: Vec<_> = (0..16384).map(|index| if index == 12711 { "2" } else { "0" }).collect();
        check(&format!(
            "> PFADD h a        < 1      ~ PFADD h a      ! pfadd h
             > PFDEBUG GETREG h < [{0}]  ~ PFDEBUG GETREG h
             > PFDEBUG GETREG h < [{0}]",
            registers.join(" ")
        ));
    }
}
