//! A small deterministic mutator, so that plain `cargo test` tries inputs nobody wrote down.
//!
//! It knows nothing of coverage: libFuzzer explores, this one notices when an obvious thing breaks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Inputs never grow beyond this many bytes.
const LEN_MAX: usize = 4096;

/// Bytes that parsers care about.
const BYTES: &[u8] = b"\0\x01\x7f\x80\xff\r\n 019-+*$%~>|;?.:,#!=(_\"'\\/[]{}";

/// Yields mutated copies of `seeds`, the same ones for the same `seed`.
pub fn mutations(seeds: &[Vec<u8>], seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(move || {
        let mut input = pick(seeds, &mut random);
        for _ in 0..=below(4, &mut random) {
            mutate(&mut input, seeds, &mut random);
        }
        input.truncate(LEN_MAX);
        input
    })
}

fn pick(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    if seeds.is_empty() { Vec::new() } else { seeds[below(seeds.len(), random)].clone() }
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut ChaCha8Rng) {
    let at = below(input.len() + 1, random);
    let end = (at + below(16, random)).min(input.len());
    match below(7, random) {
        0 if at < input.len() => input[at] ^= 1 << below(8, random),
        1 if at < input.len() => input[at] = BYTES[below(BYTES.len(), random)],
        2 => input.insert(at, BYTES[below(BYTES.len(), random)]),
        3 => drop(input.drain(at..end)),
        4 => {
            let copied = input[at..end].to_vec();
            let to = below(input.len() + 1, random);
            input.splice(to..to, copied);
        }
        5 => input.truncate(at),
        6 => {
            let other = pick(seeds, random);
            let from = below(other.len() + 1, random);
            input.splice(at.., other[from..].iter().copied());
        }
        _ => {}
    }
}

/// A number below `bound`, which is not zero. Its tiny bias does not matter here.
fn below(bound: usize, random: &mut ChaCha8Rng) -> usize {
    (random.next_u64() % bound as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::mutations;

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        let seeds = [b"*1\r\n$4\r\nPING\r\n".to_vec(), b"GET k\r\n".to_vec()];
        let inputs = |seed| mutations(&seeds, seed).take(100).collect::<Vec<_>>();
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(1).iter().any(|input| !seeds.contains(input)));
    }
}
