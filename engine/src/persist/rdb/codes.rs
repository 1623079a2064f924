//! The numbers of the format, as Redis 8.0 and Valkey 9.1 write them.

/// The version we write, that of Redis 7.4 to 8.4.
pub const VERSION: u16 = 12;

/// The newest version we read, that of Redis 8.10. What came since ours are types and records; those we do not know
/// are refused by their number, and nothing else changed its layout.
pub const VERSION_READ: u16 = 15;

/// The version of Valkey 9.0 and 9.1, in files that begin with `VALKEY`.
pub const VERSION_VALKEY: u16 = 80;

/// Longest string taken from a file, in bytes: more than any server can be configured to hold.
pub const STRING_LEN_MAX: u64 = 1 << 40;

/// Number of slots of a cluster; a slot in a file is below it.
pub const SLOTS: u64 = 16384;

/// The byte that begins a record which is no key.
pub mod opcode {
    /// Valkey only: an import of slots that was under way.
    pub const SLOT_IMPORT: u8 = 243;
    pub const SLOT_INFO: u8 = 244;
    pub const FUNCTION: u8 = 245;
    pub const MODULE_AUX: u8 = 247;
    pub const IDLE: u8 = 248;
    pub const FREQ: u8 = 249;
    pub const AUX: u8 = 250;
    pub const RESIZE_DB: u8 = 251;
    pub const EXPIRE_MS: u8 = 252;
    pub const EXPIRE_S: u8 = 253;
    pub const SELECT_DB: u8 = 254;
    pub const EOF: u8 = 255;
}

/// The byte before a key, which says how its value is laid out.
pub mod kind {
    pub const STRING: u8 = 0;
    pub const LIST: u8 = 1;
    pub const SET: u8 = 2;
    /// Scores as text.
    pub const ZSET: u8 = 3;
    pub const HASH: u8 = 4;
    /// Scores as eight bytes.
    pub const ZSET_2: u8 = 5;
    pub const MODULE_2: u8 = 7;
    pub const HASH_ZIPMAP: u8 = 9;
    pub const LIST_ZIPLIST: u8 = 10;
    pub const SET_INTSET: u8 = 11;
    pub const ZSET_ZIPLIST: u8 = 12;
    pub const HASH_ZIPLIST: u8 = 13;
    pub const LIST_QUICKLIST: u8 = 14;
    pub const STREAM: u8 = 15;
    pub const HASH_LISTPACK: u8 = 16;
    pub const ZSET_LISTPACK: u8 = 17;
    pub const LIST_QUICKLIST_2: u8 = 18;
    pub const STREAM_2: u8 = 19;
    pub const SET_LISTPACK: u8 = 20;
    pub const STREAM_3: u8 = 21;
    /// In a Valkey file a hash whose fields expire; in one of Redis the same, of a release candidate.
    pub const HASH_22: u8 = 22;
    pub const HASH_LISTPACK_EX_PRE_GA: u8 = 23;
    pub const HASH_METADATA: u8 = 24;
    pub const HASH_LISTPACK_EX: u8 = 25;
    /// Since Redis 8.8.
    pub const ARRAY: u8 = 28;
}

/// What the byte that begins a length says when it is not a length, in its low six bits.
pub(super) mod special {
    pub const INT8: u8 = 0;
    pub const INT16: u8 = 1;
    pub const INT32: u8 = 2;
    pub const LZF: u8 = 3;
}

/// The parts of a module's value.
pub(super) mod module {
    pub const EOF: u64 = 0;
    pub const SIGNED: u64 = 1;
    pub const UNSIGNED: u64 = 2;
    pub const FLOAT: u64 = 3;
    pub const DOUBLE: u64 = 4;
    pub const STRING: u64 = 5;
}

/// What stands before an array's element and says how it is written.
pub mod array_tag {
    pub const STRING: u64 = 0;
    pub const INTEGER: u64 = 1;
    pub const DOUBLE: u64 = 2;
    /// A string of up to seven bytes.
    pub const SHORT: u64 = 3;
}
