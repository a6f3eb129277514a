#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! A program that upgrades its own SQLite database: what it does, and what it leaves of the connection that it was lent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use autogen_tests::revisions::{Project, id, ids, revision};
use schema_core::db::drivers::rusqlite::Connection;
use schema_core::db::drivers::rusqlite::config::DbConfig;
use schema_core::db::drivers::rusqlite::functions::FunctionFlags;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::migrator::{MigrateError, Migrator};
use schema_core::runner::{self, RunError, Tables};

use crate::database::{Database, said};

fn memory() -> Connection {
    Connection::open_in_memory().unwrap()
}

/// Two revisions, the second of which replaces a table with the foreign keys off.
fn project() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.write(
        &revision(2, &[1], "rebuild"),
        "-- autogen: foreign-keys-off\n\n-- autogen: keep-dependents prices\n\nCREATE TABLE new (\n    id INTEGER NOT NULL,\n    name TEXT NOT NULL,\n    CONSTRAINT pk_prices PRIMARY KEY (id)\n);\nINSERT INTO new SELECT * FROM prices;\nDROP TABLE prices;\nALTER TABLE new RENAME TO prices;\n\n-- autogen: restore-dependents prices\n",
        "",
    );
    project
}

/// All that is set on a connection, and what is open on it.
fn settings(connection: &Connection) -> Vec<(String, String)> {
    let switches = [
        DbConfig::SQLITE_DBCONFIG_DQS_DDL,
        DbConfig::SQLITE_DBCONFIG_DQS_DML,
        DbConfig::SQLITE_DBCONFIG_DEFENSIVE,
        DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE,
        DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER,
        DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW,
    ];
    let mut settings: Vec<(String, String)> = switches
        .iter()
        .map(|switch| {
            (
                format!("{switch:?}"),
                connection.db_config(*switch).unwrap().to_string(),
            )
        })
        .collect();
    for pragma in [
        "busy_timeout",
        "defer_foreign_keys",
        "foreign_keys",
        "ignore_check_constraints",
        "legacy_alter_table",
        "query_only",
        "recursive_triggers",
        "synchronous",
        "temp_store",
    ] {
        let value = connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .unwrap();
        settings.push((pragma.to_owned(), value.to_string()));
    }
    let temporary: i64 = connection
        .query_row("SELECT count(*) FROM temp.sqlite_schema", [], |row| row.get(0))
        .unwrap();
    settings.push(("temporary tables".to_owned(), temporary.to_string()));
    settings.push(("autocommit".to_owned(), connection.is_autocommit().to_string()));
    settings
}

/// Returns connections that differ in all that a run sets.
fn odd_connections() -> Vec<Connection> {
    [true, false]
        .into_iter()
        .map(|on| {
            let connection = memory();
            for switch in [
                DbConfig::SQLITE_DBCONFIG_DQS_DDL,
                DbConfig::SQLITE_DBCONFIG_DQS_DML,
                DbConfig::SQLITE_DBCONFIG_DEFENSIVE,
                DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
                DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE,
                DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY,
            ] {
                connection.set_db_config(switch, on).unwrap();
            }
            let timeout = Duration::from_millis(if on { 1_234 } else { 0 });
            connection.busy_timeout(timeout).unwrap();
            connection
        })
        .collect()
}

#[test]
fn a_program_upgrades_its_database_and_then_finds_nothing_to_do() {
    let project = project();
    let migrations = project.embed();
    let mut connection = memory();
    let mut lines = Vec::new();
    let applied = Migrator::new(&migrations)
        .on_event(|event| lines.push(said(event)))
        .upgrade(&mut connection)
        .unwrap();
    assert_eq!(applied, ids([1, 2]));
    assert_eq!(lines[0], "context sqlite true");
    assert!(
        lines.contains(&"upgrade  -> 01, create prices".to_owned()),
        "{lines:?}"
    );
    let again = Migrator::new(&migrations)
        .on_event(|event| panic!("{event:?}"))
        .upgrade(&mut connection);
    assert_eq!(again.unwrap(), []);
    let status = Migrator::new(&migrations).check(&mut connection).unwrap();
    assert!(status.is_ok());
    assert_eq!(
        status.to_string(),
        "the database is up to date: it has 2 revisions, and its tables are what they made"
    );
}

#[test]
fn the_connection_is_afterwards_as_it_was() {
    let project = project();
    let good = project.embed();
    project.write(
        &revision(3, &[2], "fails"),
        "CREATE TABLE a (b);\nnonsense;\n",
        "",
    );
    let failing = project.embed();
    for mut connection in odd_connections() {
        let before = settings(&connection);
        Migrator::new(&good).check(&mut connection).unwrap();
        assert_eq!(settings(&connection), before, "after a check");
        Migrator::new(&good).upgrade(&mut connection).unwrap();
        assert_eq!(settings(&connection), before, "after an upgrade");
        let error = Migrator::new(&failing).upgrade(&mut connection).unwrap_err();
        assert!(error.to_string().contains("nonsense"), "{error}");
        assert_eq!(settings(&connection), before, "after a failed upgrade");
    }
}

