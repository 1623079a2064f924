//! House rules as tests: what a reviewer would otherwise have to look for in every change.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// Every file below `folder` with this extension, as (path within the repository, text).
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "artifacts" {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let text = String::from_utf8_lossy(&fs::read(&path).expect("a readable file")).into_owned();
                let within =
                    path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
                found.push((within, text));
            }
        }
    }
    found.sort();
    found
}

fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains("cargo regen"))
}

/// The lines that are code of the product: no comments, nothing from the tests at the foot.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn report(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// The arrows of the architecture: crate, and the crates of this workspace it may know in its product.
const ARROWS: [(&str, &str, &[&str]); 7] = [
    ("engine/ds", "ds", &[]),
    ("engine", "engine", &["ds"]),
    ("net", "net", &["ds", "engine"]),
    ("spec", "spec", &[]),
    ("sim", "sim", &["ds", "engine", "net", "spec"]),
    ("tests", "conformance", &["ds", "engine", "net", "sim", "spec"]),
    ("fuzz", "rewind-fuzz", &["ds", "engine", "net", "sim", "spec"]),
];

#[test]
fn dependencies_follow_the_arrows() {
    let ours: Vec<&str> = ARROWS.iter().map(|(_, name, _)| *name).collect();
    let mut findings = Vec::new();
    for (folder, name, allowed) in ARROWS {
        let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("a valid manifest");
        let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
            continue;
        };
        for (dependency, detail) in dependencies {
            if ours.contains(&dependency.as_str()) && !allowed.contains(&dependency.as_str()) {
                findings.push(format!("{name} may not know {dependency}"));
            }
            if dependency.starts_with("madsim") && name != "sim" {
                findings.push(format!("{name} may not know {dependency}; only sim does"));
            }
            let features = detail.get("features").map(ToString::to_string).unwrap_or_default();
            if name == "sim" && dependency == "net" && features.contains("\"os\"") {
                findings.push("sim builds net without the operating system".into());
            }
        }
    }
    report("an arrow between crates points the wrong way", &findings);
}

/// What a deterministic core may not name, and what it takes instead.
const BANNED: [(&str, &str); 16] = [
    ("std::time::Instant", "time comes in as an argument"),
    ("Instant::now", "time comes in as an argument"),
    ("SystemTime", "time comes in as an argument"),
    ("std::thread", "the engine is one thread and does not know it"),
    ("std::fs", "disks are events and actions"),
    ("std::env", "configuration comes in as an argument"),
    ("std::net::Tcp", "sockets belong to net::os"),
    ("HashMap", "BTreeMap, or a seeded table of ds: std's order is chance"),
    ("HashSet", "BTreeSet, or a seeded table of ds: std's order is chance"),
    ("RandomState", "its seed is chance"),
    ("thread_rng", "randomness comes in as an argument"),
    ("rand::rng", "randomness comes in as an argument"),
    ("tokio::fs", "disks are events and actions"),
    ("tokio::net", "sockets belong to net::os"),
    ("println!", "the core says things with a Log action"),
    ("process::exit", "the core ends with an Exit action"),
];

/// File, name and reason of each exception to that list.
const ALLOWED: [(&str, &str, &str); 1] = [(
    "engine/src/planted.rs",
    "std::thread",
    "which bug is planted belongs to the thread that runs a seed; without the feature `planted` none of it is built",
)];

#[test]
fn the_core_does_not_reach_for_the_world() {
    let mut findings = Vec::new();
    let mut used = [false; ALLOWED.len()];
    let core = [files("engine/src", "rs"), files("engine/ds/src", "rs"), files("net/src", "rs")].concat();
    assert!(core.len() > 5, "the core was not found");
    for (path, text) in core {
        if path.starts_with("net/src/os/") || path.starts_with("net/src/bin/") || path == "net/src/os.rs" {
            continue;
        }
        for (number, line) in product_lines(&text) {
            for (name, instead) in BANNED {
                if !line.contains(name) {
                    continue;
                }
                match ALLOWED.iter().position(|(file, allowed, _)| *file == path && *allowed == name) {
                    Some(at) => used[at] = true,
                    None => findings.push(format!("{path}:{number} names {name}: {instead}")),
                }
            }
        }
    }
    for ((file, name, reason), used) in ALLOWED.iter().zip(used) {
        if !used {
            findings.push(format!("{file} no longer names {name}; its exception can go: {reason}"));
        }
    }
    report("the core reaches for the world by itself", &findings);
}

