//! The target `value` for `cargo fuzz`; what it does is in `src/value.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("value", data));
