//! A hash as a unit sees it: fields whose time has passed are not there.
//!
//! Only the primary removes them; until then they count in HLEN and nowhere else. The primary's stream and files
//! being loaded see every field.

use super::Field;
use super::value::{Hash, HashRef};
use crate::error::CommandError;
use crate::keyspace::Keys;
use ds::packed::Item;

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    hash: HashRef<'a>,
    /// Times before this have passed.
    horizon: i64,
}

/// What a look for a field finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Look<'a> {
    Found(Item<'a>),
    /// Its time has passed, and nobody has removed it yet.
    Due,
    Missing,
}

/// The hash under a key.
///
/// # Errors
/// WRONGTYPE.
#[inline]
pub(crate) fn read<'k>(keys: &'k mut Keys<'_>, key: &[u8]) -> Result<Option<Seen<'k>>, CommandError> {
    let horizon = keys.horizon();
    Ok(keys.read::<Hash>(key)?.map(|hash| Seen { hash, horizon }))
}

impl<'a> Seen<'a> {
    #[inline]
    pub(crate) fn look(&self, field: &[u8]) -> Look<'a> {
        match self.hash.get(field) {
            None => Look::Missing,
            Some((_, Some(time))) if time < self.horizon => Look::Due,
            Some((value, _)) => Look::Found(value),
        }
    }

    /// A field's time: `None` without the field, `Some(None)` when it has none.
    pub(crate) fn time(&self, field: &[u8]) -> Option<Option<i64>> {
        let (_, time) = self.hash.get(field)?;
        time.is_none_or(|at| at >= self.horizon).then_some(time)
    }

    /// The hash with all its fields.
    pub(crate) fn whole(&self) -> HashRef<'a> {
        self.hash
    }

    /// Whether a field is not due.
    pub(crate) fn shows(&self, field: &Field<'_>) -> bool {
        field.time.is_none_or(|time| time >= self.horizon)
    }

    /// How many fields there are, those that are due among them.
    pub(crate) fn len_with_due(&self) -> usize {
        self.hash.len()
    }

    /// Whether some field may be due.
    pub(crate) fn may_be_due(&self) -> bool {
        self.hash.next_due().is_some_and(|time| time < self.horizon)
    }

    /// How many fields there are to see. Walks only when some are due.
    pub(crate) fn len(&self) -> usize {
        if self.may_be_due() { self.iter().count() } else { self.hash.len() }
    }

    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        let horizon = self.horizon;
        self.hash.iter().filter(move |field| field.time.is_none_or(|time| time >= horizon))
    }
}
