#![cfg_attr(fuzzing, no_main)]
rewind_fuzz::fuzz_main!(rdb);
