//! A snapshot on its way to disk.
//!
//! ```text
//!   Create temp ─▶ Append* ─▶ Sync temp ─▶ Rename temp to dbfilename ─▶ SyncDirectory ─▶ done
//!        └───────────┴───────────┴── failure: Remove temp ───┴───────────────┘
//! ```

use super::Purpose;
use crate::node::{Action, DiskDone, DiskError, DiskRequest, Job, LogLevel, Node};
use engine::error::CommandError;
use engine::keyspace::Progress;
use engine::time::Now;

/// Entries and bytes of one piece: under a millisecond of work.
const PIECE_KEYS: usize = 2048;
const PIECE_BYTES: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Saving {
    purpose: Purpose,
    /// The request that is under way.
    stage: Stage,
    temp: String,
    target: String,
    pub started_us: u64,
    /// Changes that the snapshot holds.
    changes: u64,
    pub keys_total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Create,
    /// A piece; `last` says that the snapshot ends with it.
    Append {
        last: bool,
    },
    Sync,
    Rename,
    SyncDirectory,
}

impl Stage {
    /// The keyspace's snapshot is this save's; once all of it is written, another may run.
    fn takes_snapshot(self) -> bool {
        matches!(self, Stage::Create | Stage::Append { last: false })
    }
}

impl Node {
    /// Begins to save. No other snapshot may be running.
    pub(super) fn begin_save(&mut self, now: Now, purpose: Purpose) {
        let writer = self.snapshot_header(now);
        let begun = self.engine.keyspace.begin_snapshot(writer, self.config.rdbchecksum);
        assert!(begun, "the caller saw to it that no snapshot runs");
        let temp = format!("temp-{}.rdb", self.about.process_id);
        let durability = &mut self.durability;
        durability.run += 1;
        durability.last_try_us = Some(now.mono_us);
        durability.saving = Some(Saving {
            purpose,
            stage: Stage::Create,
            temp: temp.clone(),
            target: String::from_utf8_lossy(&self.config.dbfilename).into_owned(),
            started_us: now.mono_us,
            changes: self.changes,
            keys_total: self.engine.keyspace.iter().map(|(_, db)| db.len() as u64).sum(),
        });
        self.ask(DiskRequest::Create { name: temp });
    }

    pub(super) fn ask(&mut self, request: DiskRequest) {
        let job = Job::Durability { run: self.durability.run };
        self.ask_disk(request, job);
    }

    /// The request of the current stage was answered.
    pub(super) fn save_goes_on(&mut self, now: Now, result: Result<DiskDone, DiskError>) {
        let Some(saving) = &mut self.durability.saving else { return };
        if let Err(error) = result {
            return self.save_failed(now, &error);
        }
        let (name, target) = (saving.temp.clone(), saving.target.clone());
        let (stage, request) = match saving.stage {
            Stage::Create | Stage::Append { last: false } => {
                let (bytes, progress) = self.engine.keyspace.advance_snapshot(PIECE_KEYS, PIECE_BYTES);
                let last = progress == Progress::Finished;
                (Stage::Append { last }, DiskRequest::Append { name, bytes })
            }
            Stage::Append { last: true } => (Stage::Sync, DiskRequest::Sync { name }),
            Stage::Sync => (Stage::Rename, DiskRequest::Rename { from: name, to: target }),
            Stage::Rename => (Stage::SyncDirectory, DiskRequest::SyncDirectory),
            Stage::SyncDirectory => return self.saved(now),
        };
        self.durability.saving.as_mut().expect("it was just looked at").stage = stage;
        self.ask(request);
    }

