//! BITFIELD and BITFIELD_RO: read, write and count in integers of any width, at any bit of a string.
//!
//! ```text
//! BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] (SET type offset value | INCRBY type offset by)] ...
//!              type: i1 ... i64 or u1 ... u63      offset: in bits, or #N for the N-th field of the type's width
//! ```
//!
//! All operations are read before the key is looked at. With a writing one among them the string grows to hold the
//! farthest of them, even if OVERFLOW FAIL then keeps all from writing; the steps are done in order.

use super::{BAD_OFFSET, bit_offset, check_offset};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::families::string::Text;
use crate::families::string::edit::edit_if;
use crate::reply::Reply;
use ds::bits;

pub(crate) fn bitfield(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, steps) = (args.key()?, steps(ctx, args)?);
    // The bytes that it takes to write them all.
    let reach = steps.iter().filter(|step| step.action != Action::Get);
    let reach = reach.map(|step| (step.offset + u64::from(step.kind.width)).div_ceil(8)).max();
    let Some(reach) = reach else { return read(ctx, key, &steps) };
    let len = ctx.keys.read_to_write::<Text>(key)?.map_or(0, |text| text.len());
    let grows = reach as usize > len;
    let mut told = false;
    let Ctx { keys, reply, .. } = ctx;
    edit_if(keys, key, reach as usize, |bytes| {
        reply.array(steps.len());
        for step in &steps {
            // The number is counted as written as soon as something was: what it was before may be the same.
            let written = run(step, bytes, reply);
            told |= written.is_some_and(|differs| differs || grows);
        }
        told
    });
    if told {
        ctx.notify(Class::String, "setbit", key);
    }
    Ok(())
}

pub(crate) fn bitfield_ro(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, steps) = (args.key()?, steps(ctx, args)?);
    if steps.iter().any(|step| step.action != Action::Get) {
        return Err(CommandError::err("BITFIELD_RO only supports the GET subcommand"));
    }
    read(ctx, key, &steps)
}

fn read(ctx: &mut Ctx, key: &[u8], steps: &[Step]) -> Result<(), CommandError> {
    let mut digits = [0; ds::int::MAX_DIGITS];
    let text = ctx.keys.read::<Text>(key)?;
    let bytes = text.map_or(&b""[..], |text| text.as_bytes(&mut digits));
    ctx.reply.array(steps.len());
    steps.iter().for_each(|step| ctx.reply.int(step.kind.read(bytes, step.offset)));
    Ok(())
}

struct Step {
    action: Action,
    kind: Kind,
    /// Of its first bit.
    offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Get,
    Set(i64, Overflow),
    Add(i64, Overflow),
}

/// What becomes of a number that its field cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    signed: bool,
    width: u32,
}

