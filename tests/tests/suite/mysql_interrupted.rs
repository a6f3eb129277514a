//! What became of an interrupted statement on MariaDB and MySQL is told from its own traces, whatever others have changed meanwhile.

#![allow(clippy::unwrap_used)]

use autogen_tests::interrupted::Interrupted;
use autogen_tests::servers;
use schema_core::db::Connection;
use schema_core::dialect::mysql::MySql;
use schema_core::dialect::{Dialect, Progress};

/// What is there before any of the statements.
const SETUP: [&str; 9] = [
    "CREATE TABLE t (a INT PRIMARY KEY, b INT, KEY k (b), CONSTRAINT c CHECK (a > 0))",
    "INSERT INTO t VALUES (1, 1)",
    "CREATE TABLE live (a INT PRIMARY KEY)",
    "CREATE TABLE shadow (a INT PRIMARY KEY)",
    "INSERT INTO shadow VALUES (5)",
    "CREATE TABLE parted (a INT PRIMARY KEY) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
    "CREATE TABLE tree (a INT PRIMARY KEY, b INT, CONSTRAINT fk FOREIGN KEY (b) REFERENCES tree (a))",
    "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE PROCEDURE p() DO 1",
];

/// A change of the same table by someone else.
const MEANWHILE: &str = "ALTER TABLE t COMMENT 'someone else was here'";

fn server() -> Option<Interrupted> {
    Interrupted::new("mysql", &SETUP)
}

/// Asserts that each statement is known not to have taken effect, and to have taken it, whoever else changes its table.
fn told_apart(statements: &[&str]) {
    for sql in statements {
        let Some(mut server) = server() else { return };
        let before = server.fingerprint(sql);
        server.run(MEANWHILE);
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
        server.run(sql);
        assert_eq!(server.probe(sql, &before), Progress::Whole, "{sql}");
    }
}

#[test]
fn what_a_statement_makes_or_drops_tells_whether_it_took_effect() {
    told_apart(&[
        "ALTER TABLE t ADD COLUMN x INT",
        "ALTER TABLE t MODIFY b BIGINT, ADD INDEX ix (b)",
        "ALTER TABLE t DROP KEY k",
        "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t ADD CONSTRAINT d CHECK (a > 0)",
        "ALTER TABLE t RENAME COLUMN b TO y",
        "ALTER TABLE t CHANGE b y INT",
        "CREATE INDEX ix ON t (b)",
        "DROP INDEX k ON t",
        "CREATE TABLE `new t` AS SELECT * FROM t",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
        "DROP TABLE live, shadow",
        "RENAME TABLE live TO old",
        "ALTER TABLE live RENAME TO old",
        "DROP FUNCTION f",
        "ALTER TABLE tree DROP FOREIGN KEY fk",
        "DROP TABLE IF EXISTS live",
        "CREATE TABLE IF NOT EXISTS made (a INT)",
    ]);
}

#[test]
fn what_mariadb_alone_can_say_is_understood_too() {
    if !servers::is_mariadb() {
        return;
    }
    told_apart(&[
        "SET STATEMENT max_statement_time = 500 FOR ALTER TABLE t ADD COLUMN x INT",
        "EXECUTE IMMEDIATE 'ALTER TABLE t ADD COLUMN x INT'",
        "ALTER ONLINE TABLE IF EXISTS t NOWAIT ADD COLUMN IF NOT EXISTS x INT",
        "ALTER TABLE t WAIT 5 ADD CONSTRAINT IF NOT EXISTS d CHECK (a > 0)",
        "ALTER TABLE t ADD IF NOT EXISTS (x INT, y INT)",
        "ALTER TABLE t ADD UNIQUE KEY IF NOT EXISTS ix (b)",
        "ALTER TABLE t CHANGE COLUMN IF EXISTS b y INT",
        "ALTER TABLE t RENAME COLUMN IF EXISTS b TO y",
        "ALTER TABLE t RENAME INDEX IF EXISTS k TO l",
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS c",
        "ALTER TABLE t DROP KEY IF EXISTS k",
        "ALTER TABLE t DROP COLUMN IF EXISTS b",
        "ALTER TABLE tree DROP FOREIGN KEY IF EXISTS fk",
        "ALTER TABLE live RENAME = old",
        "RENAME TABLE IF EXISTS live TO old",
        "RENAME TABLES live WAIT 5 TO old",
        "CREATE INDEX IF NOT EXISTS ix ON t (b)",
        "DROP INDEX IF EXISTS k ON t",
    ]);
}

