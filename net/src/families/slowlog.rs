//! SLOWLOG and COMMANDLOG: the logs of commands that took long, were large, or had large replies. What SLOWLOG
//! shows is COMMANDLOG's first kind.

use super::Call;
use engine::args::{Args, parse_int};
use engine::error::CommandError;
use engine::reply::Reply;
use engine::slowlog::{CommandLog, CommandLogs, LogEntry};

/// Entries that SLOWLOG GET shows if it is not told how many.
const DEFAULT_COUNT: usize = 10;

pub(super) fn get(call: &mut Call<'_>) -> Result<(), CommandError> {
    // A word too many is told of before a word that is no number.
    let asked = call.args.next();
    if call.args.remaining() > 0 {
        return Err(call.args.surplus());
    }
    let count = asked.map_or(Ok(DEFAULT_COUNT), count)?;
    show(&mut call.reply, &call.node.engine.logs.slow, count);
    Ok(())
}

pub(super) fn len(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.reply.int(call.node.engine.logs.slow.len() as i64);
    Ok(())
}

pub(super) fn reset(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.node.engine.logs.slow.clear();
    call.reply.ok();
    Ok(())
}

/// COMMANDLOG GET count kind.
pub(super) fn get_of_kind(call: &mut Call<'_>) -> Result<(), CommandError> {
    let count = count(call.args.bytes()?)?;
    let log = kind(&mut call.args)?(&mut call.node.engine.logs);
    show(&mut call.reply, log, count);
    Ok(())
}

pub(super) fn len_of_kind(call: &mut Call<'_>) -> Result<(), CommandError> {
    let log = kind(&mut call.args)?(&mut call.node.engine.logs);
    call.reply.int(log.len() as i64);
    Ok(())
}

pub(super) fn reset_of_kind(call: &mut Call<'_>) -> Result<(), CommandError> {
    kind(&mut call.args)?(&mut call.node.engine.logs).clear();
    call.reply.ok();
    Ok(())
}

/// A number of entries, where -1 means all.
fn count(word: &[u8]) -> Result<usize, CommandError> {
    match parse_int(word) {
        Ok(-1) => Ok(usize::MAX),
        Ok(count @ 0..) => Ok(count as usize),
        _ => Err(CommandError::err("count should be greater than or equal to -1")),
    }
}

/// The way to the log that the next argument names.
fn kind(args: &mut Args<'_>) -> Result<fn(&mut CommandLogs) -> &mut CommandLog, CommandError> {
    match () {
        () if args.take("SLOW") => Ok(|logs| &mut logs.slow),
        () if args.take("LARGE-REQUEST") => Ok(|logs| &mut logs.large_request),
        () if args.take("LARGE-REPLY") => Ok(|logs| &mut logs.large_reply),
        () => Err(CommandError::err("type should be one of the following: slow, large-request, large-reply")),
    }
}

