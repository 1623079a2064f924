//! How every record is laid out, as data, and a scanner that finds where one ends.
//!
//! The scanner remembers its place, so a record that arrives in pieces is gone over once. It looks at
//! lengths only; what the parts mean is for whoever reads them.

use super::codes::{array_tag, kind, module, opcode};
use super::error::{DecodeError, DecodeErrorKind};
use super::reader::Reader;

/// A part of a record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    String,
    Len,
    /// This many bytes.
    Raw(u64),
    TextDouble,
    /// A length, and then the parts that many times. They are never none.
    Repeat(Layout),
    /// An array: how many elements it has, whether it has a cursor, the cursor, the elements.
    Array,
    /// A tag, and what it announces.
    Tagged,
    /// What a module wrote: parts that name their own kinds, up to an end mark.
    Module,
}

pub(super) type Layout = &'static [Part];

/// Which of the two servers wrote the file. They use some numbers for different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    Redis,
    Valkey,
}

use Part::{Array, Len, Module, Raw, Repeat, String, Tagged, TextDouble};

/// The layout of a record that is no key, behind its opcode.
pub(super) fn of_opcode(code: u8, flavor: Flavor) -> Option<Layout> {
    Some(match code {
        opcode::AUX => &[String, String],
        opcode::SELECT_DB => &[Len],
        opcode::RESIZE_DB => &[Len, Len],
        opcode::SLOT_INFO => &[Len, Len, Len],
        opcode::SLOT_IMPORT if flavor == Flavor::Valkey => &[String, Repeat(&[Len, Len])],
        opcode::FUNCTION => &[String],
        opcode::MODULE_AUX => &[Len, Len, Len, Module],
        opcode::IDLE => &[Len],
        opcode::FREQ => &[Raw(1)],
        opcode::EXPIRE_MS => &[Raw(8)],
        opcode::EXPIRE_S => &[Raw(4)],
        _ => return None,
    })
}

/// The layout of a value, behind its key.
pub(super) fn of_kind(code: u8, flavor: Flavor) -> Option<Layout> {
    Some(match code {
        kind::STRING
        | kind::HASH_ZIPMAP
        | kind::LIST_ZIPLIST
        | kind::SET_INTSET
        | kind::ZSET_ZIPLIST
        | kind::HASH_ZIPLIST
        | kind::HASH_LISTPACK
        | kind::ZSET_LISTPACK
        | kind::SET_LISTPACK
        | kind::HASH_LISTPACK_EX_PRE_GA => &[String],
        kind::LIST | kind::SET | kind::LIST_QUICKLIST => &[Repeat(&[String])],
        kind::LIST_QUICKLIST_2 => &[Repeat(&[Len, String])],
        kind::ZSET => &[Repeat(&[String, TextDouble])],
        kind::ZSET_2 => &[Repeat(&[String, Raw(8)])],
        kind::HASH => &[Repeat(&[String, String])],
        kind::HASH_22 if flavor == Flavor::Valkey => &[Repeat(&[String, String, Raw(8)])],
        kind::HASH_22 => &[Repeat(&[Len, String, String])],
        kind::HASH_METADATA => &[Raw(8), Repeat(&[Len, String, String])],
        kind::HASH_LISTPACK_EX => &[Raw(8), String],
        kind::MODULE_2 => &[Len, Module],
        kind::STREAM => STREAM,
        kind::STREAM_2 => STREAM_2,
        kind::STREAM_3 => STREAM_3,
        kind::ARRAY => &[Array],
        _ => return None,
    })
}

/// The key that stands before every value.
pub(super) const KEY: Layout = &[String];

/// Nodes of a stream: id and listpack.
const NODES: Part = Repeat(&[String, String]);
/// Pending entries of a group: id, time of delivery, number of deliveries.
const PENDING: Part = Repeat(&[Raw(16), Raw(8), Len]);
/// Ids of the entries pending for a consumer.
const PENDING_IDS: Part = Repeat(&[Raw(16)]);

