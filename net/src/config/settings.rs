//! The directives that code asks for while it works, in types of their own.
//!
//! A view: [`Config`](super::Config) makes it anew from its values whenever one of them changes, so there is no
//! second truth to keep in step.

use super::directive::Kind;
use super::events::KeyspaceEvents;
use super::generated::Id;
use super::limits::OutputLimits;
use super::value::{SavePoint, Value};

/// Who may use a feature that reaches beyond the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    No,
    Yes,
    /// Only clients that come from this machine.
    Local,
}

/// The least important messages that are still logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
    Nothing,
}

/// Which supervisor to tell that the server is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervised {
    Upstart,
    Systemd,
    Auto,
    No,
}

/// What a signal that ends the server asks for, as the words of SHUTDOWN. None at all is the default:
/// save if there are save points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownOptions {
    pub save: bool,
    pub nosave: bool,
    pub now: bool,
    pub force: bool,
}

/// Directives as the server reads them. Durations say their unit in the name; sizes are bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    // Listening.
    pub port: u16,
    /// Addresses as written: a leading `-` marks one that may be missing, `*` and `::*` are all of a family.
    pub bind: Vec<Vec<u8>>,
    pub tcp_backlog: u32,
    pub unixsocket: Option<Vec<u8>>,
    /// Permission bits; zero leaves them to the umask.
    pub unixsocketperm: u32,
    pub protected_mode: bool,
    // Clients.
    pub maxclients: u32,
    /// Idle seconds after which a client is dropped; zero for never.
    pub timeout_seconds: u32,
    /// Seconds between probes; zero for none.
    pub tcp_keepalive_seconds: u32,
    pub client_output_buffer_limit: OutputLimits,
    pub client_query_buffer_limit: u64,
    pub proto_max_bulk_len: u64,
    pub requirepass: Option<Vec<u8>>,
    // The process.
    pub daemonize: bool,
    pub supervised: Supervised,
    pub pidfile: Option<Vec<u8>>,
    pub logfile: Vec<u8>,
    pub loglevel: LogLevel,
    pub always_show_logo: bool,
    /// No transparent huge pages: zeroing one when it is first touched can take milliseconds.
    pub disable_thp: bool,
    pub dir: Vec<u8>,
    pub shutdown_on_sigint: ShutdownOptions,
    pub shutdown_on_sigterm: ShutdownOptions,
    pub shutdown_timeout_seconds: u32,
    pub enable_debug_command: Permission,
    pub enable_protected_configs: Permission,
    // The data set.
    pub databases: u32,
    pub hz: u32,
    pub active_expire_effort: u32,
    pub notify_keyspace_events: KeyspaceEvents,
    /// Bytes; zero for no limit.
    pub maxmemory: u64,
    /// Whether `maxmemory-policy` counts uses (LFU) rather than tell the time of the last one.
    pub maxmemory_policy_lfu: bool,
    pub maxmemory_samples: u32,
    pub lazyfree_lazy_eviction: bool,
    pub lazyfree_lazy_expire: bool,
    pub lazyfree_lazy_server_del: bool,
    pub lazyfree_lazy_user_del: bool,
    pub lazyfree_lazy_user_flush: bool,
    pub lfu_log_factor: u32,
    pub lfu_decay_time_minutes: u32,
    pub latency_tracking: bool,
    pub latency_tracking_info_percentiles: Vec<f64>,
    pub latency_monitor_threshold_ms: u64,
    /// Microseconds; negative for never.
    pub slowlog_log_slower_than_us: i64,
    pub slowlog_max_len: u64,
    /// Words, and bytes of each, that an entry of the logs keeps.
    pub slowlog_entry_max_argc: u32,
    pub slowlog_entry_max_string_len: u32,
    /// Bytes; negative for never.
    pub commandlog_request_larger_than: i64,
    pub commandlog_large_request_max_len: u64,
    pub commandlog_reply_larger_than: i64,
    pub commandlog_large_reply_max_len: u64,
    // Snapshots.
    pub save: Vec<SavePoint>,
    pub dbfilename: Vec<u8>,
    pub rdbcompression: bool,
    pub rdbchecksum: bool,
    pub stop_writes_on_bgsave_error: bool,
    // Replication.
    pub replicaof: Option<(Vec<u8>, u16)>,
    pub masterauth: Option<Vec<u8>>,
    pub masteruser: Option<Vec<u8>>,
    pub replica_read_only: bool,
    pub replica_serve_stale_data: bool,
    pub replica_priority: u32,
    pub replica_announced: bool,
    pub replica_announce_ip: Option<Vec<u8>>,
    /// Zero for the real one.
    pub replica_announce_port: u16,
    pub replica_lazy_flush: bool,
    /// Good replicas without which writes are refused; zero for none.
    pub min_replicas_to_write: u32,
    /// Seconds after which a replica that did not acknowledge is no good one; zero for never.
    pub min_replicas_max_lag_seconds: u32,
    pub repl_backlog_size: u64,
    /// Zero keeps the backlog for ever.
    pub repl_backlog_ttl_seconds: u64,
    pub repl_ping_replica_period_seconds: u32,
    pub repl_timeout_seconds: u32,
    pub repl_diskless_sync_delay_seconds: u32,
    pub repl_disable_tcp_nodelay: bool,
}

