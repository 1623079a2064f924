//! Whole nodes joined by pipes, in virtual time.

use crate::config::Config;
use crate::node::{ConnId, Peer};
use crate::testing::Harness;
use std::collections::BTreeMap;

/// Several nodes; the one at place `n` listens on port 7000 + n.
struct Group {
    nodes: Vec<Harness>,
    clients: Vec<ConnId>,
    /// Outgoing connections and where they lead.
    pipes: Vec<Pipe>,
    /// Nobody can be reached.
    cut: bool,
    /// Bytes are delivered in pieces of this size.
    piece: usize,
}

struct Pipe {
    from: (usize, ConnId),
    to: (usize, ConnId),
}

impl Group {
    fn new(settings: &[&[(&str, &str)]]) -> Group {
        let mut nodes: Vec<Harness> = settings
            .iter()
            .enumerate()
            .map(|(n, pairs)| {
                let port = (7000 + n).to_string();
                let mut all = vec![("repl-diskless-sync-delay", "0"), ("port", &port)];
                all.extend_from_slice(pairs);
                let mut config = Config::default();
                for (name, value) in all {
                    let id = crate::config::lookup(name.as_bytes()).expect("a directive");
                    let words = [value.as_bytes().to_vec()];
                    let value = crate::config::value::parse(id.directive(), &words, config.value(id));
                    config.put(id, value.expect("a valid value"));
                }
                Harness::seeded(config, n as u64 + 1)
            })
            .collect();
        let clients = nodes.iter_mut().map(|node| node.client()).collect();
        Group { nodes, clients, pipes: Vec::new(), cut: false, piece: usize::MAX }
    }

    fn ask(&mut self, node: usize, line: &str) -> String {
        let text = self.nodes[node].ask(self.clients[node], line);
        self.deliver();
        text
    }

    /// Carries bytes and connections until nothing moves.
    fn deliver(&mut self) {
        loop {
            let mut moved = self.dial();
            for index in 0..self.pipes.len() {
                let (from, to) = (self.pipes[index].from, self.pipes[index].to);
                moved |= self.carry(from, to) | self.carry(to, from);
            }
            let nodes = &mut self.nodes;
            self.pipes.retain(|Pipe { from, to }| {
                let open = !nodes[from.0].is_closed(from.1) && !nodes[to.0].is_closed(to.1);
                if !open {
                    nodes[from.0].hang_up(from.1);
                    nodes[to.0].hang_up(to.1);
                }
                open
            });
            if !moved {
                return;
            }
        }
    }

    fn dial(&mut self) -> bool {
        let mut moved = false;
        for n in 0..self.nodes.len() {
            for dial in std::mem::take(&mut self.nodes[n].dials) {
                moved = true;
                let target = (dial.port as usize).checked_sub(7000).filter(|t| *t < self.nodes.len());
                let Some(target) = target.filter(|_| !self.cut) else {
                    self.nodes[n].connect_failed(dial.conn, "Connection refused");
                    continue;
                };
                let peer = Peer {
                    address: format!("127.0.0.1:{}", 50_000 + n),
                    local_address: format!("127.0.0.1:{}", dial.port),
                    loopback: true,
                    unix: false,
                };
                let conn = self.nodes[target].client_from(peer);
                self.pipes.push(Pipe { from: (n, dial.conn), to: (target, conn) });
                self.nodes[n].connected(dial.conn, "127.0.0.1:60000");
            }
        }
        moved
    }

    fn carry(&mut self, from: (usize, ConnId), to: (usize, ConnId)) -> bool {
        let bytes = self.nodes[from.0].read(from.1);
        for piece in bytes.chunks(self.piece) {
            self.nodes[to.0].send(to.1, piece);
        }
        !bytes.is_empty()
    }

    fn advance(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(50) {
            self.nodes.iter_mut().for_each(|node| node.advance(50));
            self.deliver();
        }
    }

