//! Every target on its seeds, on the inputs that once broke it, and on mutations of both.

use std::fs;
use std::path::{Path, PathBuf};

use rewind_fuzz::{TARGETS, mutate::mutations};

/// Mutated inputs per target.
const MUTATIONS: usize = 3000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder in the order of their names; none when there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn inputs(kind: &str, target: &str) -> Vec<Vec<u8>> {
    files(&folder(kind).join(target)).iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn seeds_and_past_failures() {
    for (name, target) in TARGETS {
        let seeds = inputs("corpus", name);
        assert!(!seeds.is_empty(), "corpus/{name} has no seeds");
        seeds.iter().chain(&inputs("regress", name)).for_each(|input| target(input));
        target(b"");
    }
}

#[test]
fn mutations_of_them() {
    for (number, (name, target)) in TARGETS.iter().enumerate() {
        let seeds = [inputs("corpus", name), inputs("regress", name)].concat();
        for input in mutations(&seeds, number as u64).take(MUTATIONS) {
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{name} fails on b\"{}\"", input.escape_ascii());
        }
    }
}

#[test]
fn every_target_has_its_file_and_every_file_its_target() {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut names: Vec<_> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    names.sort();
    assert_eq!(files(&folder("targets")).iter().map(stem).collect::<Vec<_>>(), names);
    for kind in ["corpus", "regress"] {
        for folder in files(&folder(kind)) {
            assert!(names.contains(&stem(&folder)), "{} belongs to no target", folder.display());
        }
    }
}
