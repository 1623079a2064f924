//! LMOVEM: take several elements from an end of a list and add them at an end of another, or of the same. Answers
//! them
//! in the order in which they lie there.
//!
//! ```text
//! LMOVEM source destination LEFT | RIGHT LEFT | RIGHT [COUNT count | EXACTLY exactly  OBO | BULK]
//! ```
//!
//! COUNT takes as many as there are, EXACTLY all or none. OBO moves one by one, which turns their order where both
//! ends are the same; BULK keeps it always. All are taken before the first is added, even from and to the same list.

use super::lmpop::positive;
use super::{List, end, popped, pushed};
use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{Edit, Forms};
use ds::quicklist::End;

/// What is moved, apart from the timeout of a command that waits.
pub(super) struct Request<'a> {
    from: &'a [u8],
    to: &'a [u8],
    ends: (End, End),
    count: usize,
    /// That many or none.
    exactly: bool,
    /// The elements come to lie the other way round.
    turned: bool,
}

/// What became of a request.
#[derive(PartialEq, Eq)]
pub(super) enum Moved {
    /// The reply is written.
    Done,
    /// There was nothing, or not enough; no reply is.
    Nothing,
}

fn request<'a>(args: &mut Args<'a>) -> Result<Request<'a>, CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    let ends = (end(args)?, end(args)?);
    let mut request = Request { from, to, ends, count: 1, exactly: false, turned: false };
    if args.remaining() > 0 {
        how_many(args, &mut request)?;
    }
    Ok(request)
}

