//! The seeds of the fuzz targets, replayed: what once was found, or is worth to begin with.

#![allow(clippy::unwrap_used)]

#[allow(unreachable_pub, reason = "it is a crate of its own elsewhere")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        run(&seed);
        // And cut off anywhere.
        for end in (0..seed.len()).step_by(7) {
            run(&seed[..end]);
        }
        count += 1;
    }
    assert!(count > 3, "{target} has seeds");
}

#[test]
fn scripts() {
    replay("script", targets::script);
}

#[test]
fn sections() {
    replay("section", targets::section);
}

#[test]
fn urls() {
    replay("url", targets::url);
}

#[test]
fn revisions() {
    let folder = tempfile::tempdir().unwrap();
    replay("revision", |seed| targets::revision(seed, folder.path()));
}
