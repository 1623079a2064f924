//! HyperLogLog: counters of different elements, in a fixed small space.
//!
//! There is no type of their own: a counter is a string in the format of `ds::hll`, and GET, SET and APPEND see its
//! bytes. So every command asks first whether the string is a counter at all.

pub mod pfadd;
pub mod pfcount;
pub mod pfdebug;
pub mod pfmerge;
pub mod pfselftest;

use crate::error::CommandError;
use crate::families::string::TextRef;
use ds::hll::{self, Corrupt, Form};

const CORRUPT: CommandError =
    CommandError::Custom(std::borrow::Cow::Borrowed("INVALIDOBJ Corrupted HLL object detected"));

/// The bytes of a string that is a counter, and its form.
fn counter(text: TextRef<'_>) -> Result<(&[u8], Form), CommandError> {
    let bytes = match text {
        TextRef::Bytes(bytes) => hll::form(bytes).map(|form| (bytes, form)),
        TextRef::Integer(_) => None,
    };
    let refusal = "WRONGTYPE Key is not a valid HyperLogLog string value.";
    bytes.ok_or(CommandError::Custom(refusal.into()))
}

/// What a client is told of runs that make no sense.
fn corrupt(Corrupt: Corrupt) -> CommandError {
    CORRUPT
}