/// Reads the optional block, of which nothing may be missing.
fn how_many(args: &mut Args, request: &mut Request<'_>) -> Result<(), CommandError> {
    if args.remaining() != 3 {
        return Err(CommandError::Syntax);
    }
    request.exactly = args.take("EXACTLY");
    if !request.exactly && !args.take("COUNT") {
        return Err(CommandError::Syntax);
    }
    request.count = positive(args, "count should be greater than 0")?;
    if args.take("OBO") {
        request.turned = request.ends.0 == request.ends.1;
    } else if !args.take("BULK") {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

pub(crate) fn lmovem(ctx: &mut Ctx, args: &mut Args) -> Result<(), CommandError> {
    let request = request(args)?;
    if move_many(ctx, &request)? == Moved::Nothing {
        match request.exactly {
            true => ctx.reply.null_array(),
            false => ctx.reply.array(0),
        }
    }
    Ok(())
}

/// Moves elements and answers them as an array, if there are enough.
pub(super) fn move_many(ctx: &mut Ctx, request: &Request<'_>) -> Result<Moved, CommandError> {
    let Request { from, to, ends, exactly, .. } = *request;
    let len = ctx.keys.read_to_write::<List>(from)?.map_or(0, |list| list.len());
    if len == 0 || exactly && len < request.count {
        return Ok(Moved::Nothing);
    }
    ctx.keys.read_to_write::<List>(to)?;
    let count = request.count.min(len);
    let mut block = Block::default();
    let removed = if from == to {
        ctx.keys.edit_existing(from, |list: &mut List, tools| {
            let removed = list.pop(ends.0, count, |item| block.push(|bytes| item.write(bytes)));
            block.arrange(request);
            block.push_to(list, ends.1, tools.forms);
            list.settle(tools.forms);
            Ok(Edit::Changed(removed))
        })?
    } else {
        let edited = ctx.keys.edit_existing(from, |list: &mut List, tools| {
            let removed = list.pop(ends.0, count, |item| block.push(|bytes| item.write(bytes)));
            list.settle(tools.forms);
            Ok(Edit::Changed(removed))
        })?;
        block.arrange(request);
        ctx.keys.edit(to, |list: &mut List, tools| {
            block.push_to(list, ends.1, tools.forms);
            Ok(Edit::Changed(()))
        })?;
        edited
    };
    ctx.reply.array(count);
    block.iter().for_each(|text| ctx.reply.bulk(text));
    let edited = removed.expect("the list is there");
    ctx.keys.space.retire(edited.result.into_value());
    pushed(ctx, ends.1, to);
    popped(ctx, ends.0, from, edited.removed);
    Ok(Moved::Done)
}

/// Elements on their way.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Where each begins and ends, in the order in which they will lie.
    spans: Vec<(usize, usize)>,
}

impl Block {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.spans.push((start, self.bytes.len()));
    }

    /// From the order in which they were popped to the one in which they will lie.
    fn arrange(&mut self, request: &Request<'_>) {
        if (request.ends.0 == End::Back) != request.turned {
            self.spans.reverse();
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
        self.spans.iter().map(|(start, end)| &self.bytes[*start..*end])
    }

    fn push_to(&self, list: &mut List, end: End, forms: &Forms) {
        match end {
            End::Front => list.push_moved(end, self.iter().rev(), forms),
            End::Back => list.push_moved(end, self.iter(), forms),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn orders() {
        check(
            r#"
            > RPUSH a 1 2 3 4 5                       < 5               ~ RPUSH a 1 2 3 4 5     ! rpush a
            > LMOVEM a b LEFT LEFT COUNT 2 OBO        < ["2" "1"]       ~ LMOVEM a b LEFT LEFT COUNT 2 OBO   ! lpush b   ! lpop a
            > LMOVEM a b LEFT LEFT COUNT 2 BULK       < ["3" "4"]       ~ LMOVEM a b LEFT LEFT COUNT 2 BULK  ! lpush b   ! lpop a
            > LRANGE b 0 -1                           < ["3" "4" "2" "1"]
            > LMOVEM b c RIGHT RIGHT EXACTLY 2 obo    < ["1" "2"]       ~ LMOVEM b c RIGHT RIGHT EXACTLY 2 obo   ! rpush c   ! rpop b
            > LMOVEM b c RIGHT RIGHT exactly 2 BULK   < ["3" "4"]       ~ LMOVEM b c RIGHT RIGHT exactly 2 BULK  ! rpush c   ! rpop b   ! del b
            > LRANGE c 0 -1                           < ["1" "2" "3" "4"]
            > LMOVEM c d LEFT RIGHT COUNT 2 OBO       < ["1" "2"]       ~ LMOVEM c d LEFT RIGHT COUNT 2 OBO  ! rpush d   ! lpop c
            > LMOVEM c d RIGHT LEFT COUNT 9 OBO       < ["3" "4"]       ~ LMOVEM c d RIGHT LEFT COUNT 9 OBO  ! lpush d   ! rpop c   ! del c
            > LRANGE d 0 -1                           < ["3" "4" "1" "2"]
            > LMOVEM d e RIGHT LEFT                   < ["2"]           ~ LMOVEM d e RIGHT LEFT              ! lpush e   ! rpop d
            "#,
        );
    }

    #[test]
    fn within_one_list() {
        check(
            r#"
            > RPUSH a a b c                           < 3               ~ RPUSH a a b c     ! rpush a
            > LMOVEM a a LEFT LEFT EXACTLY 2 OBO      < ["b" "a"]       ~ LMOVEM a a LEFT LEFT EXACTLY 2 OBO  ! lpush a   ! lpop a
            > LRANGE a 0 -1                           < ["b" "a" "c"]
            > LMOVEM a a RIGHT RIGHT COUNT 2 BULK     < ["a" "c"]       ~ LMOVEM a a RIGHT RIGHT COUNT 2 BULK ! rpush a   ! rpop a
            > LRANGE a 0 -1                           < ["b" "a" "c"]
            > LMOVEM a a LEFT RIGHT COUNT 9 OBO       < ["b" "a" "c"]   ~ LMOVEM a a LEFT RIGHT COUNT 9 OBO   ! rpush a   ! lpop a
            > LRANGE a 0 -1                           < ["b" "a" "c"]
            "#,
        );
    }

    #[test]
    fn what_is_not_enough_and_what_is_wrong() {
        check(
            r#"
            > LMOVEM a b LEFT LEFT                    < []
            > LMOVEM a b LEFT LEFT COUNT 2 OBO        < []
            > LMOVEM a b LEFT LEFT EXACTLY 1 OBO      < nil
            > RPUSH a 1 2                             < 2       ~ RPUSH a 1 2       ! rpush a
            > LMOVEM a b LEFT LEFT EXACTLY 3 OBO      < nil
            > LMOVEM a b LEFT LEFT COUNT 0 OBO        < ERR count should be greater than 0
            > LMOVEM a b LEFT LEFT EXACTLY x OBO      < ERR count should be greater than 0
            > LMOVEM a b LEFT LEFT COUNT 2            < ERR syntax error
            > LMOVEM a b LEFT LEFT EXACTLY 2          < ERR syntax error
            > LMOVEM a b LEFT LEFT COUNT 2 OTHER      < ERR syntax error
            > LMOVEM a b LEFT LEFT COUNT 2 OBO more   < ERR syntax error
            > LMOVEM a b LEFT LEFT OTHER 2 OBO        < ERR syntax error
            > LMOVEM a b LEFT ASIDE COUNT 2 OBO       < ERR syntax error
            > LMOVEM a b LEFT                         < ERR wrong number of arguments for 'lmovem' command
            > SET s x                                 < OK      ~ SET s x           ! set s
            > LMOVEM s a LEFT LEFT              < WRONGTYPE Operation against a key holding the wrong kind of value
            > LMOVEM a s LEFT LEFT COUNT 2 BULK < WRONGTYPE Operation against a key holding the wrong kind of value
            > LRANGE a 0 -1                           < ["1" "2"]
            "#,
        );
    }
}
