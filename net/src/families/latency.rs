//! LATENCY: what the monitor saw of slow events, and how long commands take.

use super::Call;
use engine::command::{self, Command};
use engine::engine::CommandStat;
use engine::error::CommandError;
use engine::latency::{Sample, Series};
use engine::reply::Reply;
use std::fmt::Write;

/// Samples that a graph shows, the latest ones.
const GRAPH_COLUMNS: usize = 80;
const GRAPH_ROWS: usize = 4;
/// The tops of a column, by thirds of a row.
const TOPS: [char; 3] = ['_', 'o', '#'];

/// LATENCY HISTOGRAM tells how many calls took no longer than these powers of two, in nanoseconds.
const FIRST_POWER: u32 = 10;
const LAST_POWER: u32 = 30;

pub(super) fn history(call: &mut Call<'_>) -> Result<(), CommandError> {
    let event = call.args.bytes()?;
    let samples = call.node.engine.latency.of(event).map(Series::iter);
    let Some(samples) = samples else {
        call.reply.array(0);
        return Ok(());
    };
    call.reply.array(samples.len());
    for Sample { at_s, ms } in samples {
        call.reply.array(2);
        call.reply.int(at_s);
        call.reply.int(ms as i64);
    }
    Ok(())
}

pub(super) fn latest(call: &mut Call<'_>) -> Result<(), CommandError> {
    let events = call.node.engine.latency.iter();
    call.reply.array(events.len());
    for (event, series) in events {
        let Sample { at_s, ms } = series.latest();
        call.reply.array(4);
        call.reply.bulk(event.as_bytes());
        call.reply.int(at_s);
        call.reply.int(ms as i64);
        call.reply.int(series.max_ms as i64);
    }
    Ok(())
}

/// RESET [event ...]; answers how many kinds of event were forgotten.
pub(super) fn reset(call: &mut Call<'_>) -> Result<(), CommandError> {
    let monitor = &mut call.node.engine.latency;
    let mut forgotten = 0;
    if call.args.remaining() == 0 {
        forgotten = monitor.clear();
    }
    while let Some(event) = call.args.next() {
        forgotten += usize::from(monitor.forget(event));
    }
    call.reply.int(forgotten as i64);
    Ok(())
}

pub(super) fn graph(call: &mut Call<'_>) -> Result<(), CommandError> {
    let event = call.args.bytes()?;
    let Some(series) = call.node.engine.latency.of(event) else {
        return Err(CommandError::quoting("No samples available for event '", event, "'"));
    };
    let name = String::from_utf8_lossy(event);
    let text = draw(&name, series, call.now.wall_s());
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// A column for each sample, the age of each below it, read downwards.
fn draw(event: &str, series: &Series, now_s: i64) -> String {
    let samples: Vec<Sample> =
        series.iter().skip(series.iter().len().saturating_sub(GRAPH_COLUMNS)).collect();
    let high = samples.iter().map(|sample| sample.ms).max().unwrap_or(0);
    let low = samples.iter().map(|sample| sample.ms).min().unwrap_or(0);
    let mut text = format!("{event} - high {high} ms, low {low} ms (all time high {} ms)\n", series.max_ms);
    text.extend(std::iter::repeat_n('-', GRAPH_COLUMNS));
    text.push('\n');
    let steps = (GRAPH_ROWS * TOPS.len()) as u64;
    let step = |sample: &Sample| ((sample.ms - low) * steps / (high - low).max(1)).min(steps - 1) as usize;
    for row in (0..GRAPH_ROWS).rev() {
        text.extend(samples.iter().map(|sample| match step(sample).checked_sub(row * TOPS.len()) {
            None => ' ',
            Some(above) => TOPS.get(above).copied().unwrap_or('|'),
        }));
        text.push('\n');
    }
    text.extend(std::iter::repeat_n(' ', samples.len()));
    text.push('\n');
    let ages: Vec<Vec<char>> =
        samples.iter().map(|sample| age(now_s - sample.at_s).chars().collect()).collect();
    for row in 0..ages.iter().map(Vec::len).max().unwrap_or(0) {
        text.extend(ages.iter().map(|age| age.get(row).copied().unwrap_or(' ')));
        text.push('\n');
    }
    text
}

fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86400),
    }
}

