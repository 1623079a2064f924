//! The shape of an entry, as `commands/**/*.json` holds it. README.md explains the fields one by one.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    pub summary: String,
    pub group: String,
    pub since: String,
    pub arity: i32,
    /// Absent for a container, which does nothing by itself.
    pub home: Option<Home>,
    /// Whether the handler exists; an entry without one is known, but not part of the server.
    #[serde(default)]
    pub implemented: bool,
    /// `module::function` below the family's folder where it is not the command's name twice.
    pub function: Option<String>,
    #[serde(default)]
    pub propagates: Propagates,
    pub flags: Vec<String>,
    pub acl: Vec<String>,
    pub complexity: String,
    #[serde(default)]
    pub tips: Vec<String>,
    #[serde(default)]
    pub doc_flags: Vec<String>,
    pub deprecated_since: Option<String>,
    pub replaced_by: Option<String>,
    #[serde(default)]
    pub history: Vec<Change>,
    #[serde(default)]
    pub key_specs: Vec<KeySpec>,
    /// Names the engine's own way to find keys where the key specs do not tell the whole truth.
    pub key_finder: Option<String>,
    #[serde(default)]
    pub arguments: Vec<Argument>,
    /// The reply's shape in RESP3, in the notation of `reply`.
    pub reply: Option<String>,
    /// What other servers have that differs, by the name of the profile.
    #[serde(default)]
    pub profiles: BTreeMap<String, Difference>,
    #[serde(default)]
    pub examples: Vec<Example>,
    #[serde(default)]
    pub subcommands: Vec<Entry>,

    /// The folder the entry lies in; filled in by `adopt`.
    #[serde(skip)]
    pub family: String,
    /// Lower case, with the container: `client|list`; filled in by `adopt`.
    #[serde(skip)]
    pub full_name: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    Engine,
    Node,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Propagates {
    AsIs,
    Rewritten,
    #[default]
    Never,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub since: String,
    pub change: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    pub notes: Option<String>,
    pub flags: Vec<String>,
    pub begin: Begin,
    pub find: Find,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Begin {
    Index(i32),
    Keyword { keyword: String, startfrom: i32 },
    Unknown,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Find {
    Range { lastkey: i32, keystep: i32, limit: i32 },
    Keynum { keynumidx: i32, firstkey: i32, keystep: i32 },
    Unknown,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub token: Option<String>,
    pub display: Option<String>,
    pub key_spec: Option<u8>,
    pub since: Option<String>,
    pub deprecated_since: Option<String>,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub multiple: bool,
    #[serde(default)]
    pub multiple_token: bool,
    #[serde(default)]
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Key,
    String,
    Integer,
    Double,
    Pattern,
    UnixTime,
    PureToken,
    Oneof,
    Block,
}

/// How a profile's command differs from the entry; an absent field does not differ.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    #[serde(default)]
    pub absent: bool,
    pub arity: Option<i32>,
    pub flags: Option<Vec<String>>,
    pub since: Option<String>,
    pub deprecated: Option<bool>,
}

/// Commands sent in order on an empty server, and the reply to the last one as transcripts print it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub commands: Vec<String>,
    pub reply: String,
}

/// The profiles an entry may speak of. The entry itself describes `redis-8.10`, or `valkey-9.1` where
/// Redis lacks the command.
pub const PROFILES: [&str; 3] = ["redis-8.0", "redis-8.10", "valkey-9.1"];

impl Kind {
    /// As COMMAND DOCS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Key => "key",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Pattern => "pattern",
            Kind::UnixTime => "unix-time",
            Kind::PureToken => "pure-token",
            Kind::Oneof => "oneof",
            Kind::Block => "block",
        }
    }
}

impl Entry {
    /// Tells the entry and its subcommands where they belong.
    pub fn adopt(&mut self, family: &str, container: Option<&str>) {
        self.family = family.to_owned();
        let name = self.name.to_lowercase();
        self.full_name = container.map_or(name.clone(), |container| format!("{container}|{name}"));
        let full_name = self.full_name.clone();
        for subcommand in &mut self.subcommands {
            subcommand.adopt(family, Some(&full_name));
        }
        self.subcommands.sort_by_key(|subcommand| subcommand.name.clone());
    }

    /// The entry itself and its subcommands.
    pub fn rows(&self) -> impl Iterator<Item = &Entry> {
        std::iter::once(self).chain(&self.subcommands)
    }

    /// Whether the server has it: its own handler, or that of a subcommand.
    pub fn present(&self) -> bool {
        self.implemented || self.subcommands.iter().any(Entry::present)
    }

