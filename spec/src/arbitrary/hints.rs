//! Words that mean something only to the commands of one group: what a general guess from an argument's name
//! would nearly always get wrong.

use super::words::{Role, Word};
use super::{below, choose, one_in, word};
use crate::schema::{Argument, Entry, Kind};
use rand_chacha::rand_core::RngCore;

/// The word for an argument, where the entry's group has one of its own.
pub(super) fn special(entry: &Entry, argument: &Argument, random: &mut impl RngCore) -> Option<Word> {
    if !matches!(argument.kind, Kind::Integer | Kind::Double | Kind::String) {
        return None;
    }
    match (entry.group.as_str(), argument.name.as_str()) {
        ("bitmap", name) => bitmap(name, random),
        ("hash", name) => hash(name, random),
        ("hyperloglog", name) => hyperloglog(name, random),
        _ => None,
    }
}

fn number(value: impl ToString) -> Word {
    word(value.to_string(), Role::Number)
}

fn bitmap(name: &str, random: &mut impl RngCore) -> Option<Word> {
    const FIELDS: [&str; 10] = ["u1", "i1", "u4", "i5", "u8", "i8", "i16", "u32", "u63", "i64"];
    const EXTREMES: [i64; 6] = [i64::MIN, i64::MAX, -129, 127, 255, 1 << 62];
    Some(match name {
        "bit" => number(below(random, 2)),
        "encoding" => word(choose(random, &FIELDS), Role::Text),
        "offset" if one_in(random, 4) => word(format!("#{}", below(random, 12)), Role::Text),
        "offset" => number(below(random, 200)),
        "value" if !one_in(random, 3) => number(below(random, 2)),
        "value" | "increment" if one_in(random, 4) => {
            number(EXTREMES[below(random, EXTREMES.len() as u32) as usize])
        }
        "value" | "increment" => number(i64::from(below(random, 600)) - 300),
        "start" | "end" if one_in(random, 2) => number(i64::from(below(random, 200)) - 100),
        _ => return None,
    })
}

fn hash(name: &str, random: &mut impl RngCore) -> Option<Word> {
    Some(match name {
        "field" if !one_in(random, 12) => word(format!("f{}", below(random, 8)), Role::Text),
        "count" => number(i64::from(below(random, 24)) - 8),
        "cursor" if one_in(random, 8) => number(below(random, 20)),
        _ => return None,
    })
}

fn hyperloglog(name: &str, random: &mut impl RngCore) -> Option<Word> {
    const SUBCOMMANDS: [&str; 4] = ["getreg", "DECODE", "encoding", "todense"];
    Some(match name {
        "element" => word(format!("e{}", below(random, 3000)), Role::Text),
        "subcommand" => word(choose(random, &SUBCOMMANDS), Role::Text),
        _ => return None,
    })
}
