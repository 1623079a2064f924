//! CRC-16/XMODEM and, built on it, the cluster's hash slot of a key.
//!
//! Parameters: width 16, polynomial 0x1021 (CCITT), not reflected, initial value 0, no final xor, check
//! 0x31c3 (Redis cluster specification, "Keys distribution model", appendix A).

/// How many hash slots a cluster has.
pub const SLOTS: u16 = 16384;

static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { (crc << 1) ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// The CRC-16/XMODEM of `bytes`.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The part of a key that decides its slot: what stands between the first `{` and the first `}` after it, or
/// the whole key where there is no such pair or nothing between them.
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else { return key };
    let after = &key[open + 1..];
    match after.iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(close) => &after[..close],
    }
}

/// The hash slot of a key, below [`SLOTS`].
pub fn key_slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(crc16(b""), 0);
    }

    /// Slots as `CLUSTER KEYSLOT` of Redis 8.0 answers them.
    #[test]
    fn slots() {
        fn check(key: &[u8], slot: u16) {
            assert_eq!(key_slot(key), slot, "{}", key.escape_ascii());
        }
        check(b"", 0);
        check(b"a", 15495);
        check(b"foo", 12182);
        check(b"bar", 5061);
        check(b"123456789", 12739);
        check(b"{user1000}.following", 3443);
        check(b"{user1000}.followers", 3443);
        check(b"foo{}{bar}", 8363);
        check(b"foo{{bar}}zap", 4015);
        check(b"foo{bar}{zap}", 5061);
        check(b"{}", 15257);
        check(b"{", 4092);
        check(b"}", 12090);
        check(b"a{b", 13340);
        check(b"a}b{c}", 7365);
        check(b"\x00\xff", 7920);
    }
}
