//! libFuzzer's way into the target `ordered`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(ordered);
