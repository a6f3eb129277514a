#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! A history within the program is the one in the folder that it was made of, and its errors are the same.

use autogen_tests::revisions::{Project, id, ids};
use schema_core::history::{Cause, Direction, History, HistoryError};

/// Returns what both ways of reading say, which is the same.
fn both(project: &Project) -> Result<History, HistoryError> {
    let loaded = History::load(&project.migrations());
    let embedded = History::embedded(&project.embed());
    match (&loaded, &embedded) {
        (Ok(loaded), Ok(embedded)) => assert_eq!(loaded.revisions(), embedded.revisions()),
        (loaded, embedded) => assert_eq!(loaded.as_ref().err(), embedded.as_ref().err()),
    }
    embedded
}

#[test]
fn it_is_the_folders_history() {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.create_table(3, &[1], "tags");
    project.create_table(2, &[1], "items");
    let loaded = project.load();
    let embedded = both(&project).unwrap();
    assert_eq!(embedded.heads(), ids([2, 3]));
    assert_eq!(embedded.schema(), loaded.schema());
    for number in 1..=3 {
        let id = id(number);
        assert_eq!(embedded.folder(id), loaded.folder(id));
        assert_eq!(embedded.revision(id), loaded.revision(id));
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            let script = embedded.script(id, "sqlite", direction);
            assert!(script.is_ok());
            assert_eq!(script, loaded.script(id, "sqlite", direction));
            let other = embedded.script(id, "other", direction);
            assert!(matches!(
                other.as_ref().unwrap_err().cause,
                Cause::NoScript { .. }
            ));
            assert_eq!(other, loaded.script(id, "other", direction));
        }
    }
}

#[test]
fn it_is_refused_for_the_same_reasons() {
    let project = Project::new();
    project.create_table(2, &[1], "tags");
    let error = both(&project).unwrap_err();
    assert!(matches!(error.cause, Cause::MissingParent { .. }), "{error}");

    let folder = project.create_table(1, &[], "prices");
    let moved = folder.with_file_name("690000010001_create_prices");
    std::fs::rename(&folder, &moved).unwrap();
    let error = both(&project).unwrap_err();
    assert!(matches!(error.cause, Cause::FolderName { .. }), "{error}");

    std::fs::rename(&moved, &folder).unwrap();
    std::fs::write(folder.join("revision.json"), "{\n  \"format\": 1,\n}").unwrap();
    let error = both(&project).unwrap_err();
    assert!(matches!(error.cause, Cause::Json { line: 3, .. }), "{error}");
}