fn steps(ctx: &Ctx, args: &mut Args) -> Result<Vec<Step>, CommandError> {
    let mut steps = Vec::with_capacity(args.remaining() / 3);
    let mut overflow = Overflow::Wrap;
    while args.remaining() > 0 {
        // A step that lacks one of its words is not a step.
        let words_after = args.remaining() - 1;
        if words_after >= 2 && args.take("get") {
            let (kind, offset) = field(ctx, args)?;
            steps.push(Step { action: Action::Get, kind, offset });
        } else if words_after >= 3 && args.take("set") {
            let (kind, offset) = field(ctx, args)?;
            steps.push(Step { action: Action::Set(args.int()?, overflow), kind, offset });
        } else if words_after >= 3 && args.take("incrby") {
            let (kind, offset) = field(ctx, args)?;
            steps.push(Step { action: Action::Add(args.int()?, overflow), kind, offset });
        } else if words_after >= 1 && args.take("overflow") {
            overflow = match () {
                () if args.take("wrap") => Overflow::Wrap,
                () if args.take("sat") => Overflow::Saturate,
                () if args.take("fail") => Overflow::Fail,
                () => return Err(CommandError::err("Invalid OVERFLOW type specified")),
            };
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(steps)
}

fn field(ctx: &Ctx, args: &mut Args) -> Result<(Kind, u64), CommandError> {
    let kind = Kind::parse(args.bytes()?).ok_or_else(|| {
        let text =
            "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
        CommandError::err(text)
    })?;
    let offset = match args.bytes()? {
        [b'#', number @ ..] => {
            let number = ds::int::parse_i64(number).ok_or(BAD_OFFSET)?;
            check_offset(ctx, number.checked_mul(i64::from(kind.width)))?
        }
        word => bit_offset(ctx, word)?,
    };
    Ok((kind, offset))
}

/// Does a step and answers it; for one that writes, says whether the field differs now.
fn run(step: &Step, bytes: &mut [u8], reply: &mut Reply<'_>) -> Option<bool> {
    let old = step.kind.read(bytes, step.offset);
    let (wanted, overflow) = match step.action {
        Action::Get => {
            reply.int(old);
            return None;
        }
        Action::Set(value, overflow) => (step.kind.widen(value), overflow),
        Action::Add(by, overflow) => (i128::from(old) + i128::from(by), overflow),
    };
    let Some(new) = step.kind.fit(wanted, overflow) else {
        reply.null();
        return None;
    };
    bits::write_field(bytes, step.offset, step.kind.width, new as u64);
    reply.int(if matches!(step.action, Action::Set(..)) { old } else { new });
    Some(old != new)
}

impl Kind {
    fn parse(word: &[u8]) -> Option<Kind> {
        let (signed, digits, most) = match word {
            [b'i', digits @ ..] => (true, digits, 64),
            [b'u', digits @ ..] => (false, digits, 63),
            _ => return None,
        };
        // Redis's text ends at a zero byte.
        let digits = digits.split(|byte| *byte == 0).next()?;
        let width = ds::int::parse_i64(digits).filter(|width| (1..=most).contains(width))?;
        Some(Kind { signed, width: width as u32 })
    }

    fn read(self, bytes: &[u8], offset: u64) -> i64 {
        self.interpret(bits::read_field(bytes, offset, self.width))
    }

    /// What the low bits of `raw` mean.
    fn interpret(self, raw: u64) -> i64 {
        let unused = u64::BITS - self.width;
        if self.signed { (raw << unused) as i64 >> unused } else { (raw << unused >> unused) as i64 }
    }

    /// A number that is to be stored: for an unsigned field, a negative one counts as the large one of the same bits.
    fn widen(self, value: i64) -> i128 {
        if self.signed { i128::from(value) } else { i128::from(value as u64) }
    }

    /// What is stored when `wanted` should be; `None` if nothing.
    fn fit(self, wanted: i128, overflow: Overflow) -> Option<i64> {
        let (low, high) = if self.signed {
            (-(1i128 << (self.width - 1)), (1i128 << (self.width - 1)) - 1)
        } else {
            (0, (1i128 << self.width) - 1)
        };
        if (low..=high).contains(&wanted) {
            return Some(wanted as i64);
        }
        match overflow {
            Overflow::Wrap => Some(self.interpret(wanted as u64)),
            Overflow::Saturate => Some(wanted.clamp(low, high) as i64),
            Overflow::Fail => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn every_action() {
        check(
            r##"
            > BITFIELD k                         < []
            > BITFIELD k GET u8 0                < [0]
            > BITFIELD k SET u8 0 255 GET i8 0   < [0 -1]    ~ BITFIELD k SET u8 0 255 GET i8 0     ! setbit k
            > BITFIELD k SET u8 0 255            < [255]
            > BITFIELD k INCRBY u4 4 -1          < [14]      ~ BITFIELD k INCRBY u4 4 -1            ! setbit k
            > BITFIELD k incrby i5 3 -20 set u1 1 0 get u16 0   < [10 1 43520] \
              ~ BITFIELD k incrby i5 3 -20 set u1 1 0 get u16 0   ! setbit k
            > BITFIELD_RO k GET u8 "#0" GET u4 "#1"  < [170 10]
            > BITFIELD_RO none GET i64 0 OVERFLOW SAT  < [0]
            > BITFIELD_RO k                      < []
            "##
            .replace("\\\n              ", "")
            .as_str(),
        );
    }

    #[test]
    fn overflow() {
        check(
            r#"
            > BITFIELD k SET u8 0 300 OVERFLOW SAT SET u8 8 300 SET u8 16 -1 SET i8 24 -1000  < [0 0 0 0] \
              ~ BITFIELD k SET u8 0 300 OVERFLOW SAT SET u8 8 300 SET u8 16 -1 SET i8 24 -1000   ! setbit k
            > GET k                              < ",\xff\xff\x80"
            > BITFIELD k OVERFLOW FAIL SET u8 0 300 INCRBY u8 0 -45 INCRBY u8 8 1  < [nil nil nil]
            > BITFIELD k OVERFLOW SAT INCRBY u8 0 -45 OVERFLOW WRAP INCRBY u8 0 -1  < [0 255] \
              ~ BITFIELD k OVERFLOW SAT INCRBY u8 0 -45 OVERFLOW WRAP INCRBY u8 0 -1    ! setbit k
            > BITFIELD m SET i64 0 9223372036854775807 INCRBY i64 0 1   < [0 -9223372036854775808] \
              ~ BITFIELD m SET i64 0 9223372036854775807 INCRBY i64 0 1   ! setbit m
            > BITFIELD m OVERFLOW SAT INCRBY i64 0 -1   < [-9223372036854775808]
            > BITFIELD m OVERFLOW FAIL INCRBY i64 0 -1  < [nil]
            > BITFIELD m INCRBY u63 1 -9223372036854775808   < [0]
            > BITFIELD m SET u63 1 -1            < [0]       ~ BITFIELD m SET u63 1 -1       ! setbit m
            "#
            .replace("\\\n              ", "")
            .as_str(),
        );
    }

    /// A string that grows without being written is told to the replicas, which Redis forgets, but raises no event.
    #[test]
    fn growth_alone() {
        check(
            r#"
            > BITFIELD k OVERFLOW FAIL SET u8 20 300   < [nil]     ~ BITFIELD k OVERFLOW FAIL SET u8 20 300
            > STRLEN k                           < 4
            > BITFIELD k INCRBY u8 32 0          < [0]       ~ BITFIELD k INCRBY u8 32 0     ! setbit k
            > SET n 12                           < OK        ~ SET n 12                      ! set n
            > BITFIELD n GET u8 0                < [49]
            > OBJECT ENCODING n                  < "int"
            > BITFIELD n SET u8 0 49             < [49]
            > OBJECT ENCODING n                  < "raw"
            "#,
        );
    }

    /// Redis issue 15433: the limit itself, one below it, and products that leave 64 bits.
    #[test]
    fn offsets_near_the_limit() {
        let refused = "< ERR bit offset is not an integer or out of range";
        for offset in [
            "-1",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "#536870912",
            "#-1",
            "#",
            "#9223372036854775807",
            "#1152921504606846976",
            "#2305843009213693952",
            "x",
        ] {
            check(&format!(
                "> BITFIELD k GET u8 \"{offset}\" {refused}\n> BITFIELD k SET u8 \"{offset}\" 1 {refused}"
            ));
        }
        check(r##"> BITFIELD_RO k GET i64 4294967295 GET u8 "#536870911" GET i64 "#67108863"  < [0 0 0]"##);
    }

    #[test]
    fn what_is_no_step() {
        for (steps, error) in [
            ("GET u8", "ERR syntax error"),
            ("SET u8 0", "ERR syntax error"),
            ("OVERFLOW", "ERR syntax error"),
            ("PUT u8 0", "ERR syntax error"),
            ("GET u8 0 GET", "ERR syntax error"),
            ("OVERFLOW odd GET x 0", "ERR Invalid OVERFLOW type specified"),
            ("SET u8 0 x", "ERR value is not an integer or out of range"),
            ("SET u8 x x", "ERR bit offset is not an integer or out of range"),
        ] {
            check(&format!("> BITFIELD k {steps} < {error}"));
            check(&format!("> BITFIELD_RO k {steps} < {error}"));
        }
        for kind in ["u64", "u0", "i65", "i0", "x8", "U8", "u08", "u", "8", "u8x", "u-8"] {
            let error = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
            check(&format!("> BITFIELD k GET {kind} x < {error}"));
        }
        check("> BITFIELD_RO k GET u8 0 SET u8 0 1 < ERR BITFIELD_RO only supports the GET subcommand");
    }
}
