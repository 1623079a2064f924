//! `Keys`: one database as a unit sees it, with time, expiry and effects applied.

use super::value::{NewValue, Typed, Value, typed};
use super::{Forms, Keyspace, View};
use crate::effect::{Class, Effects};
use crate::error::CommandError;
use crate::planted::{self, Bug};
use crate::random::Random;
use crate::time::{Millis, Now};
use ds::table::{Entry, Hash, Place, SetExpiry, ValueRef};

/// What becomes of a key whose time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryRule {
    /// A primary removes it and tells everyone.
    Remove,
    /// A replica's clients do not see it, but only the primary may remove it.
    Hide,
    /// The primary's own stream and files being loaded see every key.
    Ignore,
}

/// How a lookup shows in statistics, events and the access clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A read: counts a hit or a miss, may raise `keymiss`, moves the access clock.
    Read,
    /// A read that leaves the access clock alone (TTL, TYPE).
    NoTouch,
    /// A read that nobody notices (OBJECT, MEMORY USAGE, DEBUG).
    Silent,
    /// The lookup before a write: moves the access clock, counts nothing.
    Write,
}

/// One database for the length of one unit.
pub struct Keys<'a> {
    pub space: &'a mut Keyspace,
    pub effects: &'a mut Effects,
    pub random: &'a mut Random,
    pub db: u32,
    pub now: Now,
    pub rule: ExpiryRule,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// The hash of the unit's first key, computed while its batch was prefetched: address, length, hash.
    pub hint: Option<(usize, usize, Hash)>,
}

