//! One string of bits out of several.
//!
//! The result is as long as the longest source; a shorter one counts as followed by zeros. Work goes block by
//! block, and all sources through one block before the next: what is being put together stays in the
//! processor's nearest cache, and every source is read once, from front to back.

/// How bits are combined. Where X and Y are spoken of, X is the first source and Y any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    And,
    Or,
    Xor,
    /// Of a single source.
    Not,
    /// Set in X and in no Y.
    Diff,
    /// Set in some Y and not in X.
    Diff1,
    /// Set in X and in some Y.
    AndOr,
    /// Set in exactly one source.
    One,
}

const BLOCK: usize = 8 * 1024;

/// Combines `sources`. Without one the result is empty; those that speak of X and Y want two.
pub fn combine(operation: Operation, sources: &[&[u8]]) -> Vec<u8> {
    use Operation::*;
    let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    let mut out = Vec::with_capacity(len);
    // What a block begins as, what is added to it one by one, and what ends it.
    let (seed, middle, end) = match (operation, sources) {
        (_, []) => return out,
        (Diff1 | AndOr, [x, y, more @ ..]) => (y, more, Some(x)),
        (_, [x, more @ ..]) => (x, more, None),
    };
    for from in (0..len).step_by(BLOCK) {
        let to = len.min(from + BLOCK);
        let part = |source: &&[u8]| from.min(source.len())..to.min(source.len());
        out.extend_from_slice(&seed[part(seed)]);
        out.resize(to, 0);
        let block = &mut out[from..];
        let parts = middle.iter().map(|source| &source[part(source)]);
        match operation {
            Not => block.iter_mut().for_each(|byte| *byte = !*byte),
            And => parts.for_each(|part| keep_common(block, part)),
            Xor => parts.for_each(|part| each(block, part, |a, b| a ^ b)),
            Diff => parts.for_each(|part| each(block, part, |a, b| a & !b)),
            Or | Diff1 | AndOr => parts.for_each(|part| each(block, part, |a, b| a | b)),
            One => keep_single(block, parts),
        }
        if let Some(x) = end.map(|x| &x[part(x)]) {
            if operation == AndOr { keep_common(block, x) } else { each(block, x, |a, b| a & !b) }
        }
    }
    out
}

/// Combines what both have; the rest of `block` stays.
#[inline(always)]
fn each(block: &mut [u8], part: &[u8], combine: impl Fn(u8, u8) -> u8) {
    block.iter_mut().zip(part).for_each(|(a, b)| *a = combine(*a, *b));
}

fn keep_common(block: &mut [u8], part: &[u8]) {
    each(block, part, |a, b| a & b);
    block[part.len()..].fill(0);
}

/// Leaves the bits that are set once in `block` and all parts together.
fn keep_single<'a>(block: &mut [u8], parts: impl Iterator<Item = &'a [u8]>) {
    let mut several = [0; BLOCK];
    for part in parts {
        for ((byte, several), more) in block.iter_mut().zip(&mut several).zip(part) {
            *several |= *byte & more;
            *byte ^= more;
        }
    }
    each(block, &several, |a, b| a & !b);
}

#[cfg(test)]
mod tests {
    use super::Operation::*;
    use super::*;
    use proptest::prelude::*;

    /// One bit of the result, from its definition.
    fn naive(operation: Operation, bits: &[bool]) -> bool {
        let some_y = bits[1..].contains(&true);
        match operation {
            And => !bits.contains(&false),
            Or => bits.contains(&true),
            Xor => bits.iter().filter(|bit| **bit).count() % 2 == 1,
            Not => !bits[0],
            Diff => bits[0] && !some_y,
            Diff1 => !bits[0] && some_y,
            AndOr => bits[0] && some_y,
            One => bits.iter().filter(|bit| **bit).count() == 1,
        }
    }

    fn check(operation: Operation, sources: &[&[u8]]) {
        let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
        let mut expected = vec![0; len];
        for at in 0..len as u64 * 8 {
            let bits: Vec<bool> = sources.iter().map(|source| crate::bits::get(source, at)).collect();
            crate::bits::set(&mut expected, at, naive(operation, &bits));
        }
        assert!(combine(operation, sources) == expected, "{operation:?} of {} sources", sources.len());
    }

    const ALL: [Operation; 8] = [And, Or, Xor, Not, Diff, Diff1, AndOr, One];

    proptest! {
        #[test]
        fn short_sources(
            which in 0..ALL.len(),
            sources in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 2..6),
        ) {
            let sources: Vec<&[u8]> = sources.iter().map(|source| &source[..]).collect();
            let count = if ALL[which] == Not { 1 } else { sources.len() };
            check(ALL[which], &sources[..count]);
        }
    }

    /// Sources that end within a block, at its edge and before the last one begins.
    #[test]
    fn several_blocks() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 10).map(|i| (i * 2654435761) as u8 ^ (i >> 8) as u8).collect();
        let cuts = [&bytes[..BLOCK], &bytes[5..2 * BLOCK + 1], &bytes[1..], &bytes[7..9], &bytes[..0]];
        for operation in ALL {
            for first in 0..cuts.len() {
                let mut sources = cuts;
                sources.rotate_left(first);
                check(operation, if operation == Not { &sources[..1] } else { &sources });
            }
        }
    }

    #[test]
    fn a_single_source_is_combined_with_nothing() {
        for operation in [And, Or, Xor, One, Diff] {
            assert_eq!(combine(operation, &[b"abc"]), b"abc");
        }
        assert_eq!(combine(Or, &[]), b"");
    }
}
