//! Saving and loading through whole nodes.

use crate::config::{Config, Value, lookup, value};
use crate::node::{DiskError, LogLevel};
use crate::testing::Harness;

fn with(pairs: &[(&str, &str)]) -> Harness {
    let mut config = Config::default();
    for (name, text) in pairs {
        let id = lookup(name.as_bytes()).expect("a directive");
        let words = if text.is_empty() { vec![] } else { vec![text.as_bytes().to_vec()] };
        let value = match (*name, text.is_empty()) {
            ("save", true) => Value::SavePoints(Vec::new()),
            _ => value::parse(id.directive(), &words, config.value(id)).expect("a valid value"),
        };
        config.put(id, value);
    }
    Harness::new(config)
}

/// A server that finds what another one left on its disk.
fn restarted(old: &mut Harness, pairs: &[(&str, &str)]) -> Harness {
    let mut fresh = with(pairs);
    fresh.disk = std::mem::take(&mut old.disk);
    let now = fresh.now();
    fresh.node.load_at_start(now);
    fresh.advance(1);
    fresh
}

fn field(server: &Harness, name: &str) -> String {
    let info = server.node.info_persistence();
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a field").to_string()
}

fn fill(server: &mut Harness, count: u32) {
    let conn = server.client();
    let lines: String = (0..count).map(|n| format!("SET key:{n} value{n}\r\n")).collect();
    server.send(conn, lines);
}

#[test]
fn what_was_saved_is_there_after_a_restart() {
    let mut server = with(&[("save", "")]);
    let conn = server.client();
    fill(&mut server, 5000);
    server.ask(conn, "SET soon x PX 50");
    server.ask(conn, "SET later x PX 100000");
    assert_eq!(field(&server, "rdb_changes_since_last_save"), "5002");
    assert_eq!(server.ask(conn, "SAVE"), "OK");
    assert_eq!(field(&server, "rdb_changes_since_last_save"), "0");
    assert_eq!(server.disk.keys().collect::<Vec<_>>(), ["dump.rdb"]);
    server.ask(conn, "SET key:1 lost");
    let mut again = restarted(&mut server, &[]);
    again.advance(100);
    let conn = again.client();
    assert_eq!(again.ask(conn, "GET key:1"), "\"value1\"");
    assert_eq!(again.ask(conn, "GET later"), "\"x\"");
    assert_eq!(again.ask(conn, "GET soon"), "nil");
    assert_eq!(field(&again, "rdb_last_load_keys_loaded"), "5002");
}

#[test]
fn a_background_save_holds_the_moment_it_began_while_writes_go_on() {
    let mut server = with(&[("save", "")]);
    let conn = server.client();
    fill(&mut server, 20_000);
    server.disk_waits = true;
    assert_eq!(server.ask(conn, "BGSAVE"), "Background saving started");
    assert_eq!(server.ask(conn, "BGSAVE SCHEDULE"), "ERR Background save already in progress");
    assert_eq!(server.ask(conn, "SAVE"), "ERR Background save already in progress");
    assert_eq!(field(&server, "rdb_bgsave_in_progress"), "1");
    assert_eq!(server.ask(conn, "SET key:7 changed"), "OK");
    server.release_disk();
    assert_eq!(field(&server, "rdb_bgsave_in_progress"), "0");
    assert_eq!(field(&server, "rdb_changes_since_last_save"), "1");
    let mut again = restarted(&mut server, &[]);
    let conn = again.client();
    assert_eq!(again.ask(conn, "GET key:7"), "\"value7\"");
    assert_eq!(again.node.engine.keyspace.db(0).len(), 20_000);
}

#[test]
fn nobody_is_served_while_save_writes() {
    let mut server = with(&[("save", "")]);
    let (one, two) = (server.client(), server.client());
    server.disk_waits = true;
    assert_eq!(server.ask(one, "SAVE"), "");
    server.send(two, "SET a b\r\n");
    assert_eq!(server.read(two), b"");
    server.release_disk();
    assert_eq!(server.read(one), b"+OK\r\n");
    assert_eq!(server.read(two), b"+OK\r\n");
}

