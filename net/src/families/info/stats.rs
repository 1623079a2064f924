//! Stats, Commandstats and Errorstats: what has been counted since the start or CONFIG RESETSTAT.

use super::Fields;
use crate::config::value::percentile_text;
use crate::node::Node;
use crate::node::rates::Metric;
use engine::command::{self, Command};
use engine::pubsub::Space;
use engine::time::Now;

pub(super) fn stats(fields: &mut Fields, node: &Node, _now: Now) {
    traffic(fields, node);
    keys(fields, node);
    let pubsub = &node.engine.pubsub;
    fields.put("pubsub_channels", pubsub.len(Space::Channels));
    fields.put("pubsub_patterns", pubsub.len(Space::Patterns));
    fields.put("pubsubshard_channels", pubsub.len(Space::Shards));
    fields.zeros(&[
        "latest_fork_usec",
        "total_forks",
        "migrate_cached_sockets",
        "slave_expires_tracked_keys",
    ]);
    fields.zeros(&["active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits"]);
    fields.zeros(&["active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"]);
    fields.zeros(&["tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"]);
    fields.put("unexpected_error_replies", 0);
    fields.put("total_error_replies", node.engine.errors.total());
    fields.put("dump_payload_sanitizations", 0);
    buffers(fields, node);
    fields.put("acl_access_denied_auth", node.engine.errors.denied_auth());
    fields.zeros(&["acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel"]);
}

fn traffic(fields: &mut Fields, node: &Node) {
    let stats = &node.stats;
    let kilobytes = |metric| node.rates.of(metric) as f64 / 1024.0;
    fields.put("total_connections_received", stats.connections_received);
    fields.put("total_commands_processed", node.engine.units);
    fields.put("instantaneous_ops_per_sec", node.rates.of(Metric::Commands));
    fields.put("total_net_input_bytes", stats.received_bytes);
    fields.put("total_net_output_bytes", stats.sent_bytes);
    fields.put("total_net_repl_input_bytes", stats.replication_received_bytes);
    fields.put("total_net_repl_output_bytes", stats.replication_sent_bytes);
    fields.ratio("instantaneous_input_kbps", kilobytes(Metric::Input));
    fields.ratio("instantaneous_output_kbps", kilobytes(Metric::Output));
    fields.ratio("instantaneous_input_repl_kbps", kilobytes(Metric::ReplicationInput));
    fields.ratio("instantaneous_output_repl_kbps", kilobytes(Metric::ReplicationOutput));
    fields.put("rejected_connections", stats.connections_rejected);
    fields.put("sync_full", stats.full_syncs);
    fields.put("sync_partial_ok", stats.partial_syncs_accepted);
    fields.put("sync_partial_err", stats.partial_syncs_refused);
}

fn keys(fields: &mut Fields, node: &Node) {
    let stats = &node.engine.keyspace.stats;
    fields.put("expired_subkeys", stats.expired_fields);
    fields.put("expired_keys", stats.expired);
    fields.ratio("expired_stale_perc", 0.0);
    fields.zeros(&["expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds"]);
    fields.put("evicted_keys", stats.evicted);
    fields.zeros(&["evicted_clients", "evicted_scripts"]);
    fields.zeros(&["total_eviction_exceeded_time", "current_eviction_exceeded_time"]);
    fields.put("keyspace_hits", stats.hits);
    fields.put("keyspace_misses", stats.misses);
}

/// An event handled is a turn of the loop.
fn buffers(fields: &mut Fields, node: &Node) {
    let stats = &node.stats;
    fields.put("total_reads_processed", stats.reads);
    fields.put("total_writes_processed", stats.writes);
    fields.zeros(&["io_threaded_reads_processed", "io_threaded_writes_processed"]);
    fields.put("client_query_buffer_limit_disconnections", stats.query_limit_disconnections);
    fields.put("client_output_buffer_limit_disconnections", stats.output_limit_disconnections);
    fields.zeros(&["reply_buffer_shrinks", "reply_buffer_expands"]);
    fields.put("eventloop_cycles", stats.events);
    fields.put("eventloop_duration_sum", stats.busy_ns / 1000);
    fields.put("eventloop_duration_cmd_sum", stats.commands_ns / 1000);
    fields.put("instantaneous_eventloop_cycles_per_sec", node.rates.of(Metric::Events));
    fields.put(
        "instantaneous_eventloop_duration_usec",
        (stats.busy_ns / 1000).checked_div(stats.events).unwrap_or(0),
    );
}

