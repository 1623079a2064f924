//! Collections: how a list, set, hash or sorted set is read, edited in place, stored and removed, wherever it lies.
//!
//! ```text
//!   keys.read::<Hash>(key)  ─▶ HashRef          borrowed from the entry or from the object beside it
//!
//!   keys.edit(key, |hash: &mut Hash, tools| ...)
//!        absent ─▶ Hash::empty ───────────────┐                       ┌─▶ empty: the key goes
//!        inline ─▶ its row, copied out ───────┼─▶ change ─▶ Changed ──┼─▶ a row that fits: back inline
//!        object ─▶ &mut in its place ─────────┘        └─▶ Kept:      └─▶ else: an object
//!                                                          nothing
//! ```
//!
//! A small collection lies inline as a row of `ds::packed`; to change it means to copy it out, a few hundred bytes,
//! and to write it back. The copy's memory is lent by the keyspace and given back, so that nothing is allocated. A
//! collection that has once become an object stays one until it is empty.
//!
//! What must never happen: an empty collection under a key (streams apart); a change that is answered as `Kept`; a
//! closure that fails half-way through a change.

use super::keys::{Keys, Lookup};
use super::value::{Kept, Typed, Value, kind};
use super::{Forms, NewValue};
use crate::effect::Class;
use crate::error::CommandError;
use crate::random::Random;
use crate::time::Millis;
use ds::packed::Packed;
use ds::table::{Hash, INLINE_MAX, Place, SetExpiry, ValueRef};

/// A type whose values are edited in place.
pub trait Collection: Typed + Kept + Sized {
    /// Whether a key may hold an empty one. Only streams say so.
    const MAY_BE_EMPTY: bool = false;

    fn empty(forms: &Forms) -> Self;

    /// A collection of a row that once was one's row. Types that never lie inline are never asked.
    fn from_packed(row: Packed) -> Self;

    /// Gives the memory of the row back, if there is one.
    fn into_packed(self) -> Option<Packed>;

    fn is_empty(&self) -> bool;

    fn into_value(self) -> Value;

    /// The collection that an object is, if it is of this type.
    fn of(value: &mut Value) -> Option<&mut Self>;
}

/// What a change may need beside the collection.
pub struct Tools<'a> {
    pub forms: &'a Forms,
    pub random: &'a mut Random,
    pub now: Millis,
    /// Parts whose time is before may be removed by this unit; see [`Keys::removable`].
    pub removable: i64,
}

/// What a change has done, and its result.
#[derive(Debug)]
pub enum Edit<R> {
    Changed(R),
    /// Only its form or its name is another: it is stored, and nobody hears of it.
    Reshaped(R),
    /// The collection is as it was.
    Kept(R),
}

/// What became of an edit.
#[derive(Debug, PartialEq, Eq)]
pub struct Edited<R> {
    pub result: R,
    pub changed: bool,
    /// The last element went, and the key with it.
    pub removed: bool,
}

