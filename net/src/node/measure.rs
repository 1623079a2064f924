//! What the host's stopwatch says of commands, carried to whoever keeps it: statistics, the command logs, the
//! latency monitor.
//!
//! ```text
//!   unit ─▶ brief, and more of its batch to come? ─▶ nothing yet: the lap goes on
//!             else ─▶ Stopwatch::lap ─▶ Engine::end_lap ─▶ time of this unit ─▶ SLOWLOG, LATENCY
//!   sizes of request and reply ──────────────────────────────────────────────▶ COMMANDLOG
//! ```

use super::{ConnId, Node};
use engine::args::Argv;
use engine::command::{Command, Flags};
use engine::slowlog::{LogEntry, Origin};
use engine::time::Now;
use engine::timing::Stopwatch;

/// A unit that has just run, and its sizes in bytes on the wire.
pub(crate) struct Unit<'a> {
    pub conn: ConnId,
    pub command: &'static Command,
    pub argv: Argv<'a>,
    pub request: usize,
    pub reply: usize,
}

impl Node {
    /// After a unit that ran (and was not refused before): its lap ends unless it is brief and more units follow.
    #[inline]
    pub(crate) fn measure(&mut self, now: Now, unit: &Unit<'_>, last: bool, watch: &mut dyn Stopwatch) {
        let apart = self.engine.timing.ends_with(unit.command, unit.request + unit.reply);
        if apart || last || self.stalled_us > 0 {
            let elapsed = self.lap(watch);
            if let Some(own) = self.engine.end_lap(elapsed, apart) {
                self.note_duration(now, unit, own);
            }
        }
        let logs = &self.engine.logs;
        if logs.large_request.wants(unit.request as u64) || logs.large_reply.wants(unit.reply as u64) {
            self.note_size(now, unit);
        }
    }

    /// What is left of a lap when a batch was cut short.
    pub(crate) fn measure_rest(&mut self, watch: &mut dyn Stopwatch) {
        if self.engine.timing.units() > 0 {
            let elapsed = self.lap(watch);
            self.engine.end_lap(elapsed, false);
        }
    }

    /// Nanoseconds of commands since the last lap. That the host will stand still for one is part of its time.
    fn lap(&mut self, watch: &mut dyn Stopwatch) -> u64 {
        let elapsed = watch.lap() + std::mem::take(&mut self.stalled_us) * 1000;
        self.stats.busy_ns += elapsed;
        self.stats.commands_ns += elapsed;
        elapsed
    }

    #[cold]
    fn entry(&self, now: Now, unit: &Unit<'_>, value: u64) -> Option<LogEntry> {
        let client = self.clients.get(unit.conn)?;
        let origin = Origin { at_s: now.wall_s(), address: &client.peer.address, name: &client.session.name };
        Some(self.engine.logs.entry(value, unit.argv, origin))
    }

    #[inline]
    fn note_duration(&mut self, now: Now, unit: &Unit<'_>, nanoseconds: u64) {
        let waits = self.clients.get(unit.conn).is_some_and(|client| client.suspended.is_some());
        if !waits {
            let event = if unit.command.flags.contains(Flags::FAST) { "fast-command" } else { "command" };
            self.engine.latency.note(event, now.wall_s(), nanoseconds);
        }
        let microseconds = nanoseconds / 1000;
        if !self.engine.logs.slow.wants(microseconds) || unit.command.flags.contains(Flags::SKIP_SLOWLOG) {
            return;
        }
        let Some(entry) = self.entry(now, unit, microseconds) else { return };
        match self.clients.get_mut(unit.conn).and_then(|client| client.suspended.as_mut()) {
            // Nobody should see it before it is done.
            Some(suspended) => suspended.slow = Some(Box::new(entry)),
            None => self.engine.logs.slow.push(entry),
        }
    }

    #[cold]
    fn note_size(&mut self, now: Now, unit: &Unit<'_>) {
        if unit.command.flags.contains(Flags::SKIP_SLOWLOG) {
            return;
        }
        let (request, reply) = (unit.request as u64, unit.reply as u64);
        if self.engine.logs.large_request.wants(request)
            && let Some(entry) = self.entry(now, unit, request)
        {
            self.engine.logs.large_request.push(entry);
        }
        if self.engine.logs.large_reply.wants(reply)
            && let Some(entry) = self.entry(now, unit, reply)
        {
            self.engine.logs.large_reply.push(entry);
        }
    }
}