    /// The words a request of this command begins with.
    pub fn words(&self) -> Vec<String> {
        self.full_name.split('|').map(str::to_uppercase).collect()
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// A sentence on the first rule that is broken.
    pub fn validate(&self) -> Result<(), String> {
        let name = &self.full_name;
        let require = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(format!("{name}: {rule}")) };
        require(self.name == self.name.to_uppercase(), "the name is written in upper case")?;
        require(self.home.is_some() || !self.subcommands.is_empty(), "who is its home?")?;
        require(self.home.is_some() || !self.implemented, "a container has no handler of its own")?;
        require(
            self.arity != 0 && self.arity.unsigned_abs() as usize >= self.words().len(),
            "arity is too small",
        )?;
        require(
            self.replaced_by.is_none() || self.deprecated_since.is_some(),
            "replaced, yet not deprecated",
        )?;
        let writes = self.flags.iter().any(|flag| flag == "write");
        let propagates = self.propagates != Propagates::Never;
        // PFCOUNT is a read that may write its answer down.
        let notes_down = self.key_specs.iter().any(|spec| spec.flags.iter().any(|flag| flag == "RW"));
        require(
            propagates == writes || (propagates && notes_down),
            "a write propagates, and so may a read of keys that are RW, but nothing else does",
        )?;
        let speed = if self.flags.iter().any(|flag| flag == "fast") { "fast" } else { "slow" };
        require(
            self.acl.iter().any(|category| category == speed),
            "the speed category follows the fast flag",
        )?;
        require(self.profiles.keys().all(|p| PROFILES.contains(&p.as_str())), "an unknown profile")?;
        self.validate_keys().map_err(|rule| format!("{name}: {rule}"))?;
        self.arguments.iter().try_for_each(|a| a.validate(self)).map_err(|rule| format!("{name}: {rule}"))?;
        self.subcommands.iter().try_for_each(Entry::validate)
    }

    fn validate_keys(&self) -> Result<(), String> {
        let plain =
            |spec: &KeySpec| matches!((&spec.begin, &spec.find), (Begin::Index(_), Find::Range { .. }));
        let movable = self.key_specs.iter().any(|spec| !plain(spec));
        if movable != self.flags.iter().any(|flag| flag == "movablekeys") {
            return Err("movablekeys is the flag of keys that first, last and step cannot express".to_owned());
        }
        for spec in &self.key_specs {
            let step = match spec.find {
                Find::Range { keystep, .. } | Find::Keynum { keystep, .. } => keystep,
                Find::Unknown => 1,
            };
            if step < 1 || matches!(spec.begin, Begin::Index(index) if index < 1) {
                return Err("a key spec begins behind the name and steps forwards".to_owned());
            }
        }
        Ok(())
    }

    /// First key, last key and step, as COMMAND INFO prints them: the widest unbroken range from the
    /// first plain key spec on, all zero without one.
    pub fn legacy_range(&self) -> (i32, i32, i32) {
        let plain = |spec: &KeySpec| match (&spec.begin, &spec.find) {
            (&Begin::Index(first), &Find::Range { lastkey, keystep, .. }) => {
                Some((first, if lastkey < 0 { lastkey } else { first + lastkey }, keystep))
            }
            _ => None,
        };
        if let [spec] = &self.key_specs[..] {
            return plain(spec).unwrap_or_default();
        }
        let mut whole: Option<(i32, i32)> = None;
        for (first, last, _) in self.key_specs.iter().filter_map(plain).filter(|&(_, _, step)| step == 1) {
            whole = match whole {
                None => Some((first, last)),
                Some((start, end)) if end + 1 == first => Some((start, last)),
                kept => kept,
            };
        }
        whole.map_or((0, 0, 0), |(first, last)| (first, last, 1))
    }
}

impl Argument {
    fn validate(&self, entry: &Entry) -> Result<(), String> {
        let name = &self.name;
        if (self.kind == Kind::PureToken) && self.token.is_none() {
            return Err(format!("the pure token {name} has no token"));
        }
        if matches!(self.kind, Kind::Oneof | Kind::Block) == self.arguments.is_empty() {
            return Err(format!("{name}: alternatives and blocks have parts, and nothing else has"));
        }
        if self.key_spec.is_some_and(|index| index as usize >= entry.key_specs.len()) {
            return Err(format!("{name} names a key spec that is not there"));
        }
        if self.multiple_token && !self.multiple {
            return Err(format!("{name} repeats its token, but not itself"));
        }
        self.arguments.iter().try_for_each(|argument| argument.validate(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: &str, complaint: &str) {
        let mut json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(
            r#"{"name": "X", "summary": "", "group": "", "since": "", "arity": 2, "home": "engine",
                "flags": [], "acl": ["slow"], "complexity": ""}"#,
        )
        .expect("the sample parses");
        json.extend(serde_json::from_str::<serde_json::Map<_, _>>(change).expect("the change parses"));
        let parsed = serde_json::from_value::<Entry>(json.into()).map_err(|error| error.to_string());
        let result = parsed.and_then(|mut entry| {
            entry.adopt("family", None);
            entry.validate()
        });
        match result {
            Ok(()) => assert_eq!(complaint, "", "{change}"),
            Err(error) => assert!(!complaint.is_empty() && error.contains(complaint), "{change}: {error}"),
        }
    }

    #[test]
    fn broken_entries_are_refused() {
        check("{}", "");
        check(r#"{"name": "x"}"#, "upper case");
        check(r#"{"color": "red"}"#, "unknown field");
        check(r#"{"arity": 0}"#, "arity");
        check(r#"{"flags": ["write"]}"#, "a write propagates");
        check(r#"{"propagates": "as-is"}"#, "a write propagates");
        check(r#"{"flags": ["fast"]}"#, "speed");
        check(r#"{"flags": ["movablekeys"]}"#, "movablekeys");
        check(r#"{"home": null}"#, "home");
        check(r#"{"profiles": {"redis-1.0": {}}}"#, "unknown profile");
        check(r#"{"arguments": [{"name": "a", "type": "pure-token"}]}"#, "no token");
        check(r#"{"arguments": [{"name": "a", "type": "oneof"}]}"#, "have parts");
        check(r#"{"arguments": [{"name": "a", "type": "key", "key_spec": 0}]}"#, "not there");
    }
}
