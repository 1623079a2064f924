//! Start and end of a node: configuration taken over, shutdown in order.

use super::{Action, ConnId, LogLevel, Node, Signal};
use crate::config::{Flags, ShutdownOptions, lookup};
use engine::engine::Permission;
use engine::slowlog::Keep;
use engine::time::Now;

/// Below this threshold of the slow log, in microseconds, every command is timed by itself: brief ones, which else
/// share a reading of the clock, may be what it is after.
const TIMED_ALONE_US: i64 = 1000;

/// How far a shutdown has come.
#[derive(Debug, Default)]
pub(super) struct Lifecycle {
    ending: bool,
}

impl Node {
    /// Carries the directives that others keep a copy of to where they are read.
    pub(crate) fn configuration_changed(&mut self) {
        let config = &self.config;
        let settings = &mut self.engine.settings;
        settings.requirepass = config.requirepass.clone().unwrap_or_default();
        settings.max_bulk_len = config.proto_max_bulk_len as usize;
        settings.lazy_user_flush = config.lazyfree_lazy_user_flush;
        settings.debug_command = match config.enable_debug_command {
            crate::config::Permission::No => Permission::No,
            crate::config::Permission::Local => Permission::Local,
            crate::config::Permission::Yes => Permission::Yes,
        };
        let logs = &mut self.engine.logs;
        logs.slow.threshold = config.slowlog_log_slower_than_us;
        logs.slow.max_len = config.slowlog_max_len;
        logs.large_request.threshold = config.commandlog_request_larger_than;
        logs.large_request.max_len = config.commandlog_large_request_max_len;
        logs.large_reply.threshold = config.commandlog_reply_larger_than;
        logs.large_reply.max_len = config.commandlog_large_reply_max_len;
        logs.keep = Keep {
            words: config.slowlog_entry_max_argc as usize,
            bytes: config.slowlog_entry_max_string_len as usize,
        };
        logs.secret_directive =
            |name| lookup(name).is_some_and(|id| id.directive().flags.has(Flags::SENSITIVE));
        self.engine.timing.each = (0..TIMED_ALONE_US).contains(&config.slowlog_log_slower_than_us);
        self.engine.timing.histograms = config.latency_tracking;
        self.engine.latency.threshold_ms = config.latency_monitor_threshold_ms;
        let access = &mut self.engine.keyspace.access;
        access.lfu = config.maxmemory_policy_lfu;
        access.log_factor = config.lfu_log_factor;
        access.decay_minutes = config.lfu_decay_time_minutes;
        self.engine.keyspace.lazy_expire = config.lazyfree_lazy_expire;
        config.apply_forms(&mut self.engine.keyspace.forms);
        self.resize_backlog();
        self.renew_mode();
        self.check_memory();
    }

    /// The host was asked to end: an orderly shutdown, once.
    pub(super) fn terminate(&mut self, now: Now, signal: Signal) {
        let options = match signal {
            Signal::Interrupt => self.config.shutdown_on_sigint,
            Signal::Terminate => self.config.shutdown_on_sigterm,
        };
        if !self.lifecycle.ending {
            self.shut_down(now, options, None);
        }
    }

    /// Ends the server, after a last save if one is due. `caller` is answered if that fails, and then clients are
    /// served as before.
    pub(crate) fn shut_down(&mut self, now: Now, options: ShutdownOptions, caller: Option<ConnId>) {
        self.lifecycle.ending = true;
        self.log(LogLevel::Notice, "User requested shutdown...");
        if self.last_save(now, options, |node| caller.map(|conn| node.hold(conn))) {
            self.act(Action::Exit { code: 0 });
        }
    }

    /// The end was called off.
    pub(crate) fn stay(&mut self) {
        self.lifecycle.ending = false;
    }
}
