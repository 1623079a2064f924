//! CONFIG SET: several directives at once, all or none.
//!
//! Reading is all that can fail here. Acting on a change (binding another port, entering another directory) is the
//! caller's part, which calls [`Config::undo`] and answers [`SetError::failed`] when that does not work.

use std::fmt;

use super::settings::Settings;
use super::{Config, Flags, Id, Reason, lookup, validate};

/// What may be changed at this moment by this client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access {
    /// A data set is being loaded.
    pub loading: bool,
    /// `enable-protected-configs` allows this client to change protected directives.
    pub protected: bool,
}

/// What a CONFIG SET did, in the order of its arguments, and the way back.
#[derive(Debug)]
pub struct Changes {
    /// Each directive whose value is another one now, under the name that was used for it.
    pub changed: Vec<(Id, Vec<u8>)>,
    before: Config,
}

/// Why a CONFIG SET did nothing. Its display is the error without its code.
#[derive(Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such directive.
    Unknown(Vec<u8>),
    /// This directive cannot be changed so.
    Failed { name: Vec<u8>, reason: Reason },
    /// Not while loading; the code of this error is `LOADING`.
    Loading,
}

impl SetError {
    /// What a failure to act on a change answers.
    pub fn failed(name: &[u8], reason: impl Into<Reason>) -> SetError {
        SetError::Failed { name: name.to_vec(), reason: reason.into() }
    }

    /// The error's code, which stands before its text.
    pub fn code(&self) -> &'static str {
        match self {
            SetError::Loading => "LOADING",
            _ => "ERR",
        }
    }
}

impl fmt::Display for SetError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetError::Unknown(name) => {
                let name = String::from_utf8_lossy(name);
                write!(out, "Unknown option or number of arguments for CONFIG SET - '{name}'")
            }
            SetError::Failed { name, reason } => {
                let name = String::from_utf8_lossy(name);
                write!(out, "CONFIG SET failed (possibly related to argument '{name}') - {reason}")
            }
            SetError::Loading => write!(out, "Redis is loading the dataset in memory"),
        }
    }
}

impl std::error::Error for SetError {}

impl Config {
    /// Sets every pair of name and value, or none of them.
    ///
    /// The first argument in their order that is unknown, immutable, protected or given twice decides the error;
    /// after that, the first whose value cannot be read. A directive and its alias count as two.
    pub fn set(&mut self, pairs: &[(&[u8], &[u8])], access: Access) -> Result<Changes, SetError> {
        let ids = permitted(pairs, access)?;
        let before = self.clone();
        let mut changed = Vec::new();
        for (id, (name, word)) in ids.into_iter().zip(pairs) {
            let name = name.to_ascii_lowercase();
            let value = self.parse(id, &[word.to_vec()]);
            match value.and_then(|value| validate::beside(self, id, &value).map(|()| value)) {
                Ok(value) if value == *self.value(id) => {}
                Ok(value) => {
                    self.values[id as usize] = value;
                    changed.push((id, name));
                }
                Err(reason) => {
                    self.values = before.values;
                    return Err(SetError::Failed { name, reason });
                }
            }
        }
        self.settings = Settings::new(&self.values);
        Ok(Changes { changed, before })
    }

    /// Takes a set of changes back.
    pub fn undo(&mut self, changes: Changes) {
        *self = changes.before;
    }
}

