//! The way back, on real SQLite files: from the files, from what the database kept, and refused.

#![allow(clippy::unwrap_used)]

use std::fs;

use autogen_tests::revisions::{Project, id, ids, revision};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::{Direction, Squashed, Stuck};
use schema_core::runner::{self, Finding, RunError, Unknown, WayBack};
use schema_core::script;

use crate::database::{Database, options, said};

/// stores ← items ← tags, all applied.
fn three() -> (Project, Database) {
    let project = Project::new();
    project.create_table(1, &[], "stores");
    project.create_table(2, &[1], "items");
    project.create_table(3, &[2], "tags");
    let database = Database::new(project.path("app.db"));
    database.upgrade(&project.load()).unwrap();
    (project, database)
}

#[test]
fn takes_back_what_the_target_does_not_need_children_first() {
    let (project, database) = three();
    let history = project.load();
    let mut log = Vec::new();
    let done = runner::downgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        &ids([1]),
        &options(),
        &mut |event| log.push(said(event)),
    );
    assert_eq!(done.unwrap(), ids([3, 2]));
    assert_eq!(
        log,
        [
            "context sqlite true",
            "downgrade 03 -> 02, create tags",
            "downgraded 03 in 0ns",
            "downgrade 02 -> 01, create items",
            "downgraded 02 in 0ns",
        ]
    );
    assert_eq!(database.names(), ["_autogen_revisions", "stores"]);
    assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), []);
    assert_eq!(database.downgrade(&history, &[]).unwrap(), ids([1]));
    assert_eq!(database.applied(), []);
    assert_eq!(database.upgrade(&history).unwrap(), ids([1, 2, 3]));
}

#[test]
fn of_two_branches_the_one_that_is_not_wanted_goes() {
    let (project, database) = three();
    project.create_table(4, &[1], "likes");
    let history = project.load();
    database.upgrade(&history).unwrap();
    assert_eq!(database.downgrade(&history, &ids([4])).unwrap(), ids([3, 2]));
    assert_eq!(database.applied(), ids([1, 4]));
}

#[test]
fn a_database_ahead_of_the_files_is_taken_back_with_what_it_kept() {
    let (project, database) = three();
    let history = project.load();
    for number in [2, 3] {
        fs::remove_dir_all(history.folder(id(number)).unwrap()).unwrap();
    }
    let history = project.load();
    assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), ids([3, 2]));
    assert_eq!(database.names(), ["_autogen_revisions", "stores"]);
    assert_eq!(database.upgrade(&history).unwrap(), []);
}

#[test]
fn a_deleted_downgrade_script_is_the_one_that_the_database_kept() {
    let (project, database) = three();
    let history = project.load();
    fs::remove_file(history.folder(id(3)).unwrap().join("downgrade.sqlite.sql")).unwrap();
    assert_eq!(database.downgrade(&history, &ids([2])).unwrap(), ids([3]));
}

#[test]
fn an_edited_downgrade_script_is_the_one_that_runs() {
    let (project, database) = three();
    let history = project.load();
    fs::write(
        history.folder(id(3)).unwrap().join("downgrade.sqlite.sql"),
        "ALTER TABLE tags RENAME TO kept;\n",
    )
    .unwrap();
    assert_eq!(database.downgrade(&history, &ids([2])).unwrap(), ids([3]));
    assert!(database.names().contains(&"kept".to_owned()));
}

/// items ← tags, both applied; then items is squashed with what came after it, and tags is put on top of that.
fn moved(upgrade: &str) -> (Project, Database) {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let tags = project.create_table(2, &[1], "tags");
    let database = Database::new(project.path("app.db"));
    let before = project.load();
    database.upgrade(&before).unwrap();
    fs::remove_dir_all(before.folder(id(1)).unwrap()).unwrap();
    fs::remove_dir_all(&tags).unwrap();
    let mut squash = revision(4, &[], "squash");
    squash.replaces = vec![Squashed::Plain(id(1)), Squashed::Plain(id(3))];
    project.write(&squash, "", "");
    let mut moved = before.revision(id(2)).unwrap();
    moved.parents = ids([4]);
    let upgrade = match upgrade {
        "" => before_text(),
        other => other.to_owned(),
    };
    project.write(&moved, &upgrade, "DROP TABLE what_only_the_squash_has;\n");
    (project, database)
}