#[test]
fn a_callback_that_panics_leaves_nothing_behind() {
    for event in 0..4 {
        for mut connection in odd_connections() {
            let migrations = project().embed();
            let before = settings(&connection);
            let mut seen = 0;
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                Migrator::new(&migrations)
                    .on_event(|_| {
                        seen += 1;
                        assert!(seen <= event, "the program had enough");
                    })
                    .upgrade(&mut connection)
            }));
            assert!(outcome.is_err(), "there are more events than {event}");
            assert_eq!(settings(&connection), before, "after event {event}");
            Migrator::new(&migrations).upgrade(&mut connection).unwrap();
            assert!(Migrator::new(&migrations).check(&mut connection).unwrap().is_ok());
        }
    }
}

#[test]
fn a_transaction_of_the_program_is_not_touched() {
    let migrations = project().embed();
    let mut connection = memory();
    connection
        .execute_batch("CREATE TABLE own (a); BEGIN; INSERT INTO own VALUES (1)")
        .unwrap();
    let before = settings(&connection);
    for error in [
        Migrator::new(&migrations).upgrade(&mut connection).unwrap_err(),
        Migrator::new(&migrations).check(&mut connection).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "cannot use the connection: a transaction is open on the connection\n\
             hint: commit or roll back first, and hand over a connection that is in working order"
        );
    }
    assert_eq!(settings(&connection), before);
    connection.execute_batch("COMMIT").unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM own", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn program_and_command_take_turns_on_a_database() {
    let project = project();
    let migrations = project.embed();
    let files = project.load();
    let by_command = Database::new(project.path("command.db"));
    by_command.upgrade(&files).unwrap();
    let mut connection = Connection::open(&by_command.path).unwrap();
    assert!(Migrator::new(&migrations).check(&mut connection).unwrap().is_ok());
    assert_eq!(Migrator::new(&migrations).upgrade(&mut connection).unwrap(), []);

    let by_program = Database::new(project.path("program.db"));
    let mut connection = Connection::open(&by_program.path).unwrap();
    Migrator::new(&migrations).upgrade(&mut connection).unwrap();
    let found = runner::check(&mut *by_program.open(), &Sqlite, &files, &Tables::default())
        .unwrap()
        .findings;
    assert_eq!(found, []);
    assert_eq!(by_program.upgrade(&files).unwrap(), []);
    by_program.downgrade(&files, &ids([1])).unwrap();
    let status = Migrator::new(&migrations).check(&mut connection).unwrap();
    assert_eq!(status.pending().collect::<Vec<_>>(), ids([2]));

    // What both have recorded differs in the times alone.
    let recorded = |database: &Database| {
        database.query("SELECT id, parents, message, checksum, downgrade FROM _autogen_revisions WHERE id LIKE '%010000'")
    };
    assert_eq!(recorded(&by_program), recorded(&by_command));
}

#[test]
fn a_status_says_how_database_and_program_differ() {
    let project = project();
    let migrations = project.embed();
    let mut connection = memory();
    let status = Migrator::new(&migrations).check(&mut connection).unwrap();
    assert!(!status.is_ok());
    assert_eq!(status.pending().collect::<Vec<_>>(), ids([1, 2]));
    assert_eq!(
        status.to_string(),
        "the database is not the one that this program was built for\n\
         - the database does not have revision `690000010000` (create prices); apply it with `Migrator::upgrade` at start-up, or with `autogen upgrade`\n\
         - the database does not have revision `690000020000` (rebuild); apply it with `Migrator::upgrade` at start-up, or with `autogen upgrade`"
    );

    Migrator::new(&migrations).upgrade(&mut connection).unwrap();
    connection
        .execute_batch("ALTER TABLE prices ADD COLUMN own TEXT")
        .unwrap();
    let status = Migrator::new(&migrations).check(&mut connection).unwrap();
    assert_eq!(status.drift().count(), 1);
    assert!(
        status.to_string().contains("`prices.own`") || status.to_string().contains("prices.own"),
        "{status}"
    );
    connection
        .execute_batch("ALTER TABLE prices DROP COLUMN own")
        .unwrap();

    let older = Project::new();
    older.create_table(1, &[], "prices");
    let older = older.embed();
    let status = Migrator::new(&older).check(&mut connection).unwrap();
    assert_eq!(status.ahead().collect::<Vec<_>>(), [id(2)]);
    assert!(
        status.to_string().contains("run a newer build of the program"),
        "{status}"
    );
    let error = Migrator::new(&older).upgrade(&mut connection).unwrap_err();
    assert!(
        matches!(error, MigrateError::Run(RunError::Integrity { .. })),
        "{error}"
    );

    let script = project.load().folder(id(1)).unwrap().join("upgrade.sqlite.sql");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, text.replace('\n', "\r\n")).unwrap();
    let status = Migrator::new(&project.embed())
        .check(&mut connection)
        .map(|status| status.is_ok());
    assert!(status.unwrap(), "line endings are no edit");
    std::fs::write(&script, text.replace("TEXT", "BLOB")).unwrap();
    let status = Migrator::new(&project.embed()).check(&mut connection).unwrap();
    assert_eq!(status.edited().collect::<Vec<_>>(), [id(1)]);
}

