#![no_main]
//! See `autogen_fuzz::revision`.

use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("there is room"));

libfuzzer_sys::fuzz_target!(|data: &[u8]| autogen_fuzz::revision(data, FOLDER.path()));
