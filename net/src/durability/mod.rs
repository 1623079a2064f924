//! Durability: what of the data set survives the process. Snapshots for now.
//!
//! ```text
//!   SAVE, BGSAVE, save points, SHUTDOWN ─▶ save: keyspace snapshot ─▶ Append, Append, ... ─▶ Sync ─▶ Rename
//!                                                                                        ─▶ SyncDirectory
//!   start, DEBUG RELOAD                 ─▶ load: Read, Read, ... ─▶ Loader ─▶ keyspace
//! ```
//!
//! One request to the disk is under way at a time, so a snapshot is made as fast as the disk takes it and no
//! more of it is held than one piece and the pre-images of what changes meanwhile. Where Redis lets the whole
//! server wait (SAVE, the last save of SHUTDOWN, DEBUG RELOAD), no client's request is run until it is over.
//!
//! What must never happen: an old file replaced by one that is not whole and durable; a server that goes on
//! with half of a broken file.

mod info;
mod load;
mod save;

use crate::config::ShutdownOptions;
use crate::node::{DiskDone, DiskError, Held, LogLevel, Node};
use engine::error::CommandError;
use engine::time::Now;
use load::Loading;
use save::Saving;

/// After a failed save the save points wait this long, in microseconds.
const RETRY_US: u64 = 5_000_000;

/// What is being saved or loaded, and how it went before.
#[derive(Debug)]
pub struct Durability {
    saving: Option<Saving>,
    loading: Option<Loading>,
    /// A background save is to begin as soon as another snapshot is out of the way.
    scheduled: bool,
    /// Tells an answer of the disk to this run from one to a run that was given up.
    run: u64,
    /// No client's request is run at the moment.
    standstill: bool,
    last_failed: bool,
    last_try_us: Option<u64>,
    /// When the last good save ended, monotonic.
    last_save_us: u64,
    last_seconds: Option<u64>,
    saves: u64,
    keys_loaded: u64,
    keys_expired: u64,
}

/// Who wants a snapshot on disk.
#[derive(Debug)]
pub(super) enum Purpose {
    /// BGSAVE, or a save point.
    Background,
    /// SAVE.
    Command(Held),
    /// SHUTDOWN or a signal; with `force` the server ends even if the save fails.
    Shutdown { held: Option<Held>, force: bool },
    /// DEBUG RELOAD, which then loads the file.
    Reload(Held),
}

impl Durability {
    pub fn new(now: Now) -> Durability {
        Durability {
            saving: None,
            loading: None,
            scheduled: false,
            run: 0,
            standstill: false,
            last_failed: false,
            last_try_us: None,
            last_save_us: now.mono_us,
            last_seconds: None,
            saves: 0,
            keys_loaded: 0,
            keys_expired: 0,
        }
    }

    /// No client's request is to be run.
    pub fn standstill(&self) -> bool {
        self.standstill
    }

    /// A file is being loaded.
    pub fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    pub fn is_saving(&self) -> bool {
        self.saving.is_some()
    }
}

impl Node {
    /// SAVE: the caller hears when it is over.
    pub(crate) fn save(
        &mut self,
        now: Now,
        held: impl FnOnce(&mut Node) -> Held,
    ) -> Result<(), CommandError> {
        if self.snapshot_wanted() {
            return Err(CommandError::err("Background save already in progress"));
        }
        let held = held(self);
        self.stand_still();
        self.begin_save(now, Purpose::Command(held));
        Ok(())
    }

    /// DEBUG RELOAD: saves (unless told not to), empties the databases and loads what was saved.
    pub(crate) fn reload(&mut self, now: Now, held: Held, save: bool) {
        self.clear_the_way();
        self.stand_still();
        if save {
            self.begin_save(now, Purpose::Reload(held));
        } else {
            self.load_again(now, held);
        }
    }

