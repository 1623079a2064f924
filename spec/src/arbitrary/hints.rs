//! Words that mean something only to the commands of one group: what a general guess from an argument's name
//! would nearly always get wrong.

use super::words::{Role, Word};
use super::{below, choose, one_in, word};
use crate::schema::{Argument, Entry, Kind};
use rand_chacha::rand_core::RngCore;

/// How often an argument comes, where that hangs on what is there already.
pub(super) fn times(entry: &Entry, argument: &Argument, request: &[Word]) -> Option<u32> {
    // A weight for every key; the number of keys stands before them.
    let keys = || request.iter().filter(|word| word.role == Role::Key).count() as u32;
    let destination = u32::from(entry.name.ends_with("STORE"));
    (entry.group == "sorted-set" && argument.name == "weight")
        .then(|| keys().saturating_sub(destination).max(1))
}

/// Makes words that stand before an option fit it.
pub(super) fn settle(entry: &Entry, request: &mut [Word], random: &mut impl RngCore) {
    let first = match entry.name.as_str() {
        "ZRANGE" => 2,
        "ZRANGESTORE" => 3,
        _ => return,
    };
    let has = |token: &str| request.iter().any(|word| word.bytes.eq_ignore_ascii_case(token.as_bytes()));
    let bound = match (has("BYLEX"), has("BYSCORE")) {
        (true, _) => member_bound,
        (_, true) => score_bound,
        _ => return,
    };
    request[first..first + 2].iter_mut().for_each(|word| *word = bound(random));
}

/// The word for an argument, where the entry's group has one of its own.
pub(super) fn special(entry: &Entry, argument: &Argument, random: &mut impl RngCore) -> Option<Word> {
    if !matches!(argument.kind, Kind::Integer | Kind::Double | Kind::String) {
        return None;
    }
    match (entry.group.as_str(), argument.name.as_str()) {
        ("array", name) => array(entry, name, random),
        ("bitmap", name) => bitmap(name, random),
        ("hash", name) => hash(name, random),
        ("hyperloglog", name) => hyperloglog(name, random),
        ("sorted-set", name) => sorted_set(entry, argument.kind, name, random),
        ("set", name) => set(name, random),
        _ => None,
    }
}

fn number(value: impl ToString) -> Word {
    word(value.to_string(), Role::Number)
}

fn array(entry: &Entry, name: &str, random: &mut impl RngCore) -> Option<Word> {
    const FAR: [u64; 5] = [4095, 4096, 1 << 23, u64::MAX - 1, u64::MAX];
    const PATTERNS: [&str; 8] = ["*", "word?", "*[0-3]", "^[0-9.]+$", "w.r|v", "word[12]", "(", "1*"];
    Some(match name {
        "start" if entry.name == "ARGREP" && one_in(random, 2) => word("-", Role::Text),
        "end" if entry.name == "ARGREP" && one_in(random, 2) => word("+", Role::Text),
        "index" | "start" | "end" if one_in(random, 8) => number(FAR[below(random, 5) as usize]),
        "index" | "start" | "end" => number(below(random, 24)),
        "size" | "limit" | "count" => number(1 + below(random, 12)),
        "pattern" => word(choose(random, &PATTERNS), Role::Text),
        "string" => word(choose(random, &["word", "v", "1", "Word3", "long"]), Role::Text),
        _ => return None,
    })
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

fn sorted_set(entry: &Entry, kind: Kind, name: &str, random: &mut impl RngCore) -> Option<Word> {
    const SCORES: [&str; 10] = ["0", "1", "2", "3", "-1", "2.5", "1e300", "inf", "-inf", "-0"];
    Some(match name {
        // None so long that a small set changes its form: what a range by member shows where scores differ hangs on it.
        "member" if one_in(random, 8) => word(choose(random, &["", "v", "-1", "007", "m"]), Role::Text),
        "member" if one_in(random, 4) => word(below(random, 6).to_string(), Role::Text),
        "member" => word(format!("m{}", below(random, 10)), Role::Text),
        "score" | "increment" | "weight" if !one_in(random, 4) => number(choose(random, &SCORES)),
        "min" | "max" if entry.name.contains("LEX") => member_bound(random),
        "min" | "max" if kind == Kind::Double => score_bound(random),
        "min" | "max" | "start" | "stop" => number(i64::from(below(random, 16)) - 8),
        "offset" => number(i64::from(below(random, 6)) - 1),
        "count" if entry.name == "ZRANDMEMBER" => number(i64::from(below(random, 16)) - 8),
        "count" => number(i64::from(below(random, 8)) - 1),
        _ => return None,
    })
}

fn member_bound(random: &mut impl RngCore) -> Word {
    let bound = match below(random, 6) {
        0 => "-".into(),
        1 => "+".into(),
        2 => format!("({}", below(random, 6)),
        3 => format!("(m{}", below(random, 10)),
        _ => format!("[m{}", below(random, 10)),
    };
    word(bound, Role::Text)
}

fn score_bound(random: &mut impl RngCore) -> Word {
    let bound = match below(random, 5) {
        0 => "-inf".into(),
        1 => "+inf".into(),
        2 => format!("({}", i64::from(below(random, 8)) - 2),
        3 => format!("{}.5", below(random, 4)),
        _ => (i64::from(below(random, 8)) - 2).to_string(),
    };
    word(bound, Role::Text)
}

/// Members of a small pool, so that sets have some in common; numbers most often, so that there are intsets.
fn set(name: &str, random: &mut impl RngCore) -> Option<Word> {
    const ODD: [&str; 6] = ["", "007", "-0", "9223372036854775807", "-9223372036854775808", "40000"];
    Some(match name {
        "member" if one_in(random, 24) => word(choose(random, &ODD), Role::Text),
        "member" if one_in(random, 24) => {
            word("long member ".repeat(1 + below(random, 12) as usize), Role::Text)
        }
        "member" if one_in(random, 2) => word(format!("m{}", below(random, 40)), Role::Text),
        "member" => word((i64::from(below(random, 60)) - 10).to_string(), Role::Text),
        "count" => number(i64::from(below(random, 24)) - 8),
        "limit" => number(below(random, 12)),
        _ => return None,
    })
}
