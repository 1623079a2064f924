//! Clients and Threads.

use super::Fields;
use crate::client::{Client, Role};
use crate::node::Node;
use engine::time::Now;

/// "Recent" is now: buffers are given back as soon as they are empty.
pub(super) fn clients(fields: &mut Fields, node: &Node, _now: Now) {
    let of_clients =
        || node.clients.iter().filter(|client| matches!(client.role, Role::Normal | Role::Pubsub));
    let largest = |size: fn(&Client) -> usize| of_clients().map(size).max().unwrap_or(0);
    fields.put("connected_clients", of_clients().count());
    fields.put("cluster_connections", 0);
    fields.put("maxclients", node.config.maxclients);
    fields.put("client_recent_max_input_buffer", largest(|client| client.pending.len()));
    fields.put("client_recent_max_output_buffer", largest(|client| client.output.len()));
    fields.put("blocked_clients", of_clients().filter(|client| client.suspended.is_some()).count());
    fields.put("tracking_clients", 0);
    fields.put("pubsub_clients", of_clients().filter(|client| client.role == Role::Pubsub).count());
    let (watching, watched) = node.engine.watches.counts();
    fields.put("watching_clients", watching);
    fields.put("clients_in_timeout_table", node.waits.timed());
    fields.put("total_watched_keys", watched);
    fields.put("total_blocking_keys", node.engine.blocked.keys());
    fields.put("total_blocking_keys_on_nokey", node.engine.blocked.group_keys());
}

/// There is one thread for connections, the main one.
pub(super) fn threads(fields: &mut Fields, node: &Node, _now: Now) {
    let clients = node.clients.iter().count();
    let (reads, writes) = (node.stats.reads, node.stats.writes);
    fields.put("io_thread_0", format_args!("clients={clients},reads={reads},writes={writes}"));
}
