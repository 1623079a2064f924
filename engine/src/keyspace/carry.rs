//! Values on their way from one key to another: what RENAME and MOVE take along and COPY duplicates.
//!
//! A value beside its entry is moved, never cloned; one inside the entry is at most a few hundred bytes. The access
//! clock stays behind: a key that was renamed, moved or copied counts as new, as in Redis.

use super::keys::Keys;
use super::{Lookup, NewValue, Value};
use crate::effect::Class;
use crate::time::Millis;
use ds::table::{Entry, SetExpiry, ValueRef};

/// A value without a key, and when it expires.
#[derive(Debug)]
pub struct Carried {
    form: Form,
    pub expiry: Option<Millis>,
}

#[derive(Debug)]
enum Form {
    Inline { kind: u8, bytes: Vec<u8> },
    Object(Value),
}

impl Form {
    /// The form of an inline value; `None` for an object.
    fn of_inline(entry: &Entry<'_, Value>) -> Option<Form> {
        match entry.value() {
            ValueRef::Inline { kind, bytes } => Some(Form::Inline { kind, bytes: bytes.to_vec() }),
            ValueRef::Object(_) => None,
        }
    }
}

impl Keys<'_> {
    /// Takes a living key's value out, and the key is gone. Watchers hear of it, but it is half a change: `place`, the
    /// other half, is what counts.
    pub fn take(&mut self, key: &[u8]) -> Option<Carried> {
        let hash = self.hash(key);
        let place = self.alive(hash, key, Lookup::Silent)?;
        let inline = Form::of_inline(&self.space.db(self.db).table().at(place));
        let removed = self.space.take(self.db, hash, key).expect("the key is alive");
        let form = inline.or(removed.object.map(Form::Object)).expect("a value is inline or an object");
        self.effects.touched(self.db, key);
        Some(Carried { form, expiry: removed.expiry.map(Millis) })
    }

    /// A duplicate of a living key's value. Shows as a read.
    pub fn duplicate(&mut self, key: &[u8]) -> Option<Carried> {
        let entry = self.entry(key, Lookup::Read)?;
        let form = match entry.value() {
            ValueRef::Inline { kind, bytes } => Form::Inline { kind, bytes: bytes.to_vec() },
            ValueRef::Object(value) => Form::Object(value.clone()),
        };
        Some(Carried { form, expiry: entry.expiry().map(Millis) })
    }

    /// Puts a carried value under a key. What was there is removed first, so that the key is always a new one; who
    /// is blocked on it gets to look.
    pub fn place(&mut self, key: &[u8], carried: Carried) {
        let hash = self.hash(key);
        self.space.remove(self.db, hash, key);
        let expiry = carried.expiry.map_or(SetExpiry::Clear, |at| SetExpiry::At(at.0));
        let clock = self.space.access.fresh(self.now.wall_s());
        let value = match carried.form {
            Form::Inline { kind, ref bytes } => NewValue::Inline { kind, bytes },
            Form::Object(value) => NewValue::Object(value),
        };
        self.space.upsert(self.db, hash, key, value, expiry, clock);
        self.effects.notify(Class::New, "new", self.db, key);
        self.effects.changed(self.db, key);
        self.effects.ready(self.db, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::{ExpiryRule, View};
    use crate::time::Now;

    fn with_keys<R>(engine: &mut Engine, db: u32, body: impl FnOnce(&mut Keys<'_>) -> R) -> R {
        body(&mut engine.keys(Now::default(), db, ExpiryRule::Remove))
    }

    #[test]
    fn an_object_moves_and_is_not_cloned() {
        let mut engine = Engine::new(2, 1);
        let text = vec![7; 5000];
        let address = text.as_ptr();
        let at = with_keys(&mut engine, 0, |keys| {
            keys.put(b"a", NewValue::Object(Value::Text(text)), SetExpiry::At(9_000));
            let carried = keys.take(b"a").expect("it is there");
            keys.in_db(1).place(b"b", carried);
            assert!(keys.is_empty());
            keys.in_db(1).expiry(b"b", Lookup::Silent)
        });
        assert_eq!(at, Some(Some(Millis(9_000))));
        with_keys(&mut engine, 1, |keys| match keys.peek(b"b") {
            Some(View::Object(Value::Text(text))) => assert_eq!(text.as_ptr(), address),
            other => panic!("{other:?}"),
        });
    }

    #[test]
    fn a_duplicate_leaves_the_original_alone() {
        let mut engine = Engine::new(1, 1);
        with_keys(&mut engine, 0, |keys| {
            for (key, len) in [(&b"short"[..], 3), (b"long", 5000)] {
                let text = vec![b'x'; len];
                let mut scratch = [0; 8];
                let form = crate::families::string::value::new_text(key.len(), &text, &mut scratch);
                keys.put(key, form, SetExpiry::Clear);
                let carried = keys.duplicate(key).expect("it is there");
                keys.place(b"copy", carried);
                assert_eq!(format!("{:?}", keys.peek(key)), format!("{:?}", keys.in_db(0).peek(b"copy")));
            }
            assert_eq!(keys.len(), 3);
            assert!(keys.take(b"absent").is_none() && keys.duplicate(b"absent").is_none());
        });
    }
}
