//! Opening files that are none, and what the session of a script promises.

#![allow(clippy::unwrap_used)]

mod sqlite_support;

use std::time::Duration;

use schema_core::db::{Connection, DatabaseUrl, ErrorKind, open, open_existing};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{Dialect, Mode};
use sqlite_support::{execute, query, with};

fn url(path: &std::path::Path) -> DatabaseUrl {
    DatabaseUrl::Sqlite(path.to_owned())
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.db");
    let lost = folder.path().join("no/such/folder.db");
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is no database, but it is long enough to be looked at",
    )
    .unwrap();
    for (opened, kind, words) in [
        (
            open_existing(&url(&absent)),
            ErrorKind::Unreachable,
            "there is no such file",
        ),
        (open(&url(&lost)), ErrorKind::Unreachable, "does not exist"),
        (
            open(&url(folder.path())),
            ErrorKind::Unreachable,
            "it is a folder",
        ),
        (open(&url(&text)), ErrorKind::NotADatabase, "not a database"),
    ] {
        let Err(error) = opened else { panic!("{words}") };
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    assert!(!absent.exists());
    assert!(open(&url(&absent)).is_ok());
}

#[test]
fn a_second_session_waits_and_then_says_that_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let (mut first, mut second) = (open(&url(&path)).unwrap(), open(&url(&path)).unwrap());
    let session = Sqlite.session();
    for mode in [
        Mode::default(),
        Mode {
            foreign_keys_off: true,
            ..Mode::default()
        },
    ] {
        session
            .begin(&mut *first, &Mode::default(), Duration::ZERO)
            .unwrap();
        let error = session
            .begin(&mut *second, &mode, Duration::from_millis(50))
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Locked);
        assert_eq!(query(&mut *second, "PRAGMA foreign_keys"), ["1"], "as it was");
        execute(&mut *first, "CREATE TABLE IF NOT EXISTS t (a)");
        session.commit(&mut *first, &Mode::default()).unwrap();
        session.begin(&mut *second, &mode, Duration::ZERO).unwrap();
        session.rollback(&mut *second, &mode);
    }
    assert_eq!(query(&mut *second, "SELECT name FROM sqlite_schema"), ["'t'"]);
}

#[test]
fn foreign_keys_are_off_in_time_and_on_again() {
    let mut connection = with("CREATE TABLE t (a)");
    let session = Sqlite.session();
    let off = Mode {
        foreign_keys_off: true,
        ..Mode::default()
    };
    for before in ["0", "1"] {
        execute(&mut connection, &format!("PRAGMA foreign_keys = {before}"));
        for (mode, within) in [(&off, "0"), (&Mode::default(), "1")] {
            session.begin(&mut connection, mode, Duration::ZERO).unwrap();
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [within]);
            session.commit(&mut connection, mode).unwrap();
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [before]);
            session.begin(&mut connection, mode, Duration::ZERO).unwrap();
            execute(&mut connection, "PRAGMA legacy_alter_table = ON");
            session.rollback(&mut connection, mode);
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [before]);
            assert_eq!(query(&mut connection, "PRAGMA legacy_alter_table"), ["0"]);
        }
    }
    execute(&mut connection, "BEGIN");
    let error = session.begin(&mut connection, &off, Duration::ZERO).unwrap_err();
    assert!(error.message.contains("a transaction is open already"), "{error}");
}

#[test]
fn a_transaction_that_sqlite_ended_is_not_committed() {
    let mut connection = with("CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK);\nINSERT INTO t VALUES (1)");
    let session = Sqlite.session();
    let mode = Mode::default();
    session.begin(&mut connection, &mode, Duration::ZERO).unwrap();
    execute(&mut connection, "INSERT INTO t VALUES (2)");
    connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap_err();
    assert!(session.commit(&mut connection, &mode).is_err());
    session.rollback(&mut connection, &mode);
    assert_eq!(query(&mut connection, "SELECT a FROM t"), ["1"]);
    session.begin(&mut connection, &mode, Duration::ZERO).unwrap();
    session.commit(&mut connection, &mode).unwrap();
}

#[test]
fn what_may_not_be_written_is_told_apart() {
    let mut connection = with("CREATE TABLE t (a);\nPRAGMA query_only = ON");
    let error = connection.execute("DROP TABLE t", &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReadOnly);
    let mut connection = with("CREATE TABLE t (a);\nPRAGMA max_page_count = 3");
    let fill = "INSERT INTO t SELECT zeroblob(100000)";
    let error = connection.execute(fill, &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Full);
}