impl Keys<'_> {
    pub fn now_ms(&self) -> Millis {
        self.now.wall_ms()
    }

    /// Parts of a value whose time is before are not there for this unit.
    pub fn horizon(&self) -> i64 {
        if self.rule == ExpiryRule::Ignore { i64::MIN } else { self.now_ms().0 }
    }

    /// Parts of a value whose time is before may be removed by this unit, which tells others of it.
    pub fn removable(&self) -> i64 {
        if self.rule == ExpiryRule::Remove { self.now_ms().0 } else { i64::MIN }
    }

    pub(super) fn hash(&self, key: &[u8]) -> Hash {
        match self.hint {
            Some((at, len, hash)) if at == key.as_ptr() as usize && len == key.len() => hash,
            _ => self.space.dbs[self.db as usize].table().hash(key),
        }
    }

    /// The entry under `key`, after expiry.
    #[inline]
    pub fn entry(&mut self, key: &[u8], lookup: Lookup) -> Option<Entry<'_, Value>> {
        let place = self.find(key, lookup)?;
        Some(self.space.dbs[self.db as usize].table().at(place))
    }

    /// Where the entry under `key` lies, after expiry.
    #[inline]
    fn find(&mut self, key: &[u8], lookup: Lookup) -> Option<Place> {
        let hash = self.hash(key);
        let place = self.alive(hash, key, lookup);
        if matches!(lookup, Lookup::Read | Lookup::NoTouch) {
            if place.is_some() {
                self.space.stats.hits += 1;
            } else {
                self.space.stats.misses += 1;
                self.effects.notify(Class::KeyMiss, "keymiss", self.db, key);
            }
        }
        place
    }

    /// Where the key is, if it exists now; removes it if its time has passed, moves its clock if it lives.
    #[inline]
    pub(super) fn alive(&mut self, hash: Hash, key: &[u8], lookup: Lookup) -> Option<Place> {
        let table = self.space.dbs[self.db as usize].table();
        let place = table.find(hash, key)?;
        let entry = table.at(place);
        let early = if planted::on(Bug::ExpiresEarly) { 2000 } else { 0 };
        if entry.expiry().is_some_and(|at| at - early < self.now_ms().0) && self.rule != ExpiryRule::Ignore {
            self.meet_expired(hash, key);
            return None;
        }
        if matches!(lookup, Lookup::Read | Lookup::Write) && !self.no_touch {
            let clock = entry.clock();
            let fresh = self.space.access.touched(clock, self.now.wall_s(), self.random);
            if fresh != clock {
                self.space.clock_mut(self.db, place).set_clock(fresh);
            }
        }
        Some(place)
    }

    /// A lookup met a key whose time has passed.
    #[cold]
    fn meet_expired(&mut self, hash: Hash, key: &[u8]) {
        if self.rule == ExpiryRule::Remove {
            self.space.remove(self.db, hash, key);
            self.space.stats.expired += 1;
            record_expired(self.effects, self.space.expiry_verb(), self.db, key);
        }
    }

    /// Reads the key as a `T`.
    pub fn read<T: Typed>(&mut self, key: &[u8]) -> Result<Option<T::Ref<'_>>, CommandError> {
        self.entry(key, Lookup::Read).map(|entry| typed::<T>(&entry)).transpose()
    }

    /// Reads the key as a `T`, and lends chance beside it, to choose something of it.
    pub fn read_to_choose<T: Typed>(
        &mut self,
        key: &[u8],
    ) -> Result<Option<(T::Ref<'_>, &mut Random)>, CommandError> {
        let Some(place) = self.find(key, Lookup::Read) else { return Ok(None) };
        let entry = self.space.dbs[self.db as usize].table().at(place);
        Ok(Some((typed::<T>(&entry)?, self.random)))
    }

    /// Reads the key as a `T` on the way to changing it.
    pub fn read_to_write<T: Typed>(&mut self, key: &[u8]) -> Result<Option<T::Ref<'_>>, CommandError> {
        self.entry(key, Lookup::Write).map(|entry| typed::<T>(&entry)).transpose()
    }

    pub fn exists(&mut self, key: &[u8], lookup: Lookup) -> bool {
        self.entry(key, lookup).is_some()
    }

    /// The key's expiry: `None` without the key, `Some(None)` when it never expires.
    pub fn expiry(&mut self, key: &[u8], lookup: Lookup) -> Option<Option<Millis>> {
        self.entry(key, lookup).map(|entry| entry.expiry().map(Millis))
    }

    /// Stores a value, replacing whatever was there. Says `new` if nothing was, and `expired` if what was
    /// there had outlived its time.
    pub fn put(&mut self, key: &[u8], value: NewValue<'_>, expiry: SetExpiry) {
        let hash = self.hash(key);
        // An expired key has no time to live that could be kept.
        let keeps = expiry == SetExpiry::Keep && self.alive(hash, key, Lookup::Silent).is_some();
        let expiry = if expiry == SetExpiry::Keep && !keeps { SetExpiry::Clear } else { expiry };
        let fresh = self.space.access.fresh(self.now.wall_s());
        let removed = self.space.upsert(self.db, hash, key, value, expiry, fresh);
        let mut new = removed.is_none();
        if !keeps && self.rule == ExpiryRule::Remove && removed.is_some_and(|old| self.has_passed(old.expiry))
        {
            self.space.stats.expired += 1;
            record_expired(self.effects, self.space.expiry_verb(), self.db, key);
            new = true;
        }
        if new {
            self.effects.notify(Class::New, "new", self.db, key);
        }
        self.effects.changed(self.db, key);
    }

    fn has_passed(&self, expiry: Option<i64>) -> bool {
        expiry.is_some_and(|at| at < self.now_ms().0)
    }

    /// Changes the bytes of a small value where they lie, without changing their number. `change` sees the
    /// kind and the bytes; it answers the kind from now on, or `None` if it left everything as it was. True
    /// if the value changed; false also without the key and for a value out of line.
    pub fn bytes_mut(&mut self, key: &[u8], change: impl FnOnce(u8, &mut [u8]) -> Option<u8>) -> bool {
        let hash = self.hash(key);
        let changed = self.space.change_entry(self.db, hash, key, |mut entry| {
            let ValueRef::Inline { kind: old, .. } = entry.value() else { return false };
            let bytes = entry.bytes_mut().expect("an inline value has its bytes in the table");
            change(old, bytes).is_some_and(|kind| entry.set_kind(kind))
        });
        let changed = changed == Some(true);
        if changed {
            self.effects.changed(self.db, key);
        }
        changed
    }

    /// Visits keys in order, each with what belongs to it, after fetching the memory that looking them up
    /// will touch: many keys at a time, so that their latencies overlap.
    pub fn each_prefetched<'k, I: Copy>(
        &mut self,
        mut items: impl Iterator<Item = (&'k [u8], I)>,
        mut visit: impl FnMut(&mut Self, &'k [u8], I),
    ) {
        const BATCH: usize = 32;
        let mut batch = [None; BATCH];
        loop {
            let mut count = 0;
            let table = self.space.dbs[self.db as usize].table();
            for (key, item) in items.by_ref().take(BATCH) {
                let hash = table.hash(key);
                table.prefetch_segment(hash);
                batch[count] = Some((key, item, hash));
                count += 1;
            }
            let found = || batch[..count].iter().flatten();
            found().for_each(|(_, _, hash)| table.prefetch_slots(*hash));
            found().for_each(|(_, _, hash)| table.prefetch_entry(*hash));
            for (key, item, hash) in batch[..count].iter().flatten() {
                self.hint = Some((key.as_ptr() as usize, key.len(), *hash));
                visit(self, key, *item);
            }
            if count < BATCH {
                return;
            }
        }
    }

    /// Changes the value out of line under `key`, if there is one.
    pub fn object_mut<R>(&mut self, key: &[u8], change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        let hash = self.hash(key);
        let result = self.space.change_object(self.db, hash, key, change)?;
        self.effects.changed(self.db, key);
        Some(result)
    }

    /// The same for a change that may turn out to be none; `change` says whether it is one.
    pub fn object_mut_if(&mut self, key: &[u8], change: impl FnOnce(&mut Value) -> bool) -> Option<bool> {
        let hash = self.hash(key);
        let changed = self.space.change_object(self.db, hash, key, change)?;
        if changed {
            self.effects.changed(self.db, key);
        }
        Some(changed)
    }

    /// Stores a living key's value in another form that reads the same. Nobody is told: what others have
    /// reads the same too.
    pub fn reshape(&mut self, key: &[u8], form: NewValue<'_>) {
        let hash = self.hash(key);
        let clock = self.space.dbs[self.db as usize].table().get(hash, key).map(|entry| entry.clock());
        let clock = clock.expect("the caller has met the key in this unit");
        self.space.upsert(self.db, hash, key, form, SetExpiry::Keep, clock);
    }

    /// Removes the key; true if it was there (an expired one was not).
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let hash = self.hash(key);
        if self.alive(hash, key, Lookup::Silent).is_none() {
            return false;
        }
        self.space.remove(self.db, hash, key);
        self.effects.changed(self.db, key);
        true
    }

    /// Sets, moves or clears the expiry of a living key; false if there is none such.
    pub fn set_expiry(&mut self, key: &[u8], at: Option<Millis>) -> bool {
        let hash = self.hash(key);
        let done = self.space.set_expiry(self.db, hash, key, at);
        if done {
            self.effects.changed(self.db, key);
        }
        done
    }

    /// The same unit, looking at another database.
    pub fn in_db(&mut self, db: u32) -> Keys<'_> {
        Keys {
            space: self.space,
            effects: self.effects,
            random: self.random,
            db,
            now: self.now,
            rule: self.rule,
            no_touch: self.no_touch,
            hint: None,
        }
    }

    /// The thresholds of collections.
    pub fn forms(&self) -> &Forms {
        &self.space.forms
    }

    pub fn len(&self) -> usize {
        self.space.dbs[self.db as usize].len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a view is of an entry that this unit may still see; for scans, which must not remove.
    pub fn visible(&self, entry: &Entry<'_, Value>) -> bool {
        self.rule == ExpiryRule::Ignore || entry.expiry().is_none_or(|at| at >= self.now_ms().0)
    }

    pub fn notify(&mut self, class: Class, event: &'static str, key: &[u8]) {
        self.effects.notify(class, event, self.db, key);
    }

    pub fn propagate<W: AsRef<[u8]>>(&mut self, words: &[W]) {
        self.effects.propagate(self.db, words);
    }

    /// The value under a key that this unit has looked up before, so that expiry has been applied. Borrows
    /// nothing exclusively: several values may be looked at together.
    pub fn look_again(&self, key: &[u8]) -> Option<View<'_>> {
        let table = self.space.dbs[self.db as usize].table();
        let entry = table.get(self.hash(key), key)?;
        self.visible(&entry).then(|| entry.value())
    }

    /// The value under `key` without any side effect but expiry.
    pub fn peek(&mut self, key: &[u8]) -> Option<View<'_>> {
        self.entry(key, Lookup::Silent).map(|entry| entry.value())
    }
}

/// The effects of an expired key: what the keyspace itself propagates.
pub(super) fn record_expired(effects: &mut Effects, verb: &[u8], db: u32, key: &[u8]) {
    effects.propagate_removal(db, verb, key);
    effects.notify(Class::Expired, "expired", db, key);
    effects.touched(db, key);
}
