#![no_main]
//! See `autogen_fuzz::script`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| autogen_fuzz::script(data));
