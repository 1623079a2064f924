//! Sets: distinct members under a key.
//!
//! `value.rs` owns the type and its forms, `members.rs` the large one; `random.rs` chooses members, `algebra.rs` holds
//! sets against each other, `store.rs` keeps what comes of it. The other files are commands.

mod algebra;
pub mod members;
mod random;
pub mod rdb;
pub mod sadd;
pub mod scard;
pub mod sdiff;
pub mod sinter;
pub mod sismember;
pub mod smembers;
pub mod smove;
pub mod spop;
pub mod srandmember;
pub mod srem;
pub mod sscan;
mod store;
pub mod sunion;
pub mod value;

pub use value::{Set, SetRef};

use crate::args::Args;
use crate::error::CommandError;
use crate::reply::Reply;
use ds::packed::Item;

/// Writes a member as a bulk.
fn reply_member(reply: &mut Reply<'_>, item: Item<'_>) {
    match item {
        Item::Int(value) => reply.bulk_int(value),
        Item::Text(text) => reply.bulk(text),
        Item::Double(_) => unreachable!("a set holds no doubles"),
    }
}

/// The keys that are left in a request.
fn remaining_keys<'a>(args: &Args<'a>) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
    let argv = args.argv();
    (args.position()..argv.len()).map(move |index| argv.get(index).expect("below the number of words"))
}

/// Steps over the number of keys and the keys of a `...CARD` command, which are returned.
fn counted_keys<'a>(
    args: &mut Args<'a>,
) -> Result<impl Iterator<Item = &'a [u8]> + Clone + use<'a>, CommandError> {
    let none = || CommandError::err("numkeys should be greater than 0");
    let count = args.int_in(1, i64::MAX, none()).map_err(|_| none())?;
    let keys = remaining_keys(args);
    if count > args.remaining() as i64 {
        return Err(CommandError::err("Number of keys can't be greater than number of args"));
    }
    for _ in 0..count {
        args.next();
    }
    Ok(keys.take(count as usize))
}

/// Reads the value of LIMIT; zero, which means no limit, becomes the greatest number.
fn limit(args: &mut Args<'_>) -> Result<u64, CommandError> {
    let negative = || CommandError::err("LIMIT can't be negative");
    let limit = args.int_in(0, i64::MAX, negative()).map_err(|_| negative())?;
    Ok(if limit == 0 { u64::MAX } else { limit as u64 })
}
