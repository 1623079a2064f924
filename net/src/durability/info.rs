//! INFO persistence.

use super::save::Saving;
use crate::node::Node;
use std::fmt::{Display, Write};

impl Node {
    /// The lines of INFO's section on persistence, without its heading.
    pub fn info_persistence(&self) -> String {
        let durability = &self.durability;
        let mut out = String::new();
        let mut line = |name: &str, value: &dyn Display| {
            write!(out, "{name}:{value}\r\n").expect("a string takes it");
        };
        let seconds = |value: Option<u64>| value.map_or(-1, |seconds| seconds as i64);
        line("loading", &(self.engine.mode.loading as u8));
        for name in ["async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"] {
            line(name, &0);
        }
        line("current_fork_perc", &"0.00");
        let saving = durability.saving.as_ref();
        let written = saving.map_or(0, |_| self.engine.keyspace.snapshot_written());
        line("current_save_keys_processed", &written);
        line("current_save_keys_total", &saving.map_or(0, |saving| saving.keys_total));
        line("rdb_changes_since_last_save", &self.changes);
        line("rdb_bgsave_in_progress", &(saving.is_some() as u8));
        line("rdb_last_save_time", &self.last_save_s);
        line("rdb_last_bgsave_status", &if durability.last_failed { "err" } else { "ok" });
        line("rdb_last_bgsave_time_sec", &seconds(durability.last_seconds));
        let now_us = self.now().mono_us;
        let running = |saving: &Saving| (now_us - saving.started_us) / 1_000_000;
        line("rdb_current_bgsave_time_sec", &seconds(saving.map(running)));
        line("rdb_saves", &durability.saves);
        line("rdb_last_cow_size", &0);
        line("rdb_last_load_keys_expired", &durability.keys_expired);
        line("rdb_last_load_keys_loaded", &durability.keys_loaded);
        // The append-only file comes with its own work; until then it is off.
        for name in ["aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"] {
            line(name, &0);
        }
        line("aof_last_rewrite_time_sec", &-1);
        line("aof_current_rewrite_time_sec", &-1);
        line("aof_last_bgrewrite_status", &"ok");
        line("aof_rewrites", &0);
        line("aof_rewrites_consecutive_failures", &0);
        line("aof_last_write_status", &"ok");
        for name in ["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"] {
            line(name, &0);
        }
        if let Some((read, started_us)) = self.loading_bytes() {
            let since = (now_us - started_us) as i64 / 1_000_000;
            line("loading_start_time", &(self.now().wall_s() - since));
            line("loading_loaded_bytes", &read);
        }
        out
    }
}
