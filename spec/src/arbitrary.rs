//! Requests made up from the entries: valid, nearly valid, hostile; on hot keys and cold ones.
//!
//! A `Generator` picks a command by weight, walks its argument grammar (`words`) and then, for a share of
//! the requests, spoils what it made (`spoil`). Everything hangs on the random stream that is passed in:
//! the same entries, knobs and stream give the same requests, on every machine.
//!
//! Only commands that the engine carries out are picked unless others are added by name: a request of the
//! node, such as SHUTDOWN or REPLICAOF, changes more than the data set.

mod hints;
mod spoil;
mod words;

use crate::schema::{Entry, Home};
use rand_chacha::rand_core::RngCore;
use words::{Role, Word};

/// What kind of requests there are, and on which keys.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// Keys that half of all key arguments name, so that commands meet on them.
    pub hot_keys: u32,
    /// Keys that the other half is drawn from.
    pub cold_keys: u32,
    /// Out of a hundred requests, how many break one rule: arity, an option, a number.
    pub nearly_valid: u32,
    /// Out of a hundred requests, how many hold huge numbers, NaN, empty or binary words.
    pub hostile: u32,
    /// How often a repeatable argument is repeated at most.
    pub repeats: u32,
    /// The Unix time in milliseconds that absolute expiry times lie around.
    pub now_ms: u64,
    /// How far, in milliseconds, expiry times lie from now at most.
    pub horizon_ms: u64,
}

impl Default for Knobs {
    fn default() -> Self {
        Knobs {
            hot_keys: 4,
            cold_keys: 1000,
            nearly_valid: 10,
            hostile: 5,
            repeats: 4,
            now_ms: 1_700_000_000_000,
            horizon_ms: 20_000,
        }
    }
}

/// Makes requests. Cheap to ask; build it once.
#[derive(Clone, Debug)]
pub struct Generator {
    rows: Vec<(Entry, u32)>,
    pub knobs: Knobs,
}

impl Generator {
    /// Every present command of the engine, with its usual weight.
    pub fn new(entries: &[Entry], knobs: Knobs) -> Generator {
        Generator::of(entries, knobs, |row| row.implemented)
    }

    /// Every engine command of one family, implemented or not: for a reference that has them all.
    pub fn of_family(entries: &[Entry], family: &str, knobs: Knobs) -> Generator {
        Generator::of(entries, knobs, |row| row.family == family)
    }

    fn of(entries: &[Entry], knobs: Knobs, wanted: impl Fn(&Entry) -> bool) -> Generator {
        let ours = |row: &&Entry| row.home == Some(Home::Engine) && wanted(row);
        let rows = entries.iter().flat_map(Entry::rows).filter(ours);
        Generator { rows: rows.map(|row| (row.clone(), usual_weight(row))).collect(), knobs }
    }

    /// Sets the weight of a command, by its full name (`get`, `client|list`); zero leaves it out. A command
    /// that is not among the rows yet is added from `entries`.
    ///
    /// # Panics
    /// When no entry has that name, since a workload that silently lacks a command tests nothing.
    pub fn weigh(&mut self, entries: &[Entry], full_name: &str, weight: u32) {
        if let Some(row) = self.rows.iter_mut().find(|(row, _)| row.full_name == full_name) {
            row.1 = weight;
            return;
        }
        let found = entries.iter().flat_map(Entry::rows).find(|row| row.full_name == full_name);
        self.rows.push((found.unwrap_or_else(|| panic!("no entry is named {full_name}")).clone(), weight));
    }

    /// Keeps only the commands that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        self.rows.retain(|(row, _)| keep(row));
    }

    /// The entries that requests are made from.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter().map(|(row, _)| row)
    }

    /// One request.
    ///
    /// # Panics
    /// When every weight is zero.
    pub fn request(&self, random: &mut impl RngCore) -> Vec<Vec<u8>> {
        let entry = self.pick(random);
        let draw = below(random, 100);
        let mut request = words::valid(entry, &self.knobs, random);
        if draw < self.knobs.hostile {
            spoil::hostile(&mut request, random);
        } else if draw < self.knobs.hostile + self.knobs.nearly_valid {
            spoil::nearly(&mut request, entry, &self.knobs, random);
        }
        request.into_iter().map(|word| word.bytes).collect()
    }

    /// One request that obeys the grammar of its command.
    pub fn valid_request(&self, random: &mut impl RngCore) -> Vec<Vec<u8>> {
        let entry = self.pick(random);
        words::valid(entry, &self.knobs, random).into_iter().map(|word| word.bytes).collect()
    }

    fn pick(&self, random: &mut impl RngCore) -> &Entry {
        let total = self.rows.iter().map(|(_, weight)| weight).sum();
        assert!(total > 0, "a generator needs a command with a weight");
        let mut draw = below(random, total);
        for (row, weight) in &self.rows {
            match draw.checked_sub(*weight) {
                None => return row,
                Some(left) => draw = left,
            }
        }
        unreachable!("the draw lies below the sum of the weights")
    }
}

