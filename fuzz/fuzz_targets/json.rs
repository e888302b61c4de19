//! The target `json` for `cargo fuzz`; what it does is in `src/json.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("json", data));
