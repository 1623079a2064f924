//! Hashes: fields and their values under a key.
//!
//! `value.rs` owns the type and its forms. Commands read through `keys.read::<Hash>`, change through `keys.edit`, and
//! say
//! what they changed by `notify`; that an emptied hash takes its key along is told by `Edited::removed`.

pub mod hdel;
pub mod hget;
pub mod hgetall;
pub mod hlen;
pub mod hset;
pub mod rdb;
pub mod value;

pub use value::{Hash, HashRef};

use crate::reply::Reply;
use ds::packed::Item;

/// Writes a field or value as a bulk.
pub(crate) fn reply_item(reply: &mut Reply<'_>, item: Item<'_>) {
    match item {
        Item::Int(value) => reply.bulk_int(value),
        Item::Text(text) => reply.bulk(text),
        Item::Double(_) => unreachable!("a hash holds no doubles"),
    }
}
