//! The target `cron` for `cargo fuzz`; what it does is in `src/cron.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jsvm_fuzz::run("cron", data));
