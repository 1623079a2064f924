//! The snapshot on disk on its way into the keyspace, at the start of the server or for DEBUG RELOAD.

use crate::node::{Action, DiskDone, DiskError, DiskRequest, Held, LogLevel, Node};
use engine::error::CommandError;
use engine::persist::entry::LoadError;
use engine::persist::load::{Expired, LoadProgress, Loader};
use engine::persist::rdb::DecodeErrorKind;
use engine::time::Now;

/// Bytes read at once.
const PIECE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Loading {
    loader: Loader,
    name: String,
    offset: u64,
    started_us: u64,
    /// Who waits for it; nobody at the start of the server.
    held: Option<Held>,
}

impl Node {
    /// Loads the snapshot that an earlier life of the server left, if there is one. For the host to call once,
    /// before clients are served; until it is over they are answered LOADING.
    pub fn load_at_start(&mut self, now: Now) {
        self.begin_load_file(now, None);
    }

    /// Whether it is known by now if there is a snapshot to load. Until then the host accepts nobody, so that a
    /// server without one never says LOADING.
    pub fn knows_what_to_load(&self) -> bool {
        self.durability.loading.as_ref().is_none_or(|loading| loading.offset > 0)
    }

    /// DEBUG RELOAD, once the file is what it should be.
    pub(super) fn load_again(&mut self, now: Now, held: Held) {
        for db in 0..self.engine.keyspace.databases() {
            self.engine.keyspace.flush(db);
        }
        self.wake_soon();
        self.begin_load_file(now, Some(held));
    }

    fn begin_load_file(&mut self, now: Now, held: Option<Held>) {
        // A replica holds what its primary holds, expired or not.
        let expired = if self.replication.is_replica() { Expired::Keep } else { Expired::Skip };
        let name = String::from_utf8_lossy(&self.config.dbfilename).into_owned();
        self.engine.mode.loading = true;
        self.durability.run += 1;
        self.durability.loading = Some(Loading {
            loader: Loader::new(expired),
            name: name.clone(),
            offset: 0,
            started_us: now.mono_us,
            held,
        });
        self.ask(DiskRequest::Read { name, offset: 0, len: PIECE });
    }

    /// The disk answered with the next piece of the file.
    pub(super) fn load_goes_on(&mut self, now: Now, result: Result<DiskDone, DiskError>) {
        let Some(loading) = &mut self.durability.loading else { return };
        let bytes = match result {
            Ok(DiskDone::Bytes(bytes)) => bytes,
            Ok(DiskDone::Done) => unreachable!("a read answers bytes"),
            Err(DiskError::NotFound) if loading.offset == 0 => return self.end_loading(now),
            Err(error) => return self.load_failed(now, &format!("cannot be read: {error}")),
        };
        loading.offset += bytes.len() as u64;
        let outcome = match bytes.is_empty() {
            true => loading.loader.finish().map(|()| LoadProgress::Done),
            false => loading.loader.push(&mut self.engine.keyspace, now, &bytes),
        };
        match outcome {
            Ok(LoadProgress::More) => {
                let (name, offset) = (loading.name.clone(), loading.offset);
                self.ask(DiskRequest::Read { name, offset, len: PIECE });
            }
            Ok(LoadProgress::Done) => self.loaded(now),
            Err(error) => {
                if matches!(error, LoadError::Decode(e) if e.kind == DecodeErrorKind::Truncated) {
                    let text = "Short read or OOM loading DB. Unrecoverable error, aborting now.";
                    self.log(LogLevel::Warning, text);
                }
                self.load_failed(now, &format!("cannot be loaded: {error}"));
            }
        }
    }

    fn loaded(&mut self, now: Now) {
        let Some(loading) = &self.durability.loading else { return };
        let (keys, expired) = (loading.loader.keys_loaded, loading.loader.keys_expired);
        let (started_us, position) = (loading.started_us, loading.loader.position.clone());
        let at_start = loading.held.is_none();
        (self.durability.keys_loaded, self.durability.keys_expired) = (keys, expired);
        self.log(
            LogLevel::Notice,
            format!("Done loading RDB, keys loaded: {keys}, keys expired: {expired}."),
        );
        let seconds = (now.mono_us - started_us) as f64 / 1e6;
        self.log(LogLevel::Notice, format!("DB loaded from disk: {seconds:.3} seconds"));
        if at_start {
            self.resume_from_file(&position);
        }
        self.changes = 0;
        self.end_loading(now);
    }

    fn end_loading(&mut self, now: Now) {
        let held = self.durability.loading.take().and_then(|loading| loading.held);
        self.engine.mode.loading = false;
        if let Some(held) = held {
            self.answer(held, |reply| {
                reply.ok();
                Ok(())
            });
        }
        self.go_on(now);
    }

    /// A file that cannot be loaded ends the server: to go on without its data would be to lose it.
    fn load_failed(&mut self, now: Now, why: &str) {
        let Some(loading) = self.durability.loading.take() else { return };
        let name = &loading.name;
        self.log(LogLevel::Warning, format!("The snapshot {name} {why}"));
        if let Some(held) = loading.held {
            for db in 0..self.engine.keyspace.databases() {
                self.engine.keyspace.flush(db);
            }
            self.engine.mode.loading = false;
            let text = "Error trying to load the RDB dump, check server logs.";
            self.answer(held, |_| Err(CommandError::err(text)));
            return self.go_on(now);
        }
        self.log(LogLevel::Warning, "Fatal error loading the DB, check server logs. Exiting.");
        self.act(Action::Exit { code: 1 });
    }

    /// Bytes of the file read so far, while one is being loaded.
    pub(super) fn loading_bytes(&self) -> Option<(u64, u64)> {
        self.durability.loading.as_ref().map(|loading| (loading.offset, loading.started_us))
    }
}
