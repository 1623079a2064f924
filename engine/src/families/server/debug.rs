//! The engine's half of DEBUG OBJECT; the command belongs to the node.

use crate::error::CommandError;
use crate::families::generic::object::references;
use crate::keyspace::value::encoding_name;
use crate::keyspace::{Keys, Lookup};
use crate::persist::entry::serialized_len;

/// The line that DEBUG OBJECT answers. A value has no address of its own here, so none is told.
///
/// # Errors
/// `no such key`.
pub fn object(keys: &mut Keys<'_>, key: &[u8]) -> Result<String, CommandError> {
    let (now_s, access) = (keys.now.wall_s(), keys.space.access);
    let entry = keys.entry(key, Lookup::Silent).ok_or(CommandError::NoSuchKey)?;
    Ok(format!(
        "Value at:0x0 refcount:{} encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        references(&entry),
        encoding_name(&entry.value()),
        serialized_len(&entry),
        entry.clock(),
        access.idle_s(entry.clock(), now_s),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::keyspace::ExpiryRule;
    use crate::testing::check_with;
    use crate::time::Now;

    #[test]
    fn descriptions_of_values() {
        let mut engine = Engine::new(1, 1);
        check_with(&mut engine, "> SET foo bar   < OK   ~ SET foo bar   ! set foo");
        check_with(&mut engine, "> SET n 1       < OK   ~ SET n 1       ! set n");
        let mut keys = engine.keys(Now { wall_us: 3_000_000, mono_us: 0 }, 0, ExpiryRule::Remove);
        assert_eq!(
            object(&mut keys, b"foo").as_deref(),
            Ok("Value at:0x0 refcount:1 encoding:embstr serializedlength:4 lru:0 lru_seconds_idle:3")
        );
        assert_eq!(
            object(&mut keys, b"n").as_deref(),
            Ok("Value at:0x0 refcount:2147483647 encoding:int serializedlength:2 lru:0 lru_seconds_idle:3")
        );
        assert_eq!(object(&mut keys, b"absent"), Err(CommandError::NoSuchKey));
    }
}
