//! libFuzzer's way into the target `sparse`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(sparse);
