//! DEBUG: what tests and hunters of bugs need. `enable-debug-command` says who may.
//!
//! Redis knows more subcommands; those that look into structures this server does not have, or that would only
//! pretend to do something, answer as unknown ones do.

use super::{Call, config};
use crate::config::rewrite::Which;
use crate::node::{Action, LogLevel};
use ds::digest::Digest;
use ds::int::parse_i64;
use ds::memory_size::parse_memory_size;
use ds::table::SetExpiry;
use engine::error::CommandError;
use engine::families::string::value::new_text;
use engine::keyspace::{ExpiryRule, Lookup, digest};
use engine::reply::{Protocol, Reply};

pub(super) fn debug(call: &mut Call<'_>) -> Result<(), CommandError> {
    let name = call.args.bytes()?;
    let words: Vec<&[u8]> = std::iter::from_fn(|| call.args.next()).collect();
    match (name.to_ascii_lowercase().as_slice(), words.as_slice()) {
        (b"help", []) => help(call),
        (b"digest", []) => {
            let digest = call.node.engine.keyspace.digest();
            call.reply.simple(&digest.to_string());
        }
        (b"digest-value", keys) => digest_values(call, keys),
        (b"object", [key]) => object(call, key)?,
        (b"reload", words) => return reload(call, words),
        (b"sleep", [seconds]) => sleep(call, seconds),
        (b"set-active-expire", [on]) => call.node.engine.keyspace.active_expire = lenient(on) != 0,
        (b"quicklist-packed-threshold", [size]) => packed_threshold(call, size)?,
        (b"pause-cron", [on]) => call.node.cron.paused = lenient(on) != 0,
        (b"change-repl-id", []) => change_replication_id(call),
        (b"log", [text]) => {
            let text = format!("DEBUG LOG: {}", String::from_utf8_lossy(text));
            call.node.log(LogLevel::Warning, text);
        }
        (b"error", [text]) => {
            call.reply.error_text(text);
            return Ok(());
        }
        (b"protocol", [kind]) => return protocol(call, kind),
        (b"populate", [count, rest @ ..]) if rest.len() <= 2 => populate(call, count, rest)?,
        (b"config-rewrite-force-all", []) => return config::start_rewrite(call, Which::All),
        _ => {
            let before = "unknown subcommand or wrong number of arguments for '";
            return Err(CommandError::quoting(before, &name[..name.len().min(128)], "'. Try DEBUG HELP."));
        }
    }
    if call.reply.written().is_empty() {
        call.reply.ok();
    }
    Ok(())
}

/// What each subcommand does, as HELP lists it.
const HELP: [(&str, &str); 15] = [
    ("CHANGE-REPL-ID", "Gives the replication stream a new name."),
    ("CONFIG-REWRITE-FORCE-ALL", "As CONFIG REWRITE, with every directive written."),
    ("DIGEST", "Answers a digest of all data."),
    ("DIGEST-VALUE <key> [<key> ...]", "Answers a digest of each key's value."),
    ("ERROR <text>", "Answers an error with this text."),
    ("HELP", "Lists the subcommands with a line on each."),
    ("LOG <message>", "Writes the message to the server's log."),
    ("OBJECT <key>", "Answers how a key's value is held."),
    ("PAUSE-CRON (0|1)", "Stops or resumes what happens by the clock."),
    ("POPULATE <count> [<prefix> [<size>]]", "Makes string keys called <prefix>:<number>."),
    ("PROTOCOL <type>", "Answers a sample of one of RESP's types."),
    (
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "Gives list elements from this size on a node of their own; 0 is none.",
    ),
    ("RELOAD [NOSAVE]", "Saves the data set and loads it again."),
    ("SET-ACTIVE-EXPIRE (0|1)", "Stops or resumes the removal of keys that nobody asks for."),
    ("SLEEP <seconds>", "Does nothing at all for that long."),
];

fn help(call: &mut Call<'_>) {
    let reply = &mut call.reply;
    reply.array(1 + 2 * HELP.len());
    reply.simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (syntax, summary) in HELP {
        reply.simple(syntax);
        reply.simple(&format!("    {summary}"));
    }
}

/// A key that is not there has the digest of nothing.
fn digest_values(call: &mut Call<'_>, names: &[&[u8]]) {
    let (now, db) = (call.now, call.session().db);
    call.reply.array(names.len());
    let mut keys = call.node.engine.keys(now, db, ExpiryRule::Ignore);
    for key in names {
        let entry = keys.entry(key, Lookup::Silent);
        let digest = entry.map_or_else(Digest::default, |entry| digest::of_value(&entry));
        call.reply.simple(&digest.to_string());
    }
}

fn object(call: &mut Call<'_>, key: &[u8]) -> Result<(), CommandError> {
    let (now, db) = (call.now, call.session().db);
    let mut keys = call.node.engine.keys(now, db, ExpiryRule::Ignore);
    let text = engine::families::server::debug::object(&mut keys, key)?;
    call.reply.simple(&text);
    Ok(())
}

