//! Keeping the result of a set operation: SINTERSTORE, SUNIONSTORE, SDIFFSTORE.

use super::Set;
use crate::ctx::Ctx;
use crate::effect::Class;

/// Puts a result under a key in place of whatever was there, and answers how many members it has. An empty one removes
/// the key.
pub(super) fn store(ctx: &mut Ctx, key: &[u8], result: Set, event: &'static str) {
    let len = result.len();
    if len == 0 {
        if ctx.keys.remove(key) {
            ctx.notify(Class::Generic, "del", key);
        }
    } else {
        ctx.keys.put_collection(key, result);
        ctx.notify(Class::Set, event, key);
    }
    ctx.reply.int(len as i64);
}
