//! From the text of a configuration file to a [`Config`].
//!
//! Lines act in their order and later ones win, but for `save`: each line adds to those before it, the first takes
//! the place of the defaults, and an empty one takes all away. An `include` acts where it stands.

use std::fmt;

use super::directive::{Effect, Kind, lookup};
use super::value::{self, SavePoint, Value};
use super::{Config, Id, Reason, Settings};

/// How deeply files may include each other; only a circle goes deeper.
const MAX_INCLUDES: usize = 32;

/// The version named in a fatal error, which scripts look for.
const VERSION: &str = "8.0.6";

/// Where included files come from.
pub trait Files {
    /// The texts of the files that `pattern` (a path, perhaps with wildcards) names, in order. No match of a pattern
    /// with wildcards is no file; a path that cannot be read is an error.
    fn read(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, CannotOpen>;
}

/// A place without files, where every `include` fails.
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, CannotOpen> {
        Err(CannotOpen { path: pattern.to_vec(), reason: "No such file or directory".into() })
    }
}

/// A configuration file that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct CannotOpen {
    pub path: Vec<u8>,
    /// As the system says it.
    pub reason: String,
}

/// Why a configuration was not taken. Its display is what redis-server prints before it exits with status 1.
#[derive(Debug, PartialEq, Eq)]
pub enum LoadError {
    /// A line is wrong.
    Line { number: usize, line: Vec<u8>, reason: Reason },
    /// The lines are right, but not together.
    Whole(Reason),
    /// A file to include could not be read. Redis logs this as a line of its own.
    CannotOpen(CannotOpen),
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Line { number, line, reason } => {
                let line = String::from_utf8_lossy(line);
                write!(out, "\n*** FATAL CONFIG FILE ERROR (Redis {VERSION}) ***\n")?;
                write!(out, "Reading the configuration file, at line {number}\n>>> '{line}'\n{reason}\n")
            }
            LoadError::Whole(reason) => {
                write!(out, "\n*** FATAL CONFIG FILE ERROR (Redis {VERSION}) ***\n{reason}\n")
            }
            LoadError::CannotOpen(CannotOpen { path, reason }) => {
                let path = String::from_utf8_lossy(path);
                write!(out, "Fatal error, can't open config file '{path}': {reason}")
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// A configuration that was read, and where it said what the host has yet to try.
#[derive(Debug, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// The number and the text of the last `dir` line, for the error if that directory cannot be entered.
    pub dir_line: Option<(usize, Vec<u8>)>,
}

impl Loaded {
    /// The error for a directory that cannot be entered, as of its line.
    pub fn dir_error(&self, reason: String) -> LoadError {
        match &self.dir_line {
            Some((number, line)) => {
                LoadError::Line { number: *number, line: line.clone(), reason: reason.into() }
            }
            None => LoadError::Whole(reason.into()),
        }
    }
}

/// Reads a configuration: a file's text, or that and the options of the command line after it.
pub fn load(text: &[u8], files: &mut dyn Files) -> Result<Loaded, LoadError> {
    let mut loader = Loader { config: Config::default(), dir_line: None, has_save: false };
    loader.text(text, files, 0)?;
    loader.config.settings = Settings::new(&loader.config.values);
    Ok(Loaded { config: loader.config, dir_line: loader.dir_line })
}

struct Loader {
    config: Config,
    dir_line: Option<(usize, Vec<u8>)>,
    /// A `save` line was read, so the defaults are gone.
    has_save: bool,
}

impl Loader {
    fn text(&mut self, text: &[u8], files: &mut dyn Files, depth: usize) -> Result<(), LoadError> {
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let number = at + 1;
            let line = trim(line);
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            let wrong = |reason: Reason| LoadError::Line { number, line: line.to_vec(), reason };
            let words = ds::split_args::split_args(line)
                .ok_or_else(|| wrong("Unbalanced quotes in configuration line".into()))?;
            let Some((name, words)) = words.split_first() else { continue };
            if let [pattern] = words
                && name.eq_ignore_ascii_case(b"include")
            {
                if depth == MAX_INCLUDES {
                    return Err(wrong("files include each other too deeply".into()));
                }
                for included in files.read(pattern).map_err(LoadError::CannotOpen)? {
                    self.text(&included, files, depth + 1)?;
                }
                continue;
            }
            self.line(name, words).map_err(wrong)?;
            if lookup(name) == Some(Id::Dir) {
                self.dir_line = Some((number, line.to_vec()));
            }
        }
        Ok(())
    }

