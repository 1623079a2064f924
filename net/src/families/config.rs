//! CONFIG GET, SET, RESETSTAT, REWRITE and HELP over the directives of `crate::config`.
//!
//! What the host lives by (listeners, the log's level, the working directory) is handed to it one directive after
//! another, and the reply is held until it took them all; a refusal takes the whole CONFIG SET back. REWRITE reads the
//! file, then replaces it, and is held as long.

use super::Call;
use crate::config::rewrite::Which;
use crate::config::set::{Access, Changes, SetError};
use crate::config::{Id, Permission, Value};
use crate::node::jobs::{Held, Job};
use crate::node::{Action, DiskDone, DiskError, DiskRequest, LogLevel, Node, Stats};
use engine::engine::CommandStat;
use engine::error::{CommandError, ErrorStats};
use engine::keyspace::KeyspaceStats;
use std::collections::VecDeque;

/// Directives that the host lives by.
const HOSTED: [Id; 5] = [Id::Port, Id::Bind, Id::TcpKeepalive, Id::Loglevel, Id::Dir];

/// A configuration file above this is none.
const LARGEST_FILE: usize = 16 * 1024 * 1024;

pub(super) fn get(call: &mut Call<'_>) -> Result<(), CommandError> {
    let patterns: Vec<&[u8]> = std::iter::from_fn(|| call.args.next()).collect();
    let found = call.node.config.get(&patterns);
    call.reply.map(found.len());
    for (name, value) in found {
        call.reply.bulk(&name);
        call.reply.bulk(&value);
    }
    Ok(())
}

pub(super) fn resetstat(call: &mut Call<'_>) -> Result<(), CommandError> {
    let node = &mut *call.node;
    node.stats = Stats::default();
    node.rates.clear();
    node.engine.stats.fill(CommandStat::default());
    node.engine.errors = ErrorStats::default();
    node.engine.units = 0;
    node.engine.keyspace.stats = KeyspaceStats::default();
    call.reply.ok();
    Ok(())
}

/// A CONFIG SET on its way through the host.
#[derive(Debug)]
pub(crate) struct Applying {
    held: Held,
    changes: Changes,
    /// The directive the host was asked to take over, with the name the client used.
    current: (Id, Vec<u8>),
    left: VecDeque<(Id, Vec<u8>)>,
    done: Vec<Id>,
}

pub(super) fn set(call: &mut Call<'_>) -> Result<(), CommandError> {
    let words: Vec<&[u8]> = std::iter::from_fn(|| call.args.next()).collect();
    if !words.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let local = call.session().local;
    let node = &mut *call.node;
    let protected = match node.config.enable_protected_configs {
        Permission::Yes => true,
        Permission::Local => local,
        Permission::No => false,
    };
    let directory = node.config.dir.clone();
    let access = Access { loading: node.engine.mode.loading, protected };
    let changes = node.config.set(&pairs, access).map_err(|error| refusal(&error))?;
    if changes.changed.iter().any(|(id, _)| *id == Id::Dir) && !node.config.dir.starts_with(b"/") {
        let full = [&directory, &b"/"[..], &node.config.dir].concat();
        node.config.put(Id::Dir, Value::Text(full));
    }
    node.configuration_changed();
    let mut left: VecDeque<_> =
        changes.changed.iter().filter(|(id, _)| HOSTED.contains(id)).cloned().collect();
    match left.pop_front() {
        None => call.reply.ok(),
        Some(current) => {
            let held = node.hold(call.conn);
            node.apply(Applying { held, changes, current, left, done: Vec::new() });
        }
    }
    Ok(())
}

fn refusal(error: &SetError) -> CommandError {
    CommandError::Custom(format!("{} {error}", error.code()).into())
}

impl Node {
    /// Hands the current directive to the host.
    fn apply(&mut self, applying: Applying) {
        let id = applying.current.0;
        let value = self.host_value(id);
        self.ask_reconfigure(id.directive().name, value, Job::Apply(Box::new(applying)));
    }

