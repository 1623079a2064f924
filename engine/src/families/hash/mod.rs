//! Hashes: fields and their values under a key, and a time of its own for any field.
//!
//! `value.rs` owns the type and its forms (`row`, `fields`). Commands read through `seen::read`, which hides fields
//! whose time has passed, and change through `keys.edit`; `due` removes such fields, for commands that have met them
//! and between units. Which commands remove what they meet, and which only hide it, is Redis's choice and visible in
//! HLEN.

pub mod due;
pub mod field_list;
pub mod fields;
pub mod hdel;
pub mod hexists;
pub mod hexpire;
pub mod hget;
pub mod hgetall;
pub mod hgetdel;
pub mod hgetex;
pub mod hincrby;
pub mod hincrbyfloat;
pub mod hlen;
pub mod hmget;
pub mod hpersist;
pub mod hrandfield;
pub mod hscan;
pub mod hset;
pub mod hsetex;
pub mod hsetnx;
pub mod hstrlen;
pub mod httl;
pub mod rdb;
pub mod row;
pub mod seen;
pub mod timing;
pub mod value;

pub use value::{Field, Hash, HashRef, next_due_of_row};

use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{Edit, Edited, Tools};
use crate::reply::Reply;
use ds::packed::Item;

/// Writes a field or value as a bulk.
#[inline]
pub(crate) fn reply_item(reply: &mut Reply<'_>, item: Item<'_>) {
    match item {
        Item::Int(value) => reply.bulk_int(value),
        Item::Text(text) => reply.bulk(text),
        Item::Double(_) => unreachable!("a hash holds no doubles"),
    }
}

/// What a change of a field says.
pub(crate) enum Met<R> {
    Done(Edit<R>),
    /// The field is due; the change has not begun.
    Due,
}

/// Changes a hash by one of its fields. If that is due it goes first, for everyone to hear, and the change begins
/// anew.
pub(crate) fn edit_field<R>(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    field: &[u8],
    mut change: impl FnMut(&mut Hash, &mut Tools<'_>) -> Result<Met<R>, CommandError>,
) -> Result<Edited<R>, CommandError> {
    loop {
        let edited = ctx.keys.edit(key, |hash: &mut Hash, tools| {
            Ok(match change(hash, tools)? {
                Met::Done(Edit::Changed(result)) => Edit::Changed(Some(result)),
                Met::Done(Edit::Reshaped(result)) => Edit::Reshaped(Some(result)),
                Met::Done(Edit::Kept(result)) => Edit::Kept(Some(result)),
                Met::Due => Edit::Kept(None),
            })
        })?;
        if let Some(result) = edited.result {
            return Ok(Edited { result, changed: edited.changed, removed: edited.removed });
        }
        due::expire(&mut ctx.keys, key, std::iter::once(field));
    }
}
