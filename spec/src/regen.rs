//! Writes what follows from the entries into the repository: the engine's command table and the matrix of
//! docs/COMPAT.md. Generated files are committed; the test at the foot fails when one is stale.

use crate::matrix;
use crate::schema::{Argument, Begin, Entry, Find, Home, KeySpec, Propagates};
use std::fmt::Write;
use std::path::PathBuf;

/// One generated file: where it lies in the repository, and what it must hold.
pub struct Generated {
    pub path: PathBuf,
    pub content: String,
}

impl Generated {
    fn absolute(&self) -> PathBuf {
        crate::root().parent().expect("spec lies in the repository").join(&self.path)
    }

    /// Whether the file on disk holds what it must.
    pub fn is_fresh(&self) -> bool {
        std::fs::read_to_string(self.absolute()).is_ok_and(|content| content == self.content)
    }

    /// Writes the file if it is stale, and says whether it was.
    ///
    /// # Panics
    /// When it cannot be written: a developer's tool has nothing better to do.
    pub fn write(&self) -> bool {
        if self.is_fresh() {
            return false;
        }
        let path = self.absolute();
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder"))
            .expect("the folder can be made");
        std::fs::write(&path, &self.content)
            .unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        true
    }
}

/// Every generated file, from the entries as they are now.
pub fn generate() -> Vec<Generated> {
    let entries = crate::load();
    let mut files = vec![
        Generated { path: "engine/src/families/generated.rs".into(), content: table(&entries) },
        Generated { path: "docs/COMPAT.md".into(), content: matrix::compat(&entries) },
    ];
    files.extend(crate::regen_config::generate());
    files
}

/// The engine's command table as Rust.
fn table(entries: &[Entry]) -> String {
    let present: Vec<&Entry> = entries.iter().filter(|entry| entry.present()).collect();
    let rows = present.iter().flat_map(|entry| entry.rows()).filter(|row| row.present()).count();
    let mut out = String::from(
        "//! The generated command table. Written by `cargo regen` from spec/commands; never edited by hand.\n\n\
         use crate::command::*;\n\n",
    );
    let _ = writeln!(
        out,
        "/// How many rows there are, subcommands included.\npub const COUNT: usize = {rows};\n"
    );
    node_commands(&mut out, &present);
    let _ = writeln!(out, "/// Every command, sorted by name.");
    let _ = writeln!(out, "pub static COMMANDS: [Command; {}] = [", present.len());
    let mut id = 0;
    for entry in present {
        row(&mut out, entry, 1, &mut id);
    }
    out.push_str("];\n");
    out
}