fn show(reply: &mut Reply<'_>, log: &CommandLog, count: usize) {
    reply.array(log.len().min(count));
    for LogEntry { id, at_s, value, words, address, name } in log.iter().take(count) {
        reply.array(6);
        reply.int(*id as i64);
        reply.int(*at_s);
        reply.int(*value as i64);
        reply.array(words.len());
        words.iter().for_each(|word| reply.bulk(word));
        reply.bulk(address.as_bytes());
        reply.bulk(name);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Harness;

    #[test]
    fn commands_that_took_long() {
        let mut server = Harness::with(&[("enable-debug-command", "yes")]);
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CLIENT SETNAME me          < OK
            > DEBUG SLEEP 0.009          < OK
            > SLOWLOG LEN                < 0
            > DEBUG SLEEP 0.02           < OK
            > CONFIG SET slowlog-log-slower-than 0 < OK
            > AUTH x secret              < WRONGPASS invalid username-password pair or user is disabled.
            > CONFIG SET slowlog-log-slower-than -1 requirepass secret < OK
            > PING                       < PONG
            > SLOWLOG GET 1              < [[2 1700000000 0 ["AUTH" "(redacted)" "(redacted)"] "127.0.0.1:40000" "me"]]
            > SLOWLOG GET 0              < []
            > SLOWLOG GET -2             < ERR count should be greater than or equal to -1
            > SLOWLOG GET x              < ERR count should be greater than or equal to -1
            > SLOWLOG GET x y < ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
            > SLOWLOG LEN                < 3
            "#,
        );
        let text = server.ask(conn, "SLOWLOG GET -1");
        assert!(text.contains(r#"[0 1700000000 20000 ["DEBUG" "SLEEP" "0.02"]"#), "{text}");
        server.check(
            conn,
            "> CONFIG SET slowlog-log-slower-than 0 < OK\n> SLOWLOG RESET < OK\n> SLOWLOG LEN < 1",
        );
        let text = server.ask(conn, "SLOWLOG GET");
        let first = r#"[[5 1700000000 0 ["SLOWLOG" "LEN"] "127.0.0.1:40000" "me"] [4 "#;
        assert!(text.starts_with(first), "{text}");
    }

    #[test]
    fn a_pipeline_shares_its_time_and_the_long_one_has_its_own() {
        let mut server = Harness::with(&[("slowlog-log-slower-than", "2000")]);
        let conn = server.client();
        server.laps_ns = vec![9_000, 3_000_000, 8_000, 8_000];
        for pipeline in [&b"GET a\r\nGET b\r\n"[..], b"GET c\r\n", b"GET d\r\nKEYS *\r\nGET e\r\nGET f\r\n"] {
            server.send(conn, pipeline);
        }
        server.read(conn);
        let text = server.ask(conn, "SLOWLOG GET");
        assert!(text.starts_with(r#"[[0 1700000000 2998 ["KEYS" "*"] "#), "{text}");
        let stats = server.ask(conn, "INFO commandstats");
        assert!(stats.contains("cmdstat_get:calls=6,usec=26,"), "{stats}");
        assert!(stats.contains("cmdstat_keys:calls=1,usec=2998,"), "{stats}");
    }

    #[test]
    fn what_a_transaction_runs_is_logged_and_exec_is_not() {
        let mut server = Harness::with(&[("enable-debug-command", "yes")]);
        let conn = server.client();
        server.check(conn, "> MULTI < OK\n> GET k < QUEUED\n> DEBUG SLEEP 0.02 < QUEUED\n> PING < QUEUED");
        server.laps_ns = vec![50_000, 70_000, 90_000];
        server.check(conn, "> EXEC < [nil OK PONG]");
        let text = server.ask(conn, "SLOWLOG GET");
        assert!(text.starts_with(r#"[[0 1700000000 20058 ["DEBUG" "SLEEP" "0.02"] "#), "{text}");
        let stats = server.ask(conn, "INFO commandstats");
        assert!(stats.contains("cmdstat_exec:calls=1,usec=90,"), "{stats}");
        assert!(stats.contains("cmdstat_ping:calls=1,usec=50,"), "{stats}");
    }

    #[test]
    fn who_waits_is_logged_when_it_is_done() {
        let mut server = Harness::with(&[("slowlog-log-slower-than", "0")]);
        let (conn, other) = (server.client(), server.client());
        server.send(conn, b"WAIT 1 10\r\n");
        server.check(other, "> SLOWLOG LEN < 0");
        server.advance(10);
        let text = server.ask(other, "SLOWLOG GET 1");
        assert!(text.contains(r#"0 ["WAIT" "1" "10"] "127.0.0.1:40000" "#), "{text}");
    }

    #[test]
    fn commands_that_were_large() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CONFIG SET commandlog-request-larger-than 60 commandlog-reply-larger-than 60 < OK
            > COMMANDLOG RESET large-request  < OK
            > SET k 0123456789012345678901234567890123456789 < OK
            > GET k                           < "0123456789012345678901234567890123456789"
            > APPEND k 0123456789012          < 53
            > GET k                           < "01234567890123456789012345678901234567890123456789012"
            > COMMANDLOG LEN large-request    < 1
            > COMMANDLOG GET 9 LARGE-REPLY    < [[0 1700000000 60 ["GET" "k"] "127.0.0.1:40000" ""]]
            > COMMANDLOG GET 2 Large-Request  < [[1 1700000000 67 ["SET" "k" "0123456789012345678901234567890123456789"] "127.0.0.1:40000" ""]]
            > COMMANDLOG GET 9 SLOW           < []
            > COMMANDLOG GET x slow           < ERR count should be greater than or equal to -1
            > COMMANDLOG GET -2 what          < ERR count should be greater than or equal to -1
            > COMMANDLOG GET 1 what  < ERR type should be one of the following: slow, large-request, large-reply
            > COMMANDLOG LEN what    < ERR type should be one of the following: slow, large-request, large-reply
            > COMMANDLOG RESET slow           < OK
            "#,
        );
    }
}
