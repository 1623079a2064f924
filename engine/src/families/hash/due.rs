//! Removing fields whose time has passed: when a command meets them, and between units.
//!
//! ```text
//!   HGET meets a field that is due ─▶ the field goes ─▶ ~ HDEL key field   ! hexpired key
//!   its hash has no other          ─▶ the key goes   ─▶                    ! hexpired key   ! del key
//! ```
//!
//! What goes is told field by field, so that a replica, which never looks at its own clock, removes the same; the
//! event is raised once for a hash however many of its fields go at once. Where fields may not be removed (on a
//! replica, in the primary's stream) nothing happens here.

use super::value::Hash;
use crate::args::OwnedArgv;
use crate::effect::Class;
use crate::keyspace::value::next_due;
use crate::keyspace::{Edit, Keys};

/// What has gone of a hash because its time had passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone {
    pub fields: usize,
    /// And the key with them.
    pub key: bool,
}

/// Removes those of `fields` that are due, and raises no event yet.
pub(crate) fn take<'f>(keys: &mut Keys<'_>, key: &[u8], fields: impl Iterator<Item = &'f [u8]>) -> Gone {
    remove(keys, key, |hash, bound, names| {
        for field in fields {
            let due = hash.borrow().get(field).is_some_and(|(_, time)| time.is_some_and(|at| at < bound));
            if due && hash.remove(field) {
                names.push(field);
            }
        }
    })
}

/// Removes those of `fields` that are due, for a command that has met them.
#[cold]
pub(crate) fn expire<'f>(keys: &mut Keys<'_>, key: &[u8], fields: impl Iterator<Item = &'f [u8]>) {
    let gone = take(keys, key, fields);
    tell(keys, key, gone);
}

/// Removes up to `max` fields that are due, and says how many.
pub(crate) fn expire_up_to(keys: &mut Keys<'_>, key: &[u8], max: usize) -> usize {
    let gone = remove(keys, key, |hash, bound, names| {
        hash.take_due(bound, max, &mut |field| names.push(field));
    });
    tell(keys, key, gone);
    gone.fields
}

/// Removes up to `max` fields that are due of the value that stands first in the index of its database; `None` if
/// nothing is due there.
pub(crate) fn expire_first(keys: &mut Keys<'_>, max: usize) -> Option<usize> {
    let (db, now) = (keys.space.db(keys.db), keys.now_ms());
    let (_, hash) = db.due().first(now)?;
    let is_due = |time: Option<i64>| time.is_some_and(|at| at < now.0);
    let mut due = db.table().with_hash(hash).filter(|entry| is_due(next_due(entry.value())));
    let key = due.next().expect("the index is in step").key().to_vec();
    drop(due);
    Some(expire_up_to(keys, &key, max))
}

/// Raises the events of what has gone.
pub(crate) fn tell(keys: &mut Keys<'_>, key: &[u8], gone: Gone) {
    if gone.fields > 0 {
        keys.notify(Class::Hash, "hexpired", key);
    }
    if gone.key {
        keys.notify(Class::Generic, "del", key);
    }
}

fn remove(keys: &mut Keys<'_>, key: &[u8], pick: impl FnOnce(&mut Hash, i64, &mut OwnedArgv)) -> Gone {
    let mut names = OwnedArgv::default();
    let aged = keys.age(key, |hash: &mut Hash, tools| {
        pick(hash, tools.removable, &mut names);
        Ok(if names.borrow().is_empty() { Edit::Kept(()) } else { Edit::Changed(()) })
    });
    for name in names.borrow().iter() {
        keys.effects.propagate_part_removal(keys.db, b"HDEL", key, name);
    }
    let fields = names.borrow().len();
    keys.space.stats.expired_fields += fields as u64;
    // Nothing is due in a key of another type.
    Gone { fields, key: aged.is_ok_and(|aged| aged.is_some_and(|edited| edited.removed)) }
}
