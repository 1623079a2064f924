//! libFuzzer's way into the target `resp_splits`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(resp_splits);
