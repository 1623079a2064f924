//! The shape of a row of the configuration table, and finding one by name.

use super::generated::{DIRECTIVES, Id, NAMES};

/// One configuration directive: what it is called, how its words are read, and what setting it does.
#[derive(Debug)]
pub struct Directive {
    pub id: Id,
    /// Lower case, as CONFIG GET answers it.
    pub name: &'static str,
    /// An older name, under which it is also found and answered.
    pub alias: Option<&'static str>,
    /// Another version's name for it, under which it is found and never listed.
    pub hidden_alias: Option<&'static str>,
    pub kind: Kind,
    /// As one would write it in a file.
    pub default: &'static str,
    /// Whether CONFIG SET may change it.
    pub mutable: bool,
    pub flags: Flags,
    pub effect: Effect,
}

/// How the words after a directive's name are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    /// Bounds are inclusive; `octal` is about the text only.
    Integer {
        min: i64,
        max: i64,
        octal: bool,
    },
    /// Bytes, with units; a percentage (of `maxmemory`) where the row allows it.
    Memory {
        min: u64,
        max: u64,
        percent: bool,
    },
    /// One of the values, or, with `several`, any set of them: the first then stands for the empty set.
    Enum {
        values: &'static [&'static str],
        several: bool,
    },
    /// With `optional`, an empty text means that there is none.
    Text {
        optional: bool,
    },
    Bind,
    Save,
    ClientOutputBufferLimit,
    NotifyKeyspaceEvents,
    OomScoreAdjValues,
    LatencyTrackingInfoPercentiles,
    Replicaof,
    Dir,
    /// Read and forgotten, so that old files still load.
    Ignored,
    /// Acts where it stands in a file; has no value to ask for.
    FileOnly,
}

impl Kind {
    /// Whether several words may follow the name. One word is then split at its spaces, as CONFIG SET
    /// (which has only one word per value) needs.
    pub fn takes_several_words(self) -> bool {
        match self {
            Kind::Enum { several, .. } => several,
            Kind::Bind
            | Kind::Save
            | Kind::ClientOutputBufferLimit
            | Kind::OomScoreAdjValues
            | Kind::LatencyTrackingInfoPercentiles
            | Kind::Replicaof => true,
            _ => false,
        }
    }

    /// Whether CONFIG GET and CONFIG SET know such a directive.
    pub fn has_value(self) -> bool {
        !matches!(self, Kind::Ignored | Kind::FileOnly)
    }
}

/// Small facts about a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    pub const NONE: Flags = Flags(0);
    /// Answered only when asked for by its exact name.
    pub const HIDDEN: Flags = Flags(1);
    /// Changed only by those whom `enable-protected-configs` allows.
    pub const PROTECTED: Flags = Flags(2);
    /// Not to be changed while a data set is being loaded.
    pub const DENY_LOADING: Flags = Flags(4);
    /// Its value is a secret: it stays out of logs.
    pub const SENSITIVE: Flags = Flags(8);

    pub const fn and(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What setting a directive does today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The server obeys it.
    Active,
    /// Kept and answered; nothing depends on it yet.
    Accepted,
    /// Any value but the default is an error, for this reason.
    Refused(&'static str),
}

impl Id {
    /// The row of this directive.
    pub fn directive(self) -> &'static Directive {
        &DIRECTIVES[self as usize]
    }
}

/// Finds a directive by name or alias, in any letter case.
pub fn lookup(name: &[u8]) -> Option<Id> {
    let name = name.to_ascii_lowercase();
    let at = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(&name)).ok()?;
    Some(NAMES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lie_where_their_id_says() {
        for (at, row) in DIRECTIVES.iter().enumerate() {
            assert_eq!(row.id as usize, at);
            assert_eq!(lookup(row.name.as_bytes()), Some(row.id));
            if let Some(alias) = row.alias {
                assert_eq!(lookup(alias.to_uppercase().as_bytes()), Some(row.id));
            }
        }
        assert_eq!(lookup(b"nosuch"), None);
        assert_eq!(lookup(b""), None);
    }

    #[test]
    fn flags_add_up() {
        let both = Flags::PROTECTED.and(Flags::DENY_LOADING);
        assert_eq!(Id::Dir.directive().flags, both);
        assert!(both.has(Flags::PROTECTED) && !both.has(Flags::HIDDEN));
    }
}
