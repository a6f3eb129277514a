//! Upgrades on real SQLite files: what is applied, what is recorded, and what is refused with the database as it was.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use autogen_tests::revisions::{Project, id, ids, revision};
use schema_core::db::ErrorKind;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::Cause;
use schema_core::runner::{self, FailureCause, Finding, PerRevision, RunError};
use schema_core::script::checksum;

use crate::database::{Database, bytes, options, said};

fn two() -> (Project, Database) {
    let project = Project::new();
    project.create_table(1, &[], "stores");
    project.create_table(2, &[1], "items");
    let database = Database::new(project.path("app.db"));
    (project, database)
}

#[test]
fn applies_each_revision_once_and_records_it() {
    let (project, database) = two();
    let history = project.load();
    let mut log = Vec::new();
    let done = runner::upgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        history.heads(),
        &options(),
        &mut |event| {
            log.push(said(event));
        },
    );
    assert_eq!(done.unwrap(), ids([1, 2]));
    assert_eq!(
        log,
        [
            "context sqlite true",
            "upgrade  -> 01, create stores",
            "upgrade 01 -> 02, create items",
            "upgraded 01 in 0ns",
            "upgraded 02 in 0ns",
        ]
    );
    let rows = runner::applied(&mut *database.open(), &Sqlite).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].id, id(2));
    assert_eq!(rows[1].parents, ids([1]));
    assert_eq!(rows[1].message, "create items");
    let script = fs::read_to_string(history.folder(id(2)).unwrap().join("upgrade.sqlite.sql")).unwrap();
    assert_eq!(rows[1].checksum, checksum(&script));
    assert_eq!(rows[1].downgrade.as_deref(), Some("DROP TABLE items;\n"));
    assert_eq!(rows[1].applied_at, "2026-01-02T03:04:05Z");
    assert_eq!(rows[1].duration, Duration::ZERO);
    assert_eq!(rows[1].statements_done, 1);
    assert_eq!(rows[1].tool_version, "0.0.0-test");

    let before = bytes(&database.path);
    assert_eq!(database.upgrade(&history).unwrap(), []);
    assert_eq!(bytes(&database.path), before, "nothing to do is nothing done");
}

#[test]
fn applies_no_more_than_the_target_needs() {
    let (project, database) = two();
    project.create_table(3, &[1], "tags");
    let mut merge = revision(4, &[2, 3], "merge");
    merge.operations = Vec::new();
    project.write(&merge, "-- nothing\n", "-- nothing\n");
    let history = project.load();
    assert_eq!(database.upgrade_to(&history, &ids([3])).unwrap(), ids([1, 3]));
    assert_eq!(database.upgrade_to(&history, &[]).unwrap(), []);
    assert_eq!(database.upgrade(&history).unwrap(), ids([2, 4]));
    assert_eq!(
        database.names(),
        ["_autogen_revisions", "items", "stores", "tags"]
    );
    let error = database.upgrade_to(&history, &ids([9])).unwrap_err();
    assert!(matches!(error, RunError::UnknownTarget { .. }), "{error}");
}

#[test]
fn looking_changes_nothing() {
    let project = Project::new();
    let database = Database::new(project.path("app.db"));
    database.execute("CREATE TABLE theirs (a)");
    let before = bytes(&database.path);
    assert_eq!(database.applied(), []);
    assert_eq!(database.upgrade(&project.load()).unwrap(), []);
    assert_eq!(bytes(&database.path), before);
    assert_eq!(database.names(), ["theirs"]);
}

/// Commits after each revision.
fn per_revision() -> runner::Options {
    runner::Options {
        per_revision: PerRevision::Always,
        ..options()
    }
}

