//! The end of many hash commands: `FIELDS numfields field [field ...]`.

use crate::args::Args;
use crate::error::CommandError;

/// What a command says to a number of fields that is none, or not positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoNumber {
    /// As HTTL and most others.
    Number,
    /// As HEXPIRE and its kin.
    Parameter,
}

/// Checks what stands from FIELDS on and steps up to the first field. Nothing may follow the fields.
///
/// # Errors
/// FIELDS missing, a number that is none, another number of fields than announced.
pub(crate) fn field_list(args: &mut Args<'_>, no_number: NoNumber) -> Result<(), CommandError> {
    if !args.take("FIELDS") {
        let text = "Mandatory argument FIELDS is missing or not at the right position";
        return Err(CommandError::err(text));
    }
    let number = args.int().ok().filter(|number| *number > 0).ok_or_else(|| match no_number {
        NoNumber::Number => CommandError::err("Number of fields must be a positive integer"),
        NoNumber::Parameter => CommandError::err("Parameter `numFields` should be greater than 0"),
    })?;
    if args.remaining() as i64 != number {
        return Err(CommandError::err("The `numfields` parameter must match the number of arguments"));
    }
    Ok(())
}
