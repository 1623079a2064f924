//! Walks an argument grammar and makes words that obey it.

use super::{Knobs, below, choose, hints, one_in, word};
use crate::schema::{Argument, Entry, Find, Kind};
use rand_chacha::rand_core::RngCore;

/// A word of a request and what it stands for, so that spoiling knows what it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub bytes: Vec<u8>,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Name,
    Token,
    Key,
    Number,
    Text,
}

/// A request that obeys the grammar of its entry.
pub(super) fn valid(entry: &Entry, knobs: &Knobs, random: &mut impl RngCore) -> Vec<Word> {
    let mut request: Vec<Word> = entry.words().into_iter().map(|name| word(name, Role::Name)).collect();
    if one_in(random, 8) {
        request[0].bytes.make_ascii_lowercase();
    }
    sequence(&entry.arguments, entry, knobs, random, &mut request);
    hints::settle(entry, &mut request, random);
    pad(&mut request, entry, random);
    request
}

/// A grammar may allow less than the arity does (`DEBUG` has none at all); a request must not.
fn pad(request: &mut Vec<Word>, entry: &Entry, random: &mut impl RngCore) {
    while request.len() < entry.arity.unsigned_abs() as usize {
        request.push(word(value(random), Role::Text));
    }
}

fn sequence(
    arguments: &[Argument],
    entry: &Entry,
    knobs: &Knobs,
    random: &mut impl RngCore,
    out: &mut Vec<Word>,
) {
    // Options may stand in any order, so the optional tail of a grammar is shuffled now and then.
    let options = arguments.iter().rev().take_while(|a| a.optional && token_first(a)).count();
    let (fixed, tail) = arguments.split_at(arguments.len() - options);
    let mut tail: Vec<&Argument> = tail.iter().collect();
    if tail.len() > 1 && one_in(random, 3) {
        for i in (1..tail.len()).rev() {
            tail.swap(i, below(random, i as u32 + 1) as usize);
        }
    }
    let mut number_at = None;
    for argument in fixed.iter().chain(tail) {
        if argument.optional && !one_in(random, 3) {
            continue;
        }
        let start = out.len();
        let times = repeated(argument, entry, knobs, random, out);
        // The number of fields stands before them, and is set once they are there.
        if argument.name == "numfields" {
            number_at = Some(start);
        } else if let Some(at) = number_at.take() {
            out[at].bytes = times.to_string().into_bytes();
        }
    }
}

/// Whether an argument announces itself by a token, so that its place does not matter.
fn token_first(argument: &Argument) -> bool {
    argument.token.is_some() || (argument.kind == Kind::Oneof && argument.arguments.iter().all(token_first))
}

fn repeated(
    argument: &Argument,
    entry: &Entry,
    knobs: &Knobs,
    random: &mut impl RngCore,
    out: &mut Vec<Word>,
) -> u32 {
    let times = if argument.multiple { 1 + below(random, knobs.repeats.max(1)) } else { 1 };
    let times = hints::times(entry, argument, out).unwrap_or(times);
    let start = out.len();
    for time in 0..times {
        if let (Some(token), true) = (&argument.token, time == 0 || argument.multiple_token) {
            out.push(word(case(token, random), Role::Token));
        }
        once(argument, entry, knobs, random, out);
    }
    count_keys(entry, start, times, out);
    times
}

/// Where the number of keys is an argument of its own, it is set once the keys are there.
fn count_keys(entry: &Entry, start: usize, times: u32, out: &mut [Word]) {
    let Some(Find::Keynum { firstkey, .. }) = entry.key_specs.iter().map(|spec| &spec.find).find(is_counted)
    else {
        return;
    };
    let counted = start.checked_sub(*firstkey as usize);
    if let Some(number) = counted.filter(|at| *at > 0 && out[*at].role == Role::Number)
        && out[start..].iter().any(|word| word.role == Role::Key)
    {
        out[number].bytes = times.to_string().into_bytes();
    }
}

fn is_counted(find: &&Find) -> bool {
    matches!(find, Find::Keynum { .. })
}

fn once(argument: &Argument, entry: &Entry, knobs: &Knobs, random: &mut impl RngCore, out: &mut Vec<Word>) {
    if let Some(special) = hints::special(entry, argument, random) {
        return out.push(special);
    }
    match argument.kind {
        Kind::PureToken => {}
        Kind::Oneof => {
            let choice = below(random, argument.arguments.len() as u32) as usize;
            repeated(&argument.arguments[choice], entry, knobs, random, out);
        }
        Kind::Block => sequence(&argument.arguments, entry, knobs, random, out),
        Kind::Key => out.push(word(key(knobs, random), Role::Key)),
        Kind::Integer => out.push(word(integer(&argument.name, knobs, random).to_string(), Role::Number)),
        Kind::Double => out.push(word(choose(random, &DOUBLES), Role::Number)),
        Kind::UnixTime => out.push(word(unix_time(&argument.name, knobs, random).to_string(), Role::Number)),
        Kind::Pattern => out.push(word(choose(random, &PATTERNS), Role::Text)),
        Kind::String => out.push(word(text(argument, random), Role::Text)),
    }
}

