//! The generic family: commands about keys whatever they hold.
//!
//! They go through `Keys` like all others, and look inside a value only to name it (`type_of`, `object`). Expiry in
//! all its units is `expire`, reading it `ttl`; values that change their key go through `Keys::take`, `duplicate` and
//! `place`. `scan::Options` is shared with the commands that scan a collection.

pub mod copy;
pub mod del;
pub mod exists;
pub mod expire;
pub mod keys;
pub mod move_key;
pub mod object;
pub mod randomkey;
pub mod rename;
pub mod scan;
pub mod ttl;
pub mod type_of;

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;

/// The number of a database as an argument of MOVE and COPY.
fn database(ctx: &Ctx<'_>, args: &mut Args<'_>) -> Result<u32, CommandError> {
    let number = args.int()?;
    if i32::try_from(number).is_err() {
        return Err(CommandError::err(
            "value is out of range, value must between -2147483648 and 2147483647",
        ));
    }
    u32::try_from(number)
        .ok()
        .filter(|number| *number < ctx.keys.space.databases())
        .ok_or(CommandError::DbIndexOutOfRange)
}
