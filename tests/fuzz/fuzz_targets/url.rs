#![no_main]
//! See `autogen_fuzz::url`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| autogen_fuzz::url(data));