/// A number as C's `atoi` takes it: what is none is 0.
fn lenient(word: &[u8]) -> i64 {
    parse_i64(word).unwrap_or(0)
}

/// From which size on a list's elements have a node of their own, so that tests need no large ones.
fn packed_threshold(call: &mut Call<'_>, size: &[u8]) -> Result<(), CommandError> {
    /// Redis leaves a little room below 4 GB.
    const MOST: u64 = (1 << 32) - (1 << 20);
    let refused = || CommandError::err("argument must be a memory value bigger than 1 and smaller than 4gb");
    let size = parse_memory_size(size).filter(|size| *size <= MOST).ok_or_else(refused)?;
    call.node.engine.keyspace.forms.list_plain_from = size as u32;
    Ok(())
}

/// What is no number, or negative, is no time.
fn sleep(call: &mut Call<'_>, seconds: &[u8]) {
    let seconds = ds::double::parse_f64(seconds).filter(|s| s.is_finite() && *s > 0.0).unwrap_or(0.0);
    let microseconds = (seconds * 1e6) as u64;
    call.node.stalled_us += microseconds;
    call.node.act(Action::Stall { microseconds });
}

/// The reply is held until the data is back.
fn reload(call: &mut Call<'_>, words: &[&[u8]]) -> Result<(), CommandError> {
    let save = match words {
        [] => true,
        [word] if word.eq_ignore_ascii_case(b"nosave") => false,
        _ => return Err(CommandError::err("DEBUG RELOAD only supports the NOSAVE option.")),
    };
    let held = call.node.hold(call.conn);
    call.node.reload(call.now, held, save);
    Ok(())
}

fn change_replication_id(call: &mut Call<'_>) {
    let node = &mut *call.node;
    node.change_replication_id();
    node.log(LogLevel::Notice, "Changing replication IDs after receiving change-repl-id");
}

const KINDS: &str = "ERR Wrong protocol type name. Please use one of the following: \
    string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";

/// Clients expect these digits, not those of the circle.
#[allow(clippy::approx_constant)]
const SAMPLE_DOUBLE: f64 = 3.141;

/// A sample of each type, the same that Redis gives: clients' test-suites compare them.
fn protocol(call: &mut Call<'_>, kind: &[u8]) -> Result<(), CommandError> {
    let reply = &mut call.reply;
    let resp3 = reply.protocol() == Protocol::Resp3;
    let numbers = |reply: &mut Reply<'_>| (0..3).for_each(|n| reply.int(n));
    match kind.to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.int(12345),
        b"double" => reply.double(SAMPLE_DOUBLE),
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            numbers(reply);
        }
        b"set" => {
            reply.set(3);
            numbers(reply);
        }
        b"map" => {
            reply.map(3);
            (0..3).for_each(|n| {
                reply.int(n);
                reply.bool(n == 1);
            });
        }
        b"attrib" => {
            if resp3 {
                reply.attribute(1);
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.int(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" if resp3 => {
            reply.bulk(b"Some real reply following the push reply");
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.int(42);
        }
        b"push" => return Err(CommandError::err("RESP2 is not supported by this command")),
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => reply.bool(true),
        b"false" => reply.bool(false),
        _ => return Err(CommandError::Custom(KINDS.into())),
    }
    Ok(())
}

