//! What a client may declare in a request before it is refused.

/// Longest line that carries a count or an inline command, in bytes before its end.
pub(super) const LINE_LEN_MAX: usize = 64 * 1024;

/// Largest number of arguments: the largest 32-bit signed integer, as in Redis 8.0.
pub(super) const COUNT_MAX: i64 = i32::MAX as i64;

/// Largest number of arguments of a client that has yet to authenticate.
pub(super) const COUNT_MAX_UNAUTHENTICATED: i64 = 10;

/// Largest argument, in bytes, of a client that has yet to authenticate.
pub(super) const BULK_LEN_MAX_UNAUTHENTICATED: u64 = 16384;

/// The limits in force for one request. They may change from one request to the next: AUTH lifts some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest argument in bytes (`proto-max-bulk-len`). A replica reading its primary uses `u64::MAX`.
    pub bulk_len_max: u64,
    /// False while the client has yet to say who it is, which keeps its requests small.
    pub authenticated: bool,
}

impl Default for Limits {
    /// An authenticated client under the default configuration (512 MiB per argument).
    fn default() -> Limits {
        Limits { bulk_len_max: 512 * 1024 * 1024, authenticated: true }
    }
}