/// What the samples say, in words for the operator.
pub(super) fn doctor(call: &mut Call<'_>) -> Result<(), CommandError> {
    let node = &*call.node;
    let mut text = String::new();
    let to_memory = "a string takes it";
    if node.config.latency_monitor_threshold_ms == 0 {
        text.push_str(
            "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> switches it on; this \
             report needs some time of it.\n",
        );
    } else if node.engine.latency.iter().len() == 0 {
        text.push_str("Nothing was slower than the threshold since the monitor was last reset.\n");
    }
    for (event, series) in node.engine.latency.iter() {
        let count = series.iter().len() as u64;
        let mean = series.iter().map(|sample| sample.ms).sum::<u64>() / count;
        let spread = series.iter().map(|sample| sample.ms.abs_diff(mean)).sum::<u64>() / count;
        let first = series.iter().next().map_or(0, |sample| sample.at_s);
        let period = (series.latest().at_s - first) as f64 / (count - 1).max(1) as f64;
        writeln!(
            text,
            "{event}: {count} slow seconds, on average {mean} ms (mean deviation {spread} ms), one every \
             {period:.1} s; the worst was {} ms. {}",
            series.max_ms,
            advice(event)
        )
        .expect(to_memory);
    }
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn advice(event: &str) -> &'static str {
    match event {
        "command" => {
            "SLOWLOG GET names the commands; those whose work grows with the data should ask for less at once."
        }
        "fast-command" => {
            "Such commands do little work: look for a machine that is short of processor or memory."
        }
        "expire-cycle" => {
            "Many keys fall due at once: spread their times to live, or lower active-expire-effort."
        }
        "eviction-cycle" => {
            "Memory is full and writes have to make room: raise maxmemory, or write less at once."
        }
        _ => "Look at what else the machine does at these times.",
    }
}

/// HISTOGRAM [command ...]: a map from command to the number of its calls and how they are distributed.
pub(super) fn histogram(call: &mut Call<'_>) -> Result<(), CommandError> {
    let mut rows: Vec<&Command> = Vec::new();
    let family = |row: &'static Command| std::iter::once(row).chain(row.subcommands);
    if call.args.remaining() == 0 {
        rows.extend(command::all().iter().flat_map(family));
    }
    while let Some(name) = call.args.next() {
        rows.extend(command::lookup_full(name).into_iter().flat_map(family));
    }
    let stats = &call.node.engine.stats;
    call.reply.deferred_map(|reply| {
        let mut count = 0;
        for row in rows {
            count += usize::from(distribution(reply, row, &stats[row.id.index()]));
        }
        count
    });
    Ok(())
}