impl Settings {
    /// Reads the view out of a full table of values.
    pub(super) fn new(values: &[Value]) -> Settings {
        let all = Reader(values);
        Settings {
            port: all.small(Id::Port) as u16,
            bind: all.addresses(Id::Bind),
            tcp_backlog: all.small(Id::TcpBacklog),
            unixsocket: all.optional(Id::Unixsocket),
            unixsocketperm: all.small(Id::Unixsocketperm),
            protected_mode: all.bool(Id::ProtectedMode),
            maxclients: all.small(Id::Maxclients),
            timeout_seconds: all.small(Id::Timeout),
            tcp_keepalive_seconds: all.small(Id::TcpKeepalive),
            client_output_buffer_limit: all.limits(Id::ClientOutputBufferLimit),
            client_query_buffer_limit: all.memory(Id::ClientQueryBufferLimit),
            proto_max_bulk_len: all.memory(Id::ProtoMaxBulkLen),
            requirepass: all.optional(Id::Requirepass),
            daemonize: all.bool(Id::Daemonize),
            supervised: [Supervised::Upstart, Supervised::Systemd, Supervised::Auto, Supervised::No]
                [all.choice(Id::Supervised)],
            pidfile: all.optional(Id::Pidfile),
            logfile: all.text(Id::Logfile),
            loglevel: all.loglevel(),
            always_show_logo: all.bool(Id::AlwaysShowLogo),
            disable_thp: all.bool(Id::DisableThp),
            dir: all.text(Id::Dir),
            shutdown_on_sigint: all.shutdown(Id::ShutdownOnSigint),
            shutdown_on_sigterm: all.shutdown(Id::ShutdownOnSigterm),
            shutdown_timeout_seconds: all.small(Id::ShutdownTimeout),
            enable_debug_command: all.permission(Id::EnableDebugCommand),
            enable_protected_configs: all.permission(Id::EnableProtectedConfigs),
            databases: all.small(Id::Databases),
            hz: all.small(Id::Hz),
            active_expire_effort: all.small(Id::ActiveExpireEffort),
            notify_keyspace_events: all.events(Id::NotifyKeyspaceEvents),
            maxmemory: all.memory(Id::Maxmemory),
            maxmemory_policy_lfu: all.word(Id::MaxmemoryPolicy).ends_with("-lfu"),
            maxmemory_samples: all.small(Id::MaxmemorySamples),
            lazyfree_lazy_eviction: all.bool(Id::LazyfreeLazyEviction),
            lazyfree_lazy_expire: all.bool(Id::LazyfreeLazyExpire),
            lazyfree_lazy_server_del: all.bool(Id::LazyfreeLazyServerDel),
            lazyfree_lazy_user_del: all.bool(Id::LazyfreeLazyUserDel),
            lazyfree_lazy_user_flush: all.bool(Id::LazyfreeLazyUserFlush),
            lfu_log_factor: all.small(Id::LfuLogFactor),
            lfu_decay_time_minutes: all.small(Id::LfuDecayTime),
            latency_tracking: all.bool(Id::LatencyTracking),
            latency_tracking_info_percentiles: all.percentiles(Id::LatencyTrackingInfoPercentiles),
            latency_monitor_threshold_ms: all.integer(Id::LatencyMonitorThreshold) as u64,
            slowlog_log_slower_than_us: all.integer(Id::SlowlogLogSlowerThan),
            slowlog_max_len: all.integer(Id::SlowlogMaxLen) as u64,
            slowlog_entry_max_argc: all.small(Id::SlowlogEntryMaxArgc),
            slowlog_entry_max_string_len: all.small(Id::SlowlogEntryMaxStringLen),
            commandlog_request_larger_than: all.integer(Id::CommandlogRequestLargerThan),
            commandlog_large_request_max_len: all.integer(Id::CommandlogLargeRequestMaxLen) as u64,
            commandlog_reply_larger_than: all.integer(Id::CommandlogReplyLargerThan),
            commandlog_large_reply_max_len: all.integer(Id::CommandlogLargeReplyMaxLen) as u64,
            save: all.save_points(Id::Save),
            dbfilename: all.text(Id::Dbfilename),
            rdbcompression: all.bool(Id::Rdbcompression),
            rdbchecksum: all.bool(Id::Rdbchecksum),
            stop_writes_on_bgsave_error: all.bool(Id::StopWritesOnBgsaveError),
            replicaof: all.primary(Id::Replicaof),
            masterauth: all.optional(Id::Masterauth),
            masteruser: all.optional(Id::Masteruser),
            replica_read_only: all.bool(Id::ReplicaReadOnly),
            replica_serve_stale_data: all.bool(Id::ReplicaServeStaleData),
            replica_priority: all.small(Id::ReplicaPriority),
            replica_announced: all.bool(Id::ReplicaAnnounced),
            replica_announce_ip: all.optional(Id::ReplicaAnnounceIp),
            replica_announce_port: all.small(Id::ReplicaAnnouncePort) as u16,
            replica_lazy_flush: all.bool(Id::ReplicaLazyFlush),
            min_replicas_to_write: all.small(Id::MinReplicasToWrite),
            min_replicas_max_lag_seconds: all.small(Id::MinReplicasMaxLag),
            repl_backlog_size: all.memory(Id::ReplBacklogSize),
            repl_backlog_ttl_seconds: all.integer(Id::ReplBacklogTtl) as u64,
            repl_ping_replica_period_seconds: all.small(Id::ReplPingReplicaPeriod),
            repl_timeout_seconds: all.small(Id::ReplTimeout),
            repl_diskless_sync_delay_seconds: all.small(Id::ReplDisklessSyncDelay),
            repl_disable_tcp_nodelay: all.bool(Id::ReplDisableTcpNodelay),
        }
    }
}

