//! The digest of all databases, equal to what Redis's DEBUG DIGEST and DEBUG DIGEST-VALUE say of the same
//! data. `ds::digest` describes what is added in which way; here every type says what it adds.
//!
//! Two servers with equal digests hold the same keys, types, values and the same answer to whether a key
//! expires; when it does is not part of the digest. Keys whose time has passed count until they are removed.

use super::value::AnyRef;
use super::{Keyspace, Value};
use ds::digest::Digest;
use ds::table::Entry;

impl Keyspace {
    /// DEBUG DIGEST. Visits every key.
    pub fn digest(&self) -> Digest {
        let mut whole = Digest::default();
        for (number, db) in self.iter().filter(|(_, db)| !db.is_empty()) {
            whole.mix(&number.to_be_bytes());
            for entry in db.table().iter() {
                let mut key = Digest::default();
                key.mix(entry.key());
                add_entry(&mut key, &entry);
                whole.xor_digest(&key);
            }
        }
        whole
    }
}

/// DEBUG DIGEST-VALUE of one key.
pub fn of_value(entry: &Entry<'_, Value>) -> Digest {
    let mut digest = Digest::default();
    add_entry(&mut digest, entry);
    digest
}

/// Adds a key's value, the number of its type before its elements, and that it expires if it does.
fn add_entry(digest: &mut Digest, entry: &Entry<'_, Value>) {
    AnyRef::of(entry.value()).described().digest(digest);
    if entry.expiry().is_some() {
        digest.xor(b"!!expire!!");
    }
}

#[cfg(test)]
mod tests {
    use crate::args::OwnedArgv;
    use crate::engine::Engine;
    use crate::session::Session;
    use crate::time::Now;

    /// Runs commands, each a database's number and a line, on a fresh engine and returns it.
    fn after(commands: &[(u32, &str)]) -> Engine {
        let mut engine = Engine::new(16, 7);
        for (db, line) in commands {
            let mut session = Session { db: *db, authenticated: true, ..Session::new(1) };
            let words: OwnedArgv = line.split(' ').collect();
            let mut out = Vec::new();
            engine.run_one(Now::default(), &mut session, words.borrow(), &mut out);
            assert_eq!(out, b"+OK\r\n", "{line}");
        }
        engine
    }

    /// What Redis 8.0 says after the same commands.
    #[test]
    fn equals_that_of_redis() {
        fn check(commands: &[(u32, &str)], expected: &str) {
            assert_eq!(after(commands).keyspace.digest().to_string(), expected, "{commands:?}");
        }
        check(&[], "0000000000000000000000000000000000000000");
        check(&[(0, "SET foo bar")], "d2ab4820c1be0580ea28efbfe8bfa1dc05bb802a");
        check(&[(0, "SET foo bar"), (0, "SET n 123")], "2ccff0254b97d2824823e394089c36dc9612627d");
        check(
            &[(0, "SET foo bar"), (0, "SET n 123"), (3, "SET foo bar EX 1000")],
            "3c9096b12c734123cf5672316153fee0d4745a20",
        );
    }

    #[test]
    fn of_one_value_equals_that_of_redis() {
        let engine = after(&[(0, "SET s HelloWorld"), (0, "SET n 112")]);
        let table = engine.keyspace.db(0).table();
        let of =
            |key: &[u8]| super::of_value(&table.get(table.hash(key), key).expect("it was set")).to_string();
        assert_eq!(of(b"s"), "2c932ae05e8b59cc9d1023b5226e33d635fd5512");
        assert_eq!(of(b"n"), "d8d75bc6cefaba880208c97567c4b9f4c9402d70");
    }
}