    fn saved(&mut self, now: Now) {
        let Some(saving) = self.durability.saving.take() else { return };
        self.log(LogLevel::Notice, "DB saved on disk");
        self.changes -= saving.changes;
        self.last_save_s = now.wall_s();
        let durability = &mut self.durability;
        durability.last_save_us = now.mono_us;
        durability.saves += 1;
        durability.last_failed = false;
        match saving.purpose {
            Purpose::Background => {
                durability.last_seconds = Some((now.mono_us - saving.started_us) / 1_000_000);
                self.log(LogLevel::Notice, "Background saving terminated with success");
            }
            Purpose::Command(held) => {
                self.answer(held, |reply| {
                    reply.ok();
                    Ok(())
                });
                self.go_on(now);
            }
            Purpose::Shutdown { .. } => self.act(Action::Exit { code: 0 }),
            Purpose::Reload(held) => self.load_again(now, held),
        }
        self.renew_mode();
    }

    fn save_failed(&mut self, now: Now, error: &DiskError) {
        let Some(saving) = self.durability.saving.take() else { return };
        let Saving { temp, target, stage, started_us, purpose, .. } = saving;
        let dir = String::from_utf8_lossy(&self.config.dir).into_owned();
        let text = match stage {
            Stage::Create => {
                format!(
                    "Failed opening the temp RDB file {temp} (in server root dir {dir}) for saving: {error}"
                )
            }
            Stage::Append { .. } | Stage::Sync => format!("Write error saving DB on disk: {error}"),
            Stage::Rename => format!(
                "Error moving temp DB file {temp} on the final destination {target} (in server root dir {dir}): \
                 {error}"
            ),
            Stage::SyncDirectory => format!("Error syncing the directory after saving the DB: {error}"),
        };
        self.log(LogLevel::Warning, text);
        if stage.takes_snapshot() {
            self.engine.keyspace.abort_snapshot();
            self.wake_soon();
        }
        self.forget_temp(temp);
        self.not_saved(now, purpose, started_us);
        self.renew_mode();
    }

    /// Whoever wanted the save hears that there is none.
    fn not_saved(&mut self, now: Now, purpose: Purpose, started_us: u64) {
        match purpose {
            Purpose::Background => {
                self.durability.last_failed = true;
                self.durability.last_seconds = Some((now.mono_us - started_us) / 1_000_000);
                self.log(LogLevel::Warning, "Background saving error");
            }
            // Redis answers the bare code, and details to the log alone.
            Purpose::Command(held) => self.answer(held, |_| Err(CommandError::Custom("ERR".into()))),
            Purpose::Reload(held) => self.answer(held, |_| Err(CommandError::Custom("ERR".into()))),
            Purpose::Shutdown { force: true, .. } => {
                self.log(LogLevel::Warning, "Error trying to save the DB. Exit anyway.");
                return self.act(Action::Exit { code: 0 });
            }
            Purpose::Shutdown { held, force: false } => {
                self.log(LogLevel::Warning, "Error trying to save the DB, can't exit.");
                let text = "Errors trying to shut down the server. Check the logs for more information.";
                self.log(LogLevel::Warning, text);
                self.stay();
                if let Some(held) = held {
                    self.answer(held, |_| Err(CommandError::err("Errors trying to SHUTDOWN. Check logs.")));
                }
            }
        }
        self.go_on(now);
    }

    /// Removes what was written of a file that will not be one. Nobody waits for the answer.
    fn forget_temp(&mut self, name: String) {
        self.durability.run += 1;
        let job = Job::Durability { run: 0 };
        self.ask_disk(DiskRequest::Remove { name }, job);
    }

    /// The save under way is over without a file: something else needs the keyspace or the name.
    pub(crate) fn give_up_save(&mut self) {
        self.durability.scheduled = false;
        let Some(saving) = self.durability.saving.take() else { return };
        if saving.stage.takes_snapshot() {
            self.engine.keyspace.abort_snapshot();
            self.wake_soon();
        }
        self.forget_temp(saving.temp);
        let now = self.now();
        match saving.purpose {
            // Given up, not failed: its outcome says nothing of the disk.
            Purpose::Background => {}
            purpose => self.not_saved(now, purpose, saving.started_us),
        }
    }
}
