//! The ordered checks between a request and its handler.
//!
//! The order is visible to clients and is Redis's: the command is known, its arity holds, the client is
//! authenticated, the server may run it now (loading, memory, role). Each check is one question; the
//! first that fails answers.

use crate::args::Argv;
use crate::command::{self, Command, Flags, Handler};
use crate::engine::{Permission, Settings};
use crate::error::{CommandError, shortened};
use crate::reply::Protocol;
use crate::session::{Origin, Session};

/// What the server allows at the moment, set by the node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// A data set is being loaded; only commands flagged `loading` run.
    pub loading: bool,
    /// This server follows a primary.
    pub replica: bool,
    /// `replica-read-only`.
    pub read_only: bool,
    /// The link to the primary is down and `replica-serve-stale-data` is `no`.
    pub stale: bool,
    /// Fewer good replicas than `min-replicas-to-write`.
    pub too_few_replicas: bool,
    /// Snapshots fail and `stop-writes-on-bgsave-error` asks for writes to be refused meanwhile.
    pub disk_failed: bool,
    /// Over `maxmemory` with nothing to evict.
    pub out_of_memory: bool,
}

/// Finds the row of a request: the command, or its subcommand.
pub fn resolve(argv: Argv<'_>) -> Result<&'static Command, CommandError> {
    let Some(command) = command::lookup(&argv[0]) else { return Err(unknown_command(argv)) };
    if !matches!(command.handler, Handler::Container) && command.subcommands.is_empty() {
        return Ok(command);
    }
    let Some(word) = argv.get(1) else { return Ok(command) };
    match command::subcommand(command, word) {
        Some(row) => Ok(row),
        None => Err(CommandError::UnknownSubcommand {
            container: command.name,
            given: shortened(word, 128).to_vec(),
        }),
    }
}

/// May this session run this command now?
pub fn admit(
    mode: &Mode,
    settings: &Settings,
    session: &Session,
    command: &'static Command,
    argc: usize,
) -> Result<(), CommandError> {
    if !command.arity_fits(argc) || matches!(command.handler, Handler::Container) {
        return Err(CommandError::WrongArity(command.full_name));
    }
    if session.origin != Origin::Client {
        return Ok(());
    }
    let flags = match &session.multi {
        Some(queue) if command.name == "exec" => queue.flags(command.flags),
        _ => command.flags,
    };
    closed_by_configuration(settings, session, command)?;
    if !settings.requirepass.is_empty() && !session.authenticated && !flags.contains(Flags::NO_AUTH) {
        return Err(CommandError::NoAuth);
    }
    if session.subscriptions.is_some() && session.protocol == Protocol::Resp2 && !may_listen(command) {
        return Err(CommandError::OnlySubscribing(command.full_name));
    }
    if *mode == Mode::default() {
        return Ok(());
    }
    if mode.out_of_memory && flags.contains(Flags::DENYOOM) && !mode.replica {
        return Err(CommandError::OutOfMemory);
    }
    let told = flags.contains(Flags::WRITE) || command.name == "ping";
    if mode.disk_failed && told && !mode.replica {
        return Err(CommandError::DiskFailed);
    }
    if mode.too_few_replicas && flags.contains(Flags::WRITE) && !mode.replica {
        return Err(CommandError::NoReplicas);
    }
    if mode.replica && mode.read_only && flags.contains(Flags::WRITE) {
        return Err(CommandError::ReadOnlyReplica);
    }
    if mode.replica && mode.stale && !flags.contains(Flags::STALE) {
        return Err(CommandError::MasterDown);
    }
    if mode.loading && !flags.contains(Flags::LOADING) {
        return Err(CommandError::Loading);
    }
    Ok(())
}

/// Whether a client that listens to channels may run this in RESP2, where it could not tell messages from replies.
fn may_listen(command: &Command) -> bool {
    matches!(command.full_name, "ping" | "quit" | "reset") || command.is_subscription()
}

/// DEBUG is for those whom `enable-debug-command` lets in, whether they have authenticated or not.
fn closed_by_configuration(
    settings: &Settings,
    session: &Session,
    command: &'static Command,
) -> Result<(), CommandError> {
    if !command.flags.contains(Flags::ADMIN) || command.name != "debug" {
        return Ok(());
    }
    match settings.debug_command {
        Permission::Yes => Ok(()),
        Permission::Local if session.local => Ok(()),
        _ => Err(CommandError::Protected { command: "DEBUG", directive: "enable-debug-command" }),
    }
}

/// Redis names the command and as many arguments as fit 128 bytes.
fn unknown_command(argv: Argv<'_>) -> CommandError {
    let mut args = Vec::new();
    for word in argv.iter().skip(1) {
        if args.len() >= 128 {
            break;
        }
        let word = shortened(word, 128 - args.len());
        args.extend_from_slice(&[b"'", word, b"' "].concat());
    }
    let name = shortened(&argv[0], 128);
    CommandError::Quoting([b"ERR unknown command '", name, b"', with args beginning with: ", &args].concat())
}