#[test]
fn a_transaction_is_shared_by_scripts_that_want_the_same_mode() {
    let project = Project::new();
    project.create_table(1, &[], "a");
    let off = "-- autogen: foreign-keys-off\n\nCREATE TABLE b (c);\n";
    project.write(&revision(2, &[1], "off"), off, "");
    project.write(
        &revision(3, &[2], "off too"),
        "-- autogen: foreign-keys-off\n\nCREATE TABLE c (d);\n",
        "",
    );
    project.write(
        &revision(4, &[3], "break"),
        "CREATE TABLE d (e);\nSELECT nonsense;\n",
        "",
    );
    let database = Database::new(project.path("app.db"));
    let history = project.load();
    let error = database.upgrade(&history).unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!((&failure.done, &failure.left), (&ids(1..=3), &ids([4])));
    assert_eq!(database.applied(), ids(1..=3));
    let database = Database::new(project.path("other.db"));
    fs::write(
        history.folder(id(3)).unwrap().join("upgrade.sqlite.sql"),
        "-- autogen: foreign-keys-off\n\nCREATE TABLE b (c);\n",
    )
    .unwrap();
    let error = database.upgrade(&project.load()).unwrap_err();
    assert!(error.to_string().contains("table b already exists"), "{error}");
    assert_eq!(database.applied(), ids([1]));
}

#[test]
fn a_failing_statement_is_shown_and_its_revision_leaves_nothing() {
    let (project, database) = two();
    let script = "-- break\n\nCREATE TABLE half (a);\n\nINSERT INTO half VALUES (1);\n\nUPDATE half\nSET a = 2\nWHERE b = 3;\n";
    let folder = project.write(&revision(3, &[2], "break"), script, "");
    project.create_table(4, &[3], "after");
    let history = project.load();

    let error = database.upgrade(&history).unwrap_err();
    assert!(error.to_string().ends_with("\nnothing was changed"), "{error}");
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!((&failure.done, &failure.left), (&ids([]), &ids([1, 2, 3, 4])));
    assert_eq!(database.names(), [""; 0], "they share a transaction");

    let error = runner::upgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        history.heads(),
        &per_revision(),
        &mut |_| {},
    )
    .unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(failure.line, 9, "of the name, not of the statement");
    assert_eq!(failure.done, ids([1, 2]));
    assert_eq!(failure.left, ids([3, 4]));
    assert_eq!(
        error.to_string(),
        format!(
            "cannot upgrade to `690000030000` (break): `{}`, line 9: no such column: b\n  | UPDATE half\n  | SET a = 2\n  | WHERE b = 3\nnothing of this revision was kept; done before it: `690000010000`, `690000020000`",
            folder.join("upgrade.sqlite.sql").display()
        )
    );
    assert_eq!(database.applied(), ids([1, 2]));
    assert_eq!(database.names(), ["_autogen_revisions", "items", "stores"]);

    fs::write(
        folder.join("upgrade.sqlite.sql"),
        script.replace("WHERE b = 3", ""),
    )
    .unwrap();
    assert_eq!(database.upgrade(&project.load()).unwrap(), ids([3, 4]));
}

#[test]
fn a_first_failure_leaves_no_version_table() {
    let project = Project::new();
    project.write(&revision(1, &[], "break"), "SELECT nonsense;", "");
    let database = Database::new(project.path("app.db"));
    let error = database.upgrade(&project.load()).unwrap_err();
    assert!(error.to_string().ends_with("nothing was changed"), "{error}");
    assert_eq!(database.names(), [""; 0]);
}