    fn line(&mut self, name: &[u8], words: &[Vec<u8>]) -> Result<(), Reason> {
        let unknown = || Reason::Borrowed("Bad directive or wrong number of arguments");
        if name.eq_ignore_ascii_case(b"sentinel") {
            return Err("sentinel directive while not in sentinel mode".into());
        }
        let id = lookup(name).ok_or_else(unknown)?;
        let row = id.directive();
        match (row.kind, row.effect) {
            (Kind::Ignored | Kind::FileOnly, _) if words.is_empty() => Err(unknown()),
            (Kind::Ignored, _) => Ok(()),
            (Kind::FileOnly, Effect::Refused(because)) => Err(because.into()),
            (Kind::FileOnly, _) => Err(unknown()),
            (Kind::Save, _) => {
                let points = value::parse(row, words, &Value::Nothing)?;
                let Value::SavePoints(points) = points else { unreachable!("save holds save points") };
                self.save(points);
                Ok(())
            }
            _ => {
                self.config.values[id as usize] = self.config.parse(id, words)?;
                Ok(())
            }
        }
    }

    fn save(&mut self, mut points: Vec<SavePoint>) {
        let known = &mut self.config.values[Id::Save as usize];
        if let Value::SavePoints(before) = known
            && self.has_save
            && !points.is_empty()
        {
            before.append(&mut points);
        } else {
            *known = Value::SavePoints(points);
        }
        self.has_save = true;
    }
}

