//! The names of every command that Redis, its modules or Valkey have, from `profiles/known_commands.tsv`.

use std::collections::BTreeMap;

/// One command somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Upper case, the subcommand after a space: `CLIENT LIST`.
    pub name: String,
    pub group: String,
    /// The version that brought it, `-` where none is recorded.
    pub since: String,
    /// Where it comes from: `redis-8.10` for the core, a module's name, or `valkey-9.1`.
    pub source: String,
    pub in_redis_8_0: bool,
    pub in_valkey_9_1: bool,
}

/// Every known command, sorted by name.
///
/// # Panics
/// When the table is not there or a line of it is broken; it is part of the source.
pub fn load() -> Vec<Known> {
    let path = crate::root().join("profiles/known_commands.tsv");
    let text = std::fs::read_to_string(path).expect("profiles/known_commands.tsv can be read");
    let by_name: BTreeMap<String, Known> =
        text.lines().skip(1).map(parse).map(|known| (known.name.clone(), known)).collect();
    by_name.into_values().collect()
}

fn parse(line: &str) -> Known {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, group, since, source, redis, valkey] = fields[..] else {
        panic!("not six fields in profiles/known_commands.tsv: {line}");
    };
    Known {
        name: name.to_owned(),
        group: group.to_owned(),
        since: since.to_owned(),
        source: source.to_owned(),
        in_redis_8_0: redis == "y",
        in_valkey_9_1: valkey == "y",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let known = load();
        assert!(known.len() > 700);
        let get = known.iter().find(|k| k.name == "GET").expect("GET is known");
        assert_eq!(get, &parse("GET\tstring\t1.0.0\tredis-8.10\ty\ty"));
    }
}
