//! CRC-64 with the Jones polynomial, the checksum at the end of an RDB file and of a DUMP payload.
//!
//! Parameters (in the notation of Ross Williams, "A Painless Guide to CRC Error Detection Algorithms"):
//! width 64, polynomial 0xad93d23594c935a9 (David T. Jones, "An Improved 64-bit Cyclic Redundancy Check for
//! Protein Sequences"), reflected in and out, initial value 0, no final xor, check 0xe9c6d914c4b8d9ca.
//!
//! Eight bytes are folded per step (slicing-by-8, Kounavis and Berry 2005); the tables are made at compile
//! time.

/// The polynomial with its bits reversed, as a reflected CRC wants it.
const POLYNOMIAL: u64 = 0xad93_d235_94c9_35a9_u64.reverse_bits();

/// `TABLES[k][b]` is the effect of byte `b` followed by `k` zero bytes.
static TABLES: [[u64; 256]; 8] = tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut slice = 1;
    while slice < 8 {
        let mut byte = 0;
        while byte < 256 {
            let shorter = tables[slice - 1][byte];
            tables[slice][byte] = (shorter >> 8) ^ tables[0][(shorter & 0xff) as usize];
            byte += 1;
        }
        slice += 1;
    }
    tables
}

/// Continues the checksum `crc` over `bytes`; a new checksum starts from 0.
///
/// `crc64(crc64(0, a), b)` equals `crc64(0, ab)`, so a stream may be summed in pieces of any size.
pub fn crc64(crc: u64, bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let crc = words.iter().fold(crc, |crc, word| {
        let mixed = (crc ^ u64::from_le_bytes(*word)).to_le_bytes();
        (0..8).fold(0, |sum, i| sum ^ TABLES[7 - i][mixed[i] as usize])
    });
    tail.iter().fold(crc, |crc, &byte| (crc >> 8) ^ TABLES[0][((crc ^ u64::from(byte)) & 0xff) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One bit at a time, straight from the definition.
    fn naive(mut crc: u64, bytes: &[u8]) -> u64 {
        for &byte in bytes {
            crc ^= u64::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            }
        }
        crc
    }

    #[test]
    fn check_value() {
        assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(crc64(0, b""), 0);
        assert_eq!(crc64(7, b""), 7);
    }

    #[test]
    fn sums_a_dump_payload() {
        // DUMP of the string "hello" by Redis 8.0: type, length, text, RDB version 12, checksum.
        let payload = b"\x00\x05hello\x0c\x00\xa8\x04\xeb\xb6\x9f\x1e\xbeC";
        let (body, sum) = payload.split_at(payload.len() - 8);
        assert_eq!(crc64(0, body).to_le_bytes(), sum);
    }

    #[test]
    fn equals_the_definition_at_every_length_and_split() {
        let bytes: Vec<u8> = (0..100u32).map(|i| (i * i * 31 + 7) as u8).collect();
        for length in 0..bytes.len() {
            let whole = naive(0, &bytes[..length]);
            assert_eq!(crc64(0, &bytes[..length]), whole, "length {length}");
            let (head, tail) = bytes[..length].split_at(length / 3);
            assert_eq!(crc64(crc64(0, head), tail), whole, "split of {length}");
        }
    }
}
