//! The command line of redis-server: `[file] [-] [--directive value ...]...`.
//!
//! Options become lines of configuration, each value quoted, that are read after the file; so they win, and what
//! is wrong with one is told as of a line.

use super::quote::quote;

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    Version,
    Help,
    /// Megabytes to test; `None` if they were not said properly.
    TestMemory(Option<u64>),
    CheckSystem,
    Serve(Sources),
}

/// Where the configuration comes from, in the order in which it is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// A path, as given.
    pub file: Option<Vec<u8>>,
    /// Whether to read standard input.
    pub stdin: bool,
    /// The options as lines, each ended.
    pub options: Vec<u8>,
}

impl Sources {
    /// Puts the texts together as Redis does, which decides the line numbers of errors.
    pub fn join(&self, file: &[u8], stdin: &[u8]) -> Vec<u8> {
        let mut text = file.to_vec();
        text.extend(stdin);
        if !self.options.is_empty() {
            text.push(b'\n');
            text.extend(&self.options);
        }
        text
    }
}

/// Reads a command line without the name of the program.
pub fn parse(args: &[Vec<u8>]) -> Invocation {
    match args {
        [only] if matches!(only.as_slice(), b"--help" | b"-h") => return Invocation::Help,
        [first, ..] if matches!(first.as_slice(), b"--version" | b"-v") => return Invocation::Version,
        [first, size] if first == b"--test-memory" => {
            return Invocation::TestMemory(ds::int::parse_u64(size));
        }
        [first, ..] if first == b"--test-memory" => return Invocation::TestMemory(None),
        [first] if first == b"--check-system" => return Invocation::CheckSystem,
        _ => {}
    }
    let mut sources = Sources::default();
    let mut rest = args;
    if let [first, after @ ..] = rest
        && !first.starts_with(b"-")
    {
        sources.file = Some(first.clone());
        rest = after;
    }
    if let [first, after @ ..] = rest
        && first == b"-"
    {
        sources.stdin = true;
        rest = after;
    }
    if !sources.stdin
        && let [before @ .., last] = rest
        && last == b"-"
    {
        sources.stdin = true;
        rest = before;
    }
    sources.options = options(rest);
    Invocation::Serve(sources)
}

/// Writes options as lines: `--name` begins one, and anything else is a value.
///
/// Right after a lone name even `--text` is its value, as `--requirepass --secret--` needs, unless the name is
/// `save`, which may stand alone. A name with its value in one argument (`"--hz 5"`) is a line as it is.
fn options(args: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut awaits_value = false;
    for arg in args {
        match arg.strip_prefix(b"--") {
            Some(name) if !awaits_value => {
                if !out.is_empty() {
                    out.push(b'\n');
                }
                out.extend(name);
                awaits_value = !name.contains(&b' ') && !name.eq_ignore_ascii_case(b"save");
            }
            _ => {
                out.push(b' ');
                quote(&mut out, arg);
                awaits_value = false;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<Vec<u8>> {
        text.split('|').filter(|arg| !arg.is_empty()).map(|arg| arg.replace("''", "").into_bytes()).collect()
    }

    /// Arguments stand between bars; two single quotes are an empty one.
    fn check(text: &str, file: Option<&str>, stdin: bool, options: &str) {
        let file = file.map(|file| file.as_bytes().to_vec());
        let expected = Sources { file, stdin, options: options.into() };
        assert_eq!(parse(&args(text)), Invocation::Serve(expected), "{text}");
    }

    #[test]
    fn options_become_lines() {
        check("", None, false, "");
        check("--port|17|--appendonly|no", None, false, "port \"17\"\nappendonly \"no\"");
        check("--save|''|--port|1", None, false, "save \"\"\nport \"1\"");
        check("--save|--loglevel|verbose", None, false, "save\nloglevel \"verbose\"");
        check("--port|--loglevel|verbose", None, false, "port \"--loglevel\" \"verbose\"");
        check("--port|--bla|--loglevel|verbose", None, false, "port \"--bla\"\nloglevel \"verbose\"");
        check("--replicaof|--127.0.0.1|--abc", None, false, "replicaof \"--127.0.0.1\"\nabc");
        check("--requirepass|a \"b", None, false, "requirepass \"a \\\"b\"");
        check("--hz 5|--port 6", None, false, "hz 5\nport 6");
        check("--port|1|2", None, false, "port \"1\" \"2\"");
    }

    #[test]
    fn sources_come_first_or_last() {
        check("a.conf", Some("a.conf"), false, "");
        check("a.conf|--port|1|-", Some("a.conf"), true, "port \"1\"");
        check("a.conf|loglevel|verbose|--hz|5", Some("a.conf"), false, " \"loglevel\" \"verbose\"\nhz \"5\"");
        check("-|--port|1", None, true, "port \"1\"");
        check("--port|1|-", None, true, "port \"1\"");
        check("--port|-|--hz|5", None, false, "port \"-\"\nhz \"5\"");
        check("-|-", None, true, " \"-\"");
    }

    #[test]
    fn lines_are_counted_after_the_file() {
        let Invocation::Serve(sources) = parse(&args("x|--port|x")) else { panic!("serves") };
        assert_eq!(sources.join(b"hz 5\n", b""), b"hz 5\n\nport \"x\"");
    }

    #[test]
    fn some_only_ask() {
        assert_eq!(parse(&args("--version|x")), Invocation::Version);
        assert_eq!(parse(&args("-h")), Invocation::Help);
        assert_eq!(parse(&args("--test-memory")), Invocation::TestMemory(None));
        assert_eq!(parse(&args("--test-memory|100")), Invocation::TestMemory(Some(100)));
        assert_eq!(parse(&args("--check-system")), Invocation::CheckSystem);
        check("--port|1|--help", None, false, "port \"1\"\nhelp");
    }
}
