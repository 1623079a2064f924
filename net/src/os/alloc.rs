//! The allocator of the server: mimalloc, counted.
//!
//! `used_memory` must answer at once and cost nothing where memory is taken. Each thread counts for itself and
//! hands over in lumps, so that threads do not fight for one cache line; what a thread has not handed over is at
//! most [`LUMP`] bytes, and the thread that asks adds its own.
//!
//! A block counts with the size that mimalloc really gives it, not with what was asked for.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

use mimalloc::MiMalloc;

/// Bytes a thread may keep to itself before the sum hears of them.
const LUMP: i64 = 64 << 10;

static USED: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    /// Bytes of this thread that are not in [`USED`] yet. It has no destructor, so it may be used by whatever a
    /// thread still frees on its way out.
    static OWN: Cell<i64> = const { Cell::new(0) };
}

/// Set as `#[global_allocator]` by the server's binary.
pub struct Counted;

/// Bytes that are allocated now: exact but for what other threads have not handed over.
pub fn used() -> u64 {
    let own = OWN.with(Cell::get);
    u64::try_from(USED.load(Ordering::Relaxed) + own).unwrap_or(0)
}

/// The most bytes that were allocated at once, as far as lumps tell.
pub fn peak() -> u64 {
    u64::try_from(PEAK.load(Ordering::Relaxed)).unwrap_or(0).max(used())
}

/// Gives memory that is free back to the system, as far as the allocator finds any in a moment.
pub fn release() {
    unsafe extern "C" {
        // SAFETY: it is mimalloc's own function, linked with it; it may be called at any time from any thread.
        safe fn mi_collect(force: bool);
    }
    mi_collect(true);
}

fn count(bytes: i64) {
    // A thread that has no storage of its own any more counts directly.
    let kept = OWN.try_with(|own| {
        let sum = own.get() + bytes;
        if sum.abs() < LUMP {
            own.set(sum);
            return 0;
        }
        own.set(0);
        sum
    });
    let lump = kept.unwrap_or(bytes);
    if lump != 0 {
        let now = USED.fetch_add(lump, Ordering::Relaxed) + lump;
        PEAK.fetch_max(now, Ordering::Relaxed);
    }
}

/// The size of the block that mimalloc takes for `size` bytes: its classes are the words up to eight (in pairs
/// above one) and then eight per doubling.
fn block(size: usize) -> i64 {
    const WORD: usize = size_of::<usize>();
    let words = size.div_ceil(WORD).max(1);
    let words = if words <= 8 {
        if words == 1 { 1 } else { words.next_multiple_of(2) }
    } else {
        let step = 1usize << ((words - 1).ilog2() - 2);
        words.next_multiple_of(step)
    };
    (words * WORD) as i64
}

// SAFETY: every call goes to mimalloc with the arguments it came with, so its promises are ours; counting touches
// no memory but its own counters and never allocates.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are passed on.
        let at = unsafe { MiMalloc.alloc(layout) };
        if !at.is_null() {
            count(block(layout.size()));
        }
        at
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let at = unsafe { MiMalloc.alloc_zeroed(layout) };
        if !at.is_null() {
            count(block(layout.size()));
        }
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller passes a block of ours, and all of ours are mimalloc's.
        unsafe { MiMalloc.dealloc(at, layout) };
        count(-block(layout.size()));
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { MiMalloc.realloc(at, layout, size) };
        if !moved.is_null() {
            count(block(size) - block(layout.size()));
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_mimallocs_classes() {
        for (size, expected) in [
            (0, 8),
            (1, 8),
            (8, 8),
            (9, 16),
            (17, 32),
            (64, 64),
            (65, 80),
            (81, 96),
            (129, 160),
            (1000, 1024),
        ] {
            assert_eq!(block(size), expected, "{size}");
        }
        let mut before = 0;
        for size in 0..100_000 {
            let now = block(size);
            assert!(now >= size as i64 && now >= before && (size < 64 || now as f64 <= size as f64 * 1.26));
            before = now;
        }
    }

    #[test]
    fn what_is_taken_is_counted_and_given_back() {
        // This thread's own count is enough: another test's thread must not be seen here.
        let own = || OWN.with(Cell::get);
        let before = own();
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: the layout has a size, and each block is given back once with the layout it has then.
        unsafe {
            let at = Counted.alloc(layout);
            assert_eq!(own() - before, 112);
            let at = Counted.realloc(at, layout, 1000);
            assert_eq!(own() - before, 1024);
            Counted.dealloc(at, Layout::from_size_align(1000, 8).unwrap());
        }
        assert_eq!(own(), before);
    }

    #[test]
    fn lumps_reach_the_sum() {
        count(LUMP);
        assert!(peak() >= LUMP as u64);
        count(-LUMP);
    }
}
