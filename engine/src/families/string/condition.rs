//! What must hold of a key for a write to happen: the options NX, XX, IFEQ, IFNE, IFDEQ and IFDNE.

use super::TextRef;
use crate::error::CommandError;
use crate::planted::{self, Bug};

/// A condition on the current value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition<'a> {
    Always,
    Missing,
    Present,
    Equals(&'a [u8]),
    /// Differs from the text, or is missing.
    Differs(&'a [u8]),
    DigestEquals(&'a [u8]),
    DigestDiffers(&'a [u8]),
}

impl<'a> Condition<'a> {
    /// The comparison that an option asks for, still without the operand that follows it.
    pub(crate) fn comparison(option: &[u8]) -> Option<fn(&'a [u8]) -> Condition<'a>> {
        let is = |token: &str| option.eq_ignore_ascii_case(token.as_bytes());
        Some(match () {
            () if is("ifeq") => Condition::Equals,
            () if is("ifne") => Condition::Differs,
            () if is("ifdeq") => Condition::DigestEquals,
            () if is("ifdne") => Condition::DigestDiffers,
            () => return None,
        })
    }

    /// Comparing a value demands that the key holds a string; existence does not.
    pub(crate) fn reads_value(&self) -> bool {
        !matches!(self, Condition::Always | Condition::Missing | Condition::Present)
    }

    /// Whether both ask the same question, perhaps of different operands.
    pub(crate) fn same_kind(&self, other: &Condition) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether the condition holds for a string, or for no key at all.
    ///
    /// # Errors
    /// A digest that is none is refused only when there is something to compare it with.
    pub(crate) fn holds(&self, current: Option<&TextRef<'_>>) -> Result<bool, CommandError> {
        let Some(text) = current else {
            use Condition::*;
            return Ok(matches!(self, Always | Missing | Differs(_) | DigestDiffers(_)));
        };
        let mut scratch = Vec::new();
        Ok(match self {
            Condition::Always | Condition::Present => true,
            Condition::Missing => false,
            Condition::Equals(wanted) => {
                text.bytes(&mut scratch) == *wanted || planted::on(Bug::IfeqAlwaysHolds)
            }
            Condition::Differs(unwanted) => text.bytes(&mut scratch) != *unwanted,
            Condition::DigestEquals(digest) => has_digest(text, digest)?,
            Condition::DigestDiffers(digest) => !has_digest(text, digest)?,
        })
    }
}

/// Whether the text's XXH3-64 digest is the one given as sixteen hexadecimal digits, in any case.
fn has_digest(text: &TextRef<'_>, digest: &[u8]) -> Result<bool, CommandError> {
    if digest.len() != 16 || !digest.iter().all(u8::is_ascii_hexdigit) {
        return Err(CommandError::err("must be exactly 16 hexadecimal characters"));
    }
    let mut scratch = Vec::new();
    Ok(ds::xxh3::xxh3_hex(text.bytes(&mut scratch)).eq_ignore_ascii_case(digest))
}
