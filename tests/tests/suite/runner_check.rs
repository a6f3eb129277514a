//! What `check` finds between a SQLite file and the revisions: nothing, or each thing with its own hint.

#![allow(clippy::unwrap_used)]

use std::fs;

use autogen_tests::revisions::{Project, id, ids, revision, table};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::runner::{self, Finding, Tables};

use crate::database::{Database, bytes};

fn two() -> (Project, Database) {
    let project = Project::new();
    project.create_table(1, &[], "stores");
    project.create_table(2, &[1], "items");
    let database = Database::new(project.path("app.db"));
    (project, database)
}

fn check(project: &Project, database: &Database) -> Vec<Finding> {
    claiming(project, database, &Tables::default())
}

/// Checks with a project that claims more, or less, than what it made.
fn claiming(project: &Project, database: &Database, tables: &Tables) -> Vec<Finding> {
    runner::check(&mut *database.open(), &Sqlite, &project.load(), tables)
        .unwrap_or_else(|error| panic!("{error}"))
        .findings
}

fn said(project: &Project, database: &Database) -> Vec<String> {
    let findings = check(project, database);
    for finding in &findings {
        assert!(!finding.hint().is_empty());
    }
    findings
        .iter()
        .map(|finding| format!("{}: {finding}", finding.code()))
        .collect()
}

#[test]
fn a_database_at_head_has_no_findings_and_is_not_touched() {
    let (project, database) = two();
    database.upgrade(&project.load()).unwrap();
    let before = bytes(&database.path);
    assert_eq!(check(&project, &database), []);
    assert_eq!(bytes(&database.path), before);
}

#[test]
fn pending_revisions_are_listed_in_order() {
    let (project, database) = two();
    database.execute("PRAGMA user_version = 1");
    assert_eq!(
        said(&project, &database),
        [
            "pending: the database does not have revision `690000010000` (create stores)",
            "pending: the database does not have revision `690000020000` (create items)",
        ]
    );
    assert_eq!(database.names(), [""; 0], "no version table was made");
    database.upgrade_to(&project.load(), &ids([1])).unwrap();
    assert_eq!(
        check(&project, &database),
        [Finding::Pending {
            revision: id(2),
            message: "create items".into(),
            heads: 1,
        }]
    );
}

#[test]
fn scripts_that_are_not_what_ran_are_found() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    let path = |number| history.folder(id(number)).unwrap().join("upgrade.sqlite.sql");
    fs::write(path(1), "SELECT 1;\n").unwrap();
    fs::remove_file(path(2)).unwrap();
    assert_eq!(
        said(&project, &database),
        [
            format!(
                "edited-script: the script of applied revision `690000010000` was edited (`{}`)",
                path(1).display()
            ),
            format!(
                "missing-script: the script of applied revision `690000020000` is missing (`{}`)",
                path(2).display()
            ),
        ]
    );
}

#[test]
fn a_database_ahead_of_the_files_is_found_and_its_tables_are_not_judged() {
    let (project, database) = two();
    let history = project.load();
    database.upgrade(&history).unwrap();
    fs::remove_dir_all(history.folder(id(2)).unwrap()).unwrap();
    assert_eq!(
        said(&project, &database),
        [
            "unknown-revision: the database has revision `690000020000` (create items), which the files do not have"
        ]
    );
}

#[test]
fn drift_is_told_as_operations() {
    let (project, database) = two();
    database.upgrade(&project.load()).unwrap();
    database.execute("ALTER TABLE items ADD COLUMN extra TEXT");
    database.execute("CREATE INDEX ix_stores_name ON stores (name)");
    assert_eq!(
        said(&project, &database),
        [
            "drift: the database is not what its revisions made: added column 'items.extra'",
            "drift: the database is not what its revisions made: added index 'ix_stores_name' on 'stores' (name)",
        ]
    );
    database.execute("DROP TABLE items");
    assert!(said(&project, &database)[0].ends_with("removed table 'items'"));
}

#[test]
fn tables_of_other_people_are_no_drift() {
    let (project, database) = two();
    database.upgrade(&project.load()).unwrap();
    database.execute("CREATE TABLE theirs (a, b)");
    database.execute("CREATE VIEW v AS SELECT * FROM items");
    database.execute("CREATE VIRTUAL TABLE words USING fts5(text)");
    database.execute("CREATE TRIGGER t AFTER INSERT ON theirs BEGIN DELETE FROM items; END");
    assert_eq!(check(&project, &database), []);
}

#[test]
fn what_is_claimed_counts_and_what_is_left_alone_does_not() {
    let (project, database) = two();
    database.upgrade(&project.load()).unwrap();
    database.execute("CREATE TABLE app_notes (a)");
    database.execute("CREATE TABLE theirs (a)");
    database.execute("CREATE VIRTUAL TABLE app_words USING fts5(text)");
    database.execute("DROP TABLE items");
    let tables = Tables::new(["app_*"], ["items"]).unwrap();
    let found: Vec<String> = claiming(&project, &database, &tables)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        ["the database is not what its revisions made: added table 'app_notes'"]
    );
}

#[test]
fn a_table_that_a_revision_dropped_and_someone_made_again_is_drift() {
    let (project, database) = two();
    let mut gone = revision(3, &[2], "drop items");
    gone.operations = vec![schema_core::operation::Operation::DropTable {
        table: table("items"),
    }];
    project.write(&gone, "DROP TABLE items;\n", "-- autogen: irreversible\n");
    database.upgrade(&project.load()).unwrap();
    assert_eq!(check(&project, &database), []);
    database.execute("CREATE TABLE items (id INTEGER)");
    assert_eq!(
        said(&project, &database),
        ["drift: the database is not what its revisions made: added table 'items'"]
    );
}