    fn host_value(&self, id: Id) -> String {
        String::from_utf8_lossy(&self.config.text(id)).into_owned()
    }

    /// The host took the current directive over, or did not.
    pub(crate) fn apply_goes_on(&mut self, mut applying: Applying, result: Result<(), String>) {
        if let Err(reason) = result {
            return self.take_back(applying, reason);
        }
        applying.done.push(applying.current.0);
        match applying.left.pop_front() {
            Some(next) => {
                applying.current = next;
                self.apply(applying);
            }
            None => self.answer(applying.held, |reply| {
                reply.ok();
                Ok(())
            }),
        }
    }

    fn take_back(&mut self, applying: Applying, reason: String) {
        let Applying { held, changes, current, done, .. } = applying;
        self.config.undo(changes);
        self.configuration_changed();
        for id in done {
            // Ticket 0 belongs to nobody: what the host had before, it can have again.
            let (directive, value) = (id.directive().name, self.host_value(id));
            self.act(Action::Reconfigure { ticket: 0, directive, value });
        }
        let error = refusal(&SetError::failed(&current.1, reason));
        self.answer(held, |_| Err(error));
    }
}

/// A CONFIG REWRITE on its way through the disk.
#[derive(Debug)]
pub(crate) struct Rewriting {
    held: Held,
    which: Which,
    /// The new text is being written; before that, the old one is being read.
    writing: bool,
}

pub(super) fn rewrite(call: &mut Call<'_>) -> Result<(), CommandError> {
    start_rewrite(call, Which::Changed)
}

pub(super) fn start_rewrite(call: &mut Call<'_>, which: Which) -> Result<(), CommandError> {
    let name = call.node.config_path.clone();
    if name.is_empty() {
        return Err(CommandError::err("The server is running without a config file"));
    }
    let held = call.node.hold(call.conn);
    let job = Job::Rewrite(Rewriting { held, which, writing: false });
    call.node.ask_disk(DiskRequest::Read { name, offset: 0, len: LARGEST_FILE }, job);
    Ok(())
}

impl Node {
    pub(crate) fn rewrite_goes_on(&mut self, rewriting: Rewriting, result: Result<DiskDone, DiskError>) {
        let old = match result {
            Ok(DiskDone::Done) => return self.rewritten(rewriting, Ok(())),
            Err(error) if rewriting.writing => return self.rewritten(rewriting, Err(error.to_string())),
            Ok(DiskDone::Bytes(old)) if old.len() == LARGEST_FILE => {
                return self.rewritten(rewriting, Err("File too large".into()));
            }
            Ok(DiskDone::Bytes(old)) => old,
            // A file that was removed meanwhile is written anew.
            Err(DiskError::NotFound) => Vec::new(),
            Err(error) => return self.rewritten(rewriting, Err(error.to_string())),
        };
        let bytes = self.config.rewrite(&old, rewriting.which);
        let request = DiskRequest::Replace { path: self.config_path.clone(), bytes };
        self.ask_disk(request, Job::Rewrite(Rewriting { writing: true, ..rewriting }));
    }

