//! What a client did wrong, and the one place where its text stands. Clients match on these texts, so they
//! are Redis's to the letter; nothing else in the project spells an error out by hand unless it belongs
//! to a single command, which then uses `Custom`.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A client's mistake. Never bad bytes (a decode error) and never failed I/O (an event).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    WrongType,
    Syntax,
    NotInteger,
    NotFloat,
    /// INCR and kin would leave 64 bits.
    Overflow,
    DecrementOverflow,
    NotFinite,
    NoSuchKey,
    SameObject,
    IndexOutOfRange,
    OffsetOutOfRange,
    StringTooLong,
    OutOfRange,
    MustBePositive,
    /// The expiry of the named command is not positive or does not fit.
    InvalidExpire(&'static str),
    DbIndexOutOfRange,
    InvalidCursor,
    /// The full name, `get` or `client|kill`.
    WrongArity(&'static str),
    UnknownSubcommand {
        container: &'static str,
        given: Vec<u8>,
    },
    NoAuth,
    WrongPass,
    AuthWithoutPassword,
    NoProto,
    ReadOnlyReplica,
    MasterDown,
    Loading,
    NoReplicas,
    /// Snapshots fail, see `stop-writes-on-bgsave-error`.
    DiskFailed,
    BusyKey,
    /// EXEC of a queue in which something was refused.
    ExecAbort,
    /// The named command in RESP2, from a client that listens to channels.
    OnlySubscribing(&'static str),
    OutOfMemory,
    /// DEBUG and its kin, closed by configuration: command, then directive.
    Protected {
        command: &'static str,
        directive: &'static str,
    },
    /// The whole text, code word included, of an error that only one command has.
    Custom(Cow<'static, str>),
    /// The same, of an error that repeats bytes of the client, which need not be text. See [`CommandError::quoting`].
    Quoting(Vec<u8>),
}

impl CommandError {
    /// An error with the code `ERR`.
    pub fn err(text: impl std::fmt::Display) -> Self {
        CommandError::Custom(format!("ERR {text}").into())
    }

    /// An error with the code `ERR` that repeats `word` as it came, up to a zero byte.
    pub fn quoting(before: &str, word: &[u8], after: &str) -> Self {
        let mut text = [b"ERR ", before.as_bytes(), shortened(word, word.len()), after.as_bytes()].concat();
        // Line breaks at the end go; reply.rs makes blanks of the others.
        let kept = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
        text.truncate(kept);
        CommandError::Quoting(text)
    }

    /// What follows the minus sign on the wire.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            CommandError::Quoting(text) => Cow::Borrowed(text),
            CommandError::UnknownSubcommand { container, given } => {
                let after = format!("'. Try {} HELP.", container.to_uppercase());
                [b"ERR unknown subcommand '", &given[..], after.as_bytes()].concat().into()
            }
            other => match other.text() {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
        }
    }

    /// The same for people and logs.
    pub fn text(&self) -> Cow<'_, str> {
        use CommandError::*;
        Cow::Borrowed(match self {
            WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            Syntax => "ERR syntax error",
            NotInteger => "ERR value is not an integer or out of range",
            NotFloat => "ERR value is not a valid float",
            Overflow => "ERR increment or decrement would overflow",
            DecrementOverflow => "ERR decrement would overflow",
            NotFinite => "ERR increment would produce NaN or Infinity",
            NoSuchKey => "ERR no such key",
            SameObject => "ERR source and destination objects are the same",
            IndexOutOfRange => "ERR index out of range",
            OffsetOutOfRange => "ERR offset is out of range",
            StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            OutOfRange => "ERR value is out of range",
            MustBePositive => "ERR value is out of range, must be positive",
            DbIndexOutOfRange => "ERR DB index is out of range",
            InvalidCursor => "ERR invalid cursor",
            NoAuth => "NOAUTH Authentication required.",
            WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
            AuthWithoutPassword => {
                "ERR AUTH <password> called without any password configured for the default user. \
                 Are you sure your configuration is correct?"
            }
            NoProto => "NOPROTO unsupported protocol version",
            ReadOnlyReplica => "READONLY You can't write against a read only replica.",
            MasterDown => "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            Loading => "LOADING Redis is loading the dataset in memory",
            NoReplicas => "NOREPLICAS Not enough good replicas to write.",
            DiskFailed => {
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. \
                 Commands that may modify the data set are disabled, because this instance is configured to report \
                 errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check \
                 the Redis logs for details about the RDB error."
            }
            BusyKey => "BUSYKEY Target key name already exists.",
            ExecAbort => "EXECABORT Transaction discarded because of previous errors.",
            OutOfMemory => "OOM command not allowed when used memory > 'maxmemory'.",
            Custom(text) => text,
            InvalidExpire(command) => {
                return format!("ERR invalid expire time in '{command}' command").into();
            }
            OnlySubscribing(name) => {
                return format!(
                    "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
                     allowed in this context"
                )
                .into();
            }
            WrongArity(name) => return format!("ERR wrong number of arguments for '{name}' command").into(),
            Quoting(_) | UnknownSubcommand { .. } => {
                return String::from_utf8_lossy(&self.bytes()).into_owned().into();
            }
            Protected { command, directive } => {
                return format!(
                    "ERR {command} command not allowed. If the {directive} option is set to \"local\", you can \
                     run it from a local connection, otherwise you need to set this option in the configuration \
                     file, and then restart the server."
                )
                .into();
            }
        })
    }

    /// The first word, by which INFO errorstats counts.
    pub fn code(&self) -> String {
        self.text().split(' ').next().unwrap_or_default().to_string()
    }
}

/// As much of `word` as an error repeats: at most `most` bytes, and none from a zero byte on, where Redis's text ends.
pub(crate) fn shortened(word: &[u8], most: usize) -> &[u8] {
    let word = &word[..word.len().min(most)];
    word.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Error replies by their code word, INFO errorstats.
///
/// A client chooses the code of an error that a script or a module raises, so the number of kinds is bounded: when
/// one too many appears, counting by kind ends until the counters are cleared, as it does in Redis.
#[derive(Clone, Debug, Default)]
pub struct ErrorStats {
    kinds: BTreeMap<String, u64>,
    total: u64,
    denied_auth: u64,
    disabled: bool,
}

impl ErrorStats {
    /// Kinds that are told apart.
    pub const MAX_KINDS: usize = 128;
    /// What stands in place of all kinds once there were too many.
    const DISABLED: &'static str = "ERRORSTATS_DISABLED";

    pub fn count(&mut self, error: &CommandError) {
        self.total += 1;
        self.denied_auth += u64::from(*error == CommandError::WrongPass);
        if self.disabled {
            return;
        }
        let code = error.code();
        if self.kinds.len() >= Self::MAX_KINDS && !self.kinds.contains_key(&code) {
            self.disabled = true;
            self.kinds = BTreeMap::from([(Self::DISABLED.to_string(), 1)]);
            return;
        }
        *self.kinds.entry(code).or_default() += 1;
    }

    /// Every kind with its number, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kinds.iter().map(|(code, count)| (code.as_str(), *count))
    }

    /// Error replies of any kind.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Attempts to authenticate with a wrong user or password.
    pub fn denied_auth(&self) -> u64 {
        self.denied_auth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_the_client_are_repeated_as_they_came() {
        let error = CommandError::quoting("what is '", b"\xff\n", "'?");
        assert_eq!(&*error.bytes(), b"ERR what is '\xff\n'?");
        assert_eq!(error.code(), "ERR");
        let error = CommandError::quoting("'", b"before\0after", "'");
        assert_eq!(error.text(), "ERR 'before'");
        assert_eq!(CommandError::quoting("a ", b"b\r\n", "").text(), "ERR a b");
        let error = CommandError::UnknownSubcommand { container: "client", given: vec![0xfe] };
        assert_eq!(&*error.bytes(), b"ERR unknown subcommand '\xfe'. Try CLIENT HELP.");
    }

    #[test]
    fn kinds_are_bounded() {
        let mut stats = ErrorStats::default();
        let error = |n: usize| CommandError::Custom(format!("E{n} text").into());
        (0..ErrorStats::MAX_KINDS).for_each(|n| stats.count(&error(n)));
        stats.count(&error(0));
        assert_eq!(stats.iter().count(), ErrorStats::MAX_KINDS);
        assert_eq!(stats.iter().next(), Some(("E0", 2)));
        stats.count(&error(1000));
        stats.count(&error(1));
        assert_eq!(stats.iter().collect::<Vec<_>>(), [("ERRORSTATS_DISABLED", 1)]);
        assert_eq!(stats.total(), ErrorStats::MAX_KINDS as u64 + 3);
    }
}
