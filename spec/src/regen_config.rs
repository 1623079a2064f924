//! Writes the configuration table: `net/src/config/generated.rs` and `docs/CONFIG.md`, from the rows of
//! `spec/config/*.json`.
//!
//! A row is one directive. `profiles` names the reference versions that know it; the compatibility level is
//! [`LEVEL`], and a directive it lacks stays out of the Rust table (`"effect": "absent"`) but in the document.
//! `differs` holds, per profile, only the fields in which that profile departs from the row.

use crate::regen::Generated;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The reference version whose directives the server accepts and answers.
const LEVEL: &str = "redis-8.0";

/// One directive, as written in `spec/config`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    #[serde(default)]
    pub alias: Option<String>,
    /// A name of another version for the same thing: found, and not listed.
    #[serde(default)]
    pub hidden_alias: Option<String>,
    #[serde(rename = "type")]
    pub kind: Type,
    #[serde(default)]
    pub min: Option<i128>,
    #[serde(default)]
    pub max: Option<i128>,
    /// A memory value that may also be a percentage of `maxmemory`.
    #[serde(default)]
    pub percent: bool,
    /// An integer written in base eight.
    #[serde(default)]
    pub octal: bool,
    #[serde(default)]
    pub values: Vec<String>,
    /// An enum that takes several of its words.
    #[serde(default)]
    pub several: bool,
    /// Whether an empty string means "not set" (`null`) or is a value (`text`).
    #[serde(default)]
    pub empty: Option<String>,
    #[serde(default)]
    pub default: String,
    #[serde(default)]
    pub mutable: bool,
    #[serde(default)]
    pub flags: Vec<String>,
    pub profiles: Vec<String>,
    /// A build option without which the reference itself lacks the directive.
    #[serde(default)]
    pub build: Option<String>,
    pub effect: Effect,
    /// Why a refused directive takes nothing but its default.
    #[serde(default)]
    pub because: Option<String>,
    #[serde(default)]
    pub differs: BTreeMap<String, serde_json::Value>,
}

impl Entry {
    /// Whether the compatibility level has it.
    fn is_known(&self) -> bool {
        self.profiles.iter().any(|profile| profile == LEVEL) && self.build.is_none()
    }
}

/// How the words of a directive are read.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    Bool,
    Integer,
    Memory,
    Enum,
    String,
    /// Has a reader of its own.
    Special,
    /// Read and forgotten, for files written for older versions.
    Ignored,
    /// Means something in a file only; CONFIG GET and SET do not know it.
    FileOnly,
}

/// What setting a directive does today.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The server obeys it.
    Active,
    /// Kept and answered; nothing depends on it yet, and nobody is harmed by that.
    Accepted,
    /// Anything but the default would promise what is not there, so it is an error.
    Refused,
    /// Not part of the compatibility level.
    Absent,
}

