//! From the command line to a configuration: what the pure parser in `config` leaves to a machine with files.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::config::argv::{self, Invocation, Sources};
use crate::config::load::{CannotOpen, Files, LoadError, Loaded, load};

use super::{REDIS_VERSION, VERSION, log, reason};

/// What is to be done.
#[derive(Debug)]
pub enum Task {
    /// Print this on standard output and leave with status 0.
    Print(String),
    /// Print this on standard error and leave with status 1.
    Refuse(String),
    Serve(Box<Configured>),
}

/// A configuration and where it came from.
#[derive(Debug)]
pub struct Configured {
    pub loaded: Loaded,
    /// The file, as an absolute path: CONFIG REWRITE writes it and INFO names it.
    pub file: Option<PathBuf>,
    /// What came from standard input, which cannot be read twice.
    pub stdin: Vec<u8>,
}

/// Reads the arguments after the program's name.
pub fn read(args: &[OsString]) -> Task {
    let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
    match argv::parse(&args) {
        Invocation::Version => Task::Print(version()),
        Invocation::Help => Task::Refuse(HELP.into()),
        Invocation::TestMemory(_) => {
            Task::Refuse("Testing memory is not supported; use memtest86 or the like.\n".into())
        }
        Invocation::CheckSystem => Task::Refuse("Checking the system is not supported.\n".into()),
        Invocation::Serve(sources) => match configure(sources) {
            Ok(configured) => Task::Serve(Box::new(configured)),
            Err(LoadError::CannotOpen(error)) => {
                log::warning(&LoadError::CannotOpen(error).to_string());
                Task::Refuse(String::new())
            }
            Err(error) => Task::Refuse(error.to_string()),
        },
    }
}

/// One line that says what this is, in the shape of `redis-server --version`.
fn version() -> String {
    let bits = usize::BITS;
    format!("Rewind server v={VERSION} redis={REDIS_VERSION} malloc=mimalloc bits={bits}\n")
}

const HELP: &str = "\
Usage: rewind-server [/path/to/redis.conf] [options] [-]
       rewind-server - (reads the configuration from standard input)
       rewind-server -v or --version
       rewind-server -h or --help

An option is a configuration directive with its values:
       rewind-server --port 7777
       rewind-server --port 7777 --replicaof 127.0.0.1 8888
       rewind-server /etc/redis/6379.conf --loglevel verbose
       echo 'maxmemory 128mb' | rewind-server -
";

fn configure(sources: Sources) -> Result<Configured, LoadError> {
    let file = sources.file.as_ref().map(|path| absolute(Path::new(OsStr::from_bytes(path))));
    let text = match &file {
        Some(path) => read_file(path).map_err(LoadError::CannotOpen)?,
        None => Vec::new(),
    };
    let mut stdin = Vec::new();
    if sources.stdin {
        log::notice("Reading config from stdin");
        std::io::stdin().read_to_end(&mut stdin).map_err(|error| {
            LoadError::CannotOpen(CannotOpen { path: b"-".to_vec(), reason: reason(&error) })
        })?;
    }
    let loaded = load(&sources.join(&text, &stdin), &mut Disk)?;
    Ok(Configured { loaded, file, stdin })
}

/// A path from the root, without looking at what is there.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn read_file(path: &Path) -> Result<Vec<u8>, CannotOpen> {
    std::fs::read(path)
        .map_err(|error| CannotOpen { path: path.as_os_str().as_bytes().to_vec(), reason: reason(&error) })
}

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn read(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, CannotOpen> {
        let path = Path::new(OsStr::from_bytes(pattern));
        if !has_wildcard(pattern) {
            return Ok(vec![read_file(path)?]);
        }
        expand(path).iter().map(|path| read_file(path)).collect()
    }
}

fn has_wildcard(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// The paths that fit a pattern, sorted: each component with a wildcard is compared with the names in its folder.
/// As in a shell, a wildcard does not find names that begin with a dot.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str();
        if !has_wildcard(name.as_bytes()) {
            found.iter_mut().for_each(|path| path.push(name));
            continue;
        }
        found = found.iter().flat_map(|folder| fitting(folder, name.as_bytes())).collect();
    }
    found.retain(|path| path.exists());
    found.sort();
    found
}

fn fitting(folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().into_vec()));
    names
        .filter(|name| name.first() != Some(&b'.') || pattern.first() == Some(&b'.'))
        .filter(|name| ds::glob::matches(pattern, name, ds::glob::Case::Sensitive))
        .map(|name| folder.join(OsString::from_vec(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Folder {
            let path = std::env::temp_dir().join(format!("rewind-args-{name}-{}", std::process::id()));
            for (name, text) in files {
                let file = path.join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
            Folder(path)
        }

        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn task(args: &[&str]) -> Task {
        read(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn configured(args: &[&str]) -> Configured {
        match task(args) {
            Task::Serve(configured) => *configured,
            other => panic!("{other:?}"),
        }
    }

    fn refused(args: &[&str]) -> String {
        match task(args) {
            Task::Refuse(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_and_options() {
        let folder = Folder::new("file", &[("a.conf", "port 7000\nhz 20\n")]);
        let configured = configured(&[&folder.path("a.conf"), "--port", "7001"]);
        assert_eq!((configured.loaded.config.port, configured.loaded.config.hz), (7001, 20));
        assert_eq!(configured.file.unwrap().to_str().unwrap(), folder.path("a.conf"));
        assert!(
            refused(&[&folder.path("a.conf"), "--port", "x"])
                .contains("at line 4\n>>> 'port \"x\"'\nargument")
        );
        assert_eq!(refused(&[&folder.path("none.conf")]), "", "said in the log");
    }

    #[test]
    fn includes_are_expanded_in_order() {
        let files = [
            ("b/2.conf", "port 2"),
            ("b/1.conf", "port 1\nhz 50"),
            ("b/.hidden.conf", "port x"),
            ("b/other", "port y"),
        ];
        let folder = Folder::new("include", &files);
        let include = format!("--include {}", folder.path("?/*.conf"));
        let config = configured(&[&include]).loaded.config;
        assert_eq!((config.port, config.hz), (2, 50));
        configured(&["--include", &folder.path("b/none*")]);
        assert_eq!(refused(&["--include", &folder.path("b/none")]), "", "said in the log");
    }

    #[test]
    fn some_only_ask() {
        assert!(matches!(task(&["--version"]), Task::Print(text) if text.starts_with("Rewind server v=")));
        assert!(refused(&["--help"]).starts_with("Usage: "));
        assert!(refused(&["--test-memory", "5"]).contains("not supported"));
    }
}