/// Reads values whose variant is known from their row.
struct Reader<'a>(&'a [Value]);

/// One method per variant; a mismatch is a wrong row, which the first test to make a `Config` finds.
macro_rules! readers {
    ($($name:ident: $variant:ident => $out:ty;)*) => {
        $(fn $name(&self, id: Id) -> $out {
            match &self.0[id as usize] {
                Value::$variant(value) => value.clone(),
                other => unreachable!("{id:?} is not {} but {other:?}", stringify!($variant)),
            }
        })*
    };
}

impl Reader<'_> {
    readers! {
        bool: Bool => bool;
        integer: Integer => i64;
        memory: Memory => u64;
        bits: Choice => u32;
        text: Text => Vec<u8>;
        addresses: Addresses => Vec<Vec<u8>>;
        limits: OutputLimits => OutputLimits;
        events: Events => KeyspaceEvents;
        percentiles: Percentiles => Vec<f64>;
        save_points: SavePoints => Vec<SavePoint>;
        primary: Primary => Option<(Vec<u8>, u16)>;
    }

    /// A number whose bounds fit 32 bits without a sign.
    fn small(&self, id: Id) -> u32 {
        u32::try_from(self.integer(id)).expect("the row's bounds fit")
    }

    fn choice(&self, id: Id) -> usize {
        self.bits(id) as usize
    }

    /// The word chosen, of a row whose words exclude each other.
    fn word(&self, id: Id) -> &'static str {
        let Kind::Enum { values, several: false } = id.directive().kind else {
            unreachable!("{id:?} is not one of several words")
        };
        values[self.choice(id)]
    }

    /// A text for which empty means "not set".
    fn optional(&self, id: Id) -> Option<Vec<u8>> {
        Some(self.text(id)).filter(|text| !text.is_empty())
    }

    fn permission(&self, id: Id) -> Permission {
        [Permission::No, Permission::Yes, Permission::Local][self.choice(id)]
    }

    fn loglevel(&self) -> LogLevel {
        const LEVELS: [LogLevel; 5] =
            [LogLevel::Debug, LogLevel::Verbose, LogLevel::Notice, LogLevel::Warning, LogLevel::Nothing];
        LEVELS[self.choice(Id::Loglevel)]
    }

    fn shutdown(&self, id: Id) -> ShutdownOptions {
        let bits = self.bits(id);
        let has = |at: u32| bits & (1 << at) != 0;
        ShutdownOptions { save: has(0), nosave: has(1), now: has(2), force: has(3) }
    }
}
