//! Server, CPU, Cluster and Keyspace.

use super::Fields;
use crate::config::Supervised;
use crate::node::Node;
use engine::engine::REDIS_VERSION;
use engine::time::Now;

/// Seconds in a day.
const DAY: u64 = 86_400;

pub(super) fn server(fields: &mut Fields, node: &Node, now: Now) {
    let config = &node.config;
    let uptime = (now.mono_us - node.started.mono_us) / 1_000_000;
    fields.put("redis_version", REDIS_VERSION);
    fields.put("rewind_version", env!("CARGO_PKG_VERSION"));
    fields.put("redis_git_sha1", "00000000");
    fields.put("redis_git_dirty", 0);
    fields.put("redis_build_id", 0);
    fields.put("redis_mode", node.engine.settings.server_mode);
    fields.put("os", &node.about.os);
    fields.put("arch_bits", usize::BITS);
    fields.put("monotonic_clock", "POSIX clock_gettime");
    fields.put("multiplexing_api", "epoll");
    fields.put("atomicvar_api", "rust-builtin");
    fields.put("gcc_version", "0.0.0");
    fields.put("process_id", node.about.process_id);
    fields.put("process_supervised", supervised(config.supervised));
    fields.put("run_id", &node.run_id);
    fields.put("tcp_port", config.port);
    fields.put("server_time_usec", now.wall_us);
    fields.put("uptime_in_seconds", uptime);
    fields.put("uptime_in_days", uptime / DAY);
    fields.put("hz", config.hz);
    fields.put("configured_hz", config.hz);
    fields.put("lru_clock", now.wall_s() & 0xff_ffff);
    fields.put("executable", &node.about.executable);
    fields.put("config_file", &node.config_path);
    fields.put("io_threads_active", 0);
    listeners(fields, node);
}

fn supervised(by: Supervised) -> &'static str {
    match by {
        Supervised::Upstart => "upstart",
        Supervised::Systemd => "systemd",
        Supervised::Auto => "auto",
        Supervised::No => "no",
    }
}

fn listeners(fields: &mut Fields, node: &Node) {
    let mut number = 0;
    if node.config.port != 0 {
        let binds: String =
            node.config.bind.iter().map(|bind| format!("bind={},", String::from_utf8_lossy(bind))).collect();
        fields.put("listener0", format_args!("name=tcp,{binds}port={}", node.config.port));
        number += 1;
    }
    if let Some(path) = &node.config.unixsocket {
        let path = String::from_utf8_lossy(path);
        fields.put(&format!("listener{number}"), format_args!("name=unix,bind={path}"));
    }
}

/// One thread runs commands and sockets alike, so it has the process's times.
pub(super) fn cpu(fields: &mut Fields, node: &Node, _now: Now) {
    let (system, user) = (node.vitals.cpu_system_s, node.vitals.cpu_user_s);
    for (name, seconds) in [
        ("used_cpu_sys", system),
        ("used_cpu_user", user),
        ("used_cpu_sys_children", 0.0),
        ("used_cpu_user_children", 0.0),
        ("used_cpu_sys_main_thread", system),
        ("used_cpu_user_main_thread", user),
    ] {
        fields.put(name, format_args!("{seconds:.6}"));
    }
}

pub(super) fn cluster(fields: &mut Fields, _node: &Node, _now: Now) {
    fields.put("cluster_enabled", 0);
}

/// Databases that hold anything. The average TTL is not kept.
pub(super) fn keyspace(fields: &mut Fields, node: &Node, _now: Now) {
    for (index, db) in node.engine.keyspace.iter().filter(|(_, db)| !db.is_empty()) {
        let (keys, expires, due) = (db.len(), db.volatile_len(), db.due().len());
        let line = format_args!("keys={keys},expires={expires},avg_ttl=0,subexpiry={due}");
        fields.put(&format!("db{index}"), line);
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn what_is_known_of_the_server() {
        let mut server = Harness::with(&[("port", "7000")]);
        let conn = server.client();
        server.advance(90_061_000);
        let text = server.ask(conn, "INFO server");
        for field in [
            "redis_version:8.0.6",
            "redis_mode:standalone",
            "tcp_port:7000",
            "uptime_in_seconds:90061",
            "uptime_in_days:1",
            "listener0:name=tcp,bind=*,bind=-::*,port=7000",
        ] {
            assert!(text.contains(&format!("{field}\\r\\n")), "{field} in {text}");
        }
    }

    #[test]
    fn databases_with_keys() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r##"
            > SET a 1          < OK
            > SELECT 9         < OK
            > SET b 1 EX 100   < OK
            > SET c 1          < OK
            > INFO keyspace    < "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\ndb9:keys=2,expires=1,avg_ttl=0,subexpiry=0\r\n"
            "##,
        );
    }
}
