//! Commands as data: one entry per command, and everything that follows from the entries.
//!
//! `commands/<family>/<command>.json` ─▶ `schema` (the shape of an entry) ─▶ `regen` (the engine's command
//! table and the matrix of docs/COMPAT.md, both committed), `arbitrary` (a generator of requests for
//! simulation, differential tests and fuzzing) and `reply` (a check of replies against their schema).
//!
//! What must never happen: a fact about a command written down a second time by hand, and a generated file
//! that is older than its entry (a test here fails then). The server does not depend on this crate; only
//! what `regen` wrote is in the binary. How to write an entry stands in README.md beside this crate.
#![forbid(unsafe_code)]

pub mod arbitrary;
pub mod known;
pub mod matrix;
pub mod regen;
pub mod regen_config;
pub mod reply;
pub mod schema;

use schema::Entry;
use std::path::{Path, PathBuf};

/// The folder of this crate in the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every entry with its family (the folder it lies in), sorted by the name of the command.
///
/// # Panics
/// When an entry cannot be read or breaks a rule of the schema, with a sentence that names the file: entries
/// are part of the source, and nothing goes on without them.
pub fn load() -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        files(&root().join("commands")).iter().map(|path| load_file(path)).collect();
    entries.sort_by_key(|entry| entry.name.clone());
    entries
}

fn load_file(path: &Path) -> Entry {
    let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
    let mut entry: Entry =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name} is not an entry: {error}"));
    let family = path.parent().and_then(Path::file_name).expect("an entry lies in its family's folder");
    entry.adopt(&family.to_string_lossy(), None);
    let file = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    assert_eq!(file, entry.name.to_lowercase(), "{name} holds another command");
    entry.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
    entry
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list the entries: {error}"));
    let mut found = Vec::new();
    for item in list {
        let path = item.unwrap_or_else(|error| panic!("cannot list the entries: {error}")).path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn entries_load_and_are_known() {
        let entries = load();
        assert!(entries.len() > 70);
        let known: BTreeSet<String> = known::load().into_iter().map(|command| command.name).collect();
        for entry in entries.iter().flat_map(Entry::rows) {
            let name = entry.full_name.replace('|', " ").to_uppercase();
            assert!(known.contains(&name), "{name} is missing in profiles/known_commands.tsv");
        }
    }
}