#[test]
fn a_failing_disk_is_told_as_redis_tells_it() {
    let mut server = with(&[("save", "100 1")]);
    let conn = server.client();
    server.ask(conn, "SET a b");
    server.disk_failure = Some(DiskError::Failed("No space left on device".into()));
    assert_eq!(server.ask(conn, "SAVE"), "ERR");
    assert_eq!(server.ask(conn, "SET a c"), "OK", "only background saves stop writes");
    assert_eq!(server.ask(conn, "BGSAVE"), "Background saving started");
    // It begins once the marks of the snapshot that was given up are gone.
    server.advance(200);
    assert!(
        server.ask(conn, "SET a d").starts_with("MISCONF Redis is configured to save RDB snapshots, but")
    );
    assert!(server.ask(conn, "PING").starts_with("MISCONF "));
    assert_eq!(server.ask(conn, "GET a"), "\"c\"");
    assert_eq!(field(&server, "rdb_last_bgsave_status"), "err");
    assert_eq!(server.ask(conn, "SHUTDOWN SAVE"), "ERR Errors trying to SHUTDOWN. Check logs.");
    assert_eq!(server.exit, None);
    server.disk_failure = None;
    server.advance(10_000);
    assert_eq!(server.ask(conn, "BGSAVE"), "Background saving started");
    assert_eq!(server.ask(conn, "SET a e"), "OK");
    assert_eq!(server.command(conn, "SHUTDOWN"), b"");
    assert_eq!(server.exit, Some(0));
    assert_eq!(server.disk.keys().collect::<Vec<_>>(), ["dump.rdb"], "no half file is left");
}

#[test]
fn save_points_save_by_changes_and_seconds() {
    let mut server = with(&[("save", "10 3")]);
    let conn = server.client();
    server.ask(conn, "SET a 1");
    server.advance(30_000);
    assert_eq!(field(&server, "rdb_saves"), "0");
    server.ask(conn, "SET a 2");
    server.ask(conn, "SET a 3");
    server.advance(200);
    assert_eq!(field(&server, "rdb_saves"), "1");
    fill(&mut server, 3);
    server.advance(9_000);
    assert_eq!(field(&server, "rdb_saves"), "1");
    server.advance(2_500);
    assert_eq!(field(&server, "rdb_saves"), "2");
}

#[test]
fn a_broken_file_ends_the_server_with_a_clear_line() {
    let mut good = with(&[]);
    fill(&mut good, 100);
    let conn = good.client();
    good.ask(conn, "SAVE");
    let file = good.disk["dump.rdb"].clone();
    let mut wrong = file.clone();
    wrong[100] ^= 0x55;
    for bytes in [vec![], file[..5].to_vec(), file[..200].to_vec(), wrong, b"hello world".to_vec()] {
        let mut old = with(&[]);
        old.disk.insert("dump.rdb".into(), bytes);
        let broken = restarted(&mut old, &[]);
        assert_eq!(broken.exit, Some(1));
        let warned = broken.log.iter().any(|(level, text)| {
            *level == LogLevel::Warning && text.starts_with("The snapshot dump.rdb cannot be loaded: ")
        });
        assert!(warned, "{:?}", broken.log);
    }
}

#[test]
fn a_shutdown_with_save_points_saves_and_one_without_does_not() {
    for (points, word, saved) in
        [("100 1", "", true), ("", "", false), ("", "SAVE", true), ("100 1", "NOSAVE", false)]
    {
        let mut server = with(&[("save", points)]);
        let conn = server.client();
        server.ask(conn, "SET a b");
        server.command(conn, &format!("SHUTDOWN {word}"));
        assert_eq!((server.exit, server.disk.contains_key("dump.rdb")), (Some(0), saved), "{points} {word}");
    }
    let mut server = with(&[("save", "100 1")]);
    server.terminate(crate::node::Signal::Terminate);
    assert_eq!((server.exit, server.disk.contains_key("dump.rdb")), (Some(0), true));
}

#[test]
fn reload_comes_back_with_the_same_data() {
    let mut server = with(&[("enable-debug-command", "yes")]);
    fill(&mut server, 1000);
    let conn = server.client();
    let before = server.ask(conn, "DEBUG DIGEST");
    assert_eq!(server.ask(conn, "DEBUG RELOAD"), "OK");
    assert_eq!(server.ask(conn, "DEBUG DIGEST"), before);
    server.ask(conn, "SET key:1 x");
    assert_eq!(server.ask(conn, "DEBUG RELOAD NOSAVE"), "OK");
    assert_eq!(server.ask(conn, "DEBUG DIGEST"), before);
}
