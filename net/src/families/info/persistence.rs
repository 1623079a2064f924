//! Persistence: snapshots and the append-only file.

use super::Fields;
use crate::node::Node;
use engine::time::Now;

pub(super) fn persistence(fields: &mut Fields, node: &Node, _now: Now) {
    fields.flag("loading", node.engine.mode.loading);
    fields.zeros(&["async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"]);
    fields.ratio("current_fork_perc", 0.0);
    fields.zeros(&["current_save_keys_processed", "current_save_keys_total"]);
    fields.put("rdb_changes_since_last_save", node.changes);
    fields.put("rdb_bgsave_in_progress", 0);
    fields.put("rdb_last_save_time", node.last_save_s);
    fields.put("rdb_last_bgsave_status", "ok");
    fields.put("rdb_last_bgsave_time_sec", -1);
    fields.put("rdb_current_bgsave_time_sec", -1);
    fields.zeros(&[
        "rdb_saves",
        "rdb_last_cow_size",
        "rdb_last_load_keys_expired",
        "rdb_last_load_keys_loaded",
    ]);
    fields.zeros(&["aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"]);
    fields.put("aof_last_rewrite_time_sec", -1);
    fields.put("aof_current_rewrite_time_sec", -1);
    fields.put("aof_last_bgrewrite_status", "ok");
    fields.zeros(&["aof_rewrites", "aof_rewrites_consecutive_failures"]);
    fields.put("aof_last_write_status", "ok");
    fields.zeros(&["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"]);
}