/// Reads every row, sorted by name. Panics with the file's name on a malformed one: the rows are ours.
pub fn load() -> Vec<Entry> {
    let folder = crate::root().join("config");
    let mut entries = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("spec/config is readable")
        .map(|file| file.expect("spec/config is listable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a row file is readable");
        let rows: Vec<Entry> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        entries.extend(rows);
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in entries.windows(2) {
        assert_ne!(pair[0].name, pair[1].name, "a directive has one row");
    }
    for entry in &entries {
        check(entry);
    }
    entries
}

fn check(entry: &Entry) {
    let name = &entry.name;
    assert_eq!(entry.effect == Effect::Refused, entry.because.is_some(), "{name}: refused, so because");
    let known = entry.is_known();
    assert!(!known || entry.effect != Effect::Absent, "{name}: {LEVEL} has it");
    if entry.effect != Effect::Absent && matches!(entry.kind, Type::Integer | Type::Memory) {
        assert!(entry.min.is_some() && entry.max.is_some(), "{name}: a number has bounds");
    }
    assert_eq!(entry.kind == Type::Enum, !entry.values.is_empty(), "{name}: an enum has values");
}

/// Every file this generator owns.
pub fn generate() -> Vec<Generated> {
    let entries = load();
    vec![
        Generated { path: "net/src/config/generated.rs".into(), content: table(&entries) },
        Generated { path: "docs/CONFIG.md".into(), content: document(&entries) },
    ]
}

fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn table(entries: &[Entry]) -> String {
    let rows: Vec<&Entry> = entries.iter().filter(|entry| entry.effect != Effect::Absent).collect();
    let mut out = String::from(
        "// Written by `cargo regen` from spec/config; change the rows there, never this file.\n\n\
         use super::directive::{Directive, Effect, Flags, Kind};\n\n\
         /// A directive of the table, in the order of its name.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]\n#[repr(u16)]\npub enum Id {\n",
    );
    for row in &rows {
        writeln!(out, "    {},", camel(&row.name)).expect("a string takes it");
    }
    writeln!(out, "}}\n\npub static DIRECTIVES: [Directive; {}] = [", rows.len()).expect("a string takes it");
    for row in &rows {
        writeln!(
            out,
            "    Directive {{ id: Id::{}, name: {:?}, alias: {:?}, hidden_alias: {:?}, kind: {}, default: {:?}, mutable: {}, flags: {}, effect: {} }},",
            camel(&row.name), row.name, row.alias, row.hidden_alias, kind(row), row.default, row.mutable,
            flags(row), effect(row),
        )
        .expect("a string takes it");
    }
    out.push_str("];\n\n");
    let mut names: Vec<(&str, &str)> = Vec::new();
    for row in &rows {
        names.push((&row.name, &row.name));
        for alias in [&row.alias, &row.hidden_alias].into_iter().flatten() {
            names.push((alias, &row.name));
        }
    }
    names.sort_unstable();
    writeln!(
        out,
        "/// Every name and alias, sorted, for a binary search.\npub static NAMES: [(&str, Id); {}] = [",
        names.len()
    )
    .expect("a string takes it");
    for (name, target) in names {
        writeln!(out, "    ({name:?}, Id::{}),", camel(target)).expect("a string takes it");
    }
    out.push_str("];\n");
    out
}

fn kind(row: &Entry) -> String {
    let bounds = || (row.min.expect("checked at load"), row.max.expect("checked at load"));
    match row.kind {
        Type::Bool => "Kind::Bool".into(),
        Type::Integer => {
            // Redis reads every plain number as a signed one, so wider unsigned bounds cannot be reached.
            let (min, max) = bounds();
            let max = max.min(i64::MAX.into());
            format!("Kind::Integer {{ min: {min}, max: {max}, octal: {} }}", row.octal)
        }
        Type::Memory => {
            let (min, max) = bounds();
            format!("Kind::Memory {{ min: {min}, max: {max}, percent: {} }}", row.percent)
        }
        Type::Enum => format!("Kind::Enum {{ values: &{:?}, several: {} }}", row.values, row.several),
        Type::String => {
            let optional = row.empty.as_deref() == Some("null");
            format!("Kind::Text {{ optional: {optional} }}")
        }
        Type::Special => format!("Kind::{}", camel(&row.name)),
        Type::Ignored => "Kind::Ignored".into(),
        Type::FileOnly => "Kind::FileOnly".into(),
    }
}

fn flags(row: &Entry) -> String {
    let mut out = Vec::new();
    // What Redis never had does not show in the answers of a server that says it is one.
    if !row.profiles.iter().any(|profile| profile.starts_with("redis")) {
        out.push("Flags::HIDDEN");
    }
    for flag in &row.flags {
        match flag.as_str() {
            "hidden" => out.push("Flags::HIDDEN"),
            "protected" => out.push("Flags::PROTECTED"),
            "deny-loading" => out.push("Flags::DENY_LOADING"),
            "sensitive" => out.push("Flags::SENSITIVE"),
            // Hints for the reference's own debug builds and TLS reload.
            "debug" | "volatile" => {}
            other => panic!("{}: unknown flag {other}", row.name),
        }
    }
    if out.is_empty() { "Flags::NONE".into() } else { out.join(".and(") + &")".repeat(out.len() - 1) }
}

fn effect(row: &Entry) -> String {
    match row.effect {
        Effect::Active => "Effect::Active".into(),
        Effect::Accepted => "Effect::Accepted".into(),
        Effect::Refused => {
            format!("Effect::Refused({:?})", row.because.as_deref().expect("checked at load"))
        }
        Effect::Absent => unreachable!("absent rows are not in the table"),
    }
}

/// Where the server knowingly does otherwise than the reference, beyond what the rows say.
const DEVIATIONS: &str = "\
## Deviations

| where | Redis 8.0.6 | Rewind | why |
|---|---|---|---|
| an unknown directive with a value | starts, then ends: it might have been a module's | a wrong line like any other | there are no loadable modules |
| `save`, `client-output-buffer-limit` seconds beyond 32 bits | wrap around | kept as they are | a limit must not turn into another one |
| `latency-tracking-info-percentiles 0x10` | taken as 16 | refused | nobody means it |
| CONFIG REWRITE of `client-output-buffer-limit` | a default class may push another from its line to the end | needed classes keep their lines | a second rewrite then changes nothing |
| CONFIG REWRITE and users | writes `user default ...` | does not | `requirepass` says it; ACL users are not there yet |
| order of CONFIG GET and of appended lines | that of a hash table | by name | the same on every run |
| files that include each other in a circle | a crash | an error at 32 levels | bad input gets a sentence |
| `maxmemory-policy` | also chooses what is evicted | only what OBJECT FREQ and IDLETIME tell | nothing is evicted yet: `maxmemory` is accepted |
| save points in a directory that cannot be written | starts, and fails to save later | does not start | what was promised must be possible |
| log lines | local time | UTC | reading time zones is not implemented yet |
| the line about a signal | `pid:signal-handler (seconds) Received ...` | a log line like any other | it is not written from a handler here |
| `--test-memory`, `--check-system` | do it | refuse | other tools do it better |
";

fn document(entries: &[Entry]) -> String {
    let count = |effect| entries.iter().filter(|entry| entry.effect == effect).count();
    let mut out = format!(
        "<!-- Written by `cargo regen` from spec/config; change the rows there, never this file. -->\n\
         # Configuration directives\n\n\
         The compatibility level is {LEVEL}: its directives are all known, under its names and with its defaults.\n\
         Of later ones, those are known that belong to a data type which is here.\n\n\
         - **active** ({}): the server obeys it.\n\
         - **accepted** ({}): kept, answered by CONFIG GET and rewritten; nothing depends on it yet.\n\
         - **refused** ({}): anything but the default would promise what is not there; the server does not start,\n  \
           and CONFIG SET answers an error.\n\
         - **absent** ({}): belongs to another version only, and is as unknown as in {LEVEL}.\n\n\
         What only Valkey has is found by its exact name alone, and so are its names for the same thing.\n\n\
         | directive | type | default | effect | known to | differs or why |\n|---|---|---|---|---|---|\n",
        count(Effect::Active),
        count(Effect::Accepted),
        count(Effect::Refused),
        count(Effect::Absent),
    );
    for entry in entries {
        let aliases = [&entry.alias, &entry.hidden_alias].into_iter().flatten();
        let alias: String = aliases.map(|alias| format!(", `{alias}`")).collect();
        let default = if entry.default.is_empty() { "-".into() } else { format!("`{}`", entry.default) };
        let mut notes: Vec<String> = entry.because.iter().cloned().collect();
        for (profile, fields) in &entry.differs {
            notes.push(format!("{profile}: {}", fields_as_text(fields)));
        }
        if let Some(build) = &entry.build {
            notes.push(format!("only in builds with {build}"));
        }
        writeln!(
            out,
            "| `{}`{alias} | {} | {default} | {} | {} | {} |",
            entry.name,
            type_as_text(entry),
            format!("{:?}", entry.effect).to_lowercase(),
            entry.profiles.join(", "),
            notes.join("; ")
        )
        .expect("a string takes it");
    }
    out.push('\n');
    out.push_str(DEVIATIONS);
    out
}

fn type_as_text(entry: &Entry) -> String {
    let bounds = match (entry.min, entry.max) {
        (Some(min), Some(max)) => format!(" {min}..{max}"),
        _ => String::new(),
    };
    match entry.kind {
        Type::Enum => entry.values.join(", "),
        Type::FileOnly => "file only".into(),
        other => format!("{other:?}").to_lowercase() + &bounds,
    }
}

fn fields_as_text(fields: &serde_json::Value) -> String {
    let serde_json::Value::Object(fields) = fields else { panic!("differs holds objects") };
    let field = |(name, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Null => format!("no {name}"),
        serde_json::Value::String(text) => format!("{name} `{text}`"),
        serde_json::Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(|item| item.as_str()).collect();
            format!("{name} {}", items.join(", "))
        }
        other => format!("{name} {other}"),
    };
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}