fn before_text() -> String {
    let project = Project::new();
    project.create_table(2, &[], "tags");
    project
        .load()
        .script(id(2), "sqlite", Direction::Upgrade)
        .unwrap()
}

#[test]
fn a_revision_put_on_top_of_what_the_database_lacks_is_taken_back_with_what_it_kept() {
    for upgrade in ["", "-- written anew\nSELECT 1;\n"] {
        let (project, database) = moved(upgrade);
        let history = project.load();
        let rows = runner::applied(&mut *database.open(), &Sqlite).unwrap();
        let tips: Vec<_> = runner::tips(&history, &rows).iter().map(|tip| tip.id).collect();
        assert_eq!(tips, ids([2]), "what it was made on is not where the database is");
        assert_eq!(runner::back_to(&history, &rows, &ids([2])), ids([1]));
        assert_eq!(runner::back_to(&history, &rows, &ids([1])), []);
        assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), ids([2]));
        assert_eq!(database.applied(), ids([1]));
    }
}

#[test]
fn a_revision_written_anew_on_top_of_what_the_database_lacks_is_no_edit() {
    let (project, database) = moved("-- written anew\nSELECT 1;\n");
    let error = database.upgrade(&project.load()).unwrap_err();
    let RunError::Integrity { findings } = &error else {
        panic!("{error}");
    };
    let expected = Finding::Moved {
        revision: id(2),
        onto: ids([4]),
        back_to: ids([1]),
        then: Some(Box::new(Stuck::PartlySquashed {
            revision: id(4),
            has: ids([1]),
            lacks: ids([3]),
            beyond: Vec::new(),
        })),
        at: Some(id(2)),
        whole: false,
    };
    assert_eq!(*findings, [expected]);
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("`autogen downgrade 690000010000`, which drops what it added, then check out"),
        "{hint}"
    );
    assert!(hint.contains("`autogen stamp 690000020000 --purge`"), "{hint}");
    assert!(error.hint().unwrap().contains("`autogen downgrade 690000010000`"));

    // Who says that the database is there all the same, means what the files have.
    let stamped = runner::stamp(
        &mut *database.open(),
        &Sqlite,
        &project.load(),
        &ids([2]),
        Unknown::Refuse,
        &options(),
    )
    .unwrap();
    assert_eq!((stamped.added, stamped.removed), (ids([4, 2]), ids([1, 2])));
    assert_eq!(database.upgrade(&project.load()).unwrap(), []);
    let rows = runner::applied(&mut *database.open(), &Sqlite).unwrap();
    let row = rows.iter().find(|row| row.id == id(2)).unwrap();
    assert!(
        row.downgrade
            .as_ref()
            .unwrap()
            .contains("what_only_the_squash_has")
    );

    // With the same script, it is only the squash that the database lacks.
    let (project, database) = moved("");
    let error = database.upgrade(&project.load()).unwrap_err();
    let RunError::Stuck(Stuck::PartlySquashed { beyond, .. }) = &error else {
        panic!("{error}");
    };
    assert_eq!(*beyond, ids([2]));
    assert!(error.hint().unwrap().contains("`autogen downgrade 690000010000`"));
}

/// Nobody has edited it, and there is nothing to restore: what it stands on now is in the database, noted or not.
#[test]
fn a_revision_written_anew_on_top_of_what_the_database_has_is_no_edit_either() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    project.create_table(3, &[1], "labels");
    let tags = project.create_table(2, &[1], "tags");
    let before = project.load();
    let database = Database::new(project.path("app.db"));
    database.upgrade(&before).unwrap();
    fs::remove_dir_all(tags).unwrap();
    let mut squash = revision(4, &[], "squash");
    squash.replaces = vec![Squashed::Plain(id(1)), Squashed::Plain(id(3))];
    project.write(&squash, "", "");
    let mut moved = before.revision(id(2)).unwrap();
    moved.parents = ids([4]);
    let anew = "-- written anew\nSELECT 1;\n";
    let sums = moved.scripts.get_mut("sqlite").unwrap();
    sums.upgrade = script::checksum(anew);
    project.write(&moved, anew, "");
    let history = project.load();

    let error = database.upgrade(&history).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database does not fit the files: the script of applied revision `690000020000` was written anew since, on top of `690000040000`"
    );
    let hint = error.hint().unwrap();
    // The way back that it kept is for tables that are not there any more.
    assert!(hint.starts_with("run the SQL of `autogen diff"), "{hint}");
    assert!(hint.contains("`autogen stamp 690000020000 --purge`"), "{hint}");
    let targets = ids([2]);
    runner::stamp(
        &mut *database.open(),
        &Sqlite,
        &history,
        &targets,
        Unknown::Refuse,
        &options(),
    )
    .unwrap();
    assert_eq!(database.upgrade(&history).unwrap(), []);
}

