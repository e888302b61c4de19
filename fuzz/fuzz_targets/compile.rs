//! The target `compile` for `cargo fuzz`; what it does is in `src/compile.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("compile", data));
