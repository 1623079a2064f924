//! From bytes to replies: the hot path.
//!
//! Requests are parsed out of the read buffer in batches, so that the table's cache lines for a whole batch
//! are fetched at once; then they run one by one. Nothing of a complete request is copied. Only the tail
//! of an unfinished one is kept, in `Client::pending`.

use super::{Client, ReplyMode};
use crate::node::measure::Unit;
use crate::node::{ConnId, LogLevel, Node};
use crate::resp::{self, Limits, Step};
use engine::engine::{Prepared, Ran};
use engine::planted::{self, Bug};
use engine::session::Origin;
use engine::time::Now;
use engine::timing::Stopwatch;

/// Requests prepared together.
const BATCH: usize = 64;

/// How many requests ahead of the running one the index and then the entry of a key are fetched: far enough for
/// memory to answer in time, near enough that the processor can keep all fetches in flight.
const INDEX_AHEAD: usize = 12;
const ENTRY_AHEAD: usize = 6;

/// A client's output may grow to this before its input waits; see docs/COMPAT.md.
const OUTPUT_HIGH: usize = 256 * 1024 * 1024;

/// A buffer for unfinished requests above this is given back once it is empty.
const PENDING_KEEP: usize = 16 * 1024;

/// Unfinished requests above this are worth making room for in one step.
const LARGE: usize = 1024 * 1024;

/// Reused from batch to batch: the arguments and rows of its requests.
#[derive(Default)]
pub struct Batch {
    argvs: Vec<resp::Argv>,
    prepared: Vec<Prepared>,
    /// Where each request ends in the buffer.
    ends: Vec<usize>,
}

/// Why parsing a batch stopped.
enum Stop {
    /// The batch is full; there may be more.
    Full,
    /// The rest is no complete request. `skipped` bytes of it held nothing.
    Incomplete {
        skipped: usize,
    },
    Failed(resp::ProtocolError),
}

impl Node {
    pub(crate) fn received(&mut self, now: Now, conn: ConnId, bytes: &[u8], watch: &mut dyn Stopwatch) {
        self.stats.received_bytes += bytes.len() as u64;
        self.stats.reads += 1;
        let Some(client) = self.clients.get_mut(conn) else { return };
        client.received_bytes += bytes.len() as u64;
        client.last_interaction_us = now.mono_us;
        if client.closing {
            return;
        }
        if self.durability.standstill() {
            return client.keep(bytes);
        }
        if self.replication.reads_link(conn) {
            return self.link_received(now, conn, bytes);
        }
        if client.pending.is_empty() && !client.throttled && client.suspended.is_none() {
            let consumed = self.process(now, conn, bytes, watch);
            self.keep_rest(conn, &bytes[consumed..]);
        } else {
            client.keep(bytes);
            self.process_pending(now, conn, watch);
        }
    }

    /// Goes on with what a client left unfinished.
    pub(crate) fn process_pending(&mut self, now: Now, conn: ConnId, watch: &mut dyn Stopwatch) {
        self.resume_transaction(now, conn, watch);
        let Some(client) = self.clients.get_mut(conn) else { return };
        let mut buffer = std::mem::take(&mut client.pending);
        let consumed = self.process(now, conn, &buffer, watch);
        let Some(client) = self.clients.get_mut(conn) else { return };
        if consumed == buffer.len() {
            buffer.clear();
            if buffer.capacity() > PENDING_KEEP {
                buffer = Vec::new();
            }
        } else {
            buffer.drain(..consumed);
        }
        client.pending = buffer;
        self.check_query_limit(conn);
    }

    fn keep_rest(&mut self, conn: ConnId, rest: &[u8]) {
        if rest.is_empty() || (rest.len() == 1 && planted::on(Bug::LosesLoneByte)) {
            return;
        }
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.closing {
            return;
        }
        client.keep(rest);
        self.check_query_limit(conn);
    }