/// Cuts what Redis cuts off both ends of a line.
fn trim(line: &[u8]) -> &[u8] {
    let cut = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let Some(start) = line.iter().position(|byte| !cut(byte)) else { return &[] };
    let end = line.iter().rposition(|byte| !cut(byte)).expect("there is a byte to keep");
    &line[start..=end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads `text` and compares a directive's answer.
    fn check(text: &str, name: &str, answer: &str) {
        let loaded = load(text.as_bytes(), &mut NoFiles).unwrap_or_else(|error| panic!("{text}: {error}"));
        let value = loaded.config.text(lookup(name.as_bytes()).unwrap());
        assert_eq!(String::from_utf8(value).unwrap(), answer, "{text}");
    }

    fn check_error(text: &str, number: usize, line: &str, reason: &str) {
        let error = load(text.as_bytes(), &mut NoFiles).unwrap_err();
        let answer = format!(
            "\n*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***\nReading the configuration file, at line {number}\n\
             >>> '{line}'\n{reason}\n"
        );
        assert_eq!(error.to_string(), answer, "{text}");
    }

    #[test]
    fn lines_act_in_order() {
        check("", "port", "6379");
        check("# port 1\n\n  PORT\t7000 \r\nport \"7001\"\n", "port", "7001");
        check("slave-priority 5\nreplica-priority 6", "slave-priority", "6");
        check("logfile ''\nrequirepass \"a \\\"b\"", "requirepass", "a \"b");
        check("replicaof 127.0.0.1 7000", "slaveof", "127.0.0.1 7000");
        check("replicaof 127.0.0.1 7000\nslaveof No One", "replicaof", "");
        check(
            "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6",
            "client-output-buffer-limit",
            "normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6",
        );
        check("list-max-ziplist-entries x y z\nio-threads-do-reads yes", "port", "6379");
        check("unixsocketperm 0700", "unixsocketperm", "700");
        check("unixsocketperm ''", "unixsocketperm", "0");
        check("bind", "bind", "");
    }

    #[test]
    fn save_lines_add_up() {
        check("hz 10", "save", "3600 1 300 100 60 10000");
        check("save 900 1\nsave 60 10", "save", "900 1 60 10");
        check("save 900 1 60 10", "save", "900 1 60 10");
        check("save '900 1'", "save", "900 1");
        check("save 900 1\nsave ''", "save", "");
        check("save 900 1\nsave", "save", "");
        check("save ''\nsave 1 2", "save", "1 2");
    }

    #[test]
    fn wrong_lines_are_shown() {
        check_error("\nport", 2, "port", "wrong number of arguments");
        check_error("  PORT   x  # c\r\n", 1, "PORT   x  # c", "wrong number of arguments");
        check_error("hz 20\n\tport\tx\n", 2, "port\tx", "argument couldn't be parsed into an integer");
        check_error("requirepass \"abc\n", 1, "requirepass \"abc", "Unbalanced quotes in configuration line");
        check_error("\"\"", 1, "\"\"", "Bad directive or wrong number of arguments");
        check_error("nosuch 1", 1, "nosuch 1", "Bad directive or wrong number of arguments");
        check_error(
            "io-threads-do-reads",
            1,
            "io-threads-do-reads",
            "Bad directive or wrong number of arguments",
        );
        check_error("include a b", 1, "include a b", "Bad directive or wrong number of arguments");
        check_error(
            "sentinel monitor x",
            1,
            "sentinel monitor x",
            "sentinel directive while not in sentinel mode",
        );
        check_error("replicaof a 70000", 1, "replicaof a 70000", "Invalid master port");
        check_error("replicaof a", 1, "replicaof a", "wrong number of arguments");
        check_error("save 1", 1, "save 1", "Invalid save parameters");
        check_error(
            "unixsocketperm 1000",
            1,
            "unixsocketperm 1000",
            "argument must be between 0 and 777 inclusive",
        );
        check_error(
            "unixsocketperm 7x7",
            1,
            "unixsocketperm 7x7",
            "argument couldn't be parsed as an octal number",
        );
        check_error(
            "appendfilename a/b",
            1,
            "appendfilename a/b",
            "appendfilename can't be a path, just a filename",
        );
    }

    #[test]
    fn what_is_not_there_is_refused() {
        check_error("cluster-enabled yes", 1, "cluster-enabled yes", "cluster mode is not implemented yet");
        check_error("loadmodule x.so", 1, "loadmodule x.so", "loadable modules are not supported");
        check_error("user a on", 1, "user a on", "ACL users are not implemented yet");
        check("cluster-enabled no\nappendonly no\ntls-port 0\naclfile ''", "appendonly", "no");
    }

    /// Named texts; one includes itself.
    struct Texts;

    impl Files for Texts {
        fn read(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, CannotOpen> {
            match pattern {
                b"two*" => Ok(vec![b"port 1\nhz 30".to_vec(), b"port 2".to_vec()]),
                b"wrong" => Ok(vec![b"\n\nport y".to_vec()]),
                b"itself" => Ok(vec![b"include itself".to_vec()]),
                _ => NoFiles.read(pattern),
            }
        }
    }

    #[test]
    fn files_include_others() {
        let loaded = load(b"hz 20\ninclude two*\nmaxclients 5", &mut Texts).unwrap();
        assert_eq!((loaded.config.port, loaded.config.hz, loaded.config.maxclients), (2, 30, 5));
        let error = load(b"include none", &mut Texts).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Fatal error, can't open config file 'none': No such file or directory"
        );
        let error = load(b"include wrong", &mut Texts).unwrap_err();
        assert!(matches!(error, LoadError::Line { number: 3, .. }), "{error}");
        let error = load(b"include itself", &mut Texts).unwrap_err();
        assert!(error.to_string().contains("too deeply"), "{error}");
    }

    #[test]
    fn a_directory_is_tried_by_the_host() {
        let loaded = load(b"port 1\ndir /a\n\ndir /b", &mut NoFiles).unwrap();
        assert_eq!(loaded.config.dir, b"/b");
        let error = loaded.dir_error("No such file or directory".into());
        assert!(error.to_string().contains("at line 4\n>>> 'dir /b'\nNo such file"), "{error}");
    }
}
