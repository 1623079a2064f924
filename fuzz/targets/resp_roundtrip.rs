//! libFuzzer's way into the target `resp_roundtrip`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(resp_roundtrip);