    /// Breaks every link between nodes.
    fn break_links(&mut self) {
        for Pipe { from, to } in std::mem::take(&mut self.pipes) {
            self.nodes[from.0].hang_up(from.1);
            self.nodes[to.0].hang_up(to.1);
        }
    }

    fn info(&self, node: usize, field: &str) -> String {
        let info = self.nodes[node].node.info_replication();
        let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.unwrap_or("(absent)").to_string()
    }

    fn data(&self, node: usize) -> BTreeMap<(u32, Vec<u8>), String> {
        let keyspace = &self.nodes[node].node.engine.keyspace;
        let mut data = BTreeMap::new();
        for (db, database) in keyspace.iter() {
            for entry in database.table().iter() {
                data.insert((db, entry.key().to_vec()), format!("{:?} {:?}", entry.value(), entry.expiry()));
            }
        }
        data
    }

    #[track_caller]
    fn assert_same(&self, a: usize, b: usize) {
        let (left, right) = (self.data(a), self.data(b));
        let differ = left.iter().find(|(key, value)| right.get(key) != Some(value));
        assert!(
            left == right,
            "{} and {} keys, log {:#?}, {differ:?}",
            left.len(),
            right.len(),
            self.nodes[b].log
        );
        assert_eq!(self.info(a, "master_repl_offset"), self.info(b, "master_repl_offset"));
        assert_eq!(self.info(a, "master_replid"), self.info(b, "master_replid"));
        assert_eq!(self.info(b, "master_link_status"), "up");
    }

    fn fill(&mut self, node: usize, keys: std::ops::Range<u32>, value: &str) {
        let lines = keys.map(|key| format!("SET key:{key} {value}\r\n")).collect::<String>();
        let conn = self.clients[node];
        self.nodes[node].send(conn, lines);
        self.nodes[node].read(conn);
    }

    fn syncs(&self, node: usize) -> (u64, u64) {
        let stats = &self.nodes[node].node.stats;
        (stats.full_syncs, stats.partial_syncs_accepted)
    }
}

#[test]
fn a_full_sync_under_writes_however_its_bytes_are_cut() {
    for piece in [1, 7, 1000, usize::MAX] {
        let mut group = Group::new(&[&[], &[]]);
        group.piece = piece;
        group.fill(0, 0..3000, "before");
        group.fill(1, 5000..5010, "goes");
        assert_eq!(group.ask(1, "REPLICAOF 127.0.0.1 7000"), "OK");
        for round in 0..40 {
            group.fill(0, round * 50..round * 50 + 100, &format!("during{round}"));
            group.ask(0, &format!("SET volatile:{round} x PX {}", 20 * (round + 1)));
            group.nodes.iter_mut().for_each(|node| node.advance(20));
            group.deliver();
        }
        group.advance(1500);
        group.assert_same(0, 1);
        assert_eq!(group.syncs(0), (1, 0));
        assert_eq!(group.ask(1, "SET a b"), "READONLY You can't write against a read only replica.");
        assert_eq!(
            group.info(0, "slave0").split(",offset").next(),
            Some("ip=127.0.0.1,port=7001,state=online")
        );
    }
}

#[test]
fn roles_are_told_as_redis_tells_them() {
    let mut group = Group::new(&[&[], &[]]);
    assert_eq!(group.ask(0, "ROLE"), "[\"master\" 0 []]");
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1500);
    let offset = group.info(0, "master_repl_offset");
    assert_eq!(group.ask(1, "ROLE"), format!("[\"slave\" \"127.0.0.1\" 7000 \"connected\" {offset}]"));
    assert_eq!(
        group.ask(0, "ROLE"),
        format!("[\"master\" {offset} [[\"127.0.0.1\" \"7001\" \"{offset}\"]]]")
    );
    group.cut = true;
    group.break_links();
    assert_eq!(group.ask(1, "ROLE"), "[\"slave\" \"127.0.0.1\" 7000 \"connect\" -1]");
    assert_eq!(group.ask(1, "REPLICAOF 127.0.0.1 7000"), "OK Already connected to specified master");
    assert_eq!(group.ask(1, "REPLICAOF 127.0.0.1 70000"), "ERR Invalid master port");
}

