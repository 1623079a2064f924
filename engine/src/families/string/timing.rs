//! What an option list says of a key's time to live: EX, PX, EXAT, PXAT, KEEPTTL or PERSIST.

use crate::args::{Args, ExpiryUnit, positive_expiry};
use crate::error::CommandError;
use crate::time::Millis;

/// At most one of the options; the same one may be repeated, and then the last argument counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Timing<'a> {
    #[default]
    Unsaid,
    /// KEEPTTL.
    Keep,
    /// PERSIST.
    Persist,
    /// A time that is not parsed yet, since syntax errors of later options come first.
    At(ExpiryUnit, &'a [u8]),
}

impl<'a> Timing<'a> {
    /// Takes in `option`, which `args` has just passed, with its argument. False if it is none of these.
    ///
    /// # Errors
    /// A syntax error if it contradicts an earlier one or lacks its argument.
    pub(crate) fn take(&mut self, option: &[u8], args: &mut Args<'a>) -> Result<bool, CommandError> {
        let next = if option.eq_ignore_ascii_case(b"keepttl") {
            Timing::Keep
        } else if option.eq_ignore_ascii_case(b"persist") {
            Timing::Persist
        } else if let Some(unit) = ExpiryUnit::from_token(option) {
            Timing::At(unit, args.bytes()?)
        } else {
            return Ok(false);
        };
        let agrees = match (*self, next) {
            (Timing::Unsaid, _) => true,
            (Timing::At(earlier, _), Timing::At(unit, _)) => earlier == unit,
            (earlier, next) => earlier == next,
        };
        *self = next;
        if agrees { Ok(true) } else { Err(CommandError::Syntax) }
    }

    /// The absolute time it names, if any. `command` is for the error text.
    pub(crate) fn deadline(
        &self,
        now: Millis,
        command: &'static str,
    ) -> Result<Option<Millis>, CommandError> {
        match self {
            Timing::At(unit, word) => positive_expiry(*unit, word, now, command).map(Some),
            _ => Ok(None),
        }
    }
}
