//! A statement that takes longer than it may is ended, whatever it does and however its script runs.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use schema_core::db::{ErrorKind, Value};
use schema_core::runner::{FailureCause, Options, RunError};

use crate::sites::{Site, options};

/// Runs a script whose last statement takes too long, and asserts that it was ended.
fn ended(dialect: &str, script: &str) -> Option<Site> {
    let mut site = Site::new(dialect)?;
    site.execute("CREATE TABLE t (id int)");
    site.execute("INSERT INTO t VALUES (1)");
    site.write(script);
    let options = Options {
        statement_timeout: Some(Duration::from_secs(1)),
        ..options()
    };
    let began = Instant::now();
    let error = site.upgrade_as(&mut *site.open(), &options).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(15), "{script}");
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    let FailureCause::Database(cause) = &failure.cause else {
        panic!("{error}")
    };
    assert_eq!(cause.kind, ErrorKind::TimedOut, "{error}");
    Some(site)
}

#[test]
fn a_statement_out_of_a_transaction_is_ended_too() {
    ended("postgres", "-- autogen: no-transaction\n\nSELECT pg_sleep(20);\n");
    let concurrently = "-- autogen: no-transaction\n\nCREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql\n\
         AS 'BEGIN PERFORM pg_sleep(20); RETURN a; END';\nCREATE INDEX CONCURRENTLY ix ON t (slow(id));\n";
    if let Some(site) = ended("postgres", concurrently) {
        // Nothing broken stays behind.
        assert_eq!(
            site.number("SELECT count(*) FROM pg_class WHERE relname = 'ix'"),
            0
        );
    }
}

#[test]
fn a_statement_of_mysql_that_writes_or_changes_a_table_is_ended_too() {
    for script in [
        "UPDATE t SET id = id + sleep(20);\n",
        "CREATE TABLE u AS SELECT sleep(20) + id AS v FROM t;\n",
    ] {
        let Some(site) = ended("mysql", script) else {
            return;
        };
        assert_eq!(site.query("SELECT id FROM t"), [[Value::Integer(1)]]);
        // The next run has all the time, and no request to end something meets it.
        let mut connection = site.open();
        assert_eq!(connection.query("SELECT 1", &[]).unwrap(), [[Value::Integer(1)]]);
    }
}
