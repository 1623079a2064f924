//! `Engine`: owns the keyspace and the services around it, and runs one unit at a time.
//!
//! ```text
//!   prepare(argv) ─▶ row + hash of the first key      for a whole batch, so that the table's
//!   warm_*(ahead)    cache lines are fetched           memory latency overlaps with work
//!   run(prepared)  ─▶ gate ─▶ handler(ctx, args) ─▶ Reply in the client's output, Effects in the arena
//! ```
//!
//! It has no clock and no sockets: time comes with each call, and the node carries the effects on.

use crate::args::{Args, Argv};
use crate::command::{self, Command, Flags, Handler, NodeCommand, Propagation};
use crate::ctx::{Ctx, Next};
use crate::effect::{Effect, Effects};
use crate::error::{CommandError, ErrorStats};
use crate::exec::{Blocked, Transaction, Wait, WaitFor, Watches};
use crate::families::hash::due;
use crate::gate::{self, Mode};
use crate::keyspace::value::type_name;
use crate::keyspace::{ExpiryRule, Keys, Keyspace};
use crate::latency::LatencyMonitor;
use crate::pubsub::PubSub;
use crate::random::Random;
use crate::reply::Reply;
use crate::session::{Origin, Session};
use crate::slowlog::CommandLogs;
use crate::time::Now;
use crate::timing::Timing;
use ds::histogram::Histogram;
use ds::table::Hash;

/// The compatibility level that clients are told: the newest Redis whose whole matrix we meet.
pub const REDIS_VERSION: &str = "8.0.6";

/// Directives that commands read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `requirepass`; empty means no password.
    pub requirepass: Vec<u8>,
    /// `proto-max-bulk-len`, bytes.
    pub max_bulk_len: usize,
    /// `enable-debug-command`.
    pub debug_command: Permission,
    /// `lazyfree-lazy-user-flush`.
    pub lazy_user_flush: bool,
    /// What HELLO and INFO call the kind of server: standalone, cluster or sentinel.
    pub server_mode: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            requirepass: Vec::new(),
            max_bulk_len: 512 * 1024 * 1024,
            debug_command: Permission::No,
            lazy_user_flush: false,
            server_mode: "standalone",
        }
    }
}

/// Who may run a command that configuration can close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    No,
    /// Clients on loopback and unix sockets.
    Local,
    Yes,
}

/// Per-command counters, INFO commandstats.
#[derive(Clone, Debug, Default)]
pub struct CommandStat {
    pub calls: u64,
    /// Time spent, as far as the host measures it.
    pub nanoseconds: u64,
    /// Refused before the handler ran.
    pub rejected: u64,
    /// Answered with an error by the handler.
    pub failed: u64,
    /// Nanoseconds of each call, as far as the host measures them and `latency-tracking` is on.
    pub latencies: Option<Box<Histogram>>,
}

/// A request whose row and first hash are known.
#[derive(Clone, Copy)]
pub struct Prepared {
    command: Result<&'static Command, ()>,
    hint: Option<(usize, usize, Hash)>,
}

impl Prepared {
    /// The row, if the first word (and a subcommand's second) names one.
    pub fn command(&self) -> Option<&'static Command> {
        self.command.ok()
    }
}

/// What became of a unit.
#[derive(Debug)]
pub enum Ran {
    /// The reply is complete.
    Done,
    /// The gate let it pass, and it is the node's to run and to answer.
    Node(NodeCommand, &'static Command),
    /// EXEC may go ahead: these run now, each by [`Engine::run_queued`], and the head of the reply is written.
    Transaction(Box<Transaction>),
    /// There is nothing to answer yet. The node suspends the client and hands its request to [`Engine::blocked`].
    Waits(Wait),
}

pub struct Engine {
    pub keyspace: Keyspace,
    pub settings: Settings,
    pub mode: Mode,
    /// CLIENT PAUSE: nothing expires, nothing is evicted.
    pub paused: bool,
    pub effects: Effects,
    pub random: Random,
    pub stats: Vec<CommandStat>,
    pub errors: ErrorStats,
    pub watches: Watches,
    pub blocked: Blocked,
    pub pubsub: PubSub,
    pub timing: Timing,
    pub logs: CommandLogs,
    pub latency: LatencyMonitor,
    /// Units run, INFO total_commands_processed.
    pub units: u64,
}

impl Engine {
    pub fn new(databases: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Engine {
            keyspace: Keyspace::new(databases, &mut random),
            settings: Settings::default(),
            mode: Mode::default(),
            paused: false,
            effects: Effects::default(),
            random,
            stats: vec![CommandStat::default(); command::COUNT],
            errors: ErrorStats::default(),
            watches: Watches::default(),
            blocked: Blocked::default(),
            pubsub: PubSub::default(),
            timing: Timing::default(),
            logs: CommandLogs::default(),
            latency: LatencyMonitor::default(),
            units: 0,
        }
    }