impl Keys<'_> {
    /// Changes the collection under `key`, an empty one if there is none. Says `new` for a key that was not there.
    ///
    /// # Errors
    /// WRONGTYPE, and what `change` says; then it must have left the collection alone.
    pub fn edit<C: Collection, R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let hash = self.hash(key);
        match self.alive(hash, key, Lookup::Write) {
            Some(place) => self.edit_and_tell(hash, key, place, change),
            None => self.edit_fresh(hash, key, change),
        }
    }

    /// Changes the collection under `key`, if there is one.
    ///
    /// # Errors
    /// As [`Keys::edit`].
    pub fn edit_existing<C: Collection, R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Option<Edited<R>>, CommandError> {
        let hash = self.hash(key);
        match self.alive(hash, key, Lookup::Write) {
            Some(place) => self.edit_and_tell(hash, key, place, change).map(Some),
            None => Ok(None),
        }
    }

    /// Changes the collection under `key`, if there is one, as the passing of time does: watchers hear of it, but it
    /// does not count as the unit's change, and whoever calls this says what replicas are to do.
    ///
    /// # Errors
    /// As [`Keys::edit`].
    pub fn age<C: Collection, R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Option<Edited<R>>, CommandError> {
        let hash = self.hash(key);
        let Some(place) = self.alive(hash, key, Lookup::Silent) else { return Ok(None) };
        let edited = self.edit_at(hash, key, place, change)?;
        if edited.changed {
            self.effects.touched(self.db, key);
        }
        Ok(Some(edited))
    }

    /// Stores a collection in place of whatever is under `key`; an empty one removes the key. The expiry goes. True
    /// if something is there now.
    pub fn put_collection<C: Collection>(&mut self, key: &[u8], value: C) -> bool {
        if value.is_empty() && !C::MAY_BE_EMPTY {
            self.remove(key);
            return false;
        }
        // A key whose time has passed goes first, and is heard of.
        let hash = self.hash(key);
        let new = self.alive(hash, key, Lookup::Silent).is_none();
        let clock = self.space.access.fresh(self.now.wall_s());
        self.store(hash, key, value, SetExpiry::Clear, clock);
        if new {
            self.effects.notify(Class::New, "new", self.db, key);
        }
        self.effects.changed(self.db, key);
        true
    }

    fn edit_fresh<C: Collection, R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let mut value = C::empty(&self.space.forms);
        let (now, removable) = (self.now.wall_ms(), self.removable());
        let mut tools = Tools { forms: &self.space.forms, random: self.random, now, removable };
        let result = match change(&mut value, &mut tools)? {
            Edit::Kept(result) | Edit::Reshaped(result) => {
                return Ok(Edited { result, changed: false, removed: false });
            }
            Edit::Changed(result) => result,
        };
        if !value.is_empty() || C::MAY_BE_EMPTY {
            let clock = self.space.access.fresh(self.now.wall_s());
            self.store(hash, key, value, SetExpiry::Clear, clock);
            self.effects.notify(Class::New, "new", self.db, key);
            self.effects.changed(self.db, key);
        }
        Ok(Edited { result, changed: true, removed: false })
    }

    fn edit_and_tell<C: Collection, R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        place: Place,
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let edited = self.edit_at(hash, key, place, change)?;
        if edited.changed {
            self.effects.changed(self.db, key);
        }
        Ok(edited)
    }

    /// The change itself, of which nobody has heard yet.
    fn edit_at<C: Collection, R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        place: Place,
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let entry = self.space.dbs[self.db as usize].table().at(place);
        if C::view(entry.value()).is_none() {
            return Err(CommandError::WrongType);
        }
        let clock = entry.clock();
        match entry.value() {
            ValueRef::Inline { bytes, .. } => {
                self.space.scratch.extend_from_slice(bytes);
                let row = Packed::from_bytes(std::mem::take(&mut self.space.scratch));
                self.edit_row(hash, key, C::from_packed(row), clock, change)
            }
            ValueRef::Object(_) => self.edit_object(hash, key, change),
        }
    }

    /// Changes a row that was copied out of its entry, and writes it back.
    fn edit_row<C: Collection, R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        mut value: C,
        clock: u32,
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let (now, removable) = (self.now.wall_ms(), self.removable());
        let mut tools = Tools { forms: &self.space.forms, random: self.random, now, removable };
        let (result, changed) = match change(&mut value, &mut tools) {
            Ok(Edit::Changed(result)) => (result, true),
            Ok(Edit::Reshaped(result)) => (result, false),
            Ok(Edit::Kept(result)) => {
                self.give_back(value);
                return Ok(Edited { result, changed: false, removed: false });
            }
            Err(error) => {
                self.give_back(value);
                return Err(error);
            }
        };
        let removed = value.is_empty();
        if removed {
            self.give_back(value);
            self.space.remove(self.db, hash, key);
        } else {
            self.store(hash, key, value, SetExpiry::Keep, clock);
        }
        Ok(Edited { result, changed, removed })
    }

    fn edit_object<C: Collection, R>(
        &mut self,
        hash: Hash,
        key: &[u8],
        change: impl FnOnce(&mut C, &mut Tools<'_>) -> Result<Edit<R>, CommandError>,
    ) -> Result<Edited<R>, CommandError> {
        let forms = self.space.forms;
        let (now, removable) = (self.now.wall_ms(), self.removable());
        let mut tools = Tools { forms: &forms, random: self.random, now, removable };
        let outcome = self.space.change_object(self.db, hash, key, |value| {
            let value = C::of(value).expect("the view was of this type");
            change(value, &mut tools).map(|edit| (edit, value.is_empty()))
        });
        match outcome.expect("the entry has an object")? {
            (Edit::Kept(result) | Edit::Reshaped(result), _) => {
                Ok(Edited { result, changed: false, removed: false })
            }
            (Edit::Changed(result), empty) => {
                let removed = empty && !C::MAY_BE_EMPTY;
                if removed {
                    self.space.remove(self.db, hash, key);
                }
                Ok(Edited { result, changed: true, removed })
            }
        }
    }

    /// Stores a collection inline if its row fits, else as an object.
    fn store<C: Collection>(&mut self, hash: Hash, key: &[u8], value: C, expiry: SetExpiry, clock: u32) {
        match value.packed().filter(|row| row.size() <= INLINE_MAX) {
            Some(row) => {
                let inline = NewValue::Inline { kind: kind::PACKED, bytes: row.view().as_bytes() };
                self.space.upsert(self.db, hash, key, inline, expiry, clock);
                self.give_back(value);
            }
            None => {
                let object = NewValue::Object(value.into_value());
                self.space.upsert(self.db, hash, key, object, expiry, clock);
            }
        }
    }

    /// Keeps the memory of a row for the next edit.
    fn give_back<C: Collection>(&mut self, value: C) {
        if let Some(row) = value.into_packed() {
            let mut bytes = row.into_bytes();
            if bytes.capacity() <= 4 * INLINE_MAX {
                bytes.clear();
                self.space.scratch = bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::families::hash::Hash as Fields;
    use crate::keyspace::{ExpiryRule, View};
    use crate::time::Now;

    fn with_keys<R>(engine: &mut Engine, body: impl FnOnce(&mut Keys<'_>) -> R) -> R {
        body(&mut engine.keys(Now { wall_us: 1_000_000, mono_us: 0 }, 0, ExpiryRule::Remove))
    }

    fn set(keys: &mut Keys<'_>, key: &[u8], field: &str, text: &str) -> Edited<bool> {
        keys.edit(key, |hash: &mut Fields, tools| {
            Ok(Edit::Changed(hash.set(field.as_bytes(), text.as_bytes(), tools.forms)))
        })
        .expect("the key holds a hash or nothing")
    }

    fn is_inline(keys: &mut Keys<'_>, key: &[u8]) -> bool {
        matches!(keys.peek(key), Some(View::Inline { kind: kind::PACKED, .. }))
    }

    #[test]
    fn a_collection_leaves_its_entry_when_it_grows_and_keeps_its_expiry() {
        let mut engine = Engine::new(1, 1);
        with_keys(&mut engine, |keys| {
            set(keys, b"h", "f0", "v");
            keys.set_expiry(b"h", Some(Millis(5_000)));
            for n in 0..500 {
                set(keys, b"h", &format!("f{n}"), "value");
                assert_eq!(is_inline(keys, b"h"), n < 52, "{n}");
            }
            let hash = keys.read::<Fields>(b"h").unwrap().expect("it is there");
            assert_eq!(hash.len(), 500);
            assert_eq!(hash.iter().count(), 500);
            assert_eq!(hash.get(b"f499").map(|(value, _)| value.to_vec()), Some(b"value".to_vec()));
            assert_eq!(keys.expiry(b"h", Lookup::Silent), Some(Some(Millis(5_000))));
        });
    }

    #[test]
    fn what_is_kept_leaves_no_trace() {
        let mut engine = Engine::new(1, 1);
        with_keys(&mut engine, |keys| {
            let kept = keys.edit(b"h", |_: &mut Fields, _| Ok(Edit::Kept(7))).unwrap();
            assert_eq!(kept, Edited { result: 7, changed: false, removed: false });
            assert!(keys.is_empty());
            let failed = keys.edit(b"h", |_: &mut Fields, _| Err::<Edit<()>, _>(CommandError::Syntax));
            assert!(failed.is_err() && keys.is_empty() && keys.effects.changes() == 0);
            set(keys, b"h", "f", "v");
            let changes = keys.effects.changes();
            keys.edit(b"h", |_: &mut Fields, _| Ok(Edit::Kept(()))).unwrap();
            assert_eq!(keys.effects.changes(), changes);
        });
    }

    #[test]
    fn the_last_element_takes_the_key_along() {
        let mut engine = Engine::new(1, 1);
        with_keys(&mut engine, |keys| {
            for fields in [1, 300] {
                for n in 0..fields {
                    set(keys, b"h", &format!("f{n}"), "v");
                }
                for n in 0..fields {
                    let edited = keys.edit_existing(b"h", |hash: &mut Fields, _| {
                        Ok(Edit::Changed(hash.remove(format!("f{n}").as_bytes())))
                    });
                    let edited = edited.unwrap().expect("the key is there");
                    assert_eq!((edited.result, edited.removed), (true, n + 1 == fields));
                }
                assert!(keys.is_empty());
            }
        });
    }

    #[test]
    fn a_stored_result_replaces_whatever_was_there() {
        let mut engine = Engine::new(1, 1);
        with_keys(&mut engine, |keys| {
            let text = NewValue::Inline { kind: kind::TEXT, bytes: b"x" };
            keys.put(b"k", text, SetExpiry::At(9_000));
            let mut hash = Fields::empty(&keys.space.forms);
            assert!(!keys.put_collection(b"k", hash.clone()) && keys.is_empty());
            keys.put(b"k", NewValue::Inline { kind: kind::TEXT, bytes: b"x" }, SetExpiry::At(9_000));
            hash.set(b"f", b"v", &keys.space.forms);
            assert!(keys.put_collection(b"k", hash));
            assert_eq!(keys.expiry(b"k", Lookup::Silent), Some(None));
            assert!(keys.read::<Fields>(b"k").unwrap().is_some());
        });
    }
}
