//! Memory: what the host measured of the process, and what the node knows of its own buffers.

use super::{Fields, human};
use crate::client::Role;
use crate::config::Id;
use crate::node::Node;
use engine::time::Now;

/// Where the memory goes, in bytes; MEMORY STATS reports the same.
pub(crate) struct Usage {
    /// Handed out by the allocator.
    pub used: u64,
    pub peak: u64,
    pub startup: u64,
    pub resident: u64,
    pub normal_clients: u64,
    pub replica_clients: u64,
}

impl Usage {
    pub fn of(node: &Node) -> Usage {
        let buffers = |replica: bool| -> u64 {
            let clients = node.clients.iter().filter(|client| (client.role == Role::Replica) == replica);
            clients.map(|client| client.memory() as u64).sum()
        };
        Usage {
            used: node.used_memory(),
            peak: node.vitals.used_memory_peak.max(node.used_memory()),
            startup: node.startup_memory,
            resident: node.vitals.resident,
            normal_clients: buffers(false),
            replica_clients: buffers(true),
        }
    }

    /// What is not data: the server at its start, and its clients.
    pub fn overhead(&self) -> u64 {
        self.startup + self.normal_clients + self.replica_clients
    }

    pub fn dataset(&self) -> u64 {
        self.used.saturating_sub(self.overhead())
    }

    /// The data's share of what came since the start.
    pub fn dataset_percent(&self) -> f64 {
        percent(self.dataset(), self.used.saturating_sub(self.startup))
    }

    pub fn peak_percent(&self) -> f64 {
        percent(self.used, self.peak)
    }

    /// Resident bytes for each byte handed out.
    pub fn fragmentation(&self) -> f64 {
        if self.used == 0 { 0.0 } else { self.resident as f64 / self.used as f64 }
    }

    pub fn fragmentation_bytes(&self) -> i64 {
        self.resident as i64 - self.used as i64
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

pub(super) fn memory(fields: &mut Fields, node: &Node, _now: Now) {
    let usage = Usage::of(node);
    fields.bytes("used_memory", usage.used);
    fields.bytes("used_memory_rss", usage.resident);
    fields.bytes("used_memory_peak", usage.peak);
    fields.put("used_memory_peak_perc", format_args!("{:.2}%", usage.peak_percent()));
    fields.put("used_memory_overhead", usage.overhead());
    fields.put("used_memory_startup", usage.startup);
    fields.put("used_memory_dataset", usage.dataset());
    fields.put("used_memory_dataset_perc", format_args!("{:.2}%", usage.dataset_percent()));
    fields.put("allocator_allocated", usage.used);
    fields.put("allocator_active", usage.resident);
    fields.put("allocator_resident", usage.resident);
    fields.put("allocator_muzzy", 0);
    fields.bytes("total_system_memory", node.vitals.total_system_memory);
    scripts(fields);
    fields.put("maxmemory", node.config.maxmemory);
    fields.put("maxmemory_human", human(node.config.maxmemory));
    fields.put("maxmemory_policy", String::from_utf8_lossy(&node.config.text(Id::MaxmemoryPolicy)));
    fragmentation(fields, &usage);
    buffers(fields, node, &usage);
}

/// There is no script engine yet.
fn scripts(fields: &mut Fields) {
    fields.zeros(&["used_memory_lua", "used_memory_vm_eval"]);
    fields.put("used_memory_lua_human", human(0));
    fields.zeros(&[
        "used_memory_scripts_eval",
        "number_of_cached_scripts",
        "number_of_functions",
        "number_of_libraries",
        "used_memory_vm_functions",
    ]);
    fields.bytes("used_memory_vm_total", 0);
    fields.put("used_memory_functions", 0);
    fields.bytes("used_memory_scripts", 0);
}

/// The allocator tells no more than what it has handed out and what the system sees.
fn fragmentation(fields: &mut Fields, usage: &Usage) {
    fields.ratio("allocator_frag_ratio", usage.fragmentation());
    fields.put("allocator_frag_bytes", usage.fragmentation_bytes());
    fields.ratio("allocator_rss_ratio", 1.0);
    fields.put("allocator_rss_bytes", 0);
    fields.ratio("rss_overhead_ratio", 1.0);
    fields.put("rss_overhead_bytes", 0);
    fields.ratio("mem_fragmentation_ratio", usage.fragmentation());
    fields.put("mem_fragmentation_bytes", usage.fragmentation_bytes());
}

fn buffers(fields: &mut Fields, node: &Node, usage: &Usage) {
    fields.put("mem_not_counted_for_evict", usage.replica_clients);
    fields.put("mem_replication_backlog", node.replication_memory());
    fields.put("mem_total_replication_buffers", node.replication_memory());
    fields.zeros(&["mem_replica_full_sync_buffer"]);
    fields.put("mem_clients_slaves", usage.replica_clients);
    fields.put("mem_clients_normal", usage.normal_clients);
    fields.zeros(&["mem_cluster_links", "mem_aof_buffer"]);
    fields.put("mem_allocator", "mimalloc");
    fields.zeros(&["mem_overhead_db_hashtable_rehashing", "active_defrag_running"]);
    fields.put("lazyfree_pending_objects", node.engine.keyspace.pending_drops());
    fields.put("lazyfreed_objects", node.engine.keyspace.stats.lazyfreed);
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::node::Vitals;
    use crate::testing::Harness;

    #[test]
    fn what_the_host_measured() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        assert!(
            server.ask(conn, "INFO memory").contains("used_memory_peak_perc:0.00%"),
            "nothing measured yet"
        );
        let vitals = |used| Vitals {
            used_memory: used,
            used_memory_peak: 4 << 20,
            resident: 8 << 20,
            ..Vitals::default()
        };
        server.set_vitals(vitals(1 << 20));
        server.set_vitals(vitals(2 << 20));
        let text = server.ask(conn, "INFO memory");
        for field in [
            "used_memory:2097152",
            "used_memory_human:2.00M",
            "used_memory_peak_perc:50.00%",
            "used_memory_startup:1048576",
            "mem_fragmentation_ratio:4.00",
            "mem_fragmentation_bytes:6291456",
            "maxmemory_policy:noeviction",
        ] {
            assert!(text.contains(&format!("\\r\\n{field}\\r\\n")), "{field} in {text}");
        }
    }
}