#[test]
fn a_table_that_exists_already_has_a_hint() {
    let (project, database) = two();
    database.execute("CREATE TABLE items (id)");
    let history = project.load();
    database.upgrade_to(&history, &ids([1])).unwrap();
    let error = database.upgrade_to(&history, &ids([2])).unwrap_err();
    assert!(
        error.to_string().contains("table items already exists"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("check that the database URL names the right database"),
        "{:?}",
        error.hint()
    );
    assert_eq!(database.applied(), ids([1]));
}

#[test]
fn a_row_without_a_parent_is_the_fault_of_the_script_that_made_it_so() {
    let (project, database) = two();
    let tables = "CREATE TABLE p (id INTEGER PRIMARY KEY);\n\nCREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id));\n\nINSERT INTO p VALUES (1);\n\nINSERT INTO c VALUES (1, 1);\n";
    project.write(&revision(3, &[2], "tables"), tables, "");
    let history = project.load();
    database.upgrade(&history).unwrap();
    let mut connection = database.open();
    connection.execute("PRAGMA foreign_keys = OFF", &[]).unwrap();
    connection.execute("INSERT INTO c VALUES (2, 7)", &[]).unwrap();
    let off = "-- autogen: foreign-keys-off\n\n";
    project.write(
        &revision(4, &[3], "harmless"),
        &format!("{off}INSERT INTO c VALUES (3, NULL);\n"),
        "",
    );
    project.write(&revision(5, &[4], "worse"), &format!("{off}DELETE FROM p;\n"), "");
    let history = project.load();
    let mut log = Vec::new();
    let mut upgrade = |to: u32| {
        let (connection, options) = (&mut *database.open(), options());
        runner::upgrade(
            connection,
            &Sqlite,
            &history,
            &ids([to]),
            &options,
            &mut |event| {
                log.push(said(event));
            },
        )
    };
    assert_eq!(upgrade(4).unwrap(), ids([4]));
    let error = upgrade(5).unwrap_err().to_string();
    assert!(
        error.contains("foreign keys do not hold: row 1 of `c` refers to no row of `p`"),
        "{error}"
    );
    assert!(!error.contains("row 2"), "{error}");
    assert_eq!(
        log,
        [
            "context sqlite true",
            "upgrade 03 -> 04, harmless",
            "upgraded 04 in 0ns",
            "context sqlite true",
            "upgrade 04 -> 05, worse",
        ]
    );
    assert_eq!(database.applied(), ids([1, 2, 3, 4]));
}

#[test]
fn what_a_statement_fails_on_is_shown_and_not_looked_for_before() {
    for head in ["", "-- autogen: no-transaction\n\n"] {
        let (project, database) = two();
        let script = format!(
            "{head}-- autogen: explain-failure a store has no such thing\nSELECT nothing FROM nowhere;\n\n-- autogen: explain-failure two stores have one name\nSELECT name, count(*) FROM stores GROUP BY name HAVING count(*) > 1;\n\nCREATE UNIQUE INDEX uq ON stores (name);\n\n-- autogen: explain-failure there are stores\nSELECT name FROM stores;\n\nCREATE INDEX ix ON stores (name);\n"
        );
        project.write(&revision(3, &[2], "unique"), &script, "");
        let history = project.load();
        database.upgrade_to(&history, &ids([2])).unwrap();
        database.execute("INSERT INTO stores (name) VALUES ('a'), ('b'), ('b')");
        let error = database.upgrade(&history).unwrap_err();
        let RunError::Failed(failure) = &error else {
            panic!("{error}")
        };
        assert!(
            matches!(failure.cause, FailureCause::Rows { more: false, .. }),
            "{error}"
        );
        assert_eq!(failure.line, 5 + head.lines().count());
        assert!(
            error
                .to_string()
                .contains("two stores have one name\n  ('b', 2)\n"),
            "{error}"
        );
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        database.execute("CREATE INDEX uq ON stores (id)");
        database.execute("DELETE FROM stores WHERE name = 'b'");
        let error = database.upgrade(&history).unwrap_err();
        assert!(error.to_string().contains("index uq already exists"), "{error}");
        database.execute("DROP INDEX uq");
        assert_eq!(
            database.upgrade(&history).unwrap(),
            ids([3]),
            "one store is none too many"
        );
    }
}

#[test]
fn rows_that_should_not_be_there_are_shown() {
    let (project, database) = two();
    let script = "-- autogen: expect-no-rows two stores have one name\nSELECT name, count(*) FROM stores GROUP BY name HAVING count(*) > 1;\n\nCREATE UNIQUE INDEX uq ON stores (name);\n";
    project.write(&revision(3, &[2], "unique"), script, "");
    let history = project.load();
    database.upgrade_to(&history, &ids([2])).unwrap();
    database.execute("INSERT INTO stores (name) VALUES ('a'), ('b'), ('b')");
    let error = database.upgrade(&history).unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(failure.line, 2);
    assert!(matches!(failure.cause, FailureCause::Rows { more: false, .. }));
    assert!(
        error
            .to_string()
            .contains("line 2: two stores have one name\n  ('b', 2)\n"),
        "{error}"
    );
    assert!(error.hint().is_some());
    assert_eq!(database.applied(), ids([1, 2]));
    for number in 0..11 {
        database.execute(&format!(
            "INSERT INTO stores (name) VALUES ('{number}'), ('{number}')"
        ));
    }
    let error = database.upgrade(&history).unwrap_err().to_string();
    assert_eq!(error.matches(", 2)\n").count(), 10, "{error}");
    assert!(error.contains("\n  …\n"), "{error}");
    database.execute("DELETE FROM stores");
    assert_eq!(database.upgrade(&history).unwrap(), ids([3]));
}

#[test]
fn an_edited_or_missing_script_stops_the_upgrade_before_it_begins() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade_to(&history, &ids([1])).unwrap();
    let before = database.state();
    let path = history.folder(id(1)).unwrap().join("upgrade.sqlite.sql");
    let script = fs::read_to_string(&path).unwrap();

    fs::write(&path, format!("{script}-- edited\n")).unwrap();
    let error = database.upgrade(&history).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the database does not fit the files: the script of applied revision `690000010000` was edited (`{}`)",
            path.display()
        )
    );
    assert_eq!(
        error.hint().unwrap(),
        "restore the file, and put the edit in a new revision"
    );

    fs::remove_file(&path).unwrap();
    let error = database.upgrade(&history).unwrap_err();
    assert!(error.to_string().contains("is missing"), "{error}");
    assert_eq!(database.state(), before);

    fs::write(&path, script.replace('\n', "\r\n") + "\r\n  ").unwrap();
    assert_eq!(
        database.upgrade(&history).unwrap(),
        ids([2]),
        "line ends are no edit"
    );
}