    /// A client may keep an unfinished request of `client-query-buffer-limit` bytes, no more.
    fn check_query_limit(&mut self, conn: ConnId) {
        let limit = self.config.client_query_buffer_limit.min(u32::MAX as u64) as usize;
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.pending.len() > limit && client.session.origin == Origin::Client {
            let who = crate::families::client_list::line(client, client.last_interaction_us);
            let text = format!("Closing client that reached max query buffer length: {who}");
            self.stats.query_limit_disconnections += 1;
            self.log(LogLevel::Warning, text);
            self.close_now(conn);
        }
    }

    /// Runs every complete request of the buffer and returns how many of its bytes are done with.
    fn process(&mut self, now: Now, conn: ConnId, buffer: &[u8], watch: &mut dyn Stopwatch) -> usize {
        let mut batch = std::mem::take(&mut self.batch);
        let mut consumed = 0;
        while let Some(client) = self.clients.get_mut(conn) {
            let resting = client.closing || client.throttled || client.suspended.is_some();
            if resting || self.durability.standstill() {
                break;
            }
            let limits = Limits {
                bulk_len_max: self.config.proto_max_bulk_len,
                authenticated: client.session.authenticated || self.config.requirepass.is_none(),
            };
            let stop = batch.fill(client, &self.engine, &buffer[consumed..], &limits);
            let ran = self.run_batch(now, conn, &buffer[consumed..], &batch, watch);
            consumed += ran;
            if ran < batch.ends.last().copied().unwrap_or(0) {
                // Cut short: the parser is ahead of what ran, and starts again from there.
                if let Some(client) = self.clients.get_mut(conn) {
                    client.parser = resp::Parser::new();
                }
                break;
            }
            match stop {
                Stop::Full => {}
                Stop::Incomplete { skipped } => {
                    consumed += skipped;
                    break;
                }
                Stop::Failed(error) => {
                    self.protocol_error(conn, &error);
                    consumed = buffer.len();
                    break;
                }
            }
        }
        self.batch = batch;
        self.after_output(conn);
        consumed
    }

    /// Runs a parsed batch and returns where its last run request ends. The output buffer is taken out of
    /// the client for the length of the batch, so that replies are written where they will be sent from.
    fn run_batch(
        &mut self,
        now: Now,
        conn: ConnId,
        buffer: &[u8],
        batch: &Batch,
        watch: &mut dyn Stopwatch,
    ) -> usize {
        let Some(client) = self.clients.get_mut(conn) else { return 0 };
        let db = client.session.db;
        let mut out = client.output.take();
        if out.capacity() == 0
            && let Some(spare) = self.spare.pop()
        {
            out = spare;
        }
        self.messages.lend(conn);
        let mut end = 0;
        for ahead in batch.prepared.iter().take(INDEX_AHEAD) {
            self.engine.warm_index(db, ahead);
        }
        for ahead in batch.prepared.iter().take(ENTRY_AHEAD) {
            self.engine.warm_entry(db, ahead);
        }
        for at in 0..batch.prepared.len() {
            if let Some(ahead) = batch.prepared.get(at + INDEX_AHEAD) {
                self.engine.warm_index(db, ahead);
            }
            if let Some(ahead) = batch.prepared.get(at + ENTRY_AHEAD) {
                self.engine.warm_entry(db, ahead);
            }
            let (prepared, request_end) = (batch.prepared[at], batch.ends[at]);
            let argv = batch.argvs[at].borrow(buffer);
            if self.pause.is_on()
                && let Some(command) = prepared.command()
            {
                self.postpone(conn, command, argv.len());
            }
            let Some(client) = self.clients.get_mut(conn) else { return end };
            if client.closing || client.suspended.is_some() || out.len() > OUTPUT_HIGH {
                break;
            }
            let request = request_end - end;
            end = request_end;
            client.commands += 1;
            match prepared.command() {
                Some(command) => client.last_command = Some(command),
                None if is_http(&argv[0]) => {
                    self.refuse_http(now, conn);
                    break;
                }
                None => {}
            }
            let (start, units) = (out.len(), self.engine.timing.units());
            match self.engine.run(now, &mut client.session, argv, prepared, &mut out) {
                Ran::Done => {}
                Ran::Node(which, command) => self.run_node_command(now, conn, which, command, argv, &mut out),
                Ran::Transaction(queue) => self.run_transaction(now, conn, queue, &mut out, watch),
                Ran::Waits(wait) => self.block(now, conn, argv, &wait),
            }
            self.finish_unit(now, conn, start, &mut out);
            if self.engine.timing.units() > units
                && let Some(command) = prepared.command()
            {
                let unit = Unit { conn, command, argv, request, reply: out.len() - start };
                self.measure(now, &unit, at + 1 == batch.prepared.len(), watch);
            }
        }
        self.measure_rest(watch);
        self.messages.settle();
        if let Some(client) = self.clients.get_mut(conn) {
            client.output.restore(out);
        }
        end
    }

