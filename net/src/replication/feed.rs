//! The primary's stream on its way in: whole requests applied, and their bytes counted.
//!
//! A transaction (MULTI to EXEC) is applied and counted as one: if the link breaks within it, the stream goes
//! on before it.

use crate::node::{LogLevel, Node};
use crate::resp::{Argv, Limits, Parser, Step};
use engine::args::OwnedArgv;
use engine::engine::Ran;
use engine::session::{Origin, Session};
use engine::time::Now;

/// Reads the requests of the stream.
#[derive(Debug)]
pub(super) struct Feed {
    pub session: Session,
    parser: Parser,
    /// The requests of a transaction whose EXEC has not come, and all its bytes so far.
    held: Option<Held>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    requests: Vec<OwnedArgv>,
}

/// What a request of the stream is to the reader.
enum Kind {
    Begin,
    End,
    Select(u32),
    GetAck,
    /// Nothing is to be done; its bytes count.
    Empty,
    Apply,
}

impl Feed {
    pub fn new(db: u32) -> Feed {
        let session = Session { db, origin: Origin::Primary, authenticated: true, ..Session::default() };
        Feed { session, parser: Parser::new(), held: None }
    }

    /// Bytes that were read and not applied: of a transaction under way.
    pub fn held_bytes(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.bytes.len() as u64)
    }

    /// Finds the next request of `buffer`; answers its length.
    fn next(&mut self, buffer: &[u8], argv: &mut Argv) -> Result<Option<usize>, String> {
        // The primary has checked lengths by its own limits, and may have larger ones than we.
        let limits = Limits { bulk_len_max: u64::from(u32::MAX), authenticated: true };
        match self.parser.next(buffer, &limits, argv) {
            Ok(Step::Request { consumed }) => Ok(Some(consumed)),
            Ok(Step::Incomplete { skipped: 0, .. }) => Ok(None),
            // Empty lines are part of the stream and counted like the rest of it.
            Ok(Step::Incomplete { skipped, .. }) => {
                argv_clear(argv);
                Ok(Some(skipped))
            }
            Err(error) => Err(String::from_utf8_lossy(&error.text()).into_owned()),
        }
    }
}

/// Leaves no request of an earlier call behind.
fn argv_clear(argv: &mut Argv) {
    *argv = Argv::default();
}

fn kind(argv: engine::args::Argv<'_>) -> Kind {
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match argv.len() {
        0 => Kind::Empty,
        1 if is(&argv[0], "multi") => Kind::Begin,
        1 if is(&argv[0], "exec") => Kind::End,
        1 | 2 if is(&argv[0], "ping") => Kind::Empty,
        2 if is(&argv[0], "select") => ds::int::parse_i64(&argv[1])
            .and_then(|db| u32::try_from(db).ok())
            .map_or(Kind::Apply, Kind::Select),
        3 if is(&argv[0], "replconf") && is(&argv[1], "getack") => Kind::GetAck,
        _ if is(&argv[0], "replconf") => Kind::Empty,
        _ => Kind::Apply,
    }
}

impl Node {
    /// Applies the whole requests of `buffer` and answers how many of its bytes are done with.
    ///
    /// # Errors
    ///
    /// Bytes that are no requests; the link cannot go on.
    pub(super) fn feed(&mut self, now: Now, feed: &mut Feed, buffer: &[u8]) -> Result<usize, String> {
        let (mut at, mut argv) = (0, Argv::default());
        while let Some(len) = feed.next(&buffer[at..], &mut argv)? {
            let bytes = &buffer[at..at + len];
            if self.pause.is_on() && self.stream_waits(feed, argv.borrow(&buffer[at..])) {
                break;
            }
            self.take_request(now, feed, argv.borrow(&buffer[at..]), bytes)?;
            at += len;
        }
        Ok(at)
    }

    /// Whether a request, or the transaction that it ends, has to wait for the end of a pause.
    fn stream_waits(&self, feed: &Feed, argv: engine::args::Argv<'_>) -> bool {
        let waits = |argv| {
            let command = engine::gate::resolve(argv).ok();
            self.postpones_stream(&feed.session, command)
        };
        match (kind(argv), &feed.held) {
            (Kind::Apply | Kind::Select(_), None) => waits(argv),
            (Kind::End, Some(held)) => held.requests.iter().any(|request| waits(request.borrow())),
            _ => false,
        }
    }

    fn take_request(
        &mut self,
        now: Now,
        feed: &mut Feed,
        argv: engine::args::Argv<'_>,
        bytes: &[u8],
    ) -> Result<(), String> {
        let kind = kind(argv);
        if let Some(held) = &mut feed.held {
            held.bytes.extend_from_slice(bytes);
            match kind {
                Kind::Begin => return Err("a transaction within a transaction".to_string()),
                Kind::End => {
                    let held = feed.held.take().expect("it was just looked at");
                    for request in &held.requests {
                        self.apply_request(now, feed, request.borrow())?;
                    }
                    self.pass_on(now, &held.bytes);
                }
                Kind::Empty => {}
                _ => held.requests.push(argv.iter().collect()),
            }
            return Ok(());
        }
        match kind {
            Kind::Begin => {
                feed.held = Some(Held { bytes: bytes.to_vec(), requests: Vec::new() });
                return Ok(());
            }
            Kind::End => return Err("EXEC without MULTI".to_string()),
            // Answered before its own bytes count, as Redis does.
            Kind::GetAck => self.send_ack(),
            Kind::Empty => {}
            Kind::Select(_) | Kind::Apply => self.apply_request(now, feed, argv)?,
        }
        self.pass_on(now, bytes);
        Ok(())
    }

    /// Runs one request as our primary's.
    fn apply_request(
        &mut self,
        now: Now,
        feed: &mut Feed,
        argv: engine::args::Argv<'_>,
    ) -> Result<(), String> {
        if let Kind::Select(db) = kind(argv) {
            if db >= self.engine.keyspace.databases() {
                return Err(format!("the primary uses database {db}, which is not configured here"));
            }
            feed.session.db = db;
            return Ok(());
        }
        let mut reply = Vec::new();
        if let Ran::Node(_, command) = self.engine.run_one(now, &mut feed.session, argv, &mut reply) {
            let text = format!("The primary's stream holds {}, which changes no data", command.full_name);
            self.log(LogLevel::Warning, text);
        }
        if reply.first() == Some(&b'-') {
            let error = String::from_utf8_lossy(&reply).trim_end().to_string();
            let command = argv.get(0).unwrap_or_default().escape_ascii().to_string();
            self.log(
                LogLevel::Warning,
                format!(
                    "== CRITICAL == This replica is sending an error to its master: '{}' after processing the \
                     command '{command}'",
                    &error[1..]
                ),
            );
        }
        self.changes += self.engine.effects.changes();
        self.route(now);
        Ok(())
    }

    /// Bytes of the stream have been applied: they count, and our own replicas get them as they are.
    fn pass_on(&mut self, now: Now, bytes: &[u8]) {
        self.replication.append_bytes(bytes);
        self.feed_replicas(now);
    }
}
