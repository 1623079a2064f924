//! Lists: elements in a row under a key, pushed and popped at both ends.
//!
//! `value.rs` owns the type and its forms. Commands read through `keys.read::<List>` and change through `keys.edit`.
//! What
//! several of them share is here: `popped` and `pushed` tell what happened, `end` reads LEFT and RIGHT. Whoever
//! pushes says that the key is ready, for clients may be blocked on it.

pub mod lindex;
pub mod linsert;
pub mod llen;
pub mod lmove;
pub mod lmovem;
pub mod lmpop;
pub mod lpos;
pub mod lrange;
pub mod lrem;
pub mod lset;
pub mod ltrim;
#[cfg(test)]
mod model;
pub mod pop;
pub mod push;
pub mod rdb;
pub mod value;

pub use value::{List, ListRef};

use crate::args::Args;
use crate::ctx::Ctx;
use crate::effect::Class;
use crate::error::CommandError;
use crate::reply::Reply;
use ds::packed::Item;
use ds::quicklist::End;

/// LEFT or RIGHT.
fn end(args: &mut Args) -> Result<End, CommandError> {
    if args.take("LEFT") {
        Ok(End::Front)
    } else if args.take("RIGHT") {
        Ok(End::Back)
    } else {
        Err(CommandError::Syntax)
    }
}

/// The one number that has no counterpart on the other side of zero, and is refused where the sign gives a direction.
fn not_the_least() -> CommandError {
    CommandError::Custom(
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807".into(),
    )
}

/// Writes an element as a bulk.
fn reply_item(reply: &mut Reply<'_>, item: Item<'_>) {
    match item {
        Item::Int(value) => reply.bulk_int(value),
        Item::Text(text) => reply.bulk(text),
        Item::Double(_) => unreachable!("a list holds no doubles"),
    }
}

/// Tells that elements were pushed to a list.
fn pushed(ctx: &mut Ctx, end: End, key: &[u8]) {
    ctx.notify(Class::List, if end == End::Front { "lpush" } else { "rpush" }, key);
    let db = ctx.keys.db;
    ctx.keys.effects.ready(db, key);
}

/// Tells that elements were popped from a list, and whether the key went with the last.
fn popped(ctx: &mut Ctx, end: End, key: &[u8], removed: bool) {
    ctx.notify(Class::List, if end == End::Front { "lpop" } else { "rpop" }, key);
    if removed {
        ctx.notify(Class::Generic, "del", key);
    }
}
