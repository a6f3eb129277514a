//! Opening files that are none, and what the session of a script promises.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use schema_core::db::sqlite::SqliteConnection;
use schema_core::db::{Connection, DatabaseUrl, Error, ErrorKind, Value, open, open_existing};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{Dialect, Limits, Mode, Progress};

use crate::sqlite_support::{execute, query, with};

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

/// Waits so long and no longer.
fn limits(milliseconds: u64) -> Limits {
    Limits {
        lock: Duration::from_millis(milliseconds),
        statement: None,
    }
}

/// Opens the transaction of a script.
fn open_script(connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error> {
    let session = Sqlite.session();
    session.enter(connection, mode, limits)?;
    session
        .begin(connection, mode, limits)
        .inspect_err(|_| session.leave(connection, mode))
}

/// Closes it, and keeps what was done.
fn commit(connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
    let session = Sqlite.session();
    session.check(connection, mode)?;
    session.commit(connection)?;
    session.leave(connection, mode);
    Ok(())
}

/// Closes it, and keeps nothing.
fn rollback(connection: &mut dyn Connection, mode: &Mode) {
    Sqlite.session().rollback(connection);
    Sqlite.session().leave(connection, mode);
}

const OFF: Mode = Mode {
    foreign_keys_off: true,
    no_transaction: false,
};

#[test]
fn a_second_session_waits_and_then_says_that_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let (mut first, mut second) = (open(&url(&path)).unwrap(), open(&url(&path)).unwrap());
    for mode in [Mode::default(), OFF] {
        open_script(&mut *first, &Mode::default(), &limits(0)).unwrap();
        let error = open_script(&mut *second, &mode, &limits(50)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Locked);
        assert_eq!(query(&mut *second, "PRAGMA foreign_keys"), ["1"], "as it was");
        assert_eq!(query(&mut *second, "PRAGMA busy_timeout"), ["5000"], "as it was");
        execute(&mut *first, "CREATE TABLE IF NOT EXISTS t (a)");
        commit(&mut *first, &Mode::default()).unwrap();
        open_script(&mut *second, &mode, &limits(0)).unwrap();
        rollback(&mut *second, &mode);
    }
    assert_eq!(query(&mut *second, "SELECT name FROM sqlite_schema"), ["'t'"]);
}

#[test]
fn a_script_waits_as_its_limits_say_and_not_as_its_connection_does_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let (mut first, mut second) = (open(&url(&path)).unwrap(), open(&url(&path)).unwrap());
    for mode in [Mode::default(), OFF] {
        execute(&mut *first, "BEGIN IMMEDIATE");
        execute(&mut *second, "PRAGMA busy_timeout = 60000");
        let began = Instant::now();
        let error = open_script(&mut *second, &mode, &limits(50)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Locked);
        assert!(began.elapsed() < Duration::from_secs(30));

        execute(&mut *second, "PRAGMA busy_timeout = 0");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(200));
                execute(&mut *first, "ROLLBACK");
            });
            open_script(&mut *second, &mode, &limits(60_000)).unwrap();
        });
        rollback(&mut *second, &mode);
        assert_eq!(query(&mut *second, "PRAGMA busy_timeout"), ["0"], "as it was");
    }
}

#[test]
fn looking_for_the_lock_tells_who_has_it_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let (mut first, mut second) = (open(&url(&path)).unwrap(), open(&url(&path)).unwrap());
    let mut waited = Vec::new();
    let mut look = |connection: &mut dyn Connection| {
        let mut said = 0;
        Sqlite
            .session()
            .lock(connection, &limits(0), &mut |_| said += 1)
            .unwrap();
        waited.push(said);
    };
    look(&mut *second);
    execute(&mut *first, "BEGIN IMMEDIATE");
    look(&mut *second);
    execute(&mut *first, "ROLLBACK");
    look(&mut *second);
    assert_eq!(waited, [0, 1, 0]);
    assert_eq!(query(&mut *second, "PRAGMA busy_timeout"), ["5000"]);
}

#[test]
fn foreign_keys_are_off_in_time_and_on_again() {
    let mut connection = with("CREATE TABLE t (a)");
    for before in ["0", "1"] {
        execute(&mut connection, &format!("PRAGMA foreign_keys = {before}"));
        for (mode, within) in [(&OFF, "0"), (&Mode::default(), "1")] {
            open_script(&mut connection, mode, &limits(0)).unwrap();
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [within]);
            commit(&mut connection, mode).unwrap();
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [before]);
            open_script(&mut connection, mode, &limits(0)).unwrap();
            execute(&mut connection, "PRAGMA legacy_alter_table = ON");
            rollback(&mut connection, mode);
            assert_eq!(query(&mut connection, "PRAGMA foreign_keys"), [before]);
            assert_eq!(query(&mut connection, "PRAGMA legacy_alter_table"), ["0"]);
        }
    }
    execute(&mut connection, "BEGIN");
    let error = open_script(&mut connection, &OFF, &limits(0)).unwrap_err();
    assert!(error.message.contains("a transaction is open already"), "{error}");
}

