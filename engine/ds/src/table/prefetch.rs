//! The one unsafe corner of the table: telling the processor which memory a batch will need.
//!
//! Invariant: a prefetch is a hint. It neither reads nor writes as far as the program can see, and it faults on no
//! address at all; so any pointer, dangling or null ones too, is allowed.
#![allow(unsafe_code)]

/// Brings the cache line at `address` near. Does nothing where we know no such instruction.
#[inline(always)]
pub(super) fn prefetch<P>(address: *const P) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the instruction is part of every x86_64 and is a hint on any address (see above).
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: PRFM is a hint on any address, and touches neither flags nor stack.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    let _ = address;
}