    /// A browser that a page talked into posting here would run what is in the body of its request, line by line.
    /// It is cut off at the first line, or at the header that every such request has. The log says so once a minute.
    fn refuse_http(&mut self, now: Now, conn: ConnId) {
        const MINUTE_US: u64 = 60_000_000;
        let Some(client) = self.clients.get(conn) else { return };
        let text = format!("An HTTP request from {} was refused: is a browser misused?", client.peer.address);
        if self.http_warned_us.is_none_or(|last| now.mono_us - last >= MINUTE_US) {
            self.http_warned_us = Some(now.mono_us);
            self.log(LogLevel::Warning, text);
        }
        self.close_after_output(conn);
    }

    /// After one unit: its effects go where they are awaited, its reply may be kept back.
    fn finish_unit(&mut self, now: Now, conn: ConnId, start: usize, out: &mut Vec<u8>) {
        let changes = self.engine.effects.changes();
        if changes > 0 || !self.engine.effects.is_empty() {
            self.changes += changes;
            let before = self.replication.offset;
            self.route(now);
            let offset = self.replication.offset;
            if offset != before
                && let Some(client) = self.clients.get_mut(conn)
            {
                client.written = offset;
            }
        }
        if self.engine.blocked.has_ready() {
            self.serve_blocked(now);
        }
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.reply_mode != ReplyMode::On {
            // What one listens to is told even to who wants no replies.
            if !client.last_command.is_some_and(|command| command.is_subscription()) {
                out.truncate(start);
            }
            if let Some(suspended) = &mut client.suspended {
                suspended.silent = true;
            }
            client.reply_mode = match client.reply_mode {
                ReplyMode::SkipNext => ReplyMode::Skip,
                ReplyMode::Skip | ReplyMode::On => ReplyMode::On,
                ReplyMode::Off => ReplyMode::Off,
            };
        }
        let quit = client.session.quit;
        if client.session.subscriptions.is_some() != (client.role == super::Role::Pubsub) {
            self.renew_listener(conn);
        }
        self.messages.append_pending(out);
        if quit {
            self.close_after_output(conn);
        }
    }

    /// The client broke the protocol: it hears why, after the replies it is owed, and is cut off.
    fn protocol_error(&mut self, conn: ConnId, error: &resp::ProtocolError) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        let text = error.text();
        let out = client.output.buffer();
        out.push(b'-');
        out.extend_from_slice(&text);
        out.extend_from_slice(b"\r\n");
        let line = format!("Protocol error ({}) from client: {}", error, client.peer.address);
        self.log(LogLevel::Verbose, line);
        self.close_after_output(conn);
    }

    /// After a client's output may have grown: tell the host, hold the input of a client too far behind.
    fn after_output(&mut self, conn: ConnId) {
        if self.clients.get(conn).is_some_and(|client| client.role == super::Role::Replica) {
            self.check_replica_reply(conn);
        }
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.output.is_empty() {
            return;
        }
        client.throttled = client.output.len() > OUTPUT_HIGH;
        self.check_output_limit(conn);
        self.flush(conn);
    }

    /// After the host sent bytes: a client that was held back goes on.
    pub(crate) fn output_shrank(&mut self, conn: ConnId) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.throttled && client.output.len() < OUTPUT_HIGH / 2 {
            client.throttled = false;
            self.run_soon(conn);
        }
    }
}

/// Whether the first word of a request is one of HTTP.
fn is_http(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"post") || word.eq_ignore_ascii_case(b"host:")
}

