//! Arrays: texts under indexes from 0 to 2^64-2, most of which may be empty, and a cursor for those who append.
//!
//! What is known of their behaviour, and what was decided where nothing is, stands in docs/designs/arrays.md.
//!
//! Commands read and check all their arguments before they look at the key. `value.rs` owns the type, `ring.rs` what
//! ARRING does to it, `predicate.rs` and `total.rs` what ARGREP and AROP ask of elements.

pub mod ardel;
pub mod arget;
pub mod argetrange;
pub mod argrep;
pub mod arinfo;
pub mod arinsert;
pub mod arlastitems;
pub mod arlen;
pub mod arop;
pub mod arring;
pub mod arscan;
pub mod arseek;
pub mod arset;
mod predicate;
pub mod rdb;
mod ring;
mod row;
mod total;
pub mod value;

pub use value::{Array, ArrayRef};

use crate::args::Args;
use crate::error::CommandError;
use crate::reply::Reply;
use ds::sparse::{Element, MAX_INDEX, Scratch};

/// The most positions that are answered one by one.
const POSITIONS_MAX: u64 = 1_000_000;

/// The next argument as an index: digits alone, without leading zeros.
fn index(args: &mut Args<'_>) -> Result<u64, CommandError> {
    parse_index(args.bytes()?).filter(|index| *index <= MAX_INDEX).ok_or(INVALID_INDEX)
}

fn parse_index(word: &[u8]) -> Option<u64> {
    ds::int::parse_u64(word)
}

const INVALID_INDEX: CommandError =
    CommandError::Custom(std::borrow::Cow::Borrowed("ERR invalid array index"));

/// All arguments that are left, as indexes.
fn indexes(args: &mut Args<'_>) -> Result<Vec<u64>, CommandError> {
    (0..args.remaining()).map(|_| index(args)).collect()
}

fn error(text: &'static str) -> CommandError {
    CommandError::Custom(text.into())
}

/// Writes an index or a length. What a signed integer cannot hold goes as text.
fn reply_unsigned(reply: &mut Reply<'_>, value: u64) {
    match i64::try_from(value) {
        Ok(value) => reply.int(value),
        Err(_) => {
            let mut digits = Vec::with_capacity(ds::int::MAX_DIGITS);
            ds::int::write_u64(&mut digits, value);
            reply.bulk(&digits);
        }
    }
}

fn reply_element(reply: &mut Reply<'_>, element: Element<'_>) {
    match element {
        Element::Integer(value) => reply.bulk_int(value),
        element => reply.bulk(element.text(&mut Scratch::default())),
    }
}

fn reply_position(reply: &mut Reply<'_>, element: Option<Element<'_>>) {
    match element {
        Some(element) => reply_element(reply, element),
        None => reply.null(),
    }
}

/// Writes the element at `index` as a pair.
fn reply_pair(reply: &mut Reply<'_>, index: u64, element: Element<'_>) {
    reply.array(2);
    reply_unsigned(reply, index);
    reply_element(reply, element);
}