    fn rewritten(&mut self, rewriting: Rewriting, result: Result<(), String>) {
        let Err(reason) = result else {
            self.log(LogLevel::Notice, "CONFIG REWRITE executed with success.");
            return self.answer(rewriting.held, |reply| {
                reply.ok();
                Ok(())
            });
        };
        self.log(LogLevel::Warning, format!("CONFIG REWRITE failed: {reason}"));
        let error = CommandError::err(format!("Rewriting config file: {reason}"));
        self.answer(rewriting.held, |_| Err(error));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::node::DiskError;
    use crate::testing::Harness;

    #[test]
    fn get_and_set() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(
            conn,
            r#"
            > CONFIG GET maxmemory              < ["maxmemory" "0"]
            > CONFIG SET maxmemory 1kb hz 50    < OK
            > CONFIG GET maxmemory hz           < ["hz" "50" "maxmemory" "1024"]
            > CONFIG SET maxmemory              < ERR wrong number of arguments for 'config|set' command
            > CONFIG SET maxmemory 1 x          < ERR syntax error
            > CONFIG SET nosuch 1               < ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
            > CONFIG SET requirepass secret     < OK
            > GET k                             < nil
            "#,
        );
        let text = server.ask(conn, "CONFIG SET dir /tmp");
        assert!(
            text.ends_with("(possibly related to argument 'dir') - can't set protected config"),
            "{text}"
        );
        assert!(server.reconfigured.is_empty());
        let stranger = server.client();
        server.check(stranger, "> GET k < NOAUTH Authentication required.");
        assert_eq!(server.node.engine.errors.iter().collect::<Vec<_>>(), [("ERR", 4), ("NOAUTH", 1)]);
        server.check(conn, "> CONFIG RESETSTAT < OK");
        assert_eq!(server.node.engine.errors.total(), 0);
    }

    #[test]
    fn what_the_host_lives_by_waits_for_the_host() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(conn, "> CONFIG SET port 7000 timeout 5 tcp-keepalive 10 < OK");
        let named = |name, value: &str| (name, value.to_string());
        assert_eq!(server.reconfigured, [named("port", "7000"), named("tcp-keepalive", "10")]);
        server.reconfigure_failure = Some("Unable to listen on this port".into());
        let text = server.ask(conn, "CONFIG SET timeout 7 PORT 7001");
        let related = "ERR CONFIG SET failed (possibly related to argument 'port')";
        assert_eq!(text, format!("{related} - Unable to listen on this port"));
        server.check(conn, r#"> CONFIG GET port timeout < ["port" "7000" "timeout" "5"]"#);
    }

    #[test]
    fn a_relative_directory_starts_at_the_old_one() {
        let mut server = Harness::with(&[("dir", "/var/lib")]);
        server.node.config.put(crate::config::Id::EnableProtectedConfigs, crate::config::Value::Choice(1));
        let conn = server.client();
        server.check(conn, "> CONFIG SET dir rewind < OK\n> CONFIG GET dir < [\"dir\" \"/var/lib/rewind\"]");
    }

    #[test]
    fn a_rewrite_holds_the_reply_and_what_follows() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.check(conn, "> CONFIG REWRITE < ERR The server is running without a config file");
        server.node.config_path = "/etc/rewind.conf".into();
        server.disk.insert("/etc/rewind.conf".into(), b"# mine\nport 6379\n".to_vec());
        server.check(conn, "> CONFIG SET maxmemory 2mb < OK");
        server.disk_waits = true;
        server.send(conn, b"CONFIG REWRITE\r\nPING\r\nCLIENT REPLY SKIP\r\nCONFIG REWRITE\r\nECHO hi\r\n");
        assert_eq!(server.read(conn), b"");
        server.release_disk();
        assert_eq!(server.read(conn), b"+OK\r\n+PONG\r\n$2\r\nhi\r\n");
        let text = String::from_utf8_lossy(&server.disk["/etc/rewind.conf"]).into_owned();
        assert!(text.starts_with("# mine\nport 6379\n") && text.contains("\nmaxmemory 2mb\n"), "{text}");
    }

    #[test]
    fn a_rewrite_that_fails_says_why() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.node.config_path = "/etc/rewind.conf".into();
        server.disk_failure = Some(DiskError::Failed("Permission denied".into()));
        server.check(conn, "> CONFIG REWRITE < ERR Rewriting config file: Permission denied");
        server.disk_failure = None;
        server.check(conn, "> CONFIG REWRITE < OK");
    }

    #[test]
    fn who_hangs_up_is_not_answered() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        server.node.config_path = "/etc/rewind.conf".into();
        server.disk_waits = true;
        server.send(conn, b"CONFIG REWRITE\r\n");
        server.hang_up(conn);
        server.release_disk();
        assert!(server.disk.contains_key("/etc/rewind.conf"));
    }
}
