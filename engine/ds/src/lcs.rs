//! The longest common subsequence of two texts, with the ranges where it lies, as the LCS command answers it.
//!
//! Dynamic programming (Wagner and Fischer 1974) from the first bytes on; then the path is walked back from
//! the last bytes. Of several longest subsequences the one is taken that the walk finds by skipping a byte of
//! the second text unless skipping one of the first leaves strictly more. To walk back, one bit for each pair
//! of bytes is enough, which is a thirty-second of the table of lengths; the limit on memory is nevertheless
//! that of the whole table, since that is what clients of Redis know.

/// The texts are too long: a table of their lengths would take more bytes than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// A run of bytes that both texts have: `a[a_start..a_start + length]` equals `b[b_start..b_start + length]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub a_start: usize,
    pub b_start: usize,
    pub length: usize,
}

/// How long the longest common subsequence is.
///
/// # Errors
///
/// [`TooLarge`] if `(a.len() + 1) * (b.len() + 1) * 4` exceeds `limit`.
pub fn length(a: &[u8], b: &[u8], limit: u64) -> Result<usize, TooLarge> {
    check_size(a, b, limit)?;
    let mut row = vec![0; b.len() + 1];
    for &byte in a {
        next_row(&mut row, byte, b, |_| ());
    }
    Ok(row[b.len()] as usize)
}

/// The runs that make up a longest common subsequence, the last first; no two of them could be joined.
///
/// # Errors
///
/// As [`length`].
pub fn runs(a: &[u8], b: &[u8], limit: u64) -> Result<Vec<Run>, TooLarge> {
    check_size(a, b, limit)?;
    let mut up = BitTable::new(a.len(), b.len());
    let mut row = vec![0; b.len() + 1];
    for (i, &byte) in a.iter().enumerate() {
        next_row(&mut row, byte, b, |j| up.set(i, j));
    }
    Ok(walk_back(a, b, &up))
}

/// The bytes of the subsequence that `runs` describes.
pub fn text(a: &[u8], runs: &[Run]) -> Vec<u8> {
    runs.iter().rev().flat_map(|run| &a[run.a_start..run.a_start + run.length]).copied().collect()
}

fn check_size(a: &[u8], b: &[u8], limit: u64) -> Result<(), TooLarge> {
    let cells = (a.len() as u128 + 1) * (b.len() as u128 + 1);
    if cells * 4 > u128::from(limit) { Err(TooLarge) } else { Ok(()) }
}

/// Turns the lengths for the bytes of `a` so far into those with `byte` added. `up(j)` is called where the
/// bytes differ and leaving out `byte` leaves more than leaving out `b[j]`.
fn next_row(row: &mut [u32], byte: u8, b: &[u8], mut up: impl FnMut(usize)) {
    // Lengths left of and diagonally above the current place.
    let (mut left, mut diagonal) = (0, 0);
    for (j, &other) in b.iter().enumerate() {
        let above = row[j + 1];
        if byte == other {
            left = diagonal + 1;
        } else if above > left {
            up(j);
            left = above;
        }
        diagonal = above;
        row[j + 1] = left;
    }
}

fn walk_back(a: &[u8], b: &[u8], up: &BitTable) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            match runs.last_mut() {
                Some(run) if run.a_start == i && run.b_start == j => {
                    *run = Run { a_start: i - 1, b_start: j - 1, length: run.length + 1 };
                }
                _ => runs.push(Run { a_start: i - 1, b_start: j - 1, length: 1 }),
            }
            (i, j) = (i - 1, j - 1);
        } else if up.get(i - 1, j - 1) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    runs
}

/// Rows and columns of bits, all 0 at first.
struct BitTable {
    words: Vec<u64>,
    columns: usize,
}

impl BitTable {
    fn new(rows: usize, columns: usize) -> BitTable {
        BitTable { words: vec![0; (rows * columns).div_ceil(64)], columns }
    }

    fn set(&mut self, row: usize, column: usize) {
        let bit = row * self.columns + column;
        self.words[bit / 64] |= 1 << (bit % 64);
    }

    fn get(&self, row: usize, column: usize) -> bool {
        let bit = row * self.columns + column;
        self.words[bit / 64] >> (bit % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs are shown as "first of a..first of b, length"; as LCS IDX WITHMATCHLEN of Redis 8.0 answers.
    fn check(a: &str, b: &str, subsequence: &str, expected: &str) {
        let runs = runs(a.as_bytes(), b.as_bytes(), u64::MAX).unwrap();
        let shown: Vec<_> =
            runs.iter().map(|run| format!("{}-{}x{}", run.a_start, run.b_start, run.length)).collect();
        assert_eq!(shown.join(" "), expected, "{a} {b}");
        assert_eq!(text(a.as_bytes(), &runs), subsequence.as_bytes());
        assert_eq!(length(a.as_bytes(), b.as_bytes(), u64::MAX), Ok(subsequence.len()));
    }

    #[test]
    fn runs_come_last_first() {
        check("ohmytext", "mynewtext", "mytext", "4-5x4 2-0x2");
        check("", "abc", "", "");
        check("abc", "", "", "");
        check("abc", "abc", "abc", "0-0x3");
        check("abc", "xyz", "", "");
        check("abcbdab", "bdcaba", "bdab", "5-3x2 3-0x2");
        check("aaaa", "aa", "aa", "2-0x2");
        check("ab", "ba", "b", "1-0x1");
        check("xaxbxc", "abc", "abc", "5-2x1 3-1x1 1-0x1");
        check("GATTACA", "TACGATTA", "GATTA", "6-7x1 0-3x4");
        check("abcdef", "fbdamnc", "bd", "3-2x1 1-1x1");
        check("aabb", "bbaa", "bb", "2-0x2");
    }

    #[test]
    fn limit() {
        let (a, b) = (vec![b'a'; 511], vec![b'b'; 511]);
        assert_eq!(length(&a, &b, 1 << 20), Ok(0));
        assert_eq!(runs(&a, &b, 1 << 20), Ok(vec![]));
        assert_eq!(length(&a, &b, (1 << 20) - 1), Err(TooLarge));
        assert_eq!(runs(&a, &b, (1 << 20) - 1), Err(TooLarge));
        assert_eq!(length(b"", b"", 4), Ok(0));
        assert_eq!(length(b"", b"", 3), Err(TooLarge));
    }

    /// The definition, by recursion.
    fn naive(a: &[u8], b: &[u8]) -> usize {
        match (a, b) {
            ([], _) | (_, []) => 0,
            ([x, a @ ..], [y, b @ ..]) if x == y => naive(a, b) + 1,
            ([_, shorter_a @ ..], [_, shorter_b @ ..]) => naive(shorter_a, b).max(naive(a, shorter_b)),
        }
    }

    proptest! {
        #[test]
        fn is_common_and_longest(a in "[abc]{0,9}", b in "[abcd]{0,9}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            let runs = runs(a, b, u64::MAX).unwrap();
            for run in &runs {
                prop_assert_eq!(&a[run.a_start..run.a_start + run.length], &b[run.b_start..run.b_start + run.length]);
            }
            for pair in runs.windows(2) {
                let (later, earlier) = (pair[0], pair[1]);
                prop_assert!(earlier.a_start + earlier.length <= later.a_start);
                prop_assert!(earlier.b_start + earlier.length <= later.b_start);
            }
            prop_assert_eq!(text(a, &runs).len(), naive(a, b));
            prop_assert_eq!(length(a, b, u64::MAX), Ok(naive(a, b)));
        }
    }
}