#[test]
fn a_revision_that_the_files_lack_stops_the_upgrade() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    fs::remove_dir_all(history.folder(id(2)).unwrap()).unwrap();
    project.create_table(3, &[1], "tags");
    let error = database.upgrade(&project.load()).unwrap_err();
    let RunError::Integrity { findings } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        findings,
        &[Finding::UnknownRevision {
            revision: id(2),
            message: "create items".into(),
            back_to: ids([1]),
            halfway: false,
        }]
    );
    assert!(error.hint().unwrap().contains("`autogen downgrade 690000010000`"));
    assert_eq!(database.applied(), ids([1, 2]));
}

#[test]
fn every_pending_script_is_read_before_the_first_one_runs() {
    let (project, database) = two();
    let folder = project.write(
        &revision(3, &[2], "own transaction"),
        "CREATE TABLE a (b);\nCOMMIT;\n",
        "",
    );
    let error = database.upgrade(&project.load()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot read the script of `690000030000`: `{}`, line 2: `COMMIT` would break the transaction that the script runs in",
            folder.join("upgrade.sqlite.sql").display()
        )
    );
    assert_eq!(database.names(), [""; 0]);

    fs::remove_file(folder.join("upgrade.sqlite.sql")).unwrap();
    let error = database.upgrade(&project.load()).unwrap_err();
    assert!(
        matches!(&error, RunError::History(error) if matches!(error.cause, Cause::NoScript { .. })),
        "{error}"
    );
    assert_eq!(database.names(), [""; 0]);
}

#[test]
fn foreign_keys_that_a_script_breaks_are_not_committed() {
    let project = Project::new();
    project.write(
        &revision(1, &[], "orphan"),
        "-- autogen: foreign-keys-off\n\nCREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p INTEGER REFERENCES p (id));\nINSERT INTO c VALUES (7);\n",
        "",
    );
    let database = Database::new(project.path("app.db"));
    let error = database.upgrade(&project.load()).unwrap_err();
    assert!(matches!(error, RunError::Commit { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("cannot commit revision `690000010000`, nothing of which was kept: "),
        "{error}"
    );
    assert_eq!(database.names(), [""; 0]);
}

#[test]
fn a_script_that_ends_its_transaction_by_force_leaves_nothing() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    database.execute("INSERT INTO items VALUES (1, 'a')");
    project.write(
        &revision(3, &[2], "conflict"),
        "CREATE TABLE a (b);\nINSERT OR ROLLBACK INTO items VALUES (1, 'b');\nCREATE TABLE c (d);\n",
        "",
    );
    let before = database.state();
    assert!(matches!(
        database.upgrade(&project.load()),
        Err(RunError::Failed(_))
    ));
    assert_eq!(database.state(), before);
}

#[test]
fn a_locked_database_is_waited_for_and_then_given_up() {
    let (project, database) = two();
    let history = project.load();
    let mut holder = database.open();
    holder.execute("BEGIN IMMEDIATE", &[]).unwrap();
    let mut log = Vec::new();
    let short = runner::Options {
        lock_timeout: Duration::from_millis(50),
        ..options()
    };
    let error = runner::upgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        history.heads(),
        &short,
        &mut |event| {
            log.push(said(event));
        },
    )
    .unwrap_err();
    assert_eq!(
        log,
        [
            "context sqlite true",
            "waiting 50ms for another process or connection that writes"
        ]
    );
    assert!(
        matches!(&error, RunError::Locked { error, .. } if error.kind == ErrorKind::Locked),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "cannot lock the database within 50ms: it is held by another process or connection that writes (database is locked)"
    );
    assert!(error.hint().unwrap().contains("--lock-timeout"));
    holder.execute("ROLLBACK", &[]).unwrap();
    assert_eq!(database.names(), [""; 0]);
    assert_eq!(database.upgrade(&history).unwrap(), ids([1, 2]));
}

