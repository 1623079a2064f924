//! AROP: one number from the elements of a range.
//!
//! ```text
//! AROP key start end SUM | MIN | MAX | AND | OR | XOR | MATCH value | USED
//! ```
//!
//! Elements that are no numbers count for MATCH and USED alone. Where nothing is left to count, the answer is nil.

use super::total::Number;
use super::{Array, ArrayRef, error, index};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use ds::sparse::Scratch;

#[derive(Clone, Copy)]
enum Operation<'a> {
    Number(fn(Number, Number) -> Number),
    Bits(fn(i64, i64) -> i64),
    Match(&'a [u8]),
    Used,
}

pub(crate) fn arop(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let (key, start, end) = (args.key()?, index(args)?, index(args)?);
    let operation = parse_operation(args)?;
    let array = ctx.keys.read::<Array>(key)?;
    let (low, high) = (start.min(end), start.max(end));
    let elements = || array.iter().flat_map(|array| array.iter(low, high).map(|(_, element)| element));
    match operation {
        Operation::Used => {
            let count = array.map_or(0, |array: ArrayRef<'_>| array.count_range(low, high));
            ctx.reply.int(count as i64);
        }
        Operation::Match(text) => {
            let equal = elements().filter(|element| element.text(&mut Scratch::default()) == text);
            ctx.reply.int(equal.count() as i64);
        }
        Operation::Bits(both) => {
            let numbers = elements().filter_map(|element| Number::of(element)?.truncated());
            match numbers.reduce(both) {
                Some(bits) => ctx.reply.int(bits),
                None => ctx.reply.null(),
            }
        }
        Operation::Number(both) => match elements().filter_map(Number::of).reduce(both) {
            Some(number) => {
                let mut digits = Vec::new();
                number.write(&mut digits);
                ctx.reply.bulk(&digits);
            }
            None => ctx.reply.null(),
        },
    }
    Ok(())
}

fn parse_operation<'a>(args: &mut Args<'a>) -> Result<Operation<'a>, CommandError> {
    let name = args.bytes()?.to_ascii_uppercase();
    let operation = match name.as_slice() {
        b"SUM" => Operation::Number(Number::plus),
        b"MIN" => Operation::Number(Number::min),
        b"MAX" => Operation::Number(Number::max),
        b"AND" => Operation::Bits(|one, other| one & other),
        b"OR" => Operation::Bits(|one, other| one | other),
        b"XOR" => Operation::Bits(|one, other| one ^ other),
        b"USED" => Operation::Used,
        b"MATCH" => Operation::Match(args.next().ok_or(CommandError::WrongArity("arop"))?),
        _ => return Err(error("ERR unknown operation")),
    };
    if args.remaining() > 0 { Err(CommandError::WrongArity("arop")) } else { Ok(operation) }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn arop() {
        check(
            r#"
            > AROP a 0 9 SUM          < nil
            > AROP a 0 9 AND          < nil
            > AROP a 0 9 USED         < 0
            > AROP a 0 9 MATCH x      < 0
            > ARSET a 0 30 word 10.50 20    < 4    ~ ARSET a 0 30 word 10.50 20    ! arset a
            > AROP a 0 9 SUM          < "60.5"
            > AROP a 9 0 sum          < "60.5"
            > AROP a 0 0 SUM          < "30"
            > AROP a 1 1 SUM          < nil
            > AROP a 0 9 MIN          < "10.5"
            > AROP a 0 9 MAX          < "30"
            > AROP a 0 9 USED         < 4
            > AROP a 1 2 USED         < 2
            > AROP a 0 9 MATCH 10.50  < 1
            > AROP a 0 9 MATCH 10.5   < 0
            > AROP a 0 9 MATCH word   < 1
            > ARSET b 0 7.9 3.2 1.8 x    < 4    ~ ARSET b 0 7.9 3.2 1.8 x    ! arset b
            > AROP b 0 9 AND          < 1
            > AROP b 0 9 OR           < 7
            > AROP b 0 9 XOR          < 5
            > AROP b 3 3 XOR          < nil
            > ARSET b 4 1e30          < 1    ~ ARSET b 4 1e30    ! arset b
            > AROP b 0 9 OR           < 7
            > AROP a 0 9 AVG          < ERR unknown operation
            > AROP a 0 9 MATCH        < ERR wrong number of arguments for 'arop' command
            > AROP a 0 9 SUM 1        < ERR wrong number of arguments for 'arop' command
            > AROP a - + SUM          < ERR invalid array index
            > SET s x                 < OK    ~ SET s x             ! set s
            > AROP s 0 9 SUM          < WRONGTYPE Operation against a key holding the wrong kind of value
            "#,
        );
    }
}