    /// BGSAVE.
    pub(crate) fn background_save(&mut self, now: Now) -> Result<(), CommandError> {
        if self.snapshot_wanted() {
            return Err(CommandError::err("Background save already in progress"));
        }
        self.durability.scheduled = true;
        self.begin_scheduled(now);
        Ok(())
    }

    /// A snapshot is being taken, for the disk or for replicas.
    fn snapshot_wanted(&self) -> bool {
        self.durability.saving.is_some() || self.durability.scheduled || self.transfers()
    }

    fn begin_scheduled(&mut self, now: Now) {
        if self.durability.scheduled && self.engine.keyspace.snapshot_idle() {
            self.durability.scheduled = false;
            let pid = self.about.process_id;
            self.log(LogLevel::Notice, format!("Background saving started by pid {pid}"));
            self.begin_save(now, Purpose::Background);
        }
    }

    /// The last save before the end, unless nothing asks for one. True when the server may end at once.
    pub(crate) fn last_save(
        &mut self,
        now: Now,
        options: ShutdownOptions,
        held: impl FnOnce(&mut Node) -> Option<Held>,
    ) -> bool {
        let wanted = options.save || !options.nosave && !self.config.save.is_empty();
        self.give_up_save();
        if !wanted || self.engine.mode.loading {
            return true;
        }
        self.clear_the_way();
        let held = held(self);
        self.stand_still();
        self.log(LogLevel::Notice, "Saving the final RDB snapshot before exiting.");
        self.begin_save(now, Purpose::Shutdown { held, force: options.force });
        false
    }

    /// Ends every other snapshot, so that one can begin now.
    fn clear_the_way(&mut self) {
        self.give_up_save();
        self.end_transfer();
        self.engine.keyspace.abort_snapshot();
        while self.engine.keyspace.finish_aborted_snapshot(usize::MAX) {}
    }

    /// Save points.
    pub(crate) fn durability_beat(&mut self, now: Now) {
        self.begin_scheduled(now);
        if self.snapshot_wanted() || self.engine.mode.loading {
            return;
        }
        let durability = &self.durability;
        let since = |us: u64| now.mono_us.saturating_sub(us);
        let patient =
            durability.last_failed && durability.last_try_us.is_some_and(|us| since(us) <= RETRY_US);
        let seconds = since(durability.last_save_us) / 1_000_000;
        let due = self.config.save.iter().find(|p| self.changes >= p.changes && seconds > p.seconds);
        if let Some(point) = due.filter(|_| !patient) {
            let text = format!("{} changes in {} seconds. Saving...", point.changes, point.seconds);
            self.log(LogLevel::Notice, text);
            self.durability.scheduled = true;
            self.begin_scheduled(now);
        }
    }

    /// Whether writes are refused because snapshots fail (`stop-writes-on-bgsave-error`).
    pub(crate) fn disk_denies_writes(&self) -> bool {
        self.durability.last_failed && self.config.stop_writes_on_bgsave_error && !self.config.save.is_empty()
    }

    fn stand_still(&mut self) {
        self.durability.standstill = true;
    }

    /// Clients go on where they were.
    fn go_on(&mut self, now: Now) {
        if !std::mem::take(&mut self.durability.standstill) {
            return;
        }
        let conns: Vec<_> = self.clients.iter().map(|client| client.conn).collect();
        for conn in conns {
            if self.replication.reads_link(conn) {
                let pending = self.clients.get_mut(conn).map(|client| std::mem::take(&mut client.pending));
                self.link_received(now, conn, &pending.unwrap_or_default());
            } else {
                self.run_soon(conn);
            }
            self.flush(conn);
        }
    }

    /// The disk answered a request of this role.
    pub(crate) fn durability_disk_done(&mut self, now: Now, run: u64, result: Result<DiskDone, DiskError>) {
        if run != self.durability.run {
            return;
        }
        if self.durability.loading.is_some() {
            self.load_goes_on(now, result);
        } else if self.durability.saving.is_some() {
            self.save_goes_on(now, result);
        }
    }
}

#[cfg(test)]
mod tests;