    /// Finds a request's row and hashes its first key; asks for the first cache line on the way.
    pub fn prepare(&self, db: u32, argv: Argv<'_>) -> Prepared {
        let Ok(command) = gate::resolve(argv) else { return Prepared { command: Err(()), hint: None } };
        let hint =
            (command.first_key > 0).then(|| argv.get(command.first_key as usize)).flatten().map(|key| {
                let table = self.keyspace.db(db).table();
                let hash = table.hash(key);
                table.prefetch_segment(hash);
                (key.as_ptr() as usize, key.len(), hash)
            });
        Prepared { command: Ok(command), hint }
    }

    /// Fetches the index lines that a request will look its first key up in.
    #[inline]
    pub fn warm_index(&self, db: u32, prepared: &Prepared) {
        if let Some((_, _, hash)) = prepared.hint {
            self.keyspace.db(db).table().prefetch_slots(hash);
        }
    }

    /// Fetches the entry of a request's first key; its index lines should have arrived.
    #[inline]
    pub fn warm_entry(&self, db: u32, prepared: &Prepared) {
        if let Some((_, _, hash)) = prepared.hint {
            self.keyspace.db(db).table().prefetch_entry(hash);
        }
    }

    /// Runs one unit. The effects stay in `self.effects` until the next call of `clear_effects`.
    pub fn run(
        &mut self,
        now: Now,
        session: &mut Session,
        argv: Argv<'_>,
        prepared: Prepared,
        out: &mut Vec<u8>,
    ) -> Ran {
        self.units += 1;
        let Ok(command) = prepared.command else {
            let error = gate::resolve(argv).expect_err("a request that could not be prepared has no row");
            return self.reject(session, &error, out);
        };
        if let Err(error) = gate::admit(&self.mode, &self.settings, session, command, argv.len()) {
            self.stats[command.id.index()].rejected += 1;
            if command.name == "exec" {
                return self.abort_transaction(session, &error, out);
            }
            return self.reject(session, &error, out);
        }
        if let Some(queue) = &mut session.multi
            && command.is_queued()
        {
            if command.flags.contains(Flags::NO_MULTI) {
                return self.reject(
                    session,
                    &CommandError::err("Command not allowed inside a transaction"),
                    out,
                );
            }
            queue.queue(command, argv);
            Reply::new(out, session.protocol).simple("QUEUED");
            return Ran::Done;
        }
        let may_wait = session.origin == Origin::Client;
        self.execute(now, session, command, argv, prepared.hint, may_wait, out)
    }

    /// Runs the request of a client that waits once more, for something may be there now.
    pub fn run_again(&mut self, now: Now, session: &mut Session, argv: Argv<'_>, out: &mut Vec<u8>) -> Ran {
        let command = gate::resolve(argv).expect("a request that waits has a row");
        self.execute(now, session, command, argv, None, true, out)
    }

    /// Whether the gate would let this request pass now.
    pub fn admits(&self, session: &Session, command: &'static Command, argc: usize) -> bool {
        gate::admit(&self.mode, &self.settings, session, command, argc).is_ok()
    }

    /// Runs a request out of a transaction's queue, which the gate has let pass already.
    pub fn run_queued(
        &mut self,
        now: Now,
        session: &mut Session,
        command: &'static Command,
        argv: Argv<'_>,
        out: &mut Vec<u8>,
    ) -> Ran {
        let ran = self.execute(now, session, command, argv, None, false, out);
        self.effects.stand_together();
        ran
    }

