//! A key with a time to live is there until its time has come, and gone afterwards, by its server's clock.
//!
//! It looks at keys that begin with `e:`, each of which one client alone writes, with `SET key
//! value PX ms`, `SET key value` or `DEL key`, and reads with `GET key`. When a request was executed is known
//! only to lie between its sending and its reply, and the server's wall clock may jump; so for every read
//! there is a range of answers: it must see the value if no reading of the clock since the write was past
//! the deadline, must see nothing if every reading during the read was, and may see either in between. Only
//! servers that are primaries from their start are judged: a replica shows expired keys as absent, but when,
//! is its own clock's business.

use super::{Check, Evidence};
use crate::history::Operation;
use crate::process::{HostId, Life};
use net::resp::Frame;
use std::collections::BTreeMap;

pub const PREFIX: &[u8] = b"e:";

pub struct Expiry;

/// The last certain write of a key.
#[derive(Clone, Debug)]
struct Written {
    value: Vec<u8>,
    /// `None` for a value that stays.
    ttl_us: Option<u64>,
    /// When it was executed, in world time.
    from: u64,
    to: u64,
}

/// What is known of a key.
#[derive(Clone, Debug)]
enum Known {
    Nothing,
    Absent,
    Value(Written),
}

/// A key, and until when a write with unknown outcome may still reach it.
struct Key {
    known: Known,
    cloudy_until: u64,
}

impl Check for Expiry {
    fn judge(&mut self, evidence: &Evidence<'_>) -> Result<(), String> {
        let mut keys: BTreeMap<(HostId, Life, &[u8]), Key> = BTreeMap::new();
        let sessions = evidence.world.sessions();
        for op in &evidence.history.operations {
            let Some(name) = op.argv.get(1).filter(|key| key.starts_with(PREFIX)) else { continue };
            let node = &evidence.world.host(op.server).name;
            let session = sessions.get(&(op.client, op.conn));
            let seen = session.filter(|session| session.read_of(op.ends_at).is_some());
            let Some(held_until) = seen.map(|session| session.held_until) else { continue };
            if evidence.plan.starts_as_replica(node) {
                continue;
            }
            let fresh = Key { known: Known::Absent, cloudy_until: 0 };
            let key = keys.entry((op.server, op.life, name)).or_insert(fresh);
            step(evidence, op, key, held_until).map_err(|what| {
                format!("{node}, key {}, read sent at {} us: {what}", name.escape_ascii(), op.invoked_us)
            })?;
        }
        Ok(())
    }
}

fn step(evidence: &Evidence<'_>, op: &Operation, key: &mut Key, held_until: u64) -> Result<(), String> {
    let clear = op.invoked_us >= key.cloudy_until;
    match (op.name().as_slice(), op.reply()) {
        (b"SET" | b"DEL", None) => {
            key.known = Known::Nothing;
            key.cloudy_until = key.cloudy_until.max(held_until);
        }
        (b"SET" | b"DEL", Some(Frame::Error(_))) => {}
        (b"SET" | b"DEL", Some(_)) if !clear => key.known = Known::Nothing,
        (b"DEL", Some(_)) => key.known = Known::Absent,
        (b"SET", Some(_)) => {
            let millis = op.argv.get(4).map(|word| String::from_utf8_lossy(word));
            let ttl_us = millis.map(|text| text.parse::<u64>().expect("the workload writes PX times") * 1000);
            let (from, to) = (op.invoked_us, op.completed_us());
            key.known = Known::Value(Written { value: op.argv[2].clone(), ttl_us, from, to });
        }
        (b"GET", Some(reply)) => return read(evidence, op, &key.known, reply),
        _ => {}
    }
    Ok(())
}

fn read(evidence: &Evidence<'_>, op: &Operation, known: &Known, reply: &Frame) -> Result<(), String> {
    let clock = |from: u64, to: u64| evidence.world.host(op.server).wall_range(from, to);
    let seen = match reply {
        Frame::Bulk(bytes) => Some(bytes),
        Frame::Null | Frame::NullBulk => None,
        _ => return Ok(()),
    };
    match (known, seen) {
        (Known::Nothing, _) | (Known::Absent, None) => Ok(()),
        (Known::Absent, Some(value)) => Err(format!("sees {} where nothing was", value.escape_ascii())),
        (Known::Value(w), Some(value)) if *value != w.value => {
            Err(format!("sees {} and not {}", value.escape_ascii(), w.value.escape_ascii()))
        }
        (Known::Value(Written { ttl_us: None, .. }), Some(_)) => Ok(()),
        (Known::Value(Written { ttl_us: None, .. }), None) => {
            Err("misses a value that has no deadline".into())
        }
        (Known::Value(w @ Written { ttl_us: Some(ttl_us), .. }), seen) => {
            // Redis keeps time in whole milliseconds, hence one of them in its favour either way.
            let (first, last) = clock(w.from, w.to);
            let (due_first, due_last) = ((first + ttl_us).saturating_sub(1000), last + ttl_us + 1000);
            let earliest = clock(op.invoked_us, op.completed_us()).0;
            let latest = clock(w.from, op.completed_us()).1;
            match seen {
                Some(_) if earliest > due_last => {
                    Err(format!("sees a value {} us after its time", earliest - due_last))
                }
                None if latest < due_first => {
                    Err(format!("misses a value {} us before its time", due_first - latest))
                }
                _ => Ok(()),
            }
        }
    }
}