#[test]
fn each_script_answers_for_the_foreign_keys_that_it_breaks_itself() {
    let mut connection = with(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id));\nPRAGMA foreign_keys = OFF;\nINSERT INTO c VALUES (1, 7)",
    );
    open_script(&mut connection, &OFF, &limits(0)).unwrap();
    let session = Sqlite.session();
    execute(&mut connection, "INSERT INTO c VALUES (2, NULL)");
    let error = session.check(&mut connection, &OFF).unwrap_err();
    assert!(
        error.message.contains("row 1 of `c`"),
        "nobody looked before: {error}"
    );
    session.rollback(&mut connection);
    assert!(session.looks_first(&mut connection, &OFF));
    assert!(
        !session.looks_first(&mut connection, &OFF),
        "a third time is no other"
    );
    session.begin(&mut connection, &OFF, &limits(0)).unwrap();
    execute(&mut connection, "INSERT INTO c VALUES (2, NULL)");
    session.check(&mut connection, &OFF).unwrap();
    execute(&mut connection, "DELETE FROM c WHERE id = 1");
    session.check(&mut connection, &OFF).unwrap();
    execute(&mut connection, "INSERT INTO c VALUES (1, 7)");
    let error = session.check(&mut connection, &OFF).unwrap_err();
    assert_eq!(
        error.message,
        "foreign keys do not hold: row 1 of `c` refers to no row of `p`"
    );
    rollback(&mut connection, &OFF);
    assert!(!session.looks_first(&mut connection, &OFF), "the script is over");
}

#[test]
fn an_orphan_among_others_that_look_the_same_is_new() {
    for (key, new) in [
        (
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id), q REFERENCES p (id)) WITHOUT ROWID",
            "INSERT INTO c VALUES (2, 7, NULL)",
        ),
        (
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id), q REFERENCES p (id))",
            "UPDATE c SET q = 8",
        ),
    ] {
        let mut connection = with(&format!(
            "CREATE TABLE p (id INTEGER PRIMARY KEY);\n{key};\nPRAGMA foreign_keys = OFF;\nINSERT INTO c VALUES (1, 7, NULL)"
        ));
        let session = Sqlite.session();
        open_script(&mut connection, &OFF, &limits(0)).unwrap();
        assert!(session.check(&mut connection, &OFF).is_err());
        session.rollback(&mut connection);
        assert!(session.looks_first(&mut connection, &OFF));
        session.begin(&mut connection, &OFF, &limits(0)).unwrap();
        session.check(&mut connection, &OFF).unwrap();
        execute(&mut connection, new);
        let error = session.check(&mut connection, &OFF).unwrap_err();
        assert!(
            error.message.contains("of `c` refers to no row of `p`"),
            "{error}"
        );
        rollback(&mut connection, &OFF);
    }
}

/// A connection whose disk fails when foreign keys are looked at, and is well again.
struct Unwell(SqliteConnection);

impl Connection for Unwell {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.0.execute(sql, parameters)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        if sql != "PRAGMA main.foreign_key_check" {
            return self.0.for_each(sql, parameters, row);
        }
        // What SQLite does by itself then.
        self.0.execute("ROLLBACK", &[])?;
        Err(Error {
            kind: ErrorKind::System,
            message: "disk I/O error".to_owned(),
            offset: None,
        })
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.0.limit_statements(limit)
    }
}

#[test]
fn nothing_goes_on_after_a_failure_that_ended_the_transaction() {
    let mut connection = Unwell(with("CREATE TABLE t (a)"));
    let session = Sqlite.session();
    open_script(&mut connection, &OFF, &limits(0)).unwrap();
    let error = session.check(&mut connection, &OFF).unwrap_err();
    assert_eq!(error.kind, ErrorKind::System);
    session.rollback(&mut connection);
    assert!(session.looks_first(&mut connection, &OFF));
    let error = session.begin(&mut connection, &OFF, &limits(0)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::System);
    session.leave(&mut connection, &OFF);

    let mode = Mode::default();
    open_script(&mut connection, &mode, &limits(0)).unwrap();
    execute(&mut connection, "ROLLBACK");
    let error = Sqlite.session().check(&mut connection, &mode).unwrap_err();
    assert_eq!(error.message, "the database has ended the transaction by itself");
    open_script(&mut connection, &mode, &limits(0)).unwrap();
    execute(&mut connection, "INSERT INTO t VALUES (1)");
    commit(&mut connection, &mode).unwrap();
    assert_eq!(query(&mut connection, "SELECT a FROM t"), ["1"]);
}

