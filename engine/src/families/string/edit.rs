//! Changing a part of a string: the one way for APPEND, SETRANGE and the bit commands.
//!
//! | the key holds               | what happens                                                      |
//! |-----------------------------|-------------------------------------------------------------------|
//! | text beside its entry       | it is changed where it lies, with some room when it grows         |
//! | short text, edited before   | it is changed where it lies, unless it grows                      |
//! | other short text, a number  | it is put together on the stack and stored, inline while it fits  |
//! | nothing                     | likewise                                                          |

use super::Text;
use super::value::new_edited_text;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::value::kind;
use crate::keyspace::{Keys, Lookup, NewValue, Typed, Value};
use crate::session::Origin;
use ds::table::{INLINE_MAX, SetExpiry, ValueRef, fits_inline};

/// Makes the string under `key` at least `len` bytes long, with zeros for what it lacks, and lets `change`
/// write into it. The key holds a string or nothing; its time to live stays.
pub(crate) fn edit(keys: &mut Keys, key: &[u8], len: usize, change: impl FnOnce(&mut [u8])) {
    edit_if(keys, key, len, |bytes| {
        change(bytes);
        true
    });
}

/// The same for a change that may turn out to be none: `change` says whether the bytes differ. If they do not and
/// the string has not grown, its form is that of an edited text nevertheless, but nobody is told.
pub(crate) fn edit_if(keys: &mut Keys, key: &[u8], len: usize, change: impl FnOnce(&mut [u8]) -> bool) {
    let mut change = Some(change);
    let mut apply = |bytes: &mut [u8]| (change.take().expect("one branch applies the change"))(bytes);
    let old = keys.entry(key, Lookup::Silent).map(|entry| entry.value());
    match old {
        Some(ValueRef::Object(Value::Text(_))) => {
            let edited = keys.object_mut_if(key, |value| {
                let Value::Text(text) = value else { unreachable!("it was text a moment ago") };
                let grows = len > text.len();
                if grows {
                    grow(text, len);
                }
                apply(text) || grows
            });
            assert!(edited.is_some(), "the value was out of line a moment ago");
        }
        Some(ValueRef::Inline { kind: kind::EDITED, bytes }) if bytes.len() >= len => {
            keys.bytes_mut(key, |_, bytes| apply(bytes).then_some(kind::EDITED));
        }
        _ => {
            let mut digits = [0; ds::int::MAX_DIGITS];
            let before = old.map(|view| Text::view(view).expect("the caller has asked for the type"));
            let exists = before.is_some();
            let before = before.map_or(&b""[..], |text| text.as_bytes(&mut digits));
            let grows = !exists || len > before.len();
            let len = len.max(before.len());
            if fits_inline(key.len(), len) {
                let mut room = [0; INLINE_MAX];
                room[..before.len()].copy_from_slice(before);
                let changed = apply(&mut room[..len]) || grows;
                let form = NewValue::Inline { kind: kind::EDITED, bytes: &room[..len] };
                if changed { keys.put(key, form, SetExpiry::Keep) } else { keys.reshape(key, form) }
            } else {
                let mut text = vec![0; len];
                text[..before.len()].copy_from_slice(before);
                apply(&mut text);
                keys.put(key, NewValue::Object(Value::Text(text)), SetExpiry::Keep);
            }
        }
    }
}

/// Hands out all bytes of the string under `key`, which exists, to be changed in any way. `change` says whether they
/// differ now, and its result is passed on. In form and in what is told, this is like `edit_if`.
pub(crate) fn rework<R>(keys: &mut Keys, key: &[u8], change: impl FnOnce(&mut Vec<u8>) -> (bool, R)) -> R {
    let mut change = Some(change);
    let mut result = None;
    let mut apply = |text: &mut Vec<u8>| {
        let (changed, answer) = (change.take().expect("one branch applies the change"))(text);
        result = Some(answer);
        changed
    };
    let beside = keys.object_mut_if(key, |value| {
        let Value::Text(text) = value else { unreachable!("the caller has asked for the type") };
        apply(text)
    });
    if beside.is_none() {
        let mut digits = [0; ds::int::MAX_DIGITS];
        let view = keys.peek(key).and_then(Text::view).expect("the caller has met a string here");
        let mut text = view.as_bytes(&mut digits).to_vec();
        let changed = apply(&mut text);
        let form = new_edited_text(key.len(), &mut text);
        if changed { keys.put(key, form, SetExpiry::Keep) } else { keys.reshape(key, form) }
    }
    result.expect("one branch has applied the change")
}

/// Text from this size on grows by a share of itself, no longer by doubling.
const DOUBLING_MAX: usize = 1 << 20;

/// Lengthens a text with zeros, and leaves room for more.
fn grow(text: &mut Vec<u8>, len: usize) {
    if len > text.capacity() && len / 2 > text.len() {
        // Most of it will be zeros: fresh memory is zero already, and is not touched before it is used.
        let mut longer = vec![0; len];
        longer[..text.len()].copy_from_slice(text);
        *text = longer;
        return;
    }
    if len > text.capacity() && len > DOUBLING_MAX {
        text.reserve_exact(len + len / 8 - text.len());
    }
    text.resize(len, 0);
}

/// Refuses a string that would become longer than a client may send.
pub(crate) fn check_length(ctx: &Ctx, len: u64) -> Result<usize, CommandError> {
    // What our primary or our own file says has been checked by whoever said it first.
    let limit =
        if ctx.session.origin == Origin::Client { ctx.settings.max_bulk_len as u64 } else { u64::MAX };
    usize::try_from(len).ok().filter(|_| len <= limit).ok_or(CommandError::StringTooLong)
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    /// Text of every form: a number, inline at both sides of its limit, and out of line.
    #[test]
    fn every_form_grows_into_the_next() {
        let long = "x".repeat(510);
        check(&format!(
            r#"
            > APPEND k 12           < 2      ~ APPEND k 12         ! append k
            > APPEND k 34           < 4      ~ APPEND k 34         ! append k
            > INCR k                < 1235   ~ INCR k              ! incrby k
            > SETRANGE k 0 9        < 4      ~ SETRANGE k 0 9      ! setrange k
            > SETRANGE k 1 8        < 4      ~ SETRANGE k 1 8      ! setrange k
            > GET k                 < "9835"
            > SETRANGE k 0 {long}   < 510    ~ SETRANGE k 0 {long} ! setrange k
            > APPEND k yy           < 512    ~ APPEND k yy         ! append k
            > APPEND k z            < 513    ~ APPEND k z          ! append k
            > SETRANGE k 514 z      < 515    ~ SETRANGE k 514 z    ! setrange k
            > GETRANGE k 508 -1     < "xxyyz\x00z"
            > SETRANGE k 0 abc      < 515    ~ SETRANGE k 0 abc    ! setrange k
            > GETRANGE k 0 3        < "abcx"
            "#
        ));
    }

    #[test]
    fn the_time_to_live_stays() {
        check(
            r#"
            > SET k v PX 10    < OK     ~ SET k v PXAT 10     ! set k    ! expire k
            > APPEND k w       < 2      ~ APPEND k w          ! append k
            > SETRANGE k 0 x   < 2      ~ SETRANGE k 0 x      ! setrange k
            @ 10ms
            > GET k            < "xw"
            @ 11ms
            > APPEND k z       < 1      ~ DEL k   ~ APPEND k z   ! expired k   ! append k
            @ 100ms
            > GET k            < "z"
            "#,
        );
    }
}