fn all_sources() -> Vec<(String, String)> {
    ARROWS
        .iter()
        .filter(|(folder, ..)| *folder != "engine/ds") // it lies within engine
        .flat_map(|(folder, ..)| files(folder, "rs"))
        .collect()
}

#[test]
fn lines_and_files_keep_their_size() {
    let mut findings = Vec::new();
    for (path, text) in all_sources() {
        if is_generated(&text) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            // rustfmt keeps code within 110; it leaves comments and texts alone. A row of a table, in Markdown
            // or of byte strings in a test, may not be broken.
            let row = line.contains('"') || line.trim_start_matches(['/', '!', ' ']).starts_with('|');
            if line.chars().count() > 120 && !row && !line.contains("http") {
                findings.push(format!("{path}:{} is wider than 120 columns", index + 1));
            }
        }
        if text.lines().count() > 900 {
            findings.push(format!("{path} has over 900 lines: which second idea wants its own file?"));
        }
    }
    report("too large", &findings);
}

#[test]
fn every_source_file_opens_with_what_it_is() {
    let silent: Vec<String> = all_sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!") && !is_generated(text))
        .map(|(path, _)| path)
        .collect();
    report("a file does not say what it is", &silent);
}

#[test]
fn nothing_is_left_unfinished() {
    // Spelled apart, so that this file does not find itself.
    let leftovers = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
        concat!("db", "g!("),
    ];
    let mut findings = Vec::new();
    for (path, text) in all_sources() {
        for (index, line) in text.lines().enumerate() {
            if leftovers.iter().any(|word| line.contains(word)) {
                findings.push(format!("{path}:{}: {}", index + 1, line.trim()));
            }
        }
    }
    report("unfinished, by its own words", &findings);
}

#[test]
fn no_machine_is_named() {
    let machines = [concat!("/wo", "rk/"), concat!("/tmp/", "peers"), concat!("/ro", "ot/")];
    let mut findings = Vec::new();
    for extension in ["rs", "md", "toml", "json", "tsv", "rew", "snap", "tcl", "plan", "yml"] {
        for (path, text) in files("", extension) {
            if machines.iter().any(|machine| text.contains(machine)) {
                findings.push(path);
            }
        }
    }
    report("a path of one machine stands in", &findings);
}

/// A file that no `mod` line reaches is not compiled, so nothing would notice it rot.
#[test]
fn no_source_file_is_dead() {
    let sources = all_sources();
    let mut findings = Vec::new();
    for (path, _) in &sources {
        let path = Path::new(path);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new(""));
        let within_src = path.components().any(|part| part.as_os_str() == "src");
        let is_root = ["lib", "main", "build"].contains(&name.as_str()) || folder.ends_with("src/bin");
        if !within_src || is_root {
            continue;
        }
        let (module, home) = match name.as_str() {
            "mod" => {
                let module = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (module, folder.parent().unwrap_or(Path::new("")))
            }
            _ => (name, folder),
        };
        let in_bin = home.ends_with("src/bin");
        let sibling = home.with_extension("rs");
        let parents = [home.join("mod.rs"), home.join("lib.rs"), home.join("main.rs"), sibling];
        let declared = sources.iter().any(|(other, text)| {
            let other = Path::new(other);
            let may_declare =
                parents.iter().any(|parent| parent == other) || in_bin && other.parent() == Some(home);
            let names_it = |line: &str| {
                line.trim_end().ends_with(&format!("mod {module};"))
                    || line.contains("#[path") && line.contains(&format!("{module}.rs"))
            };
            may_declare && text.lines().any(names_it)
        });
        if !declared {
            findings.push(path.display().to_string());
        }
    }
    report("no `mod` line reaches", &findings);
}
