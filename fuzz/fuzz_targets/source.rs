//! The target `source` for `cargo fuzz`; what it does is in `src/source.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("source", data));