#[test]
fn a_broken_link_goes_on_where_it_was() {
    let mut group = Group::new(&[&[], &[]]);
    group.fill(0, 0..100, "a");
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1000);
    for round in 0..5 {
        group.break_links();
        group.fill(0, round * 10..round * 10 + 500, &format!("while cut {round}").replace(' ', "-"));
        group.advance(2500);
        group.assert_same(0, 1);
    }
    assert_eq!(group.syncs(0), (1, 5));
}

#[test]
fn a_link_down_for_longer_than_the_backlog_needs_everything() {
    let mut group = Group::new(&[&[("repl-backlog-size", "16384")], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1000);
    group.break_links();
    group.fill(0, 0..2000, "much");
    group.advance(2500);
    group.assert_same(0, 1);
    assert_eq!(group.syncs(0), (2, 0));
    assert_eq!(group.nodes[0].node.stats.partial_syncs_refused, 2, "the first attempt counts too");
}

#[test]
fn a_promoted_replica_leads_the_others_without_a_full_sync() {
    let mut group = Group::new(&[&[], &[], &[]]);
    group.fill(0, 0..50, "a");
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.ask(2, "REPLICAOF 127.0.0.1 7000");
    group.advance(1500);
    group.assert_same(0, 1);
    group.assert_same(0, 2);
    let (id, offset) = (group.info(0, "master_replid"), group.info(0, "master_repl_offset"));
    assert_eq!(group.ask(1, "REPLICAOF NO ONE"), "OK");
    assert_eq!(group.info(1, "master_replid2"), id);
    assert_eq!(group.info(1, "second_repl_offset"), (offset.parse::<u64>().unwrap() + 1).to_string());
    group.fill(1, 50..60, "b");
    group.ask(2, "REPLICAOF 127.0.0.1 7001");
    group.ask(0, "REPLICAOF 127.0.0.1 7001");
    group.advance(2500);
    group.assert_same(1, 0);
    group.assert_same(1, 2);
    assert_eq!(group.syncs(1), (0, 2));
}

#[test]
fn an_old_primary_with_writes_of_its_own_takes_everything_anew() {
    let mut group = Group::new(&[&[], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1500);
    group.ask(1, "REPLICAOF NO ONE");
    group.fill(0, 0..10, "lost");
    group.fill(1, 5..20, "kept");
    group.ask(0, "REPLICAOF 127.0.0.1 7001");
    group.advance(2500);
    group.assert_same(1, 0);
    assert_eq!(group.syncs(1), (1, 0));
}

#[test]
fn a_chain_repeats_the_stream_byte_for_byte() {
    let mut group = Group::new(&[&[], &[], &[]]);
    group.fill(0, 0..500, "a");
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.ask(2, "REPLICAOF 127.0.0.1 7001");
    group.advance(4000);
    group.fill(0, 300..800, "b");
    group.advance(1000);
    group.assert_same(0, 1);
    group.assert_same(0, 2);
    // The middle one loses its primary and goes on; the last one need not notice.
    group.break_links();
    group.fill(0, 800..900, "c");
    group.advance(4000);
    group.assert_same(0, 2);
    assert_eq!(group.syncs(1).0, 1);
    // The primary goes, the middle one takes over, and the last one stays with it.
    group.ask(1, "REPLICAOF NO ONE");
    group.fill(1, 0..10, "d");
    group.advance(3000);
    group.assert_same(1, 2);
    assert_eq!(group.syncs(1).0, 1);
}

#[test]
fn a_replica_removes_expired_keys_only_when_told() {
    let mut group = Group::new(&[&[], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1000);
    group.ask(0, "SET k v PX 500");
    group.cut = true;
    group.break_links();
    group.advance(1000);
    assert_eq!(group.ask(1, "GET k"), "nil");
    assert_eq!(group.data(1).len(), 1, "the replica only hides it");
    assert_eq!(group.data(0).len(), 0);
    group.cut = false;
    group.advance(2500);
    group.assert_same(0, 1);
}

#[test]
fn a_password_is_needed_and_a_wrong_one_is_said() {
    let mut group = Group::new(&[&[("requirepass", "secret")], &[("masterauth", "wrong")]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(3000);
    assert_eq!(group.info(1, "master_link_status"), "down");
    let attempts = group.nodes[1].log.iter().filter(|(_, text)| text.starts_with("Connecting to")).count();
    assert!((2..=4).contains(&attempts), "{attempts} attempts in three seconds");
}

/// A node that follows a primary played by the test. Answers what to do with the connection.
struct Hostile {
    node: Harness,
    conn: ConnId,
}

impl Hostile {
    fn meet() -> Hostile {
        let mut node = Harness::with(&[]);
        let client = node.client();
        node.ask(client, "SET old data");
        node.ask(client, "REPLICAOF 127.0.0.1 9");
        Hostile::next(node)
    }

    fn next(mut node: Harness) -> Hostile {
        node.advance(2000);
        let dial = node.dials.pop().expect("it connects");
        node.connected(dial.conn, "127.0.0.1:1");
        Hostile { node, conn: dial.conn }
    }

    /// Plays a primary up to its answer to PSYNC.
    fn greet(&mut self, answer: &str) {
        self.node.send(self.conn, "+PONG\r\n+OK\r\n+OK\r\n");
        assert!(self.node.read(self.conn).windows(5).any(|w| w == b"PSYNC"));
        self.node.send(self.conn, answer);
    }
}

const ID: &str = "0123456789012345678901234567890123456789";

fn strings(count: u32) -> Vec<u8> {
    use engine::persist::rdb::{Attributes, Writer, codes::kind};
    let mut writer = Writer::new(true);
    writer.magic();
    for n in 0..count {
        writer.entry(&Attributes::default(), kind::STRING, format!("k{n}").as_bytes());
        writer.string(b"value");
    }
    writer.end(true);
    writer.take()
}

#[test]
fn a_hostile_primary_is_left_and_tried_again() {
    let full = format!("+FULLRESYNC {ID} 100\r\n");
    let file = strings(3);
    let with_mark = |rest: &[u8]| [b"$EOF:".as_slice(), ID.as_bytes(), b"\r\n", &file, rest].concat();
    for bytes in [
        [full.as_bytes(), b"$10\r\nGARBAGEXXX"].concat(),
        [full.as_bytes(), b"$12\r\n", &file].concat(),
        [full.as_bytes(), &with_mark(&[b'z'; 40])].concat(),
        [full.as_bytes(), b"+OK\r\n"].concat(),
        b"+CONTINUE nonsense\r\n".to_vec(),
        b"+FULLRESYNC\r\n".to_vec(),
        b"-ERR unknown command\r\n".to_vec(),
        vec![b'x'; 100_000],
    ] {
        let mut hostile = Hostile::meet();
        hostile.greet("");
        hostile.node.send(hostile.conn, &bytes);
        assert!(hostile.node.is_closed(hostile.conn), "{}", bytes[..60.min(bytes.len())].escape_ascii());
        assert!(!hostile.node.node.engine.mode.loading);
        let mut again = Hostile::next(hostile.node);
        again.greet(&full);
        again.node.send(again.conn, [with_mark(ID.as_bytes()).as_slice(), b"*1\r\n$4\r\nPING\r\n"].concat());
        let client = again.node.client();
        assert_eq!(again.node.ask(client, "GET k2"), "\"value\"");
        assert_eq!(again.node.ask(client, "GET old"), "nil");
        assert_eq!(again.node.node.replication.offset.0, 114);
    }
}

#[test]
fn a_payload_cut_at_every_byte_leaves_no_half_of_it() {
    let full = format!("+FULLRESYNC {ID} 100\r\n");
    let file = strings(20);
    let all = [full.as_bytes(), b"$EOF:", ID.as_bytes(), b"\r\n", &file, ID.as_bytes()].concat();
    for len in (0..all.len()).step_by(11) {
        let mut hostile = Hostile::meet();
        hostile.greet("");
        hostile.node.send(hostile.conn, &all[..len]);
        hostile.node.hang_up(hostile.conn);
        let keys = hostile.node.node.engine.keyspace.db(0).len();
        let begun = len > full.len() + 47;
        assert_eq!(keys, if begun { 0 } else { 1 }, "after {len} bytes");
        let mut again = Hostile::next(hostile.node);
        again.node.send(again.conn, "+PONG\r\n+OK\r\n+OK\r\n");
        again.node.send(again.conn, &all);
        assert_eq!(again.node.node.engine.keyspace.db(0).len(), 20);
    }
}

#[test]
fn clients_hear_that_a_payload_is_being_loaded() {
    let mut hostile = Hostile::meet();
    hostile.greet(&format!("+FULLRESYNC {ID} 1\r\n$EOF:{ID}\r\nREDIS0012"));
    let client = hostile.node.client();
    assert_eq!(hostile.node.ask(client, "GET old"), "LOADING Redis is loading the dataset in memory");
    assert_eq!(hostile.node.ask(client, "ROLE"), "[\"slave\" \"127.0.0.1\" 9 \"sync\" -1]");
    hostile.node.advance(70_000);
    assert!(hostile.node.is_closed(hostile.conn), "silence ends the link");
    assert_eq!(hostile.node.ask(client, "GET old"), "nil");
}

#[test]
fn a_transaction_of_the_primary_is_applied_as_one_and_counted_as_one() {
    let mut hostile = Hostile::meet();
    hostile.greet(&format!("+FULLRESYNC {ID} 0\r\n"));
    hostile
        .node
        .send(hostile.conn, [format!("$EOF:{ID}\r\n").as_bytes(), &strings(0), ID.as_bytes()].concat());
    let client = hostile.node.client();
    let multi = "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    let (exec, ping) = ("*1\r\n$4\r\nEXEC\r\n", "*1\r\n$4\r\nPING\r\n");
    hostile.node.send(hostile.conn, format!("{ping}{multi}"));
    assert_eq!(hostile.node.ask(client, "GET a"), "nil");
    assert_eq!(hostile.node.node.replication.offset.0, 14);
    let getack = "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n";
    hostile.node.read(hostile.conn);
    hostile.node.send(hostile.conn, format!("{exec}{getack}"));
    assert_eq!(hostile.node.ask(client, "GET a"), "\"1\"");
    let applied = 14 + multi.len() + exec.len();
    let ack = String::from_utf8(hostile.node.read(hostile.conn)).unwrap();
    assert!(ack.ends_with(&format!("$3\r\nACK\r\n${}\r\n{applied}\r\n", applied.to_string().len())), "{ack}");
    assert_eq!(hostile.node.node.replication.offset.0, (applied + getack.len()) as u64);
}

/// A replica played by the test.
fn attach(node: &mut Harness, words: &str) -> ConnId {
    let conn = node.client();
    for line in words.split('|') {
        node.send(conn, format!("{}\r\n", line.trim()));
    }
    conn
}

#[test]
fn sync_without_capabilities_gets_a_length_and_the_stream_at_once() {
    let mut node = Harness::with(&[]);
    let client = node.client();
    node.ask(client, "SET k v");
    let conn = attach(&mut node, "SYNC");
    node.advance(200);
    let bytes = node.read(conn);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let line = text.trim_start_matches('\n').lines().next().unwrap().to_string();
    let len: usize = line[1..].parse().expect("a length");
    let at = bytes.windows(5).position(|w| w == b"REDIS").unwrap();
    assert_eq!(bytes.len() - at, len);
    node.ask(client, "SET k w");
    assert_eq!(
        String::from_utf8(node.read(conn)).unwrap(),
        "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nw\r\n"
    );
    // One that is answered cannot be a replica.
    node.send(conn, "ROLE\r\n");
    assert!(node.is_closed(conn));
}

#[test]
fn the_stream_waits_for_the_first_acknowledgement_behind_a_mark() {
    let mut node = Harness::with(&[("repl-diskless-sync-delay", "0")]);
    let client = node.client();
    let conn = attach(&mut node, "REPLCONF capa eof capa psync2 | PSYNC ? -1");
    node.advance(200);
    let bytes = node.read(conn);
    assert!(bytes.starts_with(b"+OK\r\n+FULLRESYNC "));
    node.ask(client, "SET k w");
    assert_eq!(node.read(conn), b"");
    node.send(conn, "REPLCONF ACK 0\r\n");
    assert!(node.read(conn).starts_with(b"*2\r\n$6\r\nSELECT"));
}

#[test]
fn a_replica_that_does_not_read_is_cut_off_at_its_limit_and_memory_stays_bounded() {
    let mut node = Harness::with(&[
        ("repl-diskless-sync-delay", "0"),
        ("client-output-buffer-limit", "replica 1mb 0 0"),
        ("repl-backlog-size", "65536"),
    ]);
    let client = node.client();
    let conn = attach(&mut node, "REPLCONF capa eof capa psync2 | PSYNC ? -1");
    node.advance(200);
    node.send(conn, "REPLCONF ACK 0\r\n");
    node.set_deaf(conn, true);
    for _ in 0..30 {
        node.send(client, format!("SET k {}\r\n", "x".repeat(60_000)));
        assert!(node.node.replication_memory() < (1 << 20) + 300_000);
    }
    assert!(node.is_closed(conn));
    assert!(node.node.replication_memory() < 300_000);
}

#[test]
fn too_few_good_replicas_refuse_writes() {
    let mut group = Group::new(&[&[("min-replicas-to-write", "1"), ("min-replicas-max-lag", "2")], &[]]);
    group.advance(100);
    assert_eq!(group.ask(0, "SET a b"), "NOREPLICAS Not enough good replicas to write.");
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(2500);
    assert_eq!(group.ask(0, "SET a b"), "OK");
    group.cut = true;
    group.break_links();
    group.advance(100);
    assert_eq!(group.ask(0, "SET a b"), "NOREPLICAS Not enough good replicas to write.");
}

#[test]
fn a_backlog_nobody_needs_is_freed_and_its_name_with_it() {
    let mut group = Group::new(&[&[("repl-backlog-ttl", "5")], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1500);
    let id = group.info(0, "master_replid");
    group.ask(1, "REPLICAOF NO ONE");
    group.advance(4000);
    assert_eq!(group.info(0, "repl_backlog_active"), "1");
    group.advance(3000);
    assert_eq!(group.info(0, "repl_backlog_active"), "0");
    assert_ne!(group.info(0, "master_replid"), id);
}

#[test]
fn an_idle_pair_only_moves_by_its_timers() {
    let mut group = Group::new(&[&[], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1500);
    let before = group.info(0, "master_repl_offset");
    group.advance(30_000);
    let grown = group.info(0, "master_repl_offset").parse::<u64>().unwrap() - before.parse::<u64>().unwrap();
    assert_eq!(grown, 3 * 14, "a PING every ten seconds and nothing else");
    group.assert_same(0, 1);
}

#[test]
fn wait_asks_the_replicas_and_goes_on_when_enough_of_them_have_it() {
    let mut group = Group::new(&[&[], &[], &[]]);
    assert_eq!(group.ask(0, "WAIT 0 0"), "0");
    for node in [1, 2] {
        group.ask(node, "REPLICAOF 127.0.0.1 7000");
        assert!(group.ask(node, "WAIT 0 0").starts_with("ERR WAIT cannot be used with replica instances."));
    }
    group.advance(1000);
    assert_eq!(group.ask(0, "WAIT 2 0"), "2", "who has written nothing waits for nothing");
    group.nodes[0].send(group.clients[0], b"SET k v\r\nWAIT 2 100\r\nWAIT 3 100\r\nPING\r\n");
    assert_eq!(group.nodes[0].read(group.clients[0]), b"+OK\r\n");
    group.deliver();
    assert_eq!(group.nodes[0].read(group.clients[0]), b":2\r\n", "without a second passing");
    group.advance(100);
    assert_eq!(group.nodes[0].read(group.clients[0]), b":2\r\n+PONG\r\n");
    group.cut = true;
    group.break_links();
    assert_eq!(group.ask(0, "SET k w"), "OK");
    assert_eq!(group.ask(0, "WAIT 1 50"), "");
    group.advance(50);
    assert_eq!(group.nodes[0].read(group.clients[0]), b":0\r\n");
    group.cut = false;
    group.nodes[0].send(group.clients[0], b"WAIT 2 0\r\n");
    group.advance(3000);
    assert_eq!(group.nodes[0].read(group.clients[0]), b":2\r\n");
}

#[test]
fn nobody_is_asked_during_a_pause_and_who_is_demoted_waits_for_nothing() {
    let mut group = Group::new(&[&[], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1000);
    let other = group.nodes[0].client();
    group.nodes[0].send(other, b"SET k v\r\nCLIENT PAUSE 300 WRITE\r\nWAIT 1 0\r\n");
    group.deliver();
    assert_eq!(group.nodes[0].read(other), b"+OK\r\n+OK\r\n");
    for _ in 0..6 {
        group.nodes[0].advance(50);
        group.deliver();
    }
    assert_eq!(group.nodes[0].read(other), b":1\r\n");
    group.nodes[0].send(other, b"WAIT 9 0\r\nPING\r\n");
    assert_eq!(group.ask(0, "REPLICAOF 127.0.0.1 7001"), "OK");
    let text =
        b"-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n";
    assert_eq!(group.nodes[0].read(other), text);
    assert!(group.nodes[0].is_closed(other));
}

#[test]
fn a_paused_replica_stays_where_it_is_in_the_stream() {
    let mut group = Group::new(&[&[("repl-ping-replica-period", "3600")], &[]]);
    group.ask(1, "REPLICAOF 127.0.0.1 7000");
    group.advance(1000);
    group.ask(0, "SET k old");
    group.advance(1500);
    group.assert_same(0, 1);
    group.ask(1, "CLIENT PAUSE 100000 WRITE");
    let before = group.info(1, "slave_repl_offset");
    group.ask(0, "SET k new");
    group.ask(0, "SET other 1");
    group.advance(1500);
    assert_eq!(group.info(1, "slave_repl_offset"), before);
    assert_eq!(group.info(1, "slave_read_repl_offset"), group.info(0, "master_repl_offset"));
    assert_eq!(group.ask(1, "GET k"), "\"old\"");
    group.ask(1, "CLIENT UNPAUSE");
    group.advance(100);
    group.assert_same(0, 1);
    assert_eq!(group.ask(1, "GET other"), "\"1\"");
    group.ask(1, "CLIENT PAUSE 500 ALL");
    group.ask(0, "SET k newer");
    group.advance(400);
    assert_ne!(group.data(0), group.data(1));
    group.advance(100);
    group.assert_same(0, 1);
    assert_eq!(group.syncs(0), (1, 0), "the link was up all the while");
}
