//! XXH3-64, the value digest behind DIGEST, SET IFDEQ and DELEX (Yann Collet, xxHash specification; seed 0).

/// The XXH3-64 hash of `bytes` as 16 lowercase hexadecimal digits, the highest first.
pub fn xxh3_hex(bytes: &[u8]) -> [u8; 16] {
    let hash = xxhash_rust::xxh3::xxh3_64(bytes);
    std::array::from_fn(|i| b"0123456789abcdef"[(hash >> (60 - 4 * i)) as usize & 15])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples in the documentation of DIGEST, of Redis and of Dragonfly, and the hash of nothing.
    #[test]
    fn documented_digests() {
        fn check(value: &str, digest: &str) {
            assert_eq!(str::from_utf8(&xxh3_hex(value.as_bytes())), Ok(digest), "{value:?}");
        }
        check("Hello world", "b6acb9d84a38ff74");
        check("Hello, Dragonfly!", "063b4909128e92b7");
        check("test", "9ec9f7918d7dfc40");
        check("hello", "9555e8555c62dcfd");
        check("", "2d06800538d394c2");
    }
}