/// The directive of each pair, if all of them may be set.
fn permitted(pairs: &[(&[u8], &[u8])], access: Access) -> Result<Vec<Id>, SetError> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut ids = Vec::new();
    for (name, _) in pairs {
        let id = lookup(name).filter(|id| id.directive().kind.has_value());
        let id = id.ok_or_else(|| SetError::Unknown(name.to_vec()))?;
        let row = id.directive();
        if !row.mutable {
            return Err(SetError::failed(name, "can't set immutable config"));
        }
        if row.flags.has(Flags::PROTECTED) && !access.protected {
            return Err(SetError::failed(name, "can't set protected config"));
        }
        if row.flags.has(Flags::DENY_LOADING) && access.loading {
            return Err(SetError::Loading);
        }
        let plain = name.to_ascii_lowercase();
        if names.contains(&plain) {
            return Err(SetError::failed(name, "duplicate parameter"));
        }
        names.push(plain);
        ids.push(id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets `pairs` (name, value, name, value...) and compares what was answered, and, after a success, the
    /// value of the last name.
    fn check(pairs: &str, answer: &str) {
        let words: Vec<&[u8]> = pairs.split('|').map(str::as_bytes).collect();
        let pairs: Vec<(&[u8], &[u8])> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let mut config = Config::default();
        let before = config.clone();
        match config.set(&pairs, Access { loading: false, protected: true }) {
            Ok(changes) => {
                let name = pairs.last().expect("a pair was given").0;
                let value = config.text(lookup(name).unwrap());
                assert_eq!(String::from_utf8(value).unwrap(), answer, "{words:?}");
                config.undo(changes);
            }
            Err(error) => assert_eq!(error.to_string(), answer),
        }
        assert_eq!(config, before, "nothing is left of a failure or of what was undone");
    }

    fn check_error(name: &str, value: &str, reason: &str) {
        let answer = format!("CONFIG SET failed (possibly related to argument '{name}') - {reason}");
        check(&format!("{name}|{value}"), &answer);
    }

    #[test]
    fn who_is_to_blame() {
        let failed = "CONFIG SET failed (possibly related to argument";
        check("nosuch|1", "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
        check("include|x", "Unknown option or number of arguments for CONFIG SET - 'include'");
        check("maxmemory|1|noSuch|1", "Unknown option or number of arguments for CONFIG SET - 'noSuch'");
        check("daemonize|yes|nosuch|1", &format!("{failed} 'daemonize') - can't set immutable config"));
        check("maxmemory|x|DAEMONIZE|yes", &format!("{failed} 'DAEMONIZE') - can't set immutable config"));
        check(
            "maxmemory|1|maxmemory|2|daemonize|no",
            &format!("{failed} 'maxmemory') - duplicate parameter"),
        );
        check("HZ|x", &format!("{failed} 'hz') - argument couldn't be parsed into an integer"));
        check(
            "maxmemory|5|Hash-Max-Ziplist-Entries|y",
            &format!("{failed} 'hash-max-ziplist-entries') - argument couldn't be parsed into an integer"),
        );
        check("hash-max-listpack-entries|1|hash-max-ziplist-entries|2", "2");
        check("slaveof|a b", &format!("{failed} 'slaveof') - can't set immutable config"));
    }

    #[test]
    fn numbers_and_sizes() {
        check("maxmemory|1KB", "1024");
        check("maxmemory|", "0");
        check("maxmemory|18446744073709551616", "18446744073709551615");
        check_error("maxmemory", "-5", "argument must be a memory value");
        check_error("cluster-link-sendbuf-limit", "-1", "argument must be a memory value");
        check_error("maxmemory-clients", "101%", "percentage argument must be less or equal to 100");
        check_error("maxmemory-clients", "-5%", "argument must be a memory or percent value");
        check("maxmemory-clients|0%", "0");
        check("hz|0", "1");
        check("hz|10000", "500");
        check("repl-backlog-size|1", "16384");
        check("watchdog-period|1", "200");
        for strange in ["", "1.0", " 1", "1 ", "+1", "-0", "01"] {
            check_error("timeout", strange, "argument couldn't be parsed into an integer");
        }
        check_error("timeout", "2147483648", "argument must be between 0 and 2147483647 inclusive");
        check_error("repl-backlog-size", "0", "argument must be between 1 and 9223372036854775807 inclusive");
        check_error("slowlog-max-len", "9223372036854775808", "argument couldn't be parsed into an integer");
        check("slowlog-log-slower-than|-1", "-1");
    }

    #[test]
    fn words() {
        check("activerehashing|NO", "no");
        check_error("activerehashing", "maybe", "argument must be 'yes' or 'no'");
        check("loglevel|DEBUG", "debug");
        let levels = "argument(s) must be one of the following: debug, verbose, notice, warning, nothing";
        check_error("loglevel", "debug verbose", levels);
        check_error("loglevel", "", levels);
        let options = "argument(s) must be one of the following: default, save, nosave, now, force";
        check("shutdown-on-sigterm|force now", "now force");
        check("shutdown-on-sigterm|default now", "now");
        check("shutdown-on-sigterm|default", "default");
        check_error("shutdown-on-sigterm", "", options);
        check_error("shutdown-on-sigterm", " now", options);
        check_error(
            "shutdown-on-sigterm",
            "save nosave",
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        );
        check("notify-keyspace-events|KEA", "AKE");
        check_error("notify-keyspace-events", "q", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }

    #[test]
    fn lists() {
        check("save|", "");
        check("save|900 1 +60 010", "900 1 60 10");
        for wrong in ["900", "a b", "0 1", "1 -1", " 900 1", "900  1", "900 1 ", "\"900 1\"", "1x 1"] {
            check_error("save", wrong, "Invalid save parameters");
        }
        let rest = "pubsub 33554432 8388608 60";
        check("client-output-buffer-limit|", &format!("normal 0 0 0 slave 268435456 67108864 60 {rest}"));
        check(
            "client-output-buffer-limit|Replica 1mb 2 +3",
            &format!("normal 0 0 0 slave 1048576 2 3 {rest}"),
        );
        check_error(
            "client-output-buffer-limit",
            "normal 1 2",
            "Wrong number of arguments in buffer limit configuration.",
        );
        check_error(
            "client-output-buffer-limit",
            "master 1 2 3",
            "Invalid client class specified in buffer limit configuration.",
        );
        for wrong in ["normal 1 2 -1", "normal -1 2 1", "normal 1x 2 1", "normal 1 2 3x"] {
            check_error(
                "client-output-buffer-limit",
                wrong,
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            );
        }
        check_error("oom-score-adj-values", "1 2", "wrong number of arguments");
        check_error(
            "oom-score-adj-values",
            "0 200 2001",
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
        );
        check("oom-score-adj-values|-2000 +1 02", "-2000 1 2");
        check("latency-tracking-info-percentiles|", "");
        check(
            "latency-tracking-info-percentiles|0.1 33.333333 1e1 100.0 99.99999999999",
            "0.1 33.333333 10 100 100",
        );
        check_error(
            "latency-tracking-info-percentiles",
            "nan",
            "Invalid latency-tracking-info-percentiles parameters",
        );
        check_error(
            "latency-tracking-info-percentiles",
            "inf",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        );
        check("bind|", "");
        check("bind|127.0.0.1 -::1", "127.0.0.1 -::1");
        check_error("bind", "a b c d e f g h i j k l m n o p q", "Too many bind addresses specified.");
    }

    #[test]
    fn single_directives() {
        check_error("dbfilename", "a/b", "dbfilename can't be a path, just a filename");
        check_error(
            "proc-title-template",
            "{title",
            "template format is invalid or contains unknown variables",
        );
        check_error("proc-title-template", "", "template format is invalid or contains unknown variables");
        check("proc-title-template|{title}} {port}", "{title}} {port}");
        check_error("locale-collate", "zz_ZZ", "Invalid locale name");
        check("locale-collate|C", "C");
        check_error(
            "cluster-announce-hostname",
            "a_b",
            "Hostnames may only contain alphanumeric characters, hyphens or dots",
        );
        check("requirepass|a b", "a b");
    }

    #[test]
    fn the_forms_of_arrays() {
        check("array-slice-size|64", "64");
        check_error("array-slice-size", "5000", "array-slice-size must be a power of two");
        check_error("array-slice-size", "0", "argument must be between 1 and 65536 inclusive");
        check("array-sparse-kmax|0|array-sparse-kmin|9", "9");
        check("array-sparse-kmin|3|array-sparse-kmax|4", "4");
        let above = "array-sparse-kmax must be greater than array-sparse-kmin when non-zero";
        check_error("array-sparse-kmax", "5", above);
        check_error("array-sparse-kmin", "10", "array-sparse-kmin must be less than array-sparse-kmax");
    }

    #[test]
    fn what_is_not_there_is_refused() {
        check_error("appendonly", "yes", "the append-only file is not implemented yet");
        check_error("appendonly", "maybe", "argument must be 'yes' or 'no'");
        check("appendonly|no", "no");
        check_error("tls-port", "1700", "TLS is not implemented yet");
    }

    #[test]
    fn access_is_asked_for() {
        let pair: [(&[u8], &[u8]); 1] = [(b"dir", b"/")];
        let set = |access| Config::default().set(&pair, access).map(drop);
        assert_eq!(set(Access::default()), Err(SetError::failed(b"dir", "can't set protected config")));
        let loading = set(Access { loading: true, protected: true }).unwrap_err();
        assert_eq!(
            (loading.code(), loading.to_string().as_str()),
            ("LOADING", "Redis is loading the dataset in memory")
        );
        assert_eq!(set(Access { loading: false, protected: true }), Ok(()));
    }

    #[test]
    fn changes_name_what_differs() {
        let mut config = Config::default();
        let pairs: [(&[u8], &[u8]); 2] = [(b"hz", b"10"), (b"MaxClients", b"7")];
        let changes = config.set(&pairs, Access::default()).unwrap();
        assert_eq!(changes.changed, [(Id::Maxclients, b"maxclients".to_vec())]);
        assert_eq!(config.maxclients, 7);
    }
}
