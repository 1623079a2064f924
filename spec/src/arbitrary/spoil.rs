//! Spoils valid requests: a little, as careless clients do, or thoroughly, as enemies do.

use super::words::{self, Role, Word};
use super::{Knobs, below, choose, one_in, word};
use crate::schema::{Argument, Entry, Kind};
use rand_chacha::rand_core::RngCore;

/// Numbers that a strict parser refuses or that lie on the edge of a type.
const BROKEN_NUMBERS: [&str; 16] = [
    "",
    " 1",
    "1 ",
    "+1",
    "01",
    "-0",
    "1.0",
    "0x10",
    "1e2",
    "ten",
    "--1",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
];

/// Numbers chosen to overflow sums, products and casts. None lies in the range that would make a server
/// store hundreds of megabytes on request.
const HOSTILE_NUMBERS: [&str; 14] = [
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "4294967296",
    "-4294967297",
    "2147483648000",
    "9223372036854775",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1e-400",
    "99999999999999999999999999999999999999999",
];

/// Breaks one rule of the command: its length, an option, a number, an order.
pub(super) fn nearly(request: &mut Vec<Word>, entry: &Entry, knobs: &Knobs, random: &mut impl RngCore) {
    match below(random, 6) {
        0 => {
            request.truncate(1 + below(random, request.len() as u32) as usize);
        }
        1 => {
            let at = 1 + below(random, request.len() as u32) as usize;
            request.insert(at, word(words::value(random), Role::Text));
        }
        2 => {
            if !replace(request, Role::Number, random, |random| choose(random, &BROKEN_NUMBERS).into()) {
                request.push(word("1x", Role::Text));
            }
        }
        3 => add_options(request, entry, knobs, random),
        4 if request.len() > 2 => {
            let a = 1 + below(random, request.len() as u32 - 1) as usize;
            let b = 1 + below(random, request.len() as u32 - 1) as usize;
            request.swap(a, b);
        }
        _ => {
            if !replace(request, Role::Token, random, |_| b"NOSUCHOPTION".to_vec()) {
                let at = below(random, request.len() as u32) as usize;
                let repeated = request[at].clone();
                request.push(repeated);
            }
        }
    }
}

/// Adds one or two tokens of the grammar with a value each, whether or not they may stand together.
fn add_options(request: &mut Vec<Word>, entry: &Entry, knobs: &Knobs, random: &mut impl RngCore) {
    let mut options = Vec::new();
    tokens(&entry.arguments, &mut options);
    if options.is_empty() {
        request.push(word("NX", Role::Token));
        return;
    }
    for _ in 0..1 + below(random, 2) {
        let option = options[below(random, options.len() as u32) as usize];
        request.push(word(option.token.as_deref().unwrap_or_default(), Role::Token));
        if option.kind != Kind::PureToken && !one_in(random, 4) {
            let bytes = match option.kind {
                Kind::Integer | Kind::UnixTime => (1 + below(random, 1000)).to_string().into_bytes(),
                Kind::Key => words::key(knobs, random),
                _ => words::value(random),
            };
            request.push(word(bytes, Role::Text));
        }
    }
}

fn tokens<'a>(arguments: &'a [Argument], found: &mut Vec<&'a Argument>) {
    for argument in arguments {
        if argument.token.is_some() {
            found.push(argument);
        }
        tokens(&argument.arguments, found);
    }
}

/// Replaces one or more words by what no client should send.
pub(super) fn hostile(request: &mut Vec<Word>, random: &mut impl RngCore) {
    for _ in 0..1 + below(random, 2) {
        let number = one_in(random, 2)
            && replace(request, Role::Number, random, |r| choose(r, &HOSTILE_NUMBERS).into());
        if !number && request.len() > 1 {
            let at = 1 + below(random, request.len() as u32 - 1) as usize;
            request[at].bytes = hostile_bytes(random);
        }
    }
    if one_in(random, 20) {
        let last = request.last().cloned();
        request.extend((0..200).filter_map(|_| last.clone()).filter(|word| word.bytes.len() < 64));
    }
    if one_in(random, 20) {
        request[0].bytes = hostile_bytes(random);
    }
}

fn hostile_bytes(random: &mut impl RngCore) -> Vec<u8> {
    match below(random, 7) {
        0 => Vec::new(),
        1 => b"\0".to_vec(),
        2 => b"\r\n*1\r\n$4\r\nPING\r\n".to_vec(),
        3 => (0..1 + below(random, 40)).map(|_| random.next_u32() as u8).collect(),
        4 => vec![0xff; 1 + below(random, 4096) as usize],
        5 => b"%s%n{}\\\"'\xc3\x28".to_vec(),
        _ => choose(random, &HOSTILE_NUMBERS).as_bytes().to_vec(),
    }
}

/// Replaces a word of that role, if the request has one, and says whether it had.
fn replace<R: RngCore>(
    request: &mut [Word],
    role: Role,
    random: &mut R,
    make: impl FnOnce(&mut R) -> Vec<u8>,
) -> bool {
    let places: Vec<usize> = (0..request.len()).filter(|at| request[*at].role == role).collect();
    if places.is_empty() {
        return false;
    }
    let at = places[below(random, places.len() as u32) as usize];
    request[at].bytes = make(random);
    true
}