impl Client {
    /// Keeps bytes of an unfinished request. A large argument announces its length: once a quarter of it has
    /// really come, room for the rest is made at once instead of by doubling, which would copy it again.
    fn keep(&mut self, bytes: &[u8]) {
        let len = self.pending.len() + bytes.len();
        if self.wanted > LARGE && len > self.pending.capacity() && len >= self.wanted / 4 {
            self.pending.reserve_exact(self.wanted.max(len) - self.pending.len());
        }
        self.pending.extend_from_slice(bytes);
    }
}

impl Batch {
    /// Parses up to `BATCH` requests and looks their rows up. A client that may authenticate with its next
    /// request gets one at a time, for its limits change with it.
    fn fill(
        &mut self,
        client: &mut Client,
        engine: &engine::engine::Engine,
        buffer: &[u8],
        limits: &Limits,
    ) -> Stop {
        self.prepared.clear();
        self.ends.clear();
        let most = if limits.authenticated { BATCH } else { 1 };
        let mut at = 0;
        while self.prepared.len() < most {
            let index = self.prepared.len();
            if index == self.argvs.len() {
                self.argvs.push(resp::Argv::default());
            }
            let argv = &mut self.argvs[index];
            match client.parser.next(&buffer[at..], limits, argv) {
                Ok(Step::Request { consumed }) => {
                    argv.shift(at);
                    at += consumed;
                    self.ends.push(at);
                    self.prepared.push(engine.prepare(client.session.db, argv.borrow(buffer)));
                }
                Ok(Step::Incomplete { skipped, need }) => {
                    client.wanted = need;
                    return Stop::Incomplete { skipped };
                }
                Err(error) => return Stop::Failed(error),
            }
        }
        Stop::Full
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Harness;

    #[test]
    fn an_unfinished_request_has_a_limit() {
        let mut server = Harness::with(&[("client-query-buffer-limit", "1mb")]);
        let (conn, patient) = (server.client(), server.client());
        let head = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000000\r\n";
        for client in [conn, patient] {
            server.send(client, head);
            server.send(client, vec![b'x'; 1_000_000]);
        }
        assert!(!server.is_closed(conn));
        server.send(conn, vec![b'x'; 100_000]);
        assert!(server.is_closed(conn) && !server.is_closed(patient));
        assert_eq!(server.node.stats.query_limit_disconnections, 1);
        assert!(server.log.iter().any(|(_, text)| text.contains("max query buffer length: id=1 addr=")));
    }

    #[test]
    fn bytes_in_any_pieces_are_the_same_requests() {
        let bytes = b"PING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nCLIENT REPLY SKIP\r\nPING\r\nPING x\r\n";
        for cut in 0..bytes.len() {
            let mut server = Harness::with(&[]);
            let conn = server.client();
            server.send(conn, &bytes[..cut]);
            server.send(conn, &bytes[cut..]);
            assert_eq!(server.read(conn), b"+PONG\r\n$2\r\nhi\r\n$1\r\nx\r\n", "cut at {cut}");
        }
    }

    #[test]
    fn a_browser_is_cut_off() {
        let mut server = Harness::with(&[]);
        for request in [&b"POST / HTTP/1.1\r\nSET k 1\r\n"[..], b"FETCH / HTTP/1.1\r\nHost: x\r\nSET k 1\r\n"]
        {
            let conn = server.client();
            server.send(conn, request);
            assert!(server.is_closed(conn));
        }
        let warned = server.log.iter().filter(|(_, text)| text.contains("HTTP")).count();
        assert_eq!(warned, 1, "a flood of requests is no flood of warnings");
        let conn = server.client();
        assert_eq!(server.ask(conn, "GET k"), "nil");
    }

    #[test]
    fn nothing_runs_after_quit() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.send(conn, b"SET k 1\r\nQUIT\r\nSET k 2\r\n");
        assert_eq!(server.read(conn), b"+OK\r\n+OK\r\n");
        assert!(server.is_closed(conn));
        let other = server.client();
        assert_eq!(server.ask(other, "GET k"), "\"1\"");
    }
}
