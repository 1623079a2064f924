//! INFO replication.

use super::primary::Phase;
use super::replica::Link;
use crate::node::Node;
use std::fmt::Write;

impl Node {
    /// The lines of INFO's section on replication, without its heading.
    pub fn info_replication(&self) -> String {
        let replication = &self.replication;
        let mut out = String::new();
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            write!(out, "{name}:{value}\r\n").expect("a string takes it");
        };
        line("role", &if replication.link.is_some() { "slave" } else { "master" });
        if let Some(link) = &replication.link {
            self.info_link(link, &mut line);
        }
        line("connected_slaves", &replication.feeding.replicas.len());
        if self.config.min_replicas_to_write > 0 && self.config.min_replicas_max_lag_seconds > 0 {
            line("min_slaves_good_slaves", &self.good_replicas());
        }
        self.info_replicas(&mut line);
        line("master_failover_state", &"no-failover");
        line("master_replid", &replication.id);
        let none = ("0".repeat(40), -1);
        let (second, until) = match &replication.second {
            Some((id, until)) => (id, until.0 as i64 + 1),
            None => (&none.0, none.1),
        };
        line("master_replid2", second);
        line("master_repl_offset", &replication.offset);
        line("second_repl_offset", &until);
        let backlog = replication.backlog.as_ref();
        line("repl_backlog_active", &(backlog.is_some() as u8));
        line("repl_backlog_size", &self.config.repl_backlog_size);
        line("repl_backlog_first_byte_offset", &backlog.map_or(0, |backlog| backlog.start().0 + 1));
        line("repl_backlog_histlen", &backlog.map_or(0, |backlog| backlog.len()));
        out
    }

    fn info_link(&self, link: &Link, line: &mut dyn FnMut(&str, &dyn std::fmt::Display)) {
        let now_us = self.now().mono_us;
        let seconds = |since_us: u64| (now_us.saturating_sub(since_us) / 1_000_000) as i64;
        let progress = link.progress();
        line("master_host", &link.host);
        line("master_port", &link.port);
        line("master_link_status", &if link.is_up() { "up" } else { "down" });
        line("master_last_io_seconds_ago", &if link.is_up() { seconds(link.last_io_us) } else { -1 });
        line("master_sync_in_progress", &(progress.payload.is_some() as u8));
        line("slave_read_repl_offset", &(self.replication.offset.0 + link.ahead()));
        line("slave_repl_offset", &self.replication.offset);
        line("replica_full_sync_buffer_size", &0);
        line("replica_full_sync_buffer_peak", &0);
        if let Some((read, total)) = progress.payload {
            let total = total.unwrap_or(0);
            let percent = if total > 0 { read as f64 * 100.0 / total as f64 } else { 0.0 };
            line("master_sync_total_bytes", &total);
            line("master_sync_read_bytes", &read);
            line("master_sync_left_bytes", &(total as i64 - read as i64));
            line("master_sync_perc", &format_args!("{percent:.2}"));
            line("master_sync_last_io_seconds_ago", &seconds(link.last_io_us));
        }
        if !link.is_up() {
            line("master_link_down_since_seconds", &link.down_since_us.map_or(-1, seconds));
        }
        line("slave_priority", &self.config.replica_priority);
        line("slave_read_only", &(self.config.replica_read_only as u8));
        line("replica_announced", &(self.config.replica_announced as u8));
    }

    fn info_replicas(&self, line: &mut dyn FnMut(&str, &dyn std::fmt::Display)) {
        let now_us = self.now().mono_us;
        for (index, (conn, replica)) in self.replication.feeding.replicas.iter().enumerate() {
            let (state, lag) = match replica.phase {
                Phase::Waiting { .. } => ("wait_bgsave", 0),
                Phase::Payload { .. } => ("send_bulk", 0),
                Phase::Settling | Phase::Online => {
                    ("online", now_us.saturating_sub(replica.acked_us) / 1_000_000)
                }
            };
            let address = self.replica_address(*conn, &replica.announced);
            line(
                &format!("slave{index}"),
                &format_args!(
                    "ip={address},port={},state={state},offset={},lag={lag}",
                    replica.announced.port, replica.acked
                ),
            );
        }
    }

    /// Bytes that replication keeps, INFO mem_replication_backlog.
    pub fn replication_memory(&self) -> usize {
        let backlog = self.replication.backlog.as_ref().map_or(0, |backlog| backlog.memory());
        backlog + self.replication.feeding.transfer.as_ref().map_or(0, |transfer| transfer.memory())
    }
}