    /// Runs a command that was let pass.
    #[expect(clippy::too_many_arguments, reason = "all of a unit, in the one place that runs it")]
    fn execute(
        &mut self,
        now: Now,
        session: &mut Session,
        command: &'static Command,
        argv: Argv<'_>,
        hint: Option<(usize, usize, Hash)>,
        may_wait: bool,
        out: &mut Vec<u8>,
    ) -> Ran {
        self.timing.note(command.id);
        let handler = match command.handler {
            Handler::Node(node_command) => {
                self.stats[command.id.index()].calls += 1;
                return Ran::Node(node_command, command);
            }
            Handler::Container => unreachable!("the gate refuses containers"),
            Handler::Engine(handler) => handler,
        };
        self.effects.begin_command();
        let first = if command.is_subcommand() { 2 } else { 1 };
        let mut next = Next::Nothing;
        let mut ctx = self.ctx(now, session, command, hint, &mut next, out);
        ctx.may_wait = may_wait;
        let db = ctx.session.db;
        let outcome = handler(&mut ctx, &mut Args::new(argv, first));
        if outcome.is_err() {
            ctx.reply.discard();
        }
        self.settle(command, db, argv, session, outcome, out);
        // Who waits has not been served yet: that counts when the wait is over.
        self.stats[command.id.index()].calls += u64::from(!matches!(next, Next::Wait(_)));
        match next {
            Next::Nothing => Ran::Done,
            Next::Wait(wait) => Ran::Waits(wait),
            Next::Transaction(queue) => {
                Reply::new(out, session.protocol).array(queue.len());
                Ran::Transaction(queue)
            }
        }
    }

    /// EXEC itself is refused, for the sake of what is queued.
    fn abort_transaction(&mut self, session: &mut Session, error: &CommandError, out: &mut Vec<u8>) -> Ran {
        session.multi = None;
        self.watches.forget(session);
        let text = error.bytes();
        let text = text.strip_prefix(b"ERR ").unwrap_or(&text);
        let aborted = [b"EXECABORT Transaction discarded because of: ", text].concat();
        self.refuse(session, &CommandError::Quoting(aborted), out)
    }

    /// Refuses a request before it runs; a transaction that it was meant for is spoiled.
    fn reject(&mut self, session: &mut Session, error: &CommandError, out: &mut Vec<u8>) -> Ran {
        if let Some(queue) = &mut session.multi {
            queue.spoil();
        }
        self.refuse(session, error, out)
    }

    /// Parses, prepares and runs in one go, a transaction to its end: for callers without a batch and without a node.
    ///
    /// # Panics
    /// On a transaction that holds a command of the node.
    pub fn run_one(&mut self, now: Now, session: &mut Session, argv: Argv<'_>, out: &mut Vec<u8>) -> Ran {
        let prepared = self.prepare(session.db, argv);
        let queue = match self.run(now, session, argv, prepared, out) {
            Ran::Transaction(queue) => queue,
            ran => return ran,
        };
        for argv in queue.iter() {
            let command = gate::resolve(argv).expect("what was queued has a row");
            let ran = self.run_queued(now, session, command, argv, out);
            assert!(matches!(ran, Ran::Done), "{argv:?} belongs to the node");
        }
        Ran::Done
    }

    /// Tells the engine's own services of what the unit at hand did; the node tells everybody else.
    pub fn deliver(&mut self) {
        if self.watches.is_empty() && self.blocked.is_empty() {
            return;
        }
        let Engine { keyspace, watches, blocked, effects, .. } = self;
        let value = |db: u32, key: &[u8]| {
            let table = keyspace.db(db).table();
            table.get(table.hash(key), key).map(|entry| entry.value())
        };
        for effect in effects.iter() {
            match effect {
                Effect::Changed { db, key } => {
                    let value = value(db, key);
                    watches.touched(db, key, value.is_some());
                    if blocked.has_groups() {
                        blocked.changed(db, key, value.is_some_and(|value| type_name(&value) == "stream"));
                    }
                }
                Effect::Replaced { db } => {
                    watches.replaced(db, |key| value(db, key).is_some());
                    blocked.replaced(db);
                }
                Effect::Ready { db, key } => blocked.ready(db, key),
                _ => {}
            }
        }
    }

