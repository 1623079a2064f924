//! libFuzzer's way into the target `resp_request`.
#![cfg_attr(fuzzing, no_main)]

rewind_fuzz::fuzz_main!(resp_request);
