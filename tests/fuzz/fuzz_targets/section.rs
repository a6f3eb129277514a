#![no_main]
//! See `autogen_fuzz::section`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| autogen_fuzz::section(data));
