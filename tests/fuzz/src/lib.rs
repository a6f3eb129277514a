//! What each fuzz target does with some bytes. It must come to an end without a panic, and keep the laws it states.
#![allow(clippy::expect_used)]

use std::path::Path;

use schema_core::db::DatabaseUrl;
use schema_core::dialect;
use schema_core::history::{Direction, History};
use schema_core::{metadata, script};

/// Reads a script as each dialect does; line ends never count.
pub fn script(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if !text.contains('\r') {
        let windows = text.replace('\n', "\r\n");
        assert_eq!(script::checksum(text), script::checksum(&windows));
    }
    let _ = script::irreversible(text);
    for dialect in dialect::all() {
        let lexicon = dialect.lexicon();
        let _ = script::names(text, lexicon);
        let _ = script::parse(text, lexicon);
    }
}

/// Reads a section of an artifact, and what its records add up to.
pub fn section(data: &[u8]) {
    if let Ok(records) = metadata::scan(data) {
        let _ = metadata::assemble(records);
    }
}

/// Reads a URL: what is shown of it is one too, and never holds a password that is told apart.
pub fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(url) = text.parse::<DatabaseUrl>() else {
        return;
    };
    // As they are meant: escapes, and what stands between parts, may spell a password by themselves.
    let meant = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let (text, shown) = (meant(text), meant(&format!("{url} {url:?}")));
    if let DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) = &url {
        let _ = (server.host(), server.port(), server.user(), server.database());
        if let Some(password) = server.password() {
            let told_apart = text.matches(password).count() == 1
                && password.len() > 8
                && !password.contains(['@', ':', '/', '?']);
            assert!(!told_apart || !shown.contains(password), "{shown}");
        }
    }
}

/// Reads a revision's file, and all that it says.
pub fn revision(data: &[u8], folder: &Path) {
    let revision = folder.join("versions/690000010000_x");
    std::fs::create_dir_all(&revision).expect("a folder can be made");
    std::fs::write(revision.join("revision.json"), data).expect("a file can be written");
    let Ok(history) = History::load(folder) else {
        return;
    };
    for header in history.revisions() {
        let _ = history.revision(header.id);
        let _ = history.schema_at(&[header.id]);
        for dialect in header.scripts.keys() {
            let _ = history.script(header.id, dialect, Direction::Upgrade);
        }
    }
}