#[test]
fn tables_that_change_their_names_among_themselves_are_told_apart() {
    let Some(mut server) = server() else { return };
    let sql = "RENAME TABLE live TO x, shadow TO live, x TO shadow";
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run(sql);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
}

#[test]
fn rows_that_a_statement_takes_away_are_not_taken_away_twice() {
    let Some(mut server) = server() else { return };
    let sql = "TRUNCATE TABLE t";
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run(sql);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
    server.run("INSERT INTO t VALUES (2, 2)");
    let progress = server.probe(sql, &before);
    assert!(matches!(progress, Progress::Unclear { .. }), "{progress:?}");
}

#[test]
fn rows_that_a_statement_exchanges_are_not_exchanged_twice() {
    let Some(mut server) = server() else { return };
    let sql = "ALTER TABLE parted EXCHANGE PARTITION p0 WITH TABLE shadow";
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run(sql);
    let progress = server.probe(sql, &before);
    assert!(matches!(progress, Progress::Unclear { .. }), "{progress:?}");
}

#[test]
fn a_database_that_a_statement_makes_or_drops_is_looked_for_by_name() {
    let Some(mut server) = server() else { return };
    let name = servers::unique_name();
    for sql in [
        format!("CREATE DATABASE {name}"),
        format!("DROP SCHEMA IF EXISTS {name}"),
    ] {
        let before = server.fingerprint(&sql);
        assert_eq!(server.probe(&sql, &before), Progress::Nothing, "{sql}");
        server.run(&sql);
        assert_eq!(server.probe(&sql, &before), Progress::Whole, "{sql}");
    }
}

#[test]
fn what_leaves_no_trace_is_put_before_a_person() {
    let Some(mut server) = server() else { return };
    for sql in [
        "CALL p()",
        "DO f()",
        "ALTER TABLE t ADD KEY (a, b)",
        "CREATE ROLE nobody",
    ] {
        let before = server.fingerprint(sql);
        server.run(MEANWHILE);
        let progress = server.probe(sql, &before);
        assert!(
            matches!(progress, Progress::Unclear { .. }),
            "{sql}: {progress:?}"
        );
        server.run("ALTER TABLE t COMMENT ''");
    }
}

#[test]
fn what_leaves_the_same_twice_is_run_again() {
    let Some(mut server) = server() else { return };
    for sql in [
        "DO sleep(0)",
        "SET @a = 5",
        "ANALYZE TABLE t",
        "ALTER TABLE t MODIFY b BIGINT",
        "CREATE OR REPLACE VIEW w AS SELECT a FROM t",
    ] {
        let before = server.fingerprint(sql);
        server.run(sql);
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
    }
}

#[test]
fn what_the_server_cannot_read_has_done_nothing() {
    let Some(mut server) = server() else { return };
    for sql in [
        "ALTR TABLE t ADD x INT",
        "CALL no_such_procedure()",
        "CALL p(",
        "TRUNCATE no_such_table",
        "ALTER TABLE no_such_table ADD x INT",
        "ALTER TABLE no_such_table TRUNCATE PARTITION p0",
        "RENAME TABLE no_such_table TO nor_such_one",
    ] {
        let before = server.fingerprint(sql);
        server.fail(sql);
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
    }
}

#[test]
fn tables_of_another_database_are_looked_at_too() {
    let (Some(mut server), Some(mut other)) = (server(), server()) else {
        return;
    };
    let rows = other.query("SELECT database()", &[]).unwrap();
    let name = rows[0][0].as_str().unwrap();
    let sql = format!("ALTER TABLE {name}.t ADD COLUMN x INT");
    let before = server.fingerprint(&sql);
    assert_eq!(server.probe(&sql, &before), Progress::Nothing);
    server.run(&sql);
    assert_eq!(server.probe(&sql, &before), Progress::Whole);

    server.run(&format!("CREATE TABLE {name}.counts (n INT) ENGINE=MyISAM"));
    let sql = format!("UPDATE {name}.counts SET n = n + 1");
    let rolls_back =
        |connection: &mut dyn Connection, sql: &str| MySql.session().rolls_back(connection, sql).unwrap();
    assert!(!rolls_back(&mut *server, &sql));
    assert!(rolls_back(
        &mut *server,
        &format!("UPDATE {name}.t SET b = b + 1")
    ));
}