const DOUBLES: [&str; 8] = ["0", "1", "-1", "0.5", "3.25", "-2.75", "1e3", "100000"];
const PATTERNS: [&str; 8] = ["*", "hot:*", "cold:1*", "cold:?", "*[0-9]", "h[a-z]t:[^1]", "none", "hot:\\1"];

/// A key, hot or cold with equal chances.
pub(super) fn key(knobs: &Knobs, random: &mut impl RngCore) -> Vec<u8> {
    if one_in(random, 2) {
        format!("hot:{}", below(random, knobs.hot_keys.max(1))).into_bytes()
    } else {
        format!("cold:{}", below(random, knobs.cold_keys.max(1))).into_bytes()
    }
}

/// A value as clients store them: counters most of all, so that arithmetic finds something to do.
pub(super) fn value(random: &mut impl RngCore) -> Vec<u8> {
    match below(random, 8) {
        0..=2 => (below(random, 200) as i64 - 100).to_string().into_bytes(),
        3 => choose(random, &DOUBLES).as_bytes().to_vec(),
        4 => b"v".to_vec(),
        5 => "long value ".repeat(1 + below(random, 12) as usize).into_bytes(),
        6 => format!("word{}", below(random, 8)).into_bytes(),
        _ => Vec::new(),
    }
}

/// A string argument; where its name says what is wanted, something that fits.
fn text(argument: &Argument, random: &mut impl RngCore) -> Vec<u8> {
    let name = argument.name.as_str();
    match name {
        "type" => choose(random, &["string", "list", "hash", "zset", "none"]).as_bytes().to_vec(),
        "lowerbound" => (-(i64::from(below(random, 100)))).to_string().into_bytes(),
        "upperbound" => below(random, 100).to_string().into_bytes(),
        "command" | "command-name" => choose(random, &["GET", "set", "MSET", "client"]).as_bytes().to_vec(),
        "host" => b"127.0.0.1".to_vec(),
        "element" | "pivot" => element(random),
        _ if name.ends_with("digest") => {
            format!("{:016x}", u64::from(random.next_u32()) << 32 | u64::from(random.next_u32())).into_bytes()
        }
        _ => value(random),
    }
}

/// An element of a list: often one that is there already, now and then so long that the list changes its form.
fn element(random: &mut impl RngCore) -> Vec<u8> {
    match below(random, 16) {
        0..=9 => choose(random, &["a", "b", "c", "1", "2", "-7", "300", "70000", "word"]).as_bytes().to_vec(),
        10..=13 => value(random),
        14 => vec![b'x'; 60 + below(random, 80) as usize],
        _ => vec![b'y'; below(random, 4000) as usize],
    }
}

fn integer(name: &str, knobs: &Knobs, random: &mut impl RngCore) -> i64 {
    let near = |random: &mut _, span: u32| i64::from(below(random, 2 * span + 1)) - i64::from(span);
    match name {
        "cursor" => 0,
        "index" | "index1" | "index2" | "db" | "destination-db" => i64::from(below(random, 16)),
        "seconds" => 1 + i64::from(below(random, (knobs.horizon_ms / 1000).max(1) as u32)),
        "milliseconds" => 1 + i64::from(below(random, knobs.horizon_ms.max(1) as u32)),
        "offset" => i64::from(below(random, 64)),
        "count" | "numkeys" | "min-match-len" | "samples" => 1 + i64::from(below(random, 10)),
        // Short, and never for ever: whoever waits should be heard of again.
        "timeout" => 1 + i64::from(below(random, 50)),
        "rank" => *choose(random, &[&1, &1, &2, &3, &-1, &-2, &-3, &0]),
        "num-matches" => i64::from(below(random, 4)),
        "len" => i64::from(below(random, 30)),
        "protover" => 2 + i64::from(below(random, 2)),
        _ => near(random, 20),
    }
}

/// A time around now, a little more often to come than gone.
fn unix_time(name: &str, knobs: &Knobs, random: &mut impl RngCore) -> u64 {
    let span = below(random, knobs.horizon_ms.max(1) as u32).into();
    let at = if one_in(random, 4) { knobs.now_ms.saturating_sub(span) } else { knobs.now_ms + span };
    if name.contains("milliseconds") { at } else { at / 1000 }
}

fn case(token: &str, random: &mut impl RngCore) -> Vec<u8> {
    if one_in(random, 4) { token.to_lowercase().into_bytes() } else { token.as_bytes().to_vec() }
}
