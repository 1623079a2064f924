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
use crate::command::{self, Command, Handler, NodeCommand, Propagation};
use crate::ctx::Ctx;
use crate::effect::Effects;
use crate::error::{CommandError, ErrorStats};
use crate::gate::{self, Mode};
use crate::keyspace::{ExpiryRule, Keys, Keyspace};
use crate::random::Random;
use crate::reply::Reply;
use crate::session::{Origin, Session};
use crate::time::Now;
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
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandStat {
    pub calls: u64,
    /// Time spent, as far as the host measures it.
    pub nanoseconds: u64,
    /// Refused before the handler ran.
    pub rejected: u64,
    /// Answered with an error by the handler.
    pub failed: u64,
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
            return self.refuse(session, &error, out);
        };
        if let Err(error) = gate::admit(&self.mode, &self.settings, session, command, argv.len()) {
            self.stats[command.id.index()].rejected += 1;
            return self.refuse(session, &error, out);
        }
        self.stats[command.id.index()].calls += 1;
        match command.handler {
            Handler::Node(node_command) => Ran::Node(node_command, command),
            Handler::Container => unreachable!("the gate refuses containers"),
            Handler::Engine(handler) => {
                let first = if command.is_subcommand() { 2 } else { 1 };
                let mut ctx = self.ctx(now, session, command, prepared.hint, out);
                let db = ctx.session.db;
                let outcome = handler(&mut ctx, &mut Args::new(argv, first));
                if outcome.is_err() {
                    ctx.reply.discard();
                }
                self.settle(command, db, argv, session, outcome, out);
                Ran::Done
            }
        }
    }

    /// Whether the gate would let this request pass now.
    pub fn admits(&self, session: &Session, command: &'static Command, argc: usize) -> bool {
        gate::admit(&self.mode, &self.settings, session, command, argc).is_ok()
    }

    /// Parses, prepares and runs in one go, for callers without a batch.
    pub fn run_one(&mut self, now: Now, session: &mut Session, argv: Argv<'_>, out: &mut Vec<u8>) -> Ran {
        let prepared = self.prepare(session.db, argv);
        self.run(now, session, argv, prepared, out)
    }

    fn ctx<'a>(
        &'a mut self,
        now: Now,
        session: &'a mut Session,
        command: &'static Command,
        hint: Option<(usize, usize, Hash)>,
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
        if self.effects.changes() == 0 {
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

    /// Bounded work between units: due keys are removed, flushed databases dropped. True when there is
    /// more to do at once. Effects are recorded as for a unit.
    pub fn tick(&mut self, now: Now, budget: usize) -> bool {
        let expires = !self.mode.replica && !self.paused;
        let more_due = expires && self.keyspace.expire_due(now.wall_ms(), budget, &mut self.effects);
        let more_dead = self.keyspace.bury(budget);
        let more_marks = self.keyspace.finish_aborted_snapshot(budget);
        more_due || more_dead || more_marks
    }
}