/// Makes keys `prefix:0`, `prefix:1`, ... that are not there yet, each holding `value:<number>`, cut or padded with
/// zero bytes to `size`. Replicas hear nothing of it.
fn populate(call: &mut Call<'_>, count: &[u8], rest: &[&[u8]]) -> Result<(), CommandError> {
    let positive = |word: &[u8]| {
        let number = parse_i64(word).and_then(|number| u64::try_from(number).ok());
        number.ok_or(CommandError::OutOfRange)
    };
    let count = positive(count)?;
    let prefix = rest.first().copied().unwrap_or(b"key");
    let size = rest.get(1).map(|word| positive(word)).transpose()?;
    if size.is_some_and(|size| size > call.node.config.proto_max_bulk_len) {
        return Err(CommandError::StringTooLong);
    }
    let (now, db) = (call.now, call.session().db);
    let mut keys = call.node.engine.keys(now, db, ExpiryRule::Remove);
    for number in 0..count {
        let key = [prefix, b":", number.to_string().as_bytes()].concat();
        if keys.exists(&key, Lookup::Silent) {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if let Some(size) = size {
            value.resize(size as usize, 0);
        }
        keys.put(&key, new_text(key.len(), &value, &mut Default::default()), SetExpiry::Clear);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Id, Value};
    use crate::testing::Harness;

    fn server() -> Harness {
        let mut config = Config::default();
        config.put(Id::EnableDebugCommand, Value::Choice(1));
        Harness::new(config)
    }

    #[test]
    fn closed_unless_configuration_opens_it() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        let text = server.ask(conn, "DEBUG SLEEP 0");
        assert!(
            text.starts_with("ERR DEBUG command not allowed. If the enable-debug-command option"),
            "{text}"
        );
        server.check(conn, "> DEBUG < ERR wrong number of arguments for 'debug' command");
        let row = &engine::command::lookup(b"debug").expect("it is known");
        assert_eq!(server.node.engine.stats[row.id.index()].rejected, 2);
    }
    #[test]
    fn samples_of_types() {
        let mut server = server();
        let conn = server.client();
        server.check(
            conn,
            r#"
            > DEBUG PROTOCOL string    < "Hello World"
            > DEBUG PROTOCOL map       < [0 0 1 1 2 0]
            > DEBUG PROTOCOL attrib    < "Some real reply following the attribute"
            > DEBUG PROTOCOL push      < ERR RESP2 is not supported by this command
            > DEBUG PROTOCOL double    < "3.141"
            > DEBUG PROTOCOL < ERR unknown subcommand or wrong number of arguments for 'PROTOCOL'. Try DEBUG HELP.
            "#,
        );
        server.ask(conn, "HELLO 3");
        server.check(
            conn,
            r#"
            > DEBUG protocol MAP       < {0: false, 1: true, 2: false}
            > DEBUG PROTOCOL push      < "Some real reply following the push reply" ["server-cpu-usage" 42]
            > DEBUG PROTOCOL bignum    < (1234567999999999999999999999999999999)
            > DEBUG PROTOCOL verbatim  < "txt:This is a verbatim\nstring"
            "#,
        );
        let attribute = server.command(conn, "DEBUG PROTOCOL attrib");
        assert!(attribute.starts_with(b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n"));
    }

    #[test]
    fn time_and_log() {
        let mut server = server();
        let conn = server.client();
        let before = server.now();
        server.check(conn, "> DEBUG SLEEP 0.25 < OK\n> DEBUG SLEEP abc < OK\n> DEBUG SLEEP -1 < OK");
        assert_eq!(server.now().mono_us - before.mono_us, 250_000);
        server.check(conn, "> DEBUG LOG hello < OK");
        assert!(server.log.iter().any(|(_, text)| text == "DEBUG LOG: hello"));
        let id = server.node.replication.id.clone();
        server
            .check(conn, "> DEBUG CHANGE-REPL-ID < OK\n> DEBUG ERROR \"MYCODE and text\" < MYCODE and text");
        assert_ne!(server.node.replication.id, id);
        assert_eq!(server.node.engine.errors.total(), 0, "an error made to order is none");
    }

    #[test]
    fn what_happens_by_the_clock_can_stop() {
        for command in ["SET-ACTIVE-EXPIRE", "PAUSE-CRON"] {
            let mut server = server();
            let conn = server.client();
            let (stop, go) = if command == "PAUSE-CRON" { (1, 0) } else { (0, 1) };
            server.check(conn, &format!("> DEBUG {command} {stop} < OK\n> SET k v PX 10 < OK"));
            server.advance(500);
            assert_eq!(server.node.engine.keyspace.db(0).len(), 1, "{command}");
            server.check(conn, &format!("> DEBUG {command} {go} < OK"));
            server.advance(500);
            assert_eq!(server.node.engine.keyspace.db(0).len(), 0, "{command}");
        }
    }

    #[test]
    fn values_by_digest_and_form() {
        let mut server = server();
        let conn = server.client();
        // The digests are Redis 8.0.6's own.
        server.check(
            conn,
            r#"
            > DEBUG DIGEST                   < 0000000000000000000000000000000000000000
            > DEBUG DIGEST-VALUE             < []
            > SET a b                        < OK
            > DEBUG DIGEST                   < 479783d7290f02957dfbe3408a858ba13eea1709
            > DEBUG DIGEST-VALUE a           < [b78559cd22bce6e6df712eb99ce7f3b08e8f8f1f]
            > DEBUG DIGEST-VALUE nosuch      < [0000000000000000000000000000000000000000]
            > DEBUG OBJECT nosuch            < ERR no such key
            "#,
        );
        server.advance(3_000);
        let text = server.ask(conn, "DEBUG OBJECT a");
        assert!(text.contains(" refcount:1 encoding:embstr serializedlength:2 lru:"), "{text}");
        assert!(text.ends_with(" lru_seconds_idle:3"), "{text}");
    }

    #[test]
    fn populate() {
        let mut server = server();
        let conn = server.client();
        server.check(
            conn,
            r#"
            > SET key:1 mine             < OK
            > DEBUG POPULATE 3           < OK
            > GET key:0                  < "value:0"
            > GET key:1                  < "mine"
            > DEBUG POPULATE 2 p 3       < OK
            > GET p:1                    < "val"
            > DEBUG POPULATE 1 q 9       < OK
            > GET q:0                    < "value:0\x00\x00"
            > DEBUG POPULATE -1          < ERR value is out of range
            > DEBUG POPULATE 1 q x       < ERR value is out of range
            > DEBUG what < ERR unknown subcommand or wrong number of arguments for 'what'. Try DEBUG HELP.
            "#,
        );
    }
}
