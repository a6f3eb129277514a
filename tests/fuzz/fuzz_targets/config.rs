#![no_main]
//! Reads a configuration, by a command that needs it and changes nothing. Run it with `-close_fd_mask=3`: the command prints.

use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is room");
    std::fs::create_dir_all(folder.path().join("migrations/versions")).expect("there is room");
    folder
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let folder = FOLDER.path();
    std::fs::write(folder.join("migrations/autogen.toml"), data).expect("there is room");
    let directory = folder.to_str().expect("it is plain");
    let arguments = ["autogen", "-C", directory, "-q", "--no-dotenv", "verify"];
    let _ = autogen_cli::run(arguments.map(Into::into));
});
