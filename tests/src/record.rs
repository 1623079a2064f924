//! The scripts on disk, their recorded expectations, and how one becomes the other.
//!
//! `transcripts/string/getex.rew` has its expectations beside it in `getex.resp2.snap` and
//! `getex.resp3.snap`: what real Redis answered when `record` last ran. `cargo test` compares ours with
//! these files and needs no reference.

use crate::live::{Connection, Live};
use crate::run;
use crate::script::Script;
use std::fs;
use std::path::{Path, PathBuf};

/// A script file and its text.
pub struct Source {
    pub path: PathBuf,
    pub text: String,
    pub script: Script,
}

/// The folder of all scripts.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

/// The scripts of one family (or, for `None`, all), in the order of their names.
///
/// # Panics
/// On a script that does not parse: the repository is broken then.
pub fn sources(family: Option<&str>) -> Vec<Source> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder()).expect("tests/transcripts is there").flatten() {
        let wanted = family.is_none_or(|family| entry.file_name() == family);
        if wanted && entry.path().is_dir() {
            let files = fs::read_dir(entry.path()).expect("a folder of scripts").flatten();
            paths.extend(files.map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "rew")));
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable script");
            let script = Script::parse(&text).unwrap_or_else(|what| panic!("{}: {what}", path.display()));
            Source { path, text, script }
        })
        .collect()
}

impl Source {
    /// The protocols it is played in. Written expectations are for RESP2 unless they say otherwise.
    pub fn protocols(&self) -> Vec<u8> {
        match self.script.only {
            Some(only) => vec![only],
            None if self.script.written.is_some() => vec![2],
            None => vec![2, 3],
        }
    }

    /// The name insta knows its expectation by.
    pub fn snapshot_name(&self, resp: u8) -> String {
        format!("{}.resp{resp}", self.path.file_stem().unwrap_or_default().to_string_lossy())
    }

    pub fn snapshot_path(&self, resp: u8) -> PathBuf {
        self.path.with_file_name(format!("{}.snap", self.snapshot_name(resp)))
    }

    /// The recorded transcript, without insta's header.
    pub fn recorded(&self, resp: u8) -> Option<String> {
        let text = fs::read_to_string(self.snapshot_path(resp)).ok()?;
        Some(text.splitn(3, "---\n").nth(2)?.to_owned())
    }

    /// Plays it on a live server, which is emptied before.
    ///
    /// # Errors
    /// The server cannot be reached or prepared.
    pub fn play_live(&self, address: &str, resp: u8) -> Result<String, String> {
        let mut control = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
        control.ask(&["FLUSHALL"])?;
        let transcript = run::play(&self.script, &mut Live::new(address), resp);
        // Whatever the script set and a failure kept it from setting back.
        for words in [&["CONFIG", "SET", "requirepass", ""][..], &["DEBUG", "SET-ACTIVE-EXPIRE", "1"]] {
            control.ask(words)?;
        }
        Ok(transcript)
    }

    /// Writes the expectation of this script from what a live server answers.
    ///
    /// # Errors
    /// As for [`Source::play_live`], and a file that cannot be written.
    pub fn record(&self, address: &str, version: &str) -> Result<(), String> {
        for resp in self.protocols() {
            let transcript = self.play_live(address, resp)?;
            let path = self.snapshot_path(resp);
            let head =
                format!("---\nsource: tests/transcripts.rs\ndescription: recorded from {version}\n---\n");
            fs::write(&path, head + &transcript).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}
