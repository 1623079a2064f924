//! Sorted sets: members with scores under a key, in the order of (score, bytes of the member).
//!
//! `value.rs` owns the type and its forms, `range.rs` the bounds that clients give, `combine.rs` what unions,
//! intersections and differences share. Commands read through `keys.read::<Zset>` and change through `keys.edit`; the
//! event of a change comes before `del` for a set that became empty.

pub mod combine;
mod elements;
pub mod range;
pub mod rdb;
mod row;
pub mod value;
pub mod zadd;
pub mod zcard;
pub mod zcount;
pub mod zintercard;
pub mod zmpop;
pub mod zpop;
pub mod zrandmember;
pub mod zrange;
pub mod zrangestore;
pub mod zrank;
pub mod zrem;
pub mod zremrange;
pub mod zscan;
pub mod zscore;
pub mod zstore;
pub mod zunion;

pub use value::{Zset, ZsetRef};

use crate::reply::{Protocol, Reply};
use ds::packed::Item;

/// Writes a member as a bulk.
pub(crate) fn reply_member(reply: &mut Reply<'_>, member: Item<'_>) {
    match member {
        Item::Int(value) => reply.bulk_int(value),
        Item::Text(text) => reply.bulk(text),
        Item::Double(_) => unreachable!("a member is text"),
    }
}

/// Writes `count` members, each with its score if so wanted: in RESP3 as pairs, in RESP2 one after the other.
pub(crate) fn reply_elements<'a>(
    reply: &mut Reply<'_>,
    count: usize,
    elements: impl Iterator<Item = (Item<'a>, f64)>,
    with_scores: bool,
) {
    let pairs = with_scores && reply.protocol() == Protocol::Resp3;
    reply.array(if with_scores && !pairs { 2 * count } else { count });
    for (member, score) in elements {
        if pairs {
            reply.array(2);
        }
        reply_member(reply, member);
        if with_scores {
            reply.double(score);
        }
    }
}