/// Commands about data come ten times as often as those about the server, among them the ones that would
/// empty every database again and again.
fn usual_weight(row: &Entry) -> u32 {
    if row.family == "server" { 1 } else { 10 }
}

/// A number below `limit`, which is positive. The bias of the multiplication is far below what tests see.
fn below(random: &mut impl RngCore, limit: u32) -> u32 {
    ((u64::from(random.next_u32()) * u64::from(limit)) >> 32) as u32
}

fn one_in(random: &mut impl RngCore, n: u32) -> bool {
    below(random, n) == 0
}

fn choose<'a, T: ?Sized>(random: &mut impl RngCore, items: &[&'a T]) -> &'a T {
    items[below(random, items.len() as u32) as usize]
}

fn word(bytes: impl Into<Vec<u8>>, role: Role) -> Word {
    Word { bytes: bytes.into(), role }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use std::collections::{BTreeMap, BTreeSet};

    fn everything(knobs: Knobs) -> Generator {
        let entries = crate::load();
        let mut generator = Generator::of_family(&entries, "string", knobs);
        for row in entries.iter().flat_map(Entry::rows).filter(|row| row.home.is_some()) {
            generator.weigh(&entries, &row.full_name, 10);
        }
        generator
    }

    fn arity_fits(entry: &Entry, argc: usize) -> bool {
        let wanted = entry.arity.unsigned_abs() as usize;
        if entry.arity < 0 { argc >= wanted } else { argc == wanted }
    }

    #[test]
    fn one_seed_makes_one_sequence() {
        let generator = everything(Knobs::default());
        let run = |seed| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            (0..200).map(|_| generator.request(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn valid_requests_have_the_right_length_and_count_their_keys() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let knobs = Knobs::default();
        for entry in everything(knobs.clone()).entries() {
            for _ in 0..50 {
                let request = words::valid(entry, &knobs, &mut random);
                let show = || request.iter().map(|w| w.bytes.escape_ascii().to_string()).collect::<Vec<_>>();
                assert!(arity_fits(entry, request.len()), "{:?}", show());
                if entry.full_name == "msetex" {
                    let keys = request.iter().filter(|word| word.role == Role::Key).count();
                    assert_eq!(request[1].bytes, keys.to_string().into_bytes(), "{:?}", show());
                }
            }
        }
    }

    #[test]
    fn every_token_of_a_grammar_comes_up() {
        let entries = crate::load();
        let set = entries.iter().find(|entry| entry.full_name == "set").expect("SET has an entry");
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let knobs = Knobs::default();
        let seen: BTreeSet<Vec<u8>> = (0..500)
            .flat_map(|_| words::valid(set, &knobs, &mut random))
            .filter(|word| word.role == Role::Token)
            .map(|word| word.bytes.to_ascii_uppercase())
            .collect();
        for token in ["NX", "XX", "IFEQ", "IFDNE", "GET", "EX", "PX", "EXAT", "PXAT", "KEEPTTL"] {
            assert!(seen.contains(token.as_bytes()), "{token}");
        }
    }

    #[test]
    fn keys_are_hot_or_cold() {
        let knobs = Knobs { hot_keys: 1, cold_keys: 50, ..Knobs::default() };
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut counts: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        (0..1000).for_each(|_| *counts.entry(words::key(&knobs, &mut random)).or_default() += 1);
        let hottest = counts.values().max().expect("keys were drawn");
        assert!((400..600).contains(hottest) && counts.len() > 40, "{counts:?}");
    }

    #[test]
    fn shares_are_kept_and_spoiled_requests_are_spoiled() {
        let entries = crate::load();
        let get = entries.iter().find(|entry| entry.full_name == "get").expect("GET has an entry");
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let knobs = Knobs::default();
        let mut wrong = 0;
        for _ in 0..200 {
            let mut request = words::valid(get, &knobs, &mut random);
            spoil::nearly(&mut request, get, &knobs, &mut random);
            wrong += u32::from(!arity_fits(get, request.len()));
        }
        assert!(wrong > 50, "{wrong}");
        let mut tame = everything(Knobs { nearly_valid: 0, hostile: 0, ..knobs });
        tame.retain(|entry| entry.full_name == "get");
        assert!((0..100).all(|_| tame.request(&mut random).len() == 2));
    }

    #[test]
    fn hostile_words_stay_small() {
        let generator = everything(Knobs { hostile: 100, ..Knobs::default() });
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..2000 {
            let bytes: usize = generator.request(&mut random).iter().map(Vec::len).sum();
            assert!(bytes < 64 * 1024);
        }
    }
}
