//! MEMORY STATS: INFO memory as numbers.

use super::Call;
use super::info::Usage;
use engine::error::CommandError;
use engine::reply::Reply;

/// A map on its way, counting its fields.
struct Figures<'r, 'o> {
    reply: &'r mut Reply<'o>,
    count: usize,
}

impl Figures<'_, '_> {
    fn name(&mut self, name: &str) {
        self.reply.bulk(name.as_bytes());
        self.count += 1;
    }

    fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        self.reply.int(value);
    }

    fn zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.int(name, 0));
    }

    fn ratio(&mut self, name: &str, value: f64) {
        self.name(name);
        self.reply.double(value);
    }
}

pub(super) fn stats(call: &mut Call<'_>) -> Result<(), CommandError> {
    let usage = Usage::of(call.node);
    let keyspace = &call.node.engine.keyspace;
    let keys: usize = keyspace.iter().map(|(_, db)| db.len()).sum();
    let databases = keyspace.iter().filter(|(_, db)| !db.is_empty());
    let databases: Vec<(u32, usize)> = databases.map(|(index, db)| (index, db.memory())).collect();
    call.reply.deferred_map(|reply| {
        let mut figures = Figures { reply, count: 0 };
        server(&mut figures, &usage);
        for (index, memory) in databases {
            database(&mut figures, index, memory);
        }
        data(&mut figures, &usage, keys as u64);
        allocator(&mut figures, &usage);
        figures.count
    });
    Ok(())
}

fn server(figures: &mut Figures<'_, '_>, usage: &Usage) {
    figures.int("peak.allocated", usage.peak as i64);
    figures.int("total.allocated", usage.used as i64);
    figures.int("startup.allocated", usage.startup as i64);
    figures.zeros(&["replication.backlog", "replica.fullsync.buffer"]);
    figures.int("clients.slaves", usage.replica_clients as i64);
    figures.int("clients.normal", usage.normal_clients as i64);
    figures.zeros(&["cluster.links", "aof.buffer", "lua.caches", "functions.caches", "script.VMs"]);
}

/// Expiries lie in the entries: there is no second table.
fn database(figures: &mut Figures<'_, '_>, index: u32, memory: usize) {
    figures.name(&format!("db.{index}"));
    let reply = &mut *figures.reply;
    reply.map(2);
    reply.bulk(b"overhead.hashtable.main");
    reply.int(memory as i64);
    reply.bulk(b"overhead.hashtable.expires");
    reply.int(0);
}

fn data(figures: &mut Figures<'_, '_>, usage: &Usage, keys: u64) {
    let per_key = usage.used.saturating_sub(usage.startup).checked_div(keys).unwrap_or(0);
    figures.zeros(&["overhead.db.hashtable.lut", "overhead.db.hashtable.rehashing"]);
    figures.int("overhead.total", usage.overhead() as i64);
    figures.int("db.dict.rehashing.count", 0);
    figures.int("keys.count", keys as i64);
    figures.int("keys.bytes-per-key", per_key as i64);
    figures.int("dataset.bytes", usage.dataset() as i64);
    figures.ratio("dataset.percentage", usage.dataset_percent());
    figures.ratio("peak.percentage", usage.peak_percent());
}

/// The allocator tells no more than what it has handed out and what the system sees.
fn allocator(figures: &mut Figures<'_, '_>, usage: &Usage) {
    figures.int("allocator.allocated", usage.used as i64);
    figures.int("allocator.active", usage.resident as i64);
    figures.int("allocator.resident", usage.resident as i64);
    figures.int("allocator.muzzy", 0);
    figures.ratio("allocator-fragmentation.ratio", usage.fragmentation());
    figures.int("allocator-fragmentation.bytes", usage.fragmentation_bytes());
    figures.ratio("allocator-rss.ratio", 1.0);
    figures.int("allocator-rss.bytes", 0);
    figures.ratio("rss-overhead.ratio", 1.0);
    figures.int("rss-overhead.bytes", 0);
    figures.ratio("fragmentation", usage.fragmentation());
    figures.int("fragmentation.bytes", usage.fragmentation_bytes());
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn the_fields_of_redis_in_order() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(conn, "> SET k v < OK");
        server.ask(conn, "HELLO 3");
        let text = server.ask(conn, "MEMORY STATS");
        assert!(text.starts_with("{\"peak.allocated\": "), "{text}");
        assert!(text.contains("\"total.allocated\": "), "{text}");
        assert!(text.contains("\"db.0\": {\"overhead.hashtable.main\": "), "{text}");
        assert!(text.contains("\"keys.count\": 1, "), "{text}");
        assert!(text.contains("\"fragmentation\": (0), \"fragmentation.bytes\": "), "{text}");
        assert_eq!(text.matches("\": ").count(), 36, "34 fields, of which one has two of its own: {text}");
    }
}