fn node_commands(out: &mut String, present: &[&Entry]) {
    out.push_str("/// The commands that the node carries out.\n");
    out.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum NodeCommand {\n");
    let at_node = |row: &&Entry| row.implemented && row.home == Some(Home::Node);
    for row in present.iter().flat_map(|entry| entry.rows()).filter(at_node) {
        let _ = writeln!(out, "    {},", camel(&row.full_name));
    }
    out.push_str("}\n\n");
}

/// `client|no-evict` becomes `ClientNoEvict`.
fn camel(full_name: &str) -> String {
    full_name.split(['|', '-', '.', '_']).map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// One row and, inside it, its subcommands; ids count rows in the order in which they are written.
fn row(out: &mut String, entry: &Entry, depth: usize, id: &mut u16) {
    let pad = "    ".repeat(depth);
    let (first, last, step) = entry.legacy_range();
    let at_node = entry.implemented && entry.home == Some(Home::Node);
    let fields = [
        format!("name: {:?}", entry.name.to_lowercase()),
        format!("full_name: {:?}", entry.full_name),
        format!("arity: {}", entry.arity),
        format!("flags: {}", bits("Flags", &entry.flags)),
        format!("acl: {}", bits("AclCategories", &entry.acl)),
        format!("group: {:?}", entry.group),
        format!("since: {:?}", entry.since),
        format!("key_specs: &[{}]", join(entry.key_specs.iter().map(key_spec))),
        format!("key_finder: KeyFinder::{}", entry.key_finder.as_deref().map_or("Specs".to_owned(), camel)),
        format!("first_key: {first}"),
        format!("last_key: {last}"),
        format!("step: {step}"),
        format!("propagates: Propagation::{}", propagation(entry.propagates)),
        format!("brief: {}", is_brief(&entry.complexity)),
        format!("home: Home::{}", if at_node { "Node" } else { "Engine" }),
        format!("handler: {}", handler(entry)),
        format!("id: CommandId({id})"),
    ];
    *id += 1;
    let _ = writeln!(out, "{pad}Command {{");
    for field in fields {
        let _ = writeln!(out, "{pad}    {field},");
    }
    doc(out, entry, &pad);
    let subcommands: Vec<&Entry> = entry.subcommands.iter().filter(|entry| entry.present()).collect();
    if subcommands.is_empty() {
        let _ = writeln!(out, "{pad}    subcommands: &[],");
    } else {
        let _ = writeln!(out, "{pad}    subcommands: &[");
        for subcommand in subcommands {
            row(out, subcommand, depth + 2, id);
        }
        let _ = writeln!(out, "{pad}    ],");
    }
    let _ = writeln!(out, "{pad}}},");
}

/// Whether a command's work is bounded by the length of its request, near enough.
fn is_brief(complexity: &str) -> bool {
    complexity.starts_with("O(1)") || complexity.starts_with("O(log")
}

fn propagation(propagates: Propagates) -> &'static str {
    match propagates {
        Propagates::AsIs => "AsIs",
        Propagates::Rewritten => "Rewritten",
        Propagates::Never => "Never",
    }
}

fn handler(entry: &Entry) -> String {
    match entry.home {
        Some(Home::Engine) if entry.implemented => {
            let function = entry.function.clone().unwrap_or_else(|| {
                let name = entry.name.to_lowercase().replace(['-', '.'], "_");
                format!("{name}::{name}")
            });
            format!("Handler::Engine(crate::families::{}::{function})", entry.family)
        }
        Some(Home::Node) if entry.implemented => {
            format!("Handler::Node(NodeCommand::{})", camel(&entry.full_name))
        }
        _ => "Handler::Container".to_owned(),
    }
}

/// A bit set from the names of its members, in the given order.
fn bits(set: &str, names: &[String]) -> String {
    let constant = |name: &String| format!("{set}::{}", name.to_uppercase());
    let mut members = names.iter().map(constant);
    let first = members.next().unwrap_or_else(|| format!("{set}::NONE"));
    members.fold(first, |union, member| format!("{union}.union({member})"))
}

fn key_spec(spec: &KeySpec) -> String {
    let begin = match &spec.begin {
        Begin::Index(index) => format!("Index({index})"),
        Begin::Keyword { keyword, startfrom } => {
            format!("Keyword {{ keyword: {keyword:?}, start_from: {startfrom} }}")
        }
        Begin::Unknown => "Unknown".to_owned(),
    };
    let find = match spec.find {
        Find::Range { lastkey, keystep, limit } => {
            format!("Range {{ last_key: {lastkey}, step: {keystep}, limit: {limit} }}")
        }
        Find::Keynum { keynumidx, firstkey, keystep } => {
            format!("KeyNum {{ number: {keynumidx}, first: {firstkey}, step: {keystep} }}")
        }
        Find::Unknown => "Unknown".to_owned(),
    };
    let flags = bits("KeyFlags", &spec.flags);
    let notes = &spec.notes;
    format!(
        "KeySpec {{ notes: {notes:?}, flags: {flags}, begin: BeginSearch::{begin}, find: FindKeys::{find} }}"
    )
}

fn doc(out: &mut String, entry: &Entry, pad: &str) {
    let mut fields = vec![
        format!("summary: {:?}", entry.summary),
        format!("complexity: {:?}", entry.complexity),
        format!("reply: {:?}", entry.reply.as_deref().unwrap_or_default()),
    ];
    if !entry.history.is_empty() {
        let changes = entry.history.iter().map(|change| format!("({:?}, {:?})", change.since, change.change));
        fields.push(format!("history: &[{}]", join(changes)));
    }
    if let Some(version) = &entry.deprecated_since {
        fields.push(format!("deprecated_since: Some({version:?})"));
    }
    if let Some(other) = &entry.replaced_by {
        fields.push(format!("replaced_by: Some({other:?})"));
    }
    for (field, words) in [("doc_flags", &entry.doc_flags), ("tips", &entry.tips)] {
        if !words.is_empty() {
            fields.push(format!("{field}: &{words:?}"));
        }
    }
    let _ = writeln!(out, "{pad}    doc: &Doc {{");
    for field in fields {
        let _ = writeln!(out, "{pad}        {field},");
    }
    if !entry.arguments.is_empty() {
        let _ = writeln!(out, "{pad}        arguments: &[");
        entry.arguments.iter().for_each(|a| argument(out, a, &format!("{pad}            ")));
        let _ = writeln!(out, "{pad}        ],");
    }
    let _ = writeln!(out, "{pad}        ..Doc::NONE\n{pad}    }},");
}

fn argument(out: &mut String, argument_: &Argument, pad: &str) {
    let Argument { name, kind, optional, multiple, multiple_token, arguments, .. } = argument_;
    let mut fields = vec![format!("name: {name:?}"), format!("kind: {:?}", kind.name())];
    let texts = [
        ("token", &argument_.token),
        ("display", &argument_.display),
        ("since", &argument_.since),
        ("deprecated_since", &argument_.deprecated_since),
    ];
    for (field, text) in texts {
        fields.extend(text.as_ref().map(|text| format!("{field}: Some({text:?})")));
    }
    fields.extend(argument_.key_spec.map(|index| format!("key_spec: Some({index})")));
    for (field, set) in [("optional", optional), ("multiple", multiple), ("multiple_token", multiple_token)] {
        if *set {
            fields.push(format!("{field}: true"));
        }
    }
    let fields = fields.join(", ");
    if arguments.is_empty() {
        let _ = writeln!(out, "{pad}Argument {{ {fields}, ..Argument::NONE }},");
        return;
    }
    let _ = writeln!(out, "{pad}Argument {{ {fields}, arguments: &[");
    arguments.iter().for_each(|part| argument(out, part, &format!("{pad}    ")));
    let _ = writeln!(out, "{pad}], ..Argument::NONE }},");
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_fresh() {
        for file in generate() {
            assert!(file.is_fresh(), "{} is stale: run `cargo regen` and commit it", file.path.display());
        }
    }

    #[test]
    fn names_turn_into_variants() {
        assert_eq!(camel("client|no-evict"), "ClientNoEvict");
        assert_eq!(camel("delex"), "Delex");
    }

    #[test]
    fn sets_are_unions() {
        assert_eq!(bits("Flags", &[]), "Flags::NONE");
        assert_eq!(bits("Flags", &["write".into(), "fast".into()]), "Flags::WRITE.union(Flags::FAST)");
    }
}
