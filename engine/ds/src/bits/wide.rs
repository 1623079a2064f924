//! The one unsafe corner of bits: running a loop that was compiled for a processor with wider registers.
//!
//! Invariant: a function compiled for a feature runs only after the processor has said that it has it.
//! All versions are one safe loop, so they agree on every answer.
#![cfg_attr(all(target_arch = "x86_64", not(miri)), allow(unsafe_code))]

/// How many bits of `bytes` are set.
#[inline(always)]
fn count(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let words: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    words + tail.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(super) fn count_ones(bytes: &[u8]) -> u64 {
    count(bytes)
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(super) fn count_ones(bytes: &[u8]) -> u64 {
    use std::arch::is_x86_feature_detected as has;

    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn with_avx512(bytes: &[u8]) -> u64 {
        count(bytes)
    }
    #[target_feature(enable = "avx2,popcnt")]
    fn with_avx2(bytes: &[u8]) -> u64 {
        count(bytes)
    }

    if has!("avx512f") && has!("avx512vpopcntdq") {
        // SAFETY: the processor has what the function was compiled for.
        unsafe { with_avx512(bytes) }
    } else if has!("avx2") && has!("popcnt") {
        // SAFETY: likewise.
        unsafe { with_avx2(bytes) }
    } else {
        count(bytes)
    }
}