/// What was squashed is there under other names until the database notes it; the files count all the same.
#[test]
fn on_top_of_a_squash_that_the_database_has_not_noted_the_corrected_script_takes_back() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    project.create_table(2, &[1], "labels");
    let tags = project.create_table(3, &[2], "tags");
    let database = Database::new(project.path("app.db"));
    database.upgrade(&project.load()).unwrap();
    let mut squash = revision(4, &[], "squash");
    squash.replaces = vec![Squashed::Plain(id(1)), Squashed::Plain(id(2))];
    project.write(&squash, "", "DROP TABLE labels;\nDROP TABLE items;\n");
    let corrected = "ALTER TABLE tags RENAME TO kept_tags;\n";
    fs::write(tags.join("downgrade.sqlite.sql"), corrected).unwrap();

    // It is gone back to by its own name.
    assert_eq!(database.downgrade(&project.load(), &ids([4])).unwrap(), ids([3]));
    assert_eq!(database.applied(), ids([1, 2]));
    database.query("SELECT id FROM kept_tags");
}

#[test]
fn what_has_no_way_back_is_refused_before_anything_runs() {
    let (project, database) = three();
    let history = project.load();
    let before = database.state();
    let path = history.folder(id(2)).unwrap().join("downgrade.sqlite.sql");
    fs::write(&path, "-- autogen: irreversible the prices are gone\n").unwrap();
    let error = database.downgrade(&history, &ids([1])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot take back `690000020000`: its downgrade script says that it is irreversible (the prices are gone)"
    );
    assert!(error.hint().is_some());
    assert_eq!(database.state(), before);

    fs::remove_file(&path).unwrap();
    database.execute("UPDATE _autogen_revisions SET downgrade = NULL");
    let before = database.state();
    let error = database.downgrade(&history, &ids([1])).unwrap_err();
    assert!(
        matches!(
            error,
            RunError::NoWayBack {
                why: WayBack::Missing,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.hint().is_some());
    assert_eq!(database.state(), before);
}

#[test]
fn a_failing_downgrade_leaves_its_revision_applied() {
    let (project, database) = three();
    let history = project.load();
    let path = history.folder(id(2)).unwrap().join("downgrade.sqlite.sql");
    fs::write(&path, "DROP TABLE items;\nDROP TABLE nowhere;\n").unwrap();
    let error = database.downgrade(&history, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot take back `690000020000` (create items): `{}`, line 2: no such table: nowhere\n  | DROP TABLE nowhere\nnothing of this revision was kept; done before it: `690000030000`",
            path.display()
        )
    );
    assert_eq!(database.applied(), ids([1, 2]));
    assert!(database.names().contains(&"items".to_owned()));
}

#[test]
fn a_target_that_is_not_applied_is_refused() {
    let (project, database) = three();
    project.create_table(4, &[3], "likes");
    let error = database.downgrade(&project.load(), &ids([4])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot go back to `690000040000`: the database does not have it"
    );
    assert!(error.hint().is_some());
    assert_eq!(database.applied(), ids([1, 2, 3]));
}

/// Another process applies a child while this one waits for the lock.
#[test]
fn a_revision_that_another_builds_on_meanwhile_stays() {
    let (project, database) = three();
    let history = project.load();
    project.create_table(4, &[3], "likes");
    let later = project.load();
    let mut raced = false;
    let error = runner::downgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        &ids([2]),
        &options(),
        &mut |event| {
            if said(event).starts_with("context") && !raced {
                raced = true;
                database.upgrade(&later).unwrap();
            }
        },
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot take back `690000030000`: `690000040000` in the database build on it"
    );
    assert_eq!(database.applied(), ids([1, 2, 3, 4]));
}

#[test]
fn a_database_without_revisions_has_nothing_to_take_back() {
    let project = Project::new();
    project.write(&revision(1, &[], "x"), "", "");
    let database = Database::new(project.path("new.db"));
    assert_eq!(database.downgrade(&project.load(), &[]).unwrap(), []);
    assert_eq!(database.names(), [""; 0]);
}