/// One command's entry, if it was ever timed.
fn distribution(reply: &mut Reply<'_>, command: &Command, stat: &CommandStat) -> bool {
    let Some(latencies) = &stat.latencies else { return false };
    reply.bulk(command.full_name.as_bytes());
    reply.map(2);
    reply.bulk(b"calls");
    reply.int(latencies.len() as i64);
    reply.bulk(b"histogram_usec");
    reply.deferred_map(|reply| {
        let (mut seen, mut count) = (0, 0);
        for power in FIRST_POWER..=LAST_POWER {
            let (up_to, cumulative) = match power {
                LAST_POWER => ((1 << LAST_POWER) - 1, latencies.len()),
                _ => (ds::histogram::highest_equivalent(1 << power), latencies.up_to(1 << power)),
            };
            if cumulative > seen {
                reply.int((up_to / 1000) as i64);
                reply.int(cumulative as i64);
                count += 1;
            }
            seen = cumulative;
        }
        count
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Harness;

    fn slept(server: &mut Harness, millis: &[(u64, u64)]) -> crate::node::ConnId {
        let conn = server.client();
        for (ms, then) in millis {
            server.ask(conn, &format!("DEBUG SLEEP {}", *ms as f64 / 1000.0));
            server.advance(*then);
        }
        conn
    }

    #[test]
    fn slow_commands_second_by_second() {
        let mut server =
            Harness::with(&[("enable-debug-command", "yes"), ("latency-monitor-threshold", "100")]);
        let conn = slept(&mut server, &[(99, 901), (200, 800), (500, 0), (300, 1200), (100, 0)]);
        server.check(
            conn,
            r#"
            > LATENCY LATEST             < [["command" 1700000004 100 500]]
            > LATENCY HISTORY command    < [[1700000001 200] [1700000002 500] [1700000004 100]]
            > LATENCY HISTORY what       < []
            > LATENCY GRAPH what         < ERR No samples available for event 'what'
            > LATENCY RESET what         < 0
            > LATENCY RESET command what < 1
            > LATENCY RESET              < 0
            > LATENCY LATEST             < []
            "#,
        );
    }

    /// The shape is that of Redis 8.0.6 for the same times.
    #[test]
    fn a_graph_for_people() {
        let mut server =
            Harness::with(&[("enable-debug-command", "yes"), ("latency-monitor-threshold", "5")]);
        slept(&mut server, &[(200, 2000), (50, 1000), (10, 0)]);
        let series = server.node.engine.latency.of(b"command").expect("it was slow");
        let text = draw("command", series, server.now().wall_s());
        let line = "-".repeat(80);
        let expected = format!(
            "command - high 200 ms, low 10 ms (all time high 200 ms)\n{line}\n#  \n|  \n|  \n|#_\n   \n310\nsss\n"
        );
        assert_eq!(text, expected);
        assert_eq!(
            ["0s", "59s", "1m", "59m", "1h", "23h", "2d"],
            [0, 59, 60, 3599, 3600, 86399, 200_000].map(age)
        );
    }

    #[test]
    fn what_the_doctor_says() {
        let mut server = Harness::with(&[("enable-debug-command", "yes")]);
        let conn = slept(&mut server, &[(500, 0)]);
        assert!(server.ask(conn, "LATENCY DOCTOR").contains("The latency monitor is off."));
        server.check(conn, "> CONFIG SET latency-monitor-threshold 100 < OK");
        assert!(server.ask(conn, "LATENCY DOCTOR").contains("Nothing was slower"));
        slept(&mut server, &[(200, 1800), (600, 0)]);
        let text = server.ask(conn, "LATENCY DOCTOR");
        let told = "command: 2 slow seconds, on average 400 ms (mean deviation 200 ms), one every 2.0 s; the worst was 600";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn how_long_commands_take() {
        let mut server = Harness::with(&[("enable-debug-command", "yes")]);
        let conn = server.client();
        server.laps_ns = vec![9_000, 1_024, 1_000];
        for key in ["a", "b", "c"] {
            server.ask(conn, &format!("SET {key} 1"));
        }
        slept(&mut server, &[(2000, 0)]);
        server.check(
            conn,
            r#"
            > LATENCY HISTOGRAM what set what|x < ["set" ["calls" 3 "histogram_usec" [1 2 16 3]]]
            > LATENCY HISTOGRAM debug           < ["debug" ["calls" 1 "histogram_usec" [1073741 1]]]
            > CLIENT ID                         < 1
            > LATENCY HISTOGRAM client          < ["client|id" ["calls" 1 "histogram_usec" [1 1]]]
            > LATENCY HISTOGRAM CLIENT|ID       < ["client|id" ["calls" 1 "histogram_usec" [1 1]]]
            > CONFIG RESETSTAT                  < OK
            > LATENCY HISTOGRAM                 < ["config|resetstat" ["calls" 1 "histogram_usec" [1 1]]]
            > CONFIG SET latency-tracking no    < OK
            > PING                              < PONG
            > LATENCY HISTOGRAM ping            < []
            "#,
        );
    }
}