    /// Whether a key holds what a waiter of this kind waits for. Those who wait for a group are always given a look.
    pub fn has_for(&self, wait_for: WaitFor, db: u32, key: &[u8]) -> bool {
        let table = self.keyspace.db(db).table();
        let entry = table.get(table.hash(key), key);
        wait_for == WaitFor::Group
            || entry.is_some_and(|entry| type_name(&entry.value()) == wait_for.type_name())
    }

    fn ctx<'a>(
        &'a mut self,
        now: Now,
        session: &'a mut Session,
        command: &'static Command,
        hint: Option<(usize, usize, Hash)>,
        next: &'a mut Next,
        out: &'a mut Vec<u8>,
    ) -> Ctx<'a> {
        let rule = match session.origin {
            Origin::Primary | Origin::Loading => ExpiryRule::Ignore,
            Origin::Client if self.mode.replica || self.paused => ExpiryRule::Hide,
            Origin::Client => ExpiryRule::Remove,
        };
        let keys = Keys {
            space: &mut self.keyspace,
            effects: &mut self.effects,
            random: &mut self.random,
            db: session.db,
            now,
            rule,
            no_touch: session.no_touch && command.name != "touch",
            hint,
        };
        let reply = Reply::new(out, session.protocol);
        Ctx {
            keys,
            session,
            reply,
            settings: &self.settings,
            mode: &self.mode,
            stats: &mut self.stats,
            watches: &mut self.watches,
            pubsub: &mut self.pubsub,
            next,
            may_wait: false,
            command,
        }
    }

    /// A view of a database outside any command: for the node's own work.
    pub fn keys(&mut self, now: Now, db: u32, rule: ExpiryRule) -> Keys<'_> {
        Keys {
            space: &mut self.keyspace,
            effects: &mut self.effects,
            random: &mut self.random,
            db,
            now,
            rule,
            no_touch: true,
            hint: None,
        }
    }

    /// After the handler: an error replaces the reply, a change finds its way to the stream.
    fn settle(
        &mut self,
        command: &'static Command,
        db: u32,
        argv: Argv<'_>,
        session: &Session,
        outcome: Result<(), CommandError>,
        out: &mut Vec<u8>,
    ) {
        if let Err(error) = outcome {
            self.stats[command.id.index()].failed += 1;
            self.refuse(session, &error, out);
        }
        if !self.effects.command_changed() {
            return;
        }
        match command.propagates {
            Propagation::AsIs => self.effects.propagate_received(db, argv),
            Propagation::Rewritten => {
                assert!(
                    self.effects.rewritten(),
                    "{} changed data and stated no canonical form",
                    command.full_name
                );
            }
            Propagation::Never => panic!("{} changed data and is said never to", command.full_name),
        }
    }

    fn refuse(&mut self, session: &Session, error: &CommandError, out: &mut Vec<u8>) -> Ran {
        Reply::new(out, session.protocol).error_text(&error.bytes());
        self.count_error(error);
        Ran::Done
    }

    /// Counts an error reply under its code word.
    pub fn count_error(&mut self, error: &CommandError) {
        self.errors.count(error);
    }

    /// Removes up to `budget` fields that are due, over all databases in turn. True when it stopped because the budget
    /// was spent.
    fn expire_fields(&mut self, now: Now, budget: usize) -> bool {
        if !self.keyspace.active_expire {
            return false;
        }
        let databases = self.keyspace.databases();
        let mut left = budget;
        for _ in 0..databases {
            // The next call begins with the next database, or a busy one would starve the others.
            let db = self.keyspace.next_due_database();
            let mut keys = self.keys(now, db, ExpiryRule::Remove);
            while let Some(gone) = due::expire_first(&mut keys, left) {
                left = left.saturating_sub(gone.max(1));
                if left == 0 {
                    return true;
                }
            }
        }
        false
    }

    /// Bounded work between units: due keys and fields are removed, flushed databases dropped. True when there is
    /// more to do at once. Effects are recorded as for a unit.
    pub fn tick(&mut self, now: Now, budget: usize) -> bool {
        let expires = !self.mode.replica && !self.paused;
        let more_due = expires && self.keyspace.expire_due(now.wall_ms(), budget, &mut self.effects);
        let more_due = expires && self.expire_fields(now, budget) || more_due;
        let more_dead = self.keyspace.bury(budget);
        let more_marks = self.keyspace.finish_aborted_snapshot(budget);
        more_due || more_dead || more_marks
    }
}
