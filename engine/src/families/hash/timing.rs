//! Times of fields as arguments: absolute, and within what Redis can store.

use crate::args::{Args, ExpiryUnit};
use crate::error::CommandError;
use crate::time::Millis;

/// The greatest time a field can have: 46 bits of milliseconds since the epoch.
const TIME_MAX: i64 = (1 << 46) - 1;

/// Reads a time of a field.
///
/// # Errors
/// Text that is no integer; a negative number; a time beyond the greatest, in the name of `command`.
pub(crate) fn field_time(
    args: &mut Args<'_>,
    unit: ExpiryUnit,
    now: Millis,
    command: &'static str,
) -> Result<Millis, CommandError> {
    let value = args.int()?;
    if value < 0 {
        return Err(CommandError::err("invalid expire time, must be >= 0"));
    }
    let time = unit.absolute(value, now).filter(|at| at.0 <= TIME_MAX);
    time.ok_or(CommandError::InvalidExpire(command))
}
