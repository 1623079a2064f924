//! libFuzzer's way into the target `rdb`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(rdb);
