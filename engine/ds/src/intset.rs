//! A sorted array of distinct integers, all of one width: the packed form of a small set of numbers, byte for
//! byte as RDB files hold it.
//!
//! ```text
//! u32 width in bytes (2, 4 or 8) · u32 count · count integers of that width, ascending        all little-endian
//! ```
//!
//! The width is that of the widest number there has ever been; it grows when a wider one comes and never
//! shrinks.

const HEADER: usize = 8;

/// Bytes that are no intset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// Where the first wrong thing stands.
    pub offset: usize,
}

/// The bytes always follow the format above: header and length agree, and the numbers ascend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intset {
    bytes: Vec<u8>,
}

impl Default for Intset {
    fn default() -> Intset {
        Intset { bytes: vec![2, 0, 0, 0, 0, 0, 0, 0] }
    }
}

impl Intset {
    pub fn new() -> Intset {
        Intset::default()
    }

    /// Takes bytes from elsewhere, after checking all of them.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] for an unknown width, a count that does not fit the length, and numbers that do not
    /// ascend.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Intset, Corrupt> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(Corrupt { offset: bytes.len() });
        };
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (width, count) = (word(0), word(4));
        if !matches!(width, 2 | 4 | 8) {
            return Err(Corrupt { offset: 0 });
        }
        if u64::from(count) * u64::from(width) + HEADER as u64 != bytes.len() as u64 {
            return Err(Corrupt { offset: 4 });
        }
        let set = Intset { bytes };
        match (1..set.len()).find(|&i| set.at(i - 1) >= set.at(i)) {
            Some(i) => Err(Corrupt { offset: HEADER + i * set.width() }),
            None => Ok(set),
        }
    }

    /// Puts numbers together that ascend, none of which needs more than `width` bytes, rounded up to a width that
    /// there
    /// is.
    pub fn of_ascending(width: usize, numbers: impl Iterator<Item = i64>) -> Intset {
        let width = width.next_power_of_two().clamp(2, 8);
        let mut set = Intset { bytes: vec![width as u8, 0, 0, 0, 0, 0, 0, 0] };
        numbers.for_each(|number| set.bytes.extend_from_slice(&number.to_le_bytes()[..width]));
        set.write_count();
        debug_assert!((1..set.len()).all(|index| set.at(index - 1) < set.at(index)));
        set
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        (self.bytes.len() - HEADER) / self.width()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }

    /// The number at `index` in ascending order.
    pub fn get(&self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| self.at(index))
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    pub fn contains(&self, value: i64) -> bool {
        self.search(value).is_ok()
    }

    /// Adds a number; false if it was there already.
    pub fn insert(&mut self, value: i64) -> bool {
        let Err(index) = self.search(value) else { return false };
        let width = width_of(value);
        if width > self.width() {
            self.widen(width);
        }
        let (width, start) = (self.width(), self.offset(index));
        let end = self.bytes.len();
        self.bytes.resize(end + width, 0);
        self.bytes.copy_within(start..end, start + width);
        self.write(index, value);
        self.write_count();
        true
    }

    /// Takes a number out; false if it was not there.
    pub fn remove(&mut self, value: i64) -> bool {
        let Ok(index) = self.search(value) else { return false };
        let (width, start) = (self.width(), self.offset(index));
        self.bytes.drain(start..start + width);
        self.write_count();
        true
    }

    fn width(&self) -> usize {
        usize::from(self.bytes[0])
    }

    fn offset(&self, index: usize) -> usize {
        HEADER + index * self.width()
    }

    fn at(&self, index: usize) -> i64 {
        let bytes = &self.bytes[self.offset(index)..];
        match self.width() {
            2 => i64::from(i16::from_le_bytes([bytes[0], bytes[1]])),
            4 => i64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
            _ => i64::from_le_bytes(*bytes.first_chunk().expect("eight bytes for each number")),
        }
    }

    /// The index of `value`, or the one it would have.
    fn search(&self, value: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.at(middle) < value { low = middle + 1 } else { high = middle }
        }
        if self.get(low) == Some(value) { Ok(low) } else { Err(low) }
    }

    fn widen(&mut self, width: usize) {
        let numbers: Vec<i64> = self.iter().collect();
        self.bytes[0] = width as u8;
        self.bytes.resize(HEADER + numbers.len() * width, 0);
        numbers.into_iter().enumerate().for_each(|(index, value)| self.write(index, value));
    }

    fn write(&mut self, index: usize, value: i64) {
        let (width, start) = (self.width(), self.offset(index));
        self.bytes[start..start + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }

    /// Brings the count in the header in line with the length.
    fn write_count(&mut self) {
        let count = u32::try_from(self.len()).expect("an intset holds fewer than 2^32 numbers");
        self.bytes[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }
}

/// The bytes a number needs.
fn width_of(value: i64) -> usize {
    if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Inside DUMP of Redis 8.0 after SADD of the same numbers.
    #[test]
    fn bytes_are_those_of_redis() {
        fn check(numbers: &[i64], bytes: &[u8]) {
            let mut set = Intset::new();
            numbers.iter().for_each(|&number| assert!(set.insert(number)));
            assert_eq!(set.as_bytes(), bytes, "{numbers:?}");
            assert_eq!(Intset::of_ascending(set.width(), set.iter()), set);
            assert_eq!(Intset::from_bytes(bytes.to_vec()), Ok(set));
        }
        check(&[5], b"\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00");
        check(&[3, -1, 2], b"\x02\x00\x00\x00\x03\x00\x00\x00\xff\xff\x02\x00\x03\x00");
        check(&[1, 40000], b"\x04\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00@\x9c\x00\x00");
        check(
            &[-32769, 7, -7],
            b"\x04\x00\x00\x00\x03\x00\x00\x00\xff\x7f\xff\xff\xf9\xff\xff\xff\x07\x00\x00\x00",
        );
        check(&[2147483648, 0], b"\x08\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00");
        check(&[2147483647, i64::MIN], b"\x08\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xff\xff\xff\x7f\x00\x00\x00\x00");
    }

    #[test]
    fn refuses_other_bytes() {
        fn check(bytes: &[u8], offset: usize) {
            assert_eq!(Intset::from_bytes(bytes.to_vec()), Err(Corrupt { offset }), "{bytes:?}");
        }
        check(b"", 0);
        check(b"\x02\0\0\0\0\0\0", 7);
        check(b"\x03\0\0\0\0\0\0\0", 0);
        check(b"\x02\x01\0\0\0\0\0\0", 0);
        check(b"\x02\0\0\0\x01\0\0\0", 4);
        check(b"\x02\0\0\0\x01\0\0\0\x05", 4);
        check(b"\x02\0\0\0\0\0\0\0\x05\0", 4);
        check(b"\x08\0\0\0\xff\xff\xff\xff", 4);
        check(b"\x02\0\0\0\x02\0\0\0\x05\0\x05\0", 10);
        check(b"\x02\0\0\0\x03\0\0\0\x05\0\x06\0\xff\xff", 12);
        assert!(Intset::from_bytes(b"\x08\0\0\0\0\0\0\0".to_vec()).unwrap().is_empty());
    }

    fn number() -> impl Strategy<Value = i64> {
        let (short, middle) = (any::<i16>().prop_map(i64::from), any::<i32>().prop_map(i64::from));
        prop_oneof![4 => -20i64..20, 1 => short, 1 => middle, 1 => any::<i64>()]
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(steps in prop::collection::vec((any::<bool>(), number()), 0..200)) {
            let (mut set, mut model) = (Intset::new(), BTreeSet::new());
            for (insert, value) in steps {
                if insert {
                    prop_assert_eq!(set.insert(value), model.insert(value));
                } else {
                    prop_assert_eq!(set.remove(value), model.remove(&value));
                }
                prop_assert!(set.contains(value) == insert);
                prop_assert_eq!(set.len(), model.len());
            }
            prop_assert!(set.iter().eq(model.iter().copied()));
            prop_assert_eq!(set.get(set.len()), None);
            prop_assert_eq!(Intset::from_bytes(set.as_bytes().to_vec()), Ok(set));
        }

        #[test]
        fn any_bytes_are_survived(width in 0u8..9, count in 0u8..9, rest in prop::collection::vec(any::<u8>(), 0..70)) {
            let bytes = [&[width, 0, 0, 0, count, 0, 0, 0][..], &rest].concat();
            if let Ok(set) = Intset::from_bytes(bytes) {
                prop_assert_eq!(set.iter().collect::<BTreeSet<_>>().len(), set.len());
            }
        }
    }
}