#[test]
fn what_was_compiled_in_may_be_no_history() {
    let project = Project::new();
    project.create_table(2, &[1], "prices");
    let migrations = project.embed();
    let error = Migrator::new(&migrations).upgrade(&mut memory()).unwrap_err();
    assert!(matches!(error, MigrateError::History(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("names the parent `690000010000`") && text.contains("\nhint: "),
        "{text}"
    );
    assert_eq!(format!("{error:?}"), text, "which is what a `main` prints");
}

#[test]
fn revisions_share_a_transaction_unless_told_otherwise() {
    let project = project();
    project.create_table(3, &[2], "tags");
    project.write(&revision(4, &[3], "fails"), "nonsense;\n", "");
    let migrations = project.embed();
    let has = |connection: &mut Connection| {
        let status = Migrator::new(&migrations).check(connection).unwrap();
        4 - status.pending().count()
    };
    let mut connection = memory();
    Migrator::new(&migrations)
        .per_revision()
        .upgrade(&mut connection)
        .unwrap_err();
    assert_eq!(has(&mut connection), 3);
    let mut connection = memory();
    Migrator::new(&migrations).upgrade(&mut connection).unwrap_err();
    // The second wants another mode than those after it, and so ends a transaction.
    assert_eq!(has(&mut connection), 2);
}

#[test]
fn it_waits_no_longer_than_it_was_told() {
    let project = project();
    let migrations = project.embed();
    let path = project.path("app.db");
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut connection = Connection::open(&path).unwrap();
    let mut lines = Vec::new();
    let error = Migrator::new(&migrations)
        .lock_timeout(Duration::from_millis(50))
        .on_event(|event| lines.push(said(event)))
        .upgrade(&mut connection)
        .unwrap_err();
    assert!(
        matches!(error, MigrateError::Run(RunError::Locked { .. })),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .ends_with("wait longer with `Migrator::lock_timeout`"),
        "{error}"
    );
    assert!(lines.iter().any(|line| line.starts_with("waiting")), "{lines:?}");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        Migrator::new(&migrations).upgrade(&mut connection).unwrap().len(),
        2
    );
}

#[test]
fn it_waits_for_a_writer_beside_whom_nobody_can_read() {
    let project = project();
    let migrations = project.embed();
    let path = project.path("app.db");
    let holder = Connection::open(&path).unwrap();
    holder
        .execute_batch("BEGIN EXCLUSIVE; CREATE TABLE own (a)")
        .unwrap();
    let mut connection = Connection::open(&path).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let mut holder = Some(holder);
    let applied = Migrator::new(&migrations)
        .on_event(|event| {
            if said(event).starts_with("waiting")
                && let Some(holder) = holder.take()
            {
                holder.execute_batch("COMMIT").unwrap();
            }
        })
        .upgrade(&mut connection);
    assert_eq!(applied.unwrap(), ids([1, 2]));

    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = Migrator::new(&migrations)
        .lock_timeout(Duration::from_millis(50))
        .upgrade(&mut connection)
        .unwrap_err();
    assert!(
        matches!(error, MigrateError::Run(RunError::Locked { .. })),
        "{error}"
    );
}

#[test]
fn a_program_with_functions_of_its_own_in_its_schema_is_upgraded() {
    let project = project();
    let migrations = project.embed();
    let path = project.path("app.db");
    let open = || {
        let connection = Connection::open(&path).unwrap();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function("twice", 1, flags, |context| Ok(context.get::<i64>(0)? * 2))
            .unwrap();
        connection
    };
    open()
        .execute_batch(
            "CREATE TABLE own (a INTEGER CHECK (twice(a) > 0), b GENERATED ALWAYS AS (twice(a)) VIRTUAL); CREATE INDEX own_i ON own (twice(a)); INSERT INTO own VALUES (1)",
        )
        .unwrap();
    let mut connection = open();
    assert_eq!(
        Migrator::new(&migrations).upgrade(&mut connection).unwrap(),
        ids([1, 2])
    );
    assert!(Migrator::new(&migrations).check(&mut open()).unwrap().is_ok());
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    let project = Project::new();
    project.write(
        &revision(1, &[], "endless"),
        "CREATE TABLE a AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;\n",
        "DROP TABLE a;\n",
    );
    let migrations = project.embed();
    let mut connection = memory();
    let error = Migrator::new(&migrations)
        .statement_timeout(Duration::from_millis(20))
        .upgrade(&mut connection)
        .unwrap_err();
    assert!(error.to_string().contains("took longer than 20ms"), "{error}");
    connection.execute_batch("CREATE TABLE a (x)").unwrap();
}