#[test]
fn a_full_database_is_named_and_left_as_it_was() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    project.write(
        &revision(3, &[2], "fill"),
        "INSERT INTO stores (name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT hex(randomblob(2000)) FROM n;\n",
        "",
    );
    let mut connection = database.open();
    connection.query("PRAGMA max_page_count = 20", &[]).unwrap();
    let history = project.load();
    let before = database.state();
    let error = runner::upgrade(
        &mut *connection,
        &Sqlite,
        &history,
        history.heads(),
        &options(),
        &mut |_| {},
    )
    .unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(&failure.cause, FailureCause::Database(error) if error.kind == ErrorKind::Full),
        "{error}"
    );
    assert_eq!(error.hint().unwrap(), "make room on the disk, then run it again");
    assert_eq!(database.state(), before);
}

/// Root may write to every file, so the read-only database is one whose header says so: SQLite knows how to read it, not how to
/// write it (<https://sqlite.org/fileformat2.html#file_format_version_numbers>).
#[test]
fn a_read_only_database_can_be_read_and_is_refused_by_kind() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade_to(&history, &ids([1])).unwrap();
    let mut file = bytes(&database.path);
    file[18] = 3;
    fs::write(&database.path, &file).unwrap();
    assert_eq!(database.applied(), ids([1]));
    let error = database.upgrade(&history).unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    let kind = match &failure.cause {
        FailureCause::Database(error) => Some(error.kind),
        FailureCause::Rows { .. } | FailureCause::NothingKept => None,
    };
    assert_eq!(kind, Some(ErrorKind::ReadOnly), "{error}");
    assert_eq!(
        error.hint().unwrap(),
        "make the database file and its folder writable"
    );
    assert_eq!(bytes(&database.path), file);
}

#[test]
fn a_version_table_that_makes_no_sense_is_refused() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    database.execute("UPDATE _autogen_revisions SET id = 'not an id' WHERE message = 'create items'");
    let error = database.upgrade(&history).unwrap_err();
    assert!(matches!(error, RunError::VersionRow { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("cannot understand a row of the version table: 'not an id', "),
        "{error}"
    );
    assert!(error.hint().is_some());
}

/// Another process, whose files are ahead, applies a revision while this one waits for the lock.
#[test]
fn a_revision_that_arrives_meanwhile_and_is_unknown_stops_the_upgrade() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade_to(&history, &ids([1])).unwrap();
    project.create_table(3, &[1], "tags");
    let ahead = project.load();
    let mut raced = false;
    let error = runner::upgrade(
        &mut *database.open(),
        &Sqlite,
        &history,
        history.heads(),
        &options(),
        &mut |event| {
            if said(event).starts_with("context") && !raced {
                raced = true;
                database.upgrade_to(&ahead, &ids([3])).unwrap();
            }
        },
    )
    .unwrap_err();
    let RunError::Integrity { findings } = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(findings[..], [Finding::UnknownRevision { .. }]),
        "{error}"
    );
    assert_eq!(database.applied(), ids([1, 3]));
}