#[test]
fn a_transaction_that_sqlite_ended_is_not_committed() {
    let mut connection = with("CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK);\nINSERT INTO t VALUES (1)");
    let mode = Mode::default();
    open_script(&mut connection, &mode, &limits(0)).unwrap();
    execute(&mut connection, "INSERT INTO t VALUES (2)");
    connection.execute("INSERT INTO t VALUES (1)", &[]).unwrap_err();
    assert!(commit(&mut connection, &mode).is_err());
    rollback(&mut connection, &mode);
    assert_eq!(query(&mut connection, "SELECT a FROM t"), ["1"]);
    open_script(&mut connection, &mode, &limits(0)).unwrap();
    commit(&mut connection, &mode).unwrap();
}

#[test]
fn a_statement_that_takes_too_long_is_ended_and_no_other() {
    let mut connection = with("CREATE TABLE t (a)");
    let mode = Mode::default();
    let short = Limits {
        statement: Some(Duration::from_millis(20)),
        ..limits(0)
    };
    let endless = "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    open_script(&mut connection, &mode, &short).unwrap();
    let error = connection.execute(endless, &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert_eq!(error.message, "it took longer than 20ms (interrupted)");
    rollback(&mut connection, &mode);
    std::thread::sleep(Duration::from_millis(30));
    let long = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) FROM n";
    assert_eq!(query(&mut connection, long), ["100000"]);
}

#[test]
fn a_fingerprint_changes_with_what_a_statement_names_and_with_nothing_else() {
    let mut connection = with("CREATE TABLE t (a);\nCREATE TABLE other (a)");
    let session = Sqlite.session();
    for (sql, elsewhere) in [
        ("CREATE TABLE new (a)", "INSERT INTO new VALUES (1)"),
        ("ALTER TABLE \"T\" ADD COLUMN b", "INSERT INTO t VALUES (1, 2)"),
        ("CREATE INDEX ix ON t (a)", "CREATE INDEX ix_other ON other (a)"),
        ("DROP INDEX ix", "DROP INDEX ix_other"),
        ("ALTER TABLE t RENAME TO u", "CREATE TABLE beside (a)"),
        ("DROP TABLE u", "DROP TABLE beside"),
    ] {
        let before = session.fingerprint(&mut connection, sql).unwrap();
        let probed = session.probe(&mut connection, sql, &before).unwrap();
        assert_eq!(probed, Progress::Nothing, "{sql}");
        execute(&mut connection, sql);
        let probed = session.probe(&mut connection, sql, &before).unwrap();
        assert_eq!(probed, Progress::Whole, "{sql}");
        let after = session.fingerprint(&mut connection, sql).unwrap();
        execute(&mut connection, elsewhere);
        assert_eq!(session.fingerprint(&mut connection, sql).unwrap(), after, "{sql}");
    }
}

#[test]
fn what_stands_in_a_transaction_and_what_does_not() {
    let session = Sqlite.session();
    for sql in [
        "VACUUM",
        " -- why\n vacuum main",
        "PRAGMA journal_mode = WAL",
        "ATTACH 'a' AS b",
        "DETACH b",
    ] {
        assert!(!session.joins_transaction(sql), "{sql}");
    }
    for sql in [
        "CREATE TABLE t (a)",
        "UPDATE t SET a = 'VACUUM'",
        "/* PRAGMA */ ANALYZE",
        "",
    ] {
        assert!(session.joins_transaction(sql), "{sql}");
    }
}

#[test]
fn a_backup_is_the_whole_database_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    let mut connection = with("CREATE TABLE t (a);\nINSERT INTO t VALUES (1)");
    Sqlite.session().backup(&mut connection, &path).unwrap();
    assert_eq!(query(&mut *open(&url(&path)).unwrap(), "SELECT a FROM t"), ["1"]);
    execute(&mut connection, "DELETE FROM t");
    let error = Sqlite.session().backup(&mut connection, &path).unwrap_err();
    assert!(error.message.contains("exists already"), "{error}");
    assert_eq!(query(&mut *open(&url(&path)).unwrap(), "SELECT a FROM t"), ["1"]);
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
