//! The target `filter` for `cargo fuzz`; what it does is in `src/filter.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("filter", data));
