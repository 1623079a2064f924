//! libFuzzer's way into the target `quicklist`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(quicklist);
