//! The target `regexp` for `cargo fuzz`; what it does is in `src/regexp.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("regexp", data));
