//! Replication, as a primary without replicas tells it.

use super::Fields;
use crate::node::Node;
use engine::time::Now;

pub(super) fn replication(fields: &mut Fields, node: &Node, _now: Now) {
    fields.put("role", if node.engine.mode.replica { "slave" } else { "master" });
    fields.put("connected_slaves", 0);
    fields.put("master_failover_state", "no-failover");
    fields.put("master_replid", &node.replication.id);
    fields.put("master_replid2", "0".repeat(40));
    fields.put("master_repl_offset", node.replication.offset);
    fields.put("second_repl_offset", -1);
    fields.put("repl_backlog_active", 0);
    fields.put("repl_backlog_size", node.config.repl_backlog_size);
    fields.zeros(&["repl_backlog_first_byte_offset", "repl_backlog_histlen"]);
}
