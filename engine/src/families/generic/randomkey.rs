//! RANDOMKEY: one of the keys, all with the same chance.

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::keyspace::{ExpiryRule, Keys, Lookup};

/// Draws of expired keys that may not be removed, before looking at all keys in turn.
const TRIES: usize = 100;

pub(crate) fn randomkey(ctx: &mut Ctx, _args: &mut Args) -> Result<(), CommandError> {
    ctx.effects().stand_apart();
    match draw(&mut ctx.keys) {
        Some(key) => ctx.reply.bulk(&key),
        None => ctx.reply.null(),
    }
    Ok(())
}

/// Where expired keys are removed, each draw of one makes it one fewer, so the loop ends. Where they are only
/// hidden, it ends after so many tries; if every key has expired, the answer is one of those, as in Redis.
fn draw(keys: &mut Keys<'_>) -> Option<Vec<u8>> {
    let mut tries = 0;
    loop {
        let Keys { space, random, db, .. } = keys;
        let key = space.db(*db).table().random(&mut || random.next_u64())?.key().to_vec();
        let table = keys.space.db(keys.db).table();
        if table.get(table.hash(&key), &key).is_some_and(|entry| keys.visible(&entry)) {
            return Some(key);
        }
        if keys.rule == ExpiryRule::Remove {
            keys.exists(&key, Lookup::Silent);
            continue;
        }
        tries += 1;
        if tries == TRIES {
            let table = keys.space.db(keys.db).table();
            let alive = table.iter().find(|entry| keys.visible(entry)).map(|entry| entry.key().to_vec());
            return Some(alive.unwrap_or(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::NewValue;
    use crate::testing::{check, check_with};
    use crate::time::Now;
    use ds::table::SetExpiry;
    use std::collections::BTreeMap;

    #[test]
    fn expired_keys_are_removed_on_the_way() {
        check(
            r#"
            > RANDOMKEY             < nil
            > SET a 1 PX 10         < OK     ~ SET a 1 PXAT 10    ! set a    ! expire a
            > RANDOMKEY             < "a"
            @ 11ms
            > RANDOMKEY             < nil    ~ DEL a              ! expired a
            "#,
        );
    }

    /// Redis 13863: a replica that held only expired keys looked for a living one for ever.
    #[test]
    fn a_replica_with_nothing_but_expired_keys_answers_one() {
        let mut engine = Engine::new(1, 1);
        engine.mode.replica = true;
        check_with(
            &mut engine,
            r#"
            > SET a 1 PX 10         < OK     ~ SET a 1 PXAT 10    ! set a    ! expire a
            @ 11ms
            > RANDOMKEY             < "a"
            "#,
        );
    }

    fn filled(now_ms: i64, keys: impl Iterator<Item = (String, Option<i64>)>) -> (Engine, Now) {
        let mut engine = Engine::new(1, 5);
        let now = Now { wall_us: now_ms * 1000, mono_us: 0 };
        let mut view = engine.keys(now, 0, ExpiryRule::Hide);
        for (key, expiry) in keys {
            let expiry = expiry.map_or(SetExpiry::Clear, SetExpiry::At);
            view.put(key.as_bytes(), NewValue::Inline { kind: 0, bytes: b"v" }, expiry);
        }
        (engine, now)
    }

    #[test]
    fn a_single_living_key_among_many_hidden_ones_is_found() {
        let dead = (0..5000).map(|n| (format!("dead:{n}"), Some(1)));
        let (mut engine, now) = filled(50, dead.chain([("living".to_string(), None)]));
        let found = draw(&mut engine.keys(now, 0, ExpiryRule::Hide));
        assert_eq!(found.as_deref(), Some(&b"living"[..]));
    }

    /// Valkey 8.0.2: some keys could never be drawn.
    #[test]
    fn every_key_has_the_same_chance() {
        let (mut engine, now) = filled(0, (0..50).map(|n| (format!("key:{n}"), None)));
        let mut seen: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for _ in 0..20_000 {
            let key = draw(&mut engine.keys(now, 0, ExpiryRule::Remove)).expect("there are keys");
            *seen.entry(key).or_default() += 1;
        }
        assert_eq!(seen.len(), 50);
        assert!(seen.values().all(|count| (280..540).contains(count)), "{seen:?}");
    }
}