/// Commands that were called, refused or failed.
pub(super) fn commandstats(fields: &mut Fields, node: &Node, _now: Now) {
    let rows = command::all().iter().flat_map(|row| std::iter::once(row).chain(row.subcommands));
    rows.for_each(|row: &Command| {
        let stat = &node.engine.stats[row.id.index()];
        if stat.calls + stat.rejected + stat.failed == 0 {
            return;
        }
        let per_call = match stat.calls {
            0 => 0.0,
            calls => stat.nanoseconds as f64 / 1000.0 / calls as f64,
        };
        fields.put(
            &format!("cmdstat_{}", row.full_name),
            format_args!(
                "calls={},usec={},usec_per_call={per_call:.2},rejected_calls={},failed_calls={}",
                stat.calls,
                stat.nanoseconds / 1000,
                stat.rejected,
                stat.failed
            ),
        );
    });
}

/// How long the commands took that were ever timed, in microseconds.
pub(super) fn latencystats(fields: &mut Fields, node: &Node, _now: Now) {
    if !node.config.latency_tracking {
        return;
    }
    let rows = command::all().iter().flat_map(|row| std::iter::once(row).chain(row.subcommands));
    for row in rows {
        let Some(latencies) = &node.engine.stats[row.id.index()].latencies else { continue };
        let percentiles = node.config.latency_tracking_info_percentiles.iter().map(|percentile| {
            let nanoseconds = latencies.quantile(percentile / 100.0);
            format!("p{}={:.3}", percentile_text(*percentile), nanoseconds as f64 / 1000.0)
        });
        let percentiles = percentiles.collect::<Vec<_>>().join(",");
        fields.put(&format!("latency_percentiles_usec_{}", row.full_name), percentiles);
    }
}

pub(super) fn errorstats(fields: &mut Fields, node: &Node, _now: Now) {
    for (code, count) in node.engine.errors.iter() {
        fields.put(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn commands_and_errors() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r##"
            > SET k v                       < OK
            > GET                           < ERR wrong number of arguments for 'get' command
            > AUTH nobody x                 < WRONGPASS invalid username-password pair or user is disabled.
            > CLIENT KILL ID 0              < ERR client-id should be greater than 0
            > INFO errorstats               < "# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_WRONGPASS:count=1\r\n"
            "##,
        );
        server.laps_ns = vec![31_000];
        server.send(conn, b"GET k\r\nGET nosuch\r\n");
        server.read(conn);
        let text = server.ask(conn, "INFO commandstats");
        for line in [
            "cmdstat_set:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0",
            "cmdstat_get:calls=2,usec=31,usec_per_call=15.50,rejected_calls=1,failed_calls=0",
            "cmdstat_client|kill:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        let text = server.ask(conn, "INFO stats");
        for field in
            ["keyspace_hits:1", "keyspace_misses:1", "total_error_replies:3", "acl_access_denied_auth:1"]
        {
            assert!(text.contains(&format!("\\r\\n{field}\\r\\n")), "{field} in {text}");
        }
    }

    #[test]
    fn percentiles_of_durations() {
        let mut server = Harness::with(&[("latency-tracking-info-percentiles", "0 50 99.9")]);
        let conn = server.client();
        server.laps_ns = vec![500_000, 3_000, 2_000, 1_000];
        for _ in 0..4 {
            server.ask(conn, "SET k v");
        }
        let text = server.ask(conn, "INFO latencystats");
        assert_eq!(
            text,
            "\"# Latencystats\\r\\nlatency_percentiles_usec_set:p0=1.003,p50=2.007,p99.9=501.759\\r\\n\""
        );
        server.check(
            conn,
            "> CONFIG SET latency-tracking no < OK\n> INFO latencystats < \"# Latencystats\\r\\n\"",
        );
    }

    #[test]
    fn rates_follow_the_clock() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        for _ in 0..32 {
            server.command(conn, "PING");
            server.advance(50);
        }
        let text = server.ask(conn, "INFO stats");
        let rate = |name: &str| -> f64 {
            let field = text.split("\\r\\n").find_map(|line| line.strip_prefix(name)).expect("it is there");
            field.parse().expect("a number")
        };
        assert!((18.0..=21.0).contains(&rate("instantaneous_ops_per_sec:")), "{text}");
        assert!(
            (0.2..0.3).contains(&rate("instantaneous_input_kbps:")),
            "14 bytes 20 times a second: {text}"
        );
    }
}
