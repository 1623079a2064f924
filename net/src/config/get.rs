//! CONFIG GET: names and values for patterns.

use std::collections::BTreeMap;

use super::generated::NAMES;
use super::{Config, Flags, Id, lookup};

impl Config {
    /// The names that match any of `patterns`, each once, with their values, sorted by name.
    ///
    /// A pattern without wildcards is a name: it finds hidden directives too, and is answered as it was typed. An
    /// alias is a name of its own.
    pub fn get(&self, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found: BTreeMap<Vec<u8>, (Vec<u8>, Id)> = BTreeMap::new();
        for pattern in patterns {
            let has_wildcard = pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
            if !has_wildcard {
                if let Some(id) = lookup(pattern).filter(|id| id.directive().kind.has_value()) {
                    found.entry(pattern.to_ascii_lowercase()).or_insert((pattern.to_vec(), id));
                }
                continue;
            }
            for (name, id) in &NAMES {
                let row = id.directive();
                if row.kind.has_value()
                    && !row.flags.has(Flags::HIDDEN)
                    && row.hidden_alias != Some(name)
                    && ds::glob::matches(pattern, name.as_bytes(), ds::glob::Case::Insensitive)
                {
                    found.entry(name.as_bytes().to_vec()).or_insert((name.as_bytes().to_vec(), *id));
                }
            }
        }
        found.into_values().map(|(name, id)| (name, self.text(id))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], answer: &[(&str, &str)]) {
        let patterns: Vec<&[u8]> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
        let found: Vec<(String, String)> = Config::default()
            .get(&patterns)
            .into_iter()
            .map(|(name, value)| (String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()))
            .collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, answer, "{patterns:?}");
    }

    #[test]
    fn patterns_and_names() {
        check(&["port", "p?rt", "PORT"], &[("port", "6379")]);
        check(&["PORT"], &[("PORT", "6379")]);
        check(&["*of"], &[("replicaof", ""), ("slaveof", "")]);
        check(
            &["SLAVE-priority", "replica-priority"],
            &[("replica-priority", "100"), ("SLAVE-priority", "100")],
        );
        check(&["nosuch", "nosuch*"], &[]);
        check(&["include", "user", "loadmodule", "lua-replicate-commands"], &[]);
        check(&["MAXMEMORY-C*"], &[("maxmemory-clients", "0")]);
    }

    #[test]
    fn hidden_ones_need_their_name() {
        check(&["key-load*", "commandlog-*"], &[]);
        check(
            &["commandlog-reply-larger-than", "commandlog-slow-execution-max-len"],
            &[("commandlog-reply-larger-than", "1048576"), ("commandlog-slow-execution-max-len", "128")],
        );
        check(&["key-load-delay"], &[("key-load-delay", "0")]);
    }

    #[test]
    fn a_star_finds_what_redis_has() {
        // 203 were counted on Redis 8.0.6, whose names the differential tests compare; five are newer: those for
        // arrays and for what an entry of the slow log keeps.
        assert_eq!(Config::default().get(&[b"*"]).len(), 203 + 5);
    }
}
