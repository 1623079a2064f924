//! Fuzz targets: functions that take any bytes and panic when a promise is broken.
//!
//! ```text
//!  targets/<name>.rs ── libFuzzer, under cargo-fuzz ──┐
//!  tests/replay.rs ──── corpus/, regress/, mutations ─┴─▶ a function of TARGETS
//! ```
//!
//! A target is a function `fn(&[u8])`, a row of [`TARGETS`], a short file in `targets/`, a `[[bin]]` in
//! Cargo.toml, and some seeds in `corpus/<name>/`. An input that once broke it moves to `regress/<name>/`
//! with the fix. Plain `cargo test` replays both, and then mutates them, the same way every time.
//!
//! What must never happen: a target whose outcome depends on anything but its bytes.

#![forbid(unsafe_code)]

mod ordered;
mod quicklist;
mod rdb;
mod resp;
mod sparse;

pub mod mutate;

pub use ordered::ordered;
pub use quicklist::quicklist;
pub use rdb::rdb;
pub use resp::{resp_frame, resp_request, resp_roundtrip, resp_splits};
pub use sparse::sparse;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

/// A fuzz target: its name, which is also that of its folder in `corpus/`, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target of the package.
pub const TARGETS: &[Target] = &[
    ("resp_request", resp_request),
    ("resp_splits", resp_splits),
    ("resp_frame", resp_frame),
    ("resp_roundtrip", resp_roundtrip),
    ("rdb", rdb),
    ("ordered", ordered),
    ("quicklist", quicklist),
    ("sparse", sparse),
];

/// The body of a file in `targets/`: hands a target to libFuzzer, or when compiled without it explains
/// how to run it.
#[cfg(fuzzing)]
#[macro_export]
macro_rules! fuzz_main {
    ($target:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$target(data));
    };
}

/// The body of a file in `targets/`: hands a target to libFuzzer, or when compiled without it explains
/// how to run it.
#[cfg(not(fuzzing))]
#[macro_export]
macro_rules! fuzz_main {
    ($target:ident) => {
        fn main() {
            let _: fn(&[u8]) = $crate::$target;
            eprintln!("run me with: cargo fuzz run {}", stringify!($target));
            std::process::exit(2);
        }
    };
}
