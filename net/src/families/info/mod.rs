//! INFO: the server in sections of fields, in Redis's order.
//!
//! Each section is a function from the node to lines of `name:value`. A field whose feature this server does not have
//! says 0 (or what Redis says when the feature is off), never a made-up number. Sections that Redis prints empty
//! for want of data (Modules, Keysizes) are headlines here too.

mod clients;
mod memory;
mod server;
mod stats;

use super::Call;
use crate::node::Node;
use engine::error::CommandError;
use engine::time::Now;
use std::fmt::{Display, Write};

pub(super) use memory::Usage;

/// A section: its title, whether plain INFO shows it, and who writes it.
struct Section {
    title: &'static str,
    in_default: bool,
    write: fn(&mut Fields, &Node, Now),
}

const fn section(title: &'static str, in_default: bool, write: fn(&mut Fields, &Node, Now)) -> Section {
    Section { title, in_default, write }
}

const SECTIONS: [Section; 15] = [
    section("Server", true, server::server),
    section("Clients", true, clients::clients),
    section("Memory", true, memory::memory),
    section("Persistence", true, |fields, node, _| fields.0.push_str(&node.info_persistence())),
    section("Threads", true, clients::threads),
    section("Stats", true, stats::stats),
    section("Replication", true, |fields, node, _| fields.0.push_str(&node.info_replication())),
    section("CPU", true, server::cpu),
    section("Modules", true, |_, _, _| {}),
    section("Commandstats", false, stats::commandstats),
    section("Errorstats", true, stats::errorstats),
    section("Latencystats", false, stats::latencystats),
    section("Cluster", true, server::cluster),
    section("Keyspace", true, server::keyspace),
    section("Keysizes", true, |_, _, _| {}),
];

pub(super) fn info(call: &mut Call<'_>) -> Result<(), CommandError> {
    let names: Vec<&[u8]> = std::iter::from_fn(|| call.args.next()).collect();
    let text = text(call.node, call.now, &names);
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The sections that `names` ask for, each once; none at all are the default ones.
fn text(node: &Node, now: Now, names: &[&[u8]]) -> String {
    let named = |word: &str| names.iter().any(|name| name.eq_ignore_ascii_case(word.as_bytes()));
    let default = names.is_empty() || named("default");
    let all = named("all") || named("everything");
    let mut fields = Fields(String::with_capacity(8 * 1024));
    for section in &SECTIONS {
        if !(all || default && section.in_default || named(section.title)) {
            continue;
        }
        let gap = if fields.0.is_empty() { "" } else { "\r\n" };
        write!(fields.0, "{gap}# {}\r\n", section.title).expect("a string takes it");
        (section.write)(&mut fields, node, now);
    }
    fields.0
}

/// Lines of one section.
pub(super) struct Fields(String);

impl Fields {
    fn put(&mut self, name: &str, value: impl Display) {
        write!(self.0, "{name}:{value}\r\n").expect("a string takes it");
    }

    /// Fields of what this server does not have.
    fn zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.put(name, 0));
    }

    /// A number of bytes as such and for people.
    fn bytes(&mut self, name: &str, value: u64) {
        self.put(name, value);
        self.put(&format!("{name}_human"), human(value));
    }

    /// Two decimals.
    fn ratio(&mut self, name: &str, value: f64) {
        self.put(name, format_args!("{value:.2}"));
    }
}

/// Bytes with a unit and two decimals, as Redis writes them for people.
pub(super) fn human(bytes: u64) -> String {
    let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    match units.iter().find(|(shift, _)| bytes >= 1 << shift) {
        Some((shift, unit)) => format!("{:.2}{unit}", bytes as f64 / (1u64 << shift) as f64),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::testing::Harness;

    fn titles(text: &str) -> String {
        let titles = text.split("\r\n").filter_map(|line| line.strip_prefix("# "));
        titles.collect::<Vec<_>>().join(" ")
    }

    fn check_titles(names: &[&str], expected: &str) {
        let server = Harness::new(Config::default());
        let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
        assert_eq!(titles(&text(&server.node, server.now(), &names)), expected);
    }

    #[test]
    fn sections_in_redis_order() {
        const DEFAULT: &str = "Server Clients Memory Persistence Threads Stats Replication CPU Modules Errorstats \
                               Cluster Keyspace Keysizes";
        const ALL: &str = "Server Clients Memory Persistence Threads Stats Replication CPU Modules Commandstats \
                           Errorstats Latencystats Cluster Keyspace Keysizes";
        check_titles(&[], DEFAULT);
        check_titles(&["default"], DEFAULT);
        check_titles(&["ALL"], ALL);
        check_titles(&["everything", "server"], ALL);
        check_titles(&["keyspace", "what", "CPU", "cpu"], "CPU Keyspace");
        check_titles(&["what"], "");
    }

    #[test]
    fn a_blank_line_between_sections_and_none_at_the_end() {
        let server = Harness::new(Config::default());
        let text = text(&server.node, server.now(), &[b"cluster", b"keyspace"]);
        assert_eq!(text, "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n");
    }

    #[test]
    fn bytes_for_people() {
        for (bytes, text) in
            [(0, "0B"), (1023, "1023B"), (1024, "1.00K"), (1_015_888, "992.08K"), (25_276_514_304, "23.54G")]
        {
            assert_eq!(human(bytes), text);
        }
    }

    /// The names in the order in which Redis 8.0.6 prints them, as far as they never depend on its state.
    #[test]
    fn fields_in_redis_order() {
        let server = Harness::new(Config::default());
        let text = text(&server.node, server.now(), &[b"clients", b"cpu", b"replication"]);
        let names = text.split("\r\n").filter_map(|line| line.split_once(':')).map(|(name, _)| name);
        assert_eq!(
            names.collect::<Vec<_>>().join(" "),
            "connected_clients cluster_connections maxclients client_recent_max_input_buffer \
             client_recent_max_output_buffer blocked_clients tracking_clients pubsub_clients watching_clients \
             clients_in_timeout_table total_watched_keys total_blocking_keys total_blocking_keys_on_nokey \
             role connected_slaves master_failover_state master_replid master_replid2 master_repl_offset \
             second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset \
             repl_backlog_histlen used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children \
             used_cpu_sys_main_thread used_cpu_user_main_thread"
        );
    }
}