/// Length and last id; groups have a name and a last id, consumers a name and when they were seen.
const STREAM: Layout =
    &[NODES, Len, Len, Len, Repeat(&[String, Len, Len, PENDING, Repeat(&[String, Raw(8), PENDING_IDS])])];
/// Adds first id, greatest deleted id and entries ever added; to groups the entries they have read.
const STREAM_2: Layout = &[
    NODES,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Repeat(&[String, Len, Len, Len, PENDING, Repeat(&[String, Raw(8), PENDING_IDS])]),
];
/// Adds when a consumer was last active.
const STREAM_3: Layout = &[
    NODES,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Len,
    Repeat(&[String, Len, Len, Len, PENDING, Repeat(&[String, Raw(8), Raw(8), PENDING_IDS])]),
];

/// Goes over a record part by part, as far as its bytes are there.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// Layouts that are not finished, the innermost last; as deep as the layouts above are nested.
    open: Vec<Round>,
}

#[derive(Debug)]
struct Round {
    parts: Layout,
    next: usize,
    /// How often the parts come, this time included.
    left: u64,
}

impl Scanner {
    /// A scanner for these layouts, one after the other.
    pub(super) fn new(layouts: &[Layout]) -> Scanner {
        let round = |&parts| Round { parts, next: 0, left: 1 };
        Scanner { open: layouts.iter().rev().map(round).collect() }
    }

    /// Moves `reader` over the parts that are there whole; true when that was the last one.
    pub(super) fn advance(&mut self, reader: &mut Reader) -> Result<bool, DecodeError> {
        while let Some(round) = self.open.last_mut() {
            let Some(&part) = round.parts.get(round.next) else {
                round.left -= 1;
                round.next = 0;
                if round.left == 0 {
                    self.open.pop();
                }
                continue;
            };
            let start = *reader;
            match step(part, reader) {
                Ok(Next::Part) => round.next += 1,
                Ok(Next::Same) => {}
                Ok(Next::Rounds(parts, left)) => {
                    round.next += 1;
                    if left > 0 {
                        self.open.push(Round { parts, next: 0, left });
                    }
                }
                Err(error) if error.kind == DecodeErrorKind::Truncated => {
                    *reader = start;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// Where the scanner goes after a step.
enum Next {
    Part,
    /// A module's value goes on.
    Same,
    Rounds(Layout, u64),
}

fn step(part: Part, reader: &mut Reader) -> Result<Next, DecodeError> {
    match part {
        String => reader.skip_string()?,
        Len => drop(reader.length()?),
        Raw(len) => drop(reader.raw(len)?),
        TextDouble => drop(reader.text_double()?),
        Repeat(parts) => return Ok(Next::Rounds(parts, reader.length()?)),
        Array => return array_head(reader),
        Tagged => tagged(reader)?,
        Module => return module_part(reader),
    }
    Ok(Next::Part)
}

fn array_head(reader: &mut Reader) -> Result<Next, DecodeError> {
    const ELEMENT: Layout = &[Len, Tagged];
    let count = reader.length()?;
    let flag = *reader;
    match reader.length()? {
        0 => {}
        1 => drop(reader.length()?),
        _ => return Err(flag.error(DecodeErrorKind::Value)),
    }
    Ok(Next::Rounds(ELEMENT, count))
}

fn tagged(reader: &mut Reader) -> Result<(), DecodeError> {
    let start = *reader;
    match reader.length()? {
        array_tag::STRING | array_tag::SHORT => reader.skip_string(),
        array_tag::INTEGER | array_tag::DOUBLE => reader.raw(8).map(drop),
        _ => Err(start.error(DecodeErrorKind::Value)),
    }
}

fn module_part(reader: &mut Reader) -> Result<Next, DecodeError> {
    let start = *reader;
    match reader.length()? {
        module::EOF => return Ok(Next::Part),
        module::SIGNED | module::UNSIGNED => drop(reader.length()?),
        module::FLOAT => drop(reader.raw(4)?),
        module::DOUBLE => drop(reader.raw(8)?),
        module::STRING => reader.skip_string()?,
        _ => return Err(start.error(DecodeErrorKind::ModulePart)),
    }
    Ok(Next::Same)
}
